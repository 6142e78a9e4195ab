"""Work: one actor, one transaction, the only writer of records. Permission, validation, version check, the row and its
log entry happen here, in this order; a failure anywhere leaves nothing behind."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from appliance.base import clock, ids
from appliance.base.errors import Conflict, Invalid, NotAllowed, NotFound, Problem, Stale
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.records.entity import Field
from appliance.records.kinds import AutoNumberKind, Wrong
from appliance.records.log import Change, Log, entry_row
from appliance.records.permissions import Actor, may, sees
from appliance.records.registry import Registry
from appliance.records.tables import Row, Table

PROCESS = ids.short()
_numbers = itertools.count(1)
Values = Mapping[str, Any]


class Work:
    """Made by `Records.work(actor)`, lives inside one `database.write()`. Values are wire values, or what a form or file
    gives: Decimal and date are taken too."""

    def __init__(self, database: Database, registry: Registry, log: Log, actor: Actor):
        self.database, self.registry, self.actor = database, registry, actor
        self.transaction = f"{PROCESS}-{next(_numbers)}"
        self.touched: set[str] = set()
        self._log = log
        self._entries: list[tuple[Any, ...]] = []
        self._count = database.sql(
            "INSERT INTO ingot_counter (name, value) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = ingot_counter.value + excluded.value RETURNING value"
        )

    # ------------------------------------------------------------------ the verbs

    def create(self, entity: str, values: Values, *, record_id: int | None = None) -> Row:
        """Store a new record and return its row. Raises NotAllowed, Invalid, Conflict (an id or unique value taken)."""
        table = self.table(entity)
        reach = may(self.actor, "create", entity)
        columns, links = self._clean(table, values, creating=True)
        if reach == "own" or columns.get("owner") is None:
            columns["owner"] = self.actor.user
        self._check_unique(table, columns, None)
        now = clock.wire_now()
        columns |= {"created_at": now, "updated_at": now, "created_by": self.actor.user, "updated_by": self.actor.user}
        stored = [columns.get(f.name) for f in table.columns]
        if record_id is None:
            record_id = self.database.rows(table.insert_sql, stored)[0][0]
        else:
            if self.row(table, record_id):
                raise Conflict(say("There is a {entity} with id {id} already.", entity=entity, id=record_id), code="id_taken")
            self.database.run(table.insert_at_sql, (record_id, 1, *stored))
        for name, targets in links.items():
            self._set_links(table, name, record_id, targets)
        row = (record_id, 1, *stored)
        self._note(table, record_id, 1, "created", self._shown(table, row, links, creating=True))
        return row

    def update(self, entity: str, record_id: int, values: Values, *, version: int | None = None) -> Row:
        """Change some fields and return the row. Raises NotFound, NotAllowed, Invalid, Conflict, and Stale when `version`
        is given and is not the stored one. Nothing different: nothing is written and the version stays."""
        table = self.table(entity)
        row = self.visible_row(table, record_id)
        if not sees(self.actor, table, row, "update"):
            raise NotAllowed(say("You may not change this record."))
        self._check_version(table, row, version)
        columns, links = self._clean(table, values, creating=False)
        return self.apply(table, row, columns, links)

    def delete(self, entity: str, record_id: int, *, version: int | None = None) -> None:
        """Remove a record. Links to it are cleared, or it is refused, or they go too, as each link's `on_delete` says."""
        table = self.table(entity)
        row = self.visible_row(table, record_id)
        if not sees(self.actor, table, row, "delete"):
            raise NotAllowed(say("You may not delete this record."))
        self._check_version(table, row, version)
        self._delete(table, row)

    def relate(self, entity: str, record_id: int, name: str, targets: list[int], how: str, *, version: int | None = None) -> Row:
        """Change a to-many link: `how` is add, remove or replace. The inverse side of a relation can be named too."""
        table = self.table(entity)
        row = self.visible_row(table, record_id)
        field = table.entity.by_name.get(name)
        if field is not None and field.many:
            if not sees(self.actor, table, row, "update"):
                raise NotAllowed(say("You may not change this record."))
            self._check_version(table, row, version)
            before = set(self.linked(table, name, record_id))
            wanted = {"add": before | set(targets), "remove": before - set(targets), "replace": set(targets)}[how]
            self._check_targets(table, [(field, t) for t in wanted - before], [])
            return self.apply(table, row, {}, {name: sorted(wanted)})
        inverse = table.entity.inverse_by_name.get(name)
        if inverse is None:
            raise NotFound(say("{entity} has no relationship called {name}.", entity=entity, name=name))
        return self._relate_inverse(table, row, inverse.source, inverse.field, targets, how)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part that may fail alone: its rows and its entries are taken back, and the error passes on."""
        entries = len(self._entries)
        try:
            with self.database.write():
                yield
        except BaseException:
            del self._entries[entries:]
            raise

    # ------------------------------------------------------------------ reading inside the transaction

    def table(self, entity: str) -> Table:
        self.registry.entity(entity)
        return self.registry.tables[entity]

    def row(self, table: Table, record_id: int) -> Row | None:
        found = self.database.rows(table.select_sql, (record_id,))
        return found[0] if found else None

    def visible_row(self, table: Table, record_id: int) -> Row:
        """The row, or NotFound when there is none that the actor may see."""
        row = self.row(table, record_id)
        if row is None or not sees(self.actor, table, row):
            raise NotFound(say("There is no {entity} with id {id}.", entity=table.entity.name, id=record_id))
        return row

    def find(self, table: Table, keys: Values) -> list[int]:
        """Ids of at most two visible records whose fields have these wire values."""
        stored = {}
        for name, value in keys.items():
            try:
                stored[name] = table.cleaners[name](value)
            except Wrong as wrong:
                raise Invalid([Problem(name, wrong.message, wrong.code)]) from None
        where = " AND ".join(f'"{table.entity.by_name[n].column}" = ?' for n in stored)
        sql = table.select_sql.rpartition(" WHERE ")[0] + self.database.sql(f" WHERE {where} LIMIT 3")
        rows = self.database.rows(sql, list(stored.values()))
        return [row[0] for row in rows if sees(self.actor, table, row)][:2]

    def linked(self, table: Table, name: str, record_id: int) -> list[int]:
        field = table.entity.by_name[name]
        sql = self.database.sql(f'SELECT "target" FROM "{field.column}" WHERE "source" = ? ORDER BY "target"')
        return [r[0] for r in self.database.rows(sql, (record_id,))]

    # ------------------------------------------------------------------ the steps

    def _clean(self, table: Table, values: Values, *, creating: bool) -> tuple[dict[str, Any], dict[str, list[int]]]:
        columns: dict[str, Any] = {}
        links: dict[str, list[int]] = {}
        problems: list[Problem] = []
        targets: list[tuple[Field, int]] = []
        by_name, cleaners = table.entity.by_name, table.cleaners
        for name, value in values.items():
            field = by_name.get(name)
            if field is None:
                problems.append(Problem(name, say("there is no field called {name}", name=name), "unknown"))
            elif not field.writable:
                problems.append(Problem(name, say("cannot be set"), "read_only"))
            else:
                try:
                    stored = cleaners[name](value) if value is not None else None
                except Wrong as wrong:
                    problems.append(Problem(name, wrong.message, wrong.code))
                    continue
                if stored is None and field.required and not field.many:
                    problems.append(Problem(name, say("is required"), "required"))
                if field.many:
                    links[name] = stored or []
                    targets += [(field, t) for t in links[name]]
                else:
                    columns[name] = stored
                    if field.relational and stored is not None:
                        targets.append((field, stored))
        if creating:
            self._fill(table, values, columns, links, problems)
        if targets:
            self._check_targets(table, targets, problems)
        if problems:
            raise Invalid(problems)
        return columns, links

    def _fill(
        self, table: Table, values: Values, columns: dict[str, Any], links: dict[str, list[int]], problems: list[Problem]
    ) -> None:
        """What a new record needs and nobody gave: defaults, running numbers; and what is required."""
        for field in table.entity.fields:
            if field.name in values:
                continue
            if isinstance(field.kind, AutoNumberKind):
                columns[field.name] = field.kind.render(field, self.next_numbers(field, 1))
            elif field.default is not None:
                (links if field.many else columns)[field.name] = table.cleaners[field.name](field.default)
            elif field.required:
                problems.append(Problem(field.name, say("is required"), "required"))

    def next_numbers(self, field: Field, count: int) -> int:
        """Take `count` running numbers; returns the first."""
        return self.database.rows(self._count, (f"field:{field.id}", count))[0][0] - count + 1

    def _check_targets(self, table: Table, targets: list[tuple[Field, int]], problems: list[Problem]) -> None:
        """Does every linked record exist, for this actor's eyes?"""
        found = problems if problems is not None else []
        before = len(found)
        for field, target in targets:
            other = self.registry.tables.get(field.target or "")
            row = self.row(other, target) if other else None
            if other is None or row is None or not (sees(self.actor, other, row) or field.system):
                found.append(
                    Problem(field.name, say("there is no {entity} with id {id}", entity=field.target, id=target), "not_found")
                )
        if problems == [] and len(found) > before:
            raise Invalid(found)

    def _check_unique(self, table: Table, columns: Mapping[str, Any], record_id: int | None) -> None:
        """Safe without relying on the database's error: while we hold the write transaction nobody else inserts."""
        for names in unique_groups(table):
            values = [columns.get(n) for n in names]
            if any(v is None for v in values):
                continue
            where = " AND ".join(f'"{table.entity.by_name[n].column}" = ?' for n in names)
            sql = self.database.sql(f'SELECT "id" FROM "{table.entity.table}" WHERE {where} LIMIT 2')
            if any(r[0] != record_id for r in self.database.rows(sql, values)):
                field = table.entity.by_name[names[0]]
                raise Conflict(
                    say("Another {entity} has this {fields} already.", entity=table.entity.label, fields=", ".join(names)),
                    code="unique",
                    pointer=f"/data/{'relationships' if field.relational else 'attributes'}/{field.name}",
                )

    def _check_version(self, table: Table, row: Row, version: int | None) -> None:
        if version is None or version == row[1]:
            return
        changed: dict[str, None] = {}
        for entry in self._log.of_record(table.entity.name, row[0]):
            if entry.version <= version:
                break
            changed |= dict.fromkeys(entry.change)
        raise Stale(row[1], list(changed))

    def apply(self, table: Table, row: Row, columns: dict[str, Any], links: dict[str, list[int]]) -> Row:
        """Write what differs of cleaned values; the caller has checked the right to. For this floor only."""
        place = table.place
        show = table.shown
        change: Change = {}
        for name, value in list(columns.items()):
            before, after = show(name, row[place[name]]), show(name, self._as_read(table, name, value))
            if before == after:
                del columns[name]
            else:
                change[name] = [before, after]
        for name, targets in list(links.items()):
            held = self.linked(table, name, row[0])
            if held == targets:
                del links[name]
            else:
                change[name] = [[str(t) for t in held], [str(t) for t in targets]]
        if not change:
            return row
        if columns and unique_groups(table):
            now_held = {f.name: row[place[f.name]] for f in table.columns} | columns
            self._check_unique(table, now_held, row[0])
        names = (*columns, "updated_at", "updated_by")
        columns["updated_at"], columns["updated_by"] = clock.wire_now(), self.actor.user
        version = row[1] + 1
        self.database.run(table.update_sql(names), (*(columns[n] for n in names), version, row[0], row[1]))
        for name, targets in links.items():
            self._set_links(table, name, row[0], targets)
        fresh = list(row)
        fresh[1] = version
        for name in names:
            fresh[place[name]] = columns[name]
        self._note(table, row[0], version, "updated", change)
        return tuple(fresh)

    def _as_read(self, table: Table, name: str, value: Any) -> Any:
        """A cleaned value in the form a row would hold it: PostgreSQL gives dates back as objects."""
        if self.database.dialect == "postgres" and isinstance(value, str):
            return reread(table.entity.by_name[name], value)
        return value

    def _set_links(self, table: Table, name: str, record_id: int, targets: list[int]) -> None:
        link = table.entity.by_name[name].column
        self.database.run(self.database.sql(f'DELETE FROM "{link}" WHERE "source" = ?'), (record_id,))
        if targets:
            sql = self.database.sql(f'INSERT INTO "{link}" ("source", "target") VALUES (?, ?)')
            self.database.many(sql, [(record_id, t) for t in targets])

    def _relate_inverse(self, table: Table, row: Row, source: str, field_name: str, targets: list[int], how: str) -> Row:
        other = self.table(source)
        field = other.entity.by_name[field_name]
        if field.many:
            held = self._sources(other, field, row[0])
            add, drop = _difference(held, targets, how)
            for other_id in add:
                self.relate(source, other_id, field_name, [row[0]], "add")
            for other_id in drop:
                self.relate(source, other_id, field_name, [row[0]], "remove")
        else:
            held = self._sources(other, field, row[0])
            add, drop = _difference(held, targets, how)
            if drop and field.required:
                raise Invalid([Problem(field_name, say("is required"), "required")])
            for other_id in add:
                self.update(source, other_id, {field_name: row[0]})
            for other_id in drop:
                self.update(source, other_id, {field_name: None})
        return row

    def _sources(self, other: Table, field: Field, target: int) -> list[int]:
        if field.many:
            sql = f'SELECT "source" FROM "{field.column}" WHERE "target" = ?'
        else:
            sql = f'SELECT "id" FROM "{other.entity.table}" WHERE "{field.column}" = ?'
        return [r[0] for r in self.database.rows(self.database.sql(sql), (target,))]

    def _delete(self, table: Table, row: Row) -> None:
        for source, field in self.registry.pointing.get(table.entity.name, ()):
            other = self.registry.tables[source.name]
            held = [s for s in self._sources(other, field, row[0]) if not (other is table and s == row[0])]
            if held and field.on_delete == "restrict":
                raise Conflict(
                    say("{count} {entity} records still link to this one.", count=len(held), entity=source.label), code="in_use"
                )
            for record_id in held:
                other_row = self.row(other, record_id)
                if other_row is None:
                    continue  # a cascade took it already
                if field.many:
                    rest = [t for t in self.linked(other, field.name, record_id) if t != row[0]]
                    self.apply(other, other_row, {}, {field.name: rest})
                elif field.on_delete == "cascade":
                    self._delete(other, other_row)
                else:
                    self.apply(other, other_row, {field.name: None}, {})
        links = {f.name: self.linked(table, f.name, row[0]) for f in table.links}
        change = self._shown(table, row, links, creating=False)
        for name in links:
            self._set_links(table, name, row[0], [])
        self.database.run(table.delete_sql, (row[0],))
        self._note(table, row[0], row[1] + 1, "deleted", change)

    def _shown(self, table: Table, row: Row, links: dict[str, list[int]], *, creating: bool) -> Change:
        values: dict[str, Any] = {}
        for field, value in zip(table.columns, row[2:], strict=True):
            if value is not None and (not field.system or field.name == "owner"):
                values[field.name] = table.shown(field.name, self._as_read(table, field.name, value) if creating else value)
        values |= {name: [str(t) for t in targets] for name, targets in links.items() if targets}
        return {n: [None, v] if creating else [v, None] for n, v in values.items()}

    def _note(self, table: Table, record_id: int, version: int, action: str, change: Change) -> None:
        self.note(table.entity.name, record_id, version, action, change)

    def note(self, entity: str, record_id: int, version: int, action: str, change: Change) -> None:
        """An entry for a change that an operation made by itself: to the schema, or to a built-in entity."""
        self.touched.add(entity)
        self._entries.append(entry_row(self.actor.key, self.actor.via, self.transaction, entity, record_id, version, action, change))

    def add_entries(self, entity: str, rows: list[tuple[Any, ...]]) -> None:
        """Entries of a bulk write, made by records/bulk.py."""
        self.touched.add(entity)
        self._entries += rows

    def flush(self) -> None:
        """Write the entries; last thing before the commit."""
        if self._entries:
            self._log.append(self._entries)
            self._entries = []


def unique_groups(table: Table) -> list[tuple[str, ...]]:
    return [*((f.name,) for f in table.columns if f.unique), *table.entity.unique]


def reread(field: Field, value: str) -> Any:
    from datetime import date, datetime

    if field.system:
        return value
    if field.kind.name == "date":
        return date.fromisoformat(value)
    if field.kind.name == "datetime":
        return datetime.fromisoformat(value)
    return value


def _difference(held: list[int], targets: list[int], how: str) -> tuple[set[int], set[int]]:
    now, wanted = set(held), set(targets)
    if how == "add":
        return wanted - now, set()
    if how == "remove":
        return set(), now & wanted
    return wanted - now, now - wanted
