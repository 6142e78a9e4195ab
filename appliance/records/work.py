"""Work: one actor, one transaction, the only writer of records. Permission, validation, version check, the row and its
log entry happen here, in this order; a failure leaves nothing behind. Checks are in checks.py, links in linking.py."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson

from appliance.base import clock, ids
from appliance.base.errors import Conflict, Invalid, NotAllowed, NotFound, Problem, Stale
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.records.canonical import CANONICAL, follow
from appliance.records.checks import check_unique, clean, read_again, unique_groups
from appliance.records.entity import Field
from appliance.records.kinds import AutoNumberKind, Wrong
from appliance.records.linking import let_go, relate
from appliance.records.log import Change, Log, entry_row
from appliance.records.permissions import Actor, may, saw, sees, visibility
from appliance.records.registry import Registry
from appliance.records.tables import Row, Table

PROCESS = ids.short()
_numbers = itertools.count(1)
Values = Mapping[str, Any]
BIGGEST_ID = 2**53
"""Of ids given by clients: JavaScript counts no further, and the numbers above stay free for a long time."""


class Work:
    """Made by `Records.work(actor)`, lives inside one `database.write()`. Values are wire values, or what a form or file
    gives: Decimal and date are taken too."""

    def __init__(self, database: Database, registry: Registry, log: Log, actor: Actor):
        self.database, self.registry, self.actor = database, registry, actor
        self.transaction = f"{PROCESS}-{next(_numbers)}"
        self.touched: set[str] = set()
        self.log = log
        self._entries: list[tuple[Any, ...]] = []
        self._count = database.sql(
            "INSERT INTO ingot_counter (name, value) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = ingot_counter.value + excluded.value RETURNING value"
        )

    # ------------------------------------------------------------------ the verbs

    def create(self, entity: str, values: Values, *, record_id: int | None = None) -> Row:
        """Store a new record and return its row. Raises NotAllowed, Invalid, Conflict (an id or unique value taken; an id
        that was ever used is taken, its history belongs to another record)."""
        table = self.table(entity)
        may(self.actor, "create", entity)
        columns, links = clean(self, table, values, None)
        if columns.get("owner") is None or not visibility(self.actor, entity, "create").includes(columns["owner"]):
            columns["owner"] = self.actor.user
        check_unique(self, table, columns, None)
        if record_id is not None:
            self._check_id(table, record_id)
        for field in table.entity.fields:  # last: a refused record must not use up a number
            if isinstance(field.kind, AutoNumberKind):
                columns[field.name] = field.kind.render(field, self.next_numbers(field, 1))
        micros, now = clock.moment()
        columns |= {"created_at": now, "updated_at": now, "created_by": self.actor.user, "updated_by": self.actor.user}
        stored = [columns.get(f.name) for f in table.columns]
        if record_id is None:
            record_id = self.database.rows(table.insert_sql, stored)[0][0]
        else:
            self.database.run(table.insert_at_sql, (record_id, 1, *stored))
        for name, targets in links.items():
            self._set_links(table, name, record_id, targets)
        row = (record_id, 1, *stored)
        self.note(entity, record_id, 1, "created", self._shown(table, row, links, creating=True), at=micros)
        return row

    def update(
        self, entity: str, record_id: int, values: Values, *, version: int | None = None, as_was: bool = False
    ) -> Row:
        """Change some fields and return the row. Raises NotFound, NotAllowed, Invalid, Conflict, and Stale when `version`
        is given and is not the stored one. Nothing different: nothing is written and the version stays. `as_was`: the record
        had these values before, and what its fields demand of new ones is not asked again."""
        table = self.table(entity)
        row = self.visible_row(table, record_id)
        if not sees(self.actor, table, row, "update"):
            raise NotAllowed(say("You may not change this record."))
        self._check_version(table, row, version)
        columns, links = read_again(self, table, values, row) if as_was else clean(self, table, values, row)
        return self.apply(table, row, columns, links)

    def delete(self, entity: str, record_id: int, *, version: int | None = None) -> None:
        """Remove a record. Links to it are cleared, or it is refused, or they go too, as each link's `on_delete` says."""
        table = self.table(entity)
        row = self.visible_row(table, record_id)
        if not sees(self.actor, table, row, "delete"):
            raise NotAllowed(say("You may not delete this record."))
        self._check_version(table, row, version)
        with self.attempt():  # a link further on may forbid it when the first ones are cleared already
            self._delete(table, record_id, set())

    def bring_back(
        self, entity: str, record_id: int, values: Values, *, at: str | None = None, by: int | None = None
    ) -> Row:
        """Store a deleted record again, under its id, with the wire values it had; `at` and `by` are when and by whom it was
        created. What its fields demand of new values is not asked again. Raises NotFound when there never was one, NotAllowed
        without the right to create it, Conflict when it is there or a unique value is taken, Invalid for values that do not
        fit and links that lead nowhere."""
        table = self.table(entity)
        may(self.actor, "create", entity)
        last = self.log.of_record(entity, record_id, limit=1)
        there = self.row(table, record_id)
        known = last and (sees(self.actor, table, there) if there else saw(self.actor, entity, last[0].change))
        if not known:  # also of a record that is somebody else's: nobody revives what he could not see
            raise NotFound(say("There is no {entity} with id {id}.", entity=entity, id=record_id))
        if there:
            raise Conflict(
                say("There is a {entity} with id {id} already.", entity=entity, id=record_id), code="id_taken"
            )
        columns, links = read_again(self, table, values)
        owner = columns.get("owner")
        if not all(visibility(self.actor, entity, verb).includes(owner) for verb in ("create", "read")):
            raise NotAllowed(say("You may not bring this record back."))
        check_unique(self, table, columns, None)
        now = clock.wire_now()
        columns |= {"created_at": at or now, "updated_at": now, "created_by": by, "updated_by": self.actor.user}
        version = last[0].version + 1
        row = (record_id, version, *(columns.get(f.name) for f in table.columns))
        self.database.run(table.insert_at_sql, row)
        for name, targets in links.items():
            self._set_links(table, name, record_id, targets)
        self.note(entity, record_id, version, "created", self._shown(table, row, links, creating=True))
        return row

    def relate(
        self, entity: str, record_id: int, name: str, targets: list[int], how: str, *, version: int | None = None
    ) -> Row:
        """Change a to-many link: `how` is add, remove or replace. The inverse side of a relation can be named too; then
        the records at the far end change, and their versions. Raises as `update` does."""
        table = self.table(entity)
        row = self.visible_row(table, record_id)
        self._check_version(table, row, version)
        with self.attempt():
            return relate(self, table, row, name, targets, how)

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
        """Ids of at most two visible records whose fields have these wire values. Invalid for fields that cannot be keys."""
        stored = {}
        for name, value in keys.items():
            try:
                if name not in table.place:
                    raise Wrong(say("there is no field called {name}", name=name), "unknown")
                stored[name] = table.cleaners[name](value)
            except Wrong as wrong:
                raise Invalid([Problem(name, wrong.message, wrong.code)]) from None
        seen = visibility(self.actor, table.entity.name)
        if not stored or not seen:
            return []
        where = " AND ".join(f'"{table.entity.by_name[n].column}" = ?' for n in stored)
        mine, owner = seen.sql()
        sql = self.database.sql(
            f'SELECT "id" FROM "{table.entity.table}" WHERE {where} AND {mine} ORDER BY "id" LIMIT 2'
        )
        return [row[0] for row in self.database.rows(sql, (*stored.values(), *owner))]

    def linked(self, table: Table, name: str, record_id: int) -> list[int]:
        field = table.entity.by_name[name]
        sql = self.database.sql(f'SELECT "target" FROM "{field.column}" WHERE "source" = ? ORDER BY "target"')
        return [r[0] for r in self.database.rows(sql, (record_id,))]

    # ------------------------------------------------------------------ the steps

    def _check_id(self, table: Table, record_id: int) -> None:
        """May a new record have this id? Makes sure that it is not given away again."""
        name = table.entity.name
        if not 0 < record_id <= BIGGEST_ID:
            raise Invalid(
                [Problem("id", say("must be between {min} and {max}", min=1, max=BIGGEST_ID), "range", "/data/id")]
            )
        if self.row(table, record_id) or self.log.of_record(name, record_id, limit=1):
            raise Conflict(say("There is a {entity} with id {id} already.", entity=name, id=record_id), code="id_taken")
        following = self.database.reserve_ids(table.entity.table, 1)[0]
        if following < record_id:  # PostgreSQL's sequence does not notice an id that is set by hand
            self.database.reserve_ids(table.entity.table, record_id - following)

    def next_numbers(self, field: Field, count: int) -> int:
        """Take `count` running numbers; returns the first."""
        return int(self.database.rows(self._count, (f"field:{field.id}", count))[0][0]) - count + 1

    def _check_version(self, table: Table, row: Row, version: int | None) -> None:
        if version is None or version == row[1]:
            return
        changed: dict[str, None] = {}
        for entry in self.log.of_record(table.entity.name, row[0]):
            if entry.version <= version:
                break
            changed |= dict.fromkeys(entry.change)
        raise Stale(row[1], list(changed))

    def apply(self, table: Table, row: Row, columns: dict[str, Any], links: dict[str, list[int]]) -> Row:
        """Write what differs of cleaned values; the caller has checked the right to. For this floor only."""
        place, show = table.place, table.shown
        change: Change = {}
        different: dict[str, Any] = {}
        for name, value in columns.items():
            before, after = show(name, row[place[name]]), show(name, value)
            if before != after:
                different[name] = value
                change[name] = [before, after]
        moved: dict[str, list[int]] = {}
        for name, targets in links.items():
            held = self.linked(table, name, row[0])
            if held != targets:
                moved[name] = targets
                change[name] = [[str(t) for t in held], [str(t) for t in targets]]
        if not change:
            return row
        if different and unique_groups(table):
            held_now = {f.name: table.plain(f.name, row[place[f.name]]) for f in table.columns} | different
            check_unique(self, table, held_now, row[0])
        different |= {"updated_at": clock.wire_now(), "updated_by": self.actor.user}
        version = row[1] + 1
        sql = table.update_sql(tuple(different))
        if self.database.run(sql, (*different.values(), version, row[0], row[1])) != 1:
            raise AssertionError("a row changed under our write transaction")
        for name, targets in moved.items():
            self._set_links(table, name, row[0], targets)
        fresh = list(row)
        fresh[1] = version
        for name, value in different.items():
            fresh[place[name]] = value
        self.note(table.entity.name, row[0], version, "updated", change)
        return tuple(fresh)

    def _set_links(self, table: Table, name: str, record_id: int, targets: list[int]) -> None:
        link = table.entity.by_name[name].column
        self.database.run(self.database.sql(f'DELETE FROM "{link}" WHERE "source" = ?'), (record_id,))
        if targets:
            sql = self.database.sql(f'INSERT INTO "{link}" ("source", "target") VALUES (?, ?)')
            self.database.many(sql, [(record_id, t) for t in targets])

    def _delete(self, table: Table, record_id: int, going: set[tuple[str, int]]) -> None:
        going.add((table.entity.name, record_id))
        for other, other_id in let_go(self, table, record_id, going):
            if (other.entity.name, other_id) not in going:  # a circle of cascades comes back to where it began
                self._delete(other, other_id, going)
        row = self.row(table, record_id)
        assert row
        links = {f.name: self.linked(table, f.name, record_id) for f in table.links}
        change = self._shown(table, row, links, creating=False)
        for name in links:
            self._set_links(table, name, record_id, [])
        self.database.run(table.delete_sql, (record_id,))
        self.note(table.entity.name, record_id, row[1] + 1, "deleted", change)

    def _shown(self, table: Table, row: Row, links: dict[str, list[int]], *, creating: bool) -> Change:
        values: dict[str, Any] = {}
        for field, value in zip(table.columns, row[2:], strict=True):
            if value is not None and (not field.system or field.name == "owner"):
                values[field.name] = table.shown(field.name, value)
        values |= {name: [str(t) for t in targets] for name, targets in links.items() if targets}
        return {n: [None, v] if creating else [v, None] for n, v in values.items()}

    def note(
        self, entity: str, record_id: int, version: int, action: str, change: Change, *, at: int | None = None
    ) -> None:
        """An entry for a change that an operation made by itself: to the schema, or to a built-in entity."""
        follow(self.database, entity, record_id, change)
        self.touched.add(entity)
        self._entries.append(
            entry_row(
                self.actor.key, self.actor.via, self.transaction, entity, record_id, version, action, change, at=at
            )
        )

    def changes(self, entity: str) -> list[tuple[int, str, Change]]:
        """(record, action, change) of what this work has done to an entity so far, as the log will tell it."""
        return [(e[5], e[7], orjson.loads(e[8])) for e in self._entries if e[4] == entity]

    def add_entries(self, entity: str, rows: list[tuple[Any, ...]]) -> None:
        """Entries of a bulk write, made by records/bulk.py."""
        assert entity not in CANONICAL, "a canonical column follows single writes only"
        self.touched.add(entity)
        self._entries += rows

    def flush(self) -> None:
        """Write the entries; last thing before the commit."""
        if self._entries:
            self.log.append(self._entries)
            self._entries = []
