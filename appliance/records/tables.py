"""One entity's table, ready for use in one schema revision: its peewee model, its SQL compiled once, its converters.

80 % of a point query through peewee is compiling SQL (decisions.md), so models build queries and raw rows run them."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import peewee
from playhouse.sqlite_ext import AutoIncrementField

from appliance.engines.database.protocol import Database
from appliance.records.entity import Entity, Field
from appliance.records.kinds.kind import Convert

Row = tuple[Any, ...]
ID, VERSION = 0, 1


class Slot:
    """Stands for a value in a query that is compiled before the value is known."""

    __slots__ = ("name",)

    def __init__(self, name: str):
        self.name = name


class Compiled:
    """SQL text with named slots. `bind(name=value)` gives the parameters in order."""

    __slots__ = ("_plain", "_slots", "sql")

    def __init__(self, query: Any):
        self.sql, plain = query.sql()
        self._plain = list(plain)
        self._slots = [(n, p.name) for n, p in enumerate(plain) if isinstance(p, Slot)]

    def bind(self, values: dict[str, Any]) -> list[Any]:
        params = self._plain.copy()
        for n, name in self._slots:
            params[n] = values[name]
        return params


def slot(name: str) -> peewee.Value:
    return peewee.Value(Slot(name), converter=False)


class Table:
    """`columns` are the fields held in the row, in the order of a Row: id, version, then these."""

    def __init__(self, entity: Entity, database: Database):
        self.entity = entity
        self.columns: tuple[Field, ...] = tuple(f for f in (*entity.system_fields, *entity.fields) if not f.many)
        self.links: tuple[Field, ...] = tuple(f for f in entity.fields if f.many)
        self.place = {"id": ID, "version": VERSION, **{f.name: n + 2 for n, f in enumerate(self.columns)}}
        self.model: Any = _model(entity, self.columns, database)
        self.link_models: dict[str, Any] = {f.name: link_model(f, database) for f in self.links}
        self.cleaners: dict[str, Convert] = {f.name: f.kind.cleaner(f) for f in entity.by_name.values()}
        self.readers: dict[str, Convert] = {f.name: f.kind.reader(f) for f in entity.by_name.values()}
        self.showers: dict[str, Convert] = {}
        for f in entity.by_name.values():
            shower = f.kind.shower(f, database.dialect)
            if shower and not (f.system and f.kind.has_time):  # ours are text in both databases
                self.showers[f.name] = shower
        self.selected = [self.model.id, self.model.version, *(self.field(f.name) for f in self.columns)]
        self.to_one = tuple((f, self.place[f.name]) for f in self.columns if f.relational)
        marks = ", ".join("?" for _ in self.columns)
        names = ", ".join(f'"{f.column}"' for f in self.columns)
        table = f'"{entity.table}"'
        self.select_sql = database.sql(f'SELECT "id", "version", {names} FROM {table} WHERE "id" = ?')
        self.insert_sql = database.sql(f'INSERT INTO {table} ("version", {names}) VALUES (1, {marks}) RETURNING "id"')
        self.insert_at_sql = database.sql(f'INSERT INTO {table} ("id", "version", {names}) VALUES (?, ?, {marks})')
        self.delete_sql = database.sql(f'DELETE FROM {table} WHERE "id" = ?')
        self._updates: dict[tuple[str, ...], str] = {}
        self._sql = database.sql

    def field(self, name: str) -> Any:
        """The model's column for a field; `id` and `version` too."""
        return getattr(self.model, name if name in ("id", "version") else "f_" + name)

    def update_sql(self, names: tuple[str, ...]) -> str:
        """UPDATE of these fields and the version; parameters are the values, new version, id, old version."""
        found = self._updates.get(names)
        if found is None:
            sets = ", ".join(f'"{self.entity.by_name[n].column}" = ?' for n in names)
            found = self._updates[names] = self._sql(
                f'UPDATE "{self.entity.table}" SET {sets}, "version" = ? WHERE "id" = ? AND "version" = ?'
            )
        return found

    def plain(self, name: str, held: Any) -> Any:
        """A value from a row as a cleaner would have given it: dates of PostgreSQL become text."""
        return held if held is None or type(held) in (int, str, bool) else self.shown(name, held)

    def show(self, row: Sequence[Any], names: Sequence[str] | None = None) -> dict[str, Any]:
        """Wire values by field name; all fields held in the row when no names are given."""
        place, showers = self.place, self.showers
        found = {n: row[place[n]] for n in names or [f.name for f in self.columns]}
        for n, value in found.items():
            if value is not None and n in showers:
                found[n] = showers[n](value)
        return found

    def shown(self, name: str, stored: Any) -> Any:
        """The wire form of one stored value."""
        shower = self.showers.get(name)
        return shower(stored) if shower and stored is not None else stored


class Face:
    """How rows of a table become attributes: chosen names, picked and converted with as little work as possible."""

    def __init__(self, table: Table, names: Sequence[str]):
        self.names = tuple(names)
        places = [table.place[n] for n in names]
        self._pick = itemgetter(*places) if len(places) > 1 else None
        self._places = places
        self._converted = [(n, table.showers[n]) for n in names if n in table.showers]

    def attributes(self, row: Row) -> dict[str, Any]:
        if self._pick:
            found = dict(zip(self.names, self._pick(row), strict=True))
        else:
            found = {n: row[p] for n, p in zip(self.names, self._places, strict=True)}
        for name, convert in self._converted:
            value = found[name]
            if value is not None:
                found[name] = convert(value)
        return found


def _model(entity: Entity, columns: Sequence[Field], database: Database) -> Any:
    """Relations are plain numbers to peewee: its ForeignKeyField would keep every rebuilt class alive (decisions.md)."""
    # AutoIncrementField: plain SQLite would give a deleted record's id, and with it its history, to a new one.
    key = AutoIncrementField() if database.dialect == "sqlite" else peewee.BigAutoField()
    attributes: dict[str, Any] = {"id": key, "version": peewee.IntegerField(default=1)}
    for field in columns:
        column = field.kind.column(database.dialect)
        if field.system and field.kind.has_time:
            column = peewee.TextField(null=True)
        column.column_name = field.column
        attributes["f_" + field.name] = column  # "f_": a field called `select` must not shadow Model.select
    meta = type("Meta", (), {"database": database.peewee, "table_name": entity.table})
    return type(entity.name, (peewee.Model,), {**attributes, "Meta": meta})


def link_model(field: Field, database: Database) -> Any:
    """The table behind a field to many: pairs of ids."""
    meta = type(
        "Meta",
        (),
        {
            "database": database.peewee,
            "table_name": field.column,
            "primary_key": peewee.CompositeKey("source", "target"),
        },
    )
    return type(
        field.column,
        (peewee.Model,),
        {"source": peewee.BigIntegerField(), "target": peewee.BigIntegerField(index=True), "Meta": meta},
    )
