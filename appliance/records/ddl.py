"""The statements behind a schema change: tables, columns, indexes, tables of links. Online, nothing is ever rebuilt or
renamed: columns are added (instant at any size) and, when the trash is emptied, dropped.

A SQLite rebuild with foreign keys on, inside a transaction, would silently delete child rows (decisions.md)."""

from __future__ import annotations

import hashlib
from typing import Any

import peewee
from playhouse.migrate import SchemaMigrator

from appliance.engines.database.protocol import Database
from appliance.records.entity import Entity, Field
from appliance.records.tables import Table, link_model


class Ddl:
    def __init__(self, database: Database):
        self._database = database
        self._migrator = SchemaMigrator.from_database(database.peewee)

    def create_table(self, entity: Entity) -> None:
        """The table with its own columns; fields that point elsewhere are added one by one afterwards."""
        Table(entity, self._database).model.create_table(safe=False)
        self.create_index(entity, ("owner",))

    def drop_table(self, table: str) -> None:
        self._database.run(f'DROP TABLE "{table}"')

    def add_column(self, entity: Entity, field: Field, target_table: str | None, default: Any) -> None:
        """A nullable column; `default` is a stored value that the rows there are get at once."""
        if field.many:
            link_model(field, self._database).create_table(safe=False)
            return
        column = field.kind.column(self._database.dialect)
        constraints = []
        if target_table:
            constraints.append(peewee.SQL(f'REFERENCES "{target_table}" ("id") ON DELETE SET NULL'))
        if default is not None:
            text = _literal(default)  # psycopg looks for placeholders in every statement, also in this one
            constraints.append(
                peewee.SQL("DEFAULT " + (text.replace("%", "%%") if self._database.peewee.param == "%s" else text))
            )
        column.constraints = constraints or None
        self._migrator.alter_add_column(entity.table, field.column, column).run()
        if target_table:
            self.create_index(entity, (field.column,))

    def drop_column(self, table: str, column: str) -> None:
        for index in self._database.peewee.get_indexes(table):
            if column in index.columns:
                self._database.run(f'DROP INDEX IF EXISTS "{index.name}"')
        self._database.run(f'ALTER TABLE "{table}" DROP COLUMN "{column}"')

    def create_index(self, entity: Entity, columns: tuple[str, ...], unique: bool = False) -> None:
        names = ", ".join(f'"{c}"' for c in columns)
        kind = "UNIQUE INDEX" if unique else "INDEX"
        self._database.run(
            f'CREATE {kind} IF NOT EXISTS "{index_name(entity, columns, unique)}" ON "{entity.table}" ({names})'
        )

    def drop_index(self, entity: Entity, columns: tuple[str, ...], unique: bool = False) -> None:
        self._database.run(f'DROP INDEX IF EXISTS "{index_name(entity, columns, unique)}"')


def index_name(entity: Entity, columns: tuple[str, ...], unique: bool) -> str:
    """By physical names, which never change: an index name would survive a rename and then clash."""
    digest = hashlib.sha256(",".join(columns).encode()).hexdigest()[:10]
    return f"{'ux' if unique else 'ix'}_{entity.id}_{digest}"


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"
