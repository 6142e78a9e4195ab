"""Many records through the one door: the same checks, the same log entries, a few statements per thousand rows.

Takes stored values (a `Table`'s readers make them of text). What cannot be stored is answered row by row, with a reason;
it stops nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from appliance.base import clock
from appliance.base.text import Text, say
from appliance.records.kinds import AutoNumberKind
from appliance.records.permissions import may, sees
from appliance.records.tables import Row, Table
from appliance.records.work import Work, reread, unique_groups

Values = dict[str, Any]
CHUNK = 500  # values in one IN (...)


@dataclass
class Outcome:
    """What became of a batch. `rejected` pairs a row's place in the batch with the reason."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[tuple[int, Text]] = field(default_factory=list)


class Bulk:
    """Bound to one work and one entity. `keys` make it an upsert: a row whose key values are found updates that record."""

    def __init__(self, work: Work, entity: str, keys: Sequence[str] = (), *, mode: str = "upsert"):
        self.work, self.table, self.keys, self.mode = work, work.table(entity), tuple(keys), mode
        self._create_reach = work.actor.reach("create", entity)
        self._groups = unique_groups(self.table)
        self._defaults = {
            f.name: self.table.cleaners[f.name](f.default) for f in self.table.entity.fields if f.default is not None and not f.many
        }
        self._required = [f.name for f in self.table.entity.fields if f.required and not f.many and f.default is None and not f.kind.assigned]
        if not self._create_reach:
            may(work.actor, "update", entity)

    def store(self, batch: Sequence[Values]) -> Outcome:
        """Store a batch of rows, each {field name: stored value}, links to many as lists of ids. Of rows with the same key
        the later one changes what the earlier one wrote."""
        outcome = Outcome()
        waiting = list(enumerate(batch))
        while waiting:
            waiting = self._round(waiting, outcome)
        return outcome

    def _round(self, waiting: list[tuple[int, Values]], outcome: Outcome) -> list[tuple[int, Values]]:
        """Store the rows whose key comes first here; returns the others."""
        existing = self._existing([v for _, v in waiting]) if self.keys else {}
        fresh: list[tuple[int, Values]] = []
        held: list[tuple[int, Values, Row]] = []
        later: list[tuple[int, Values]] = []
        seen: set[tuple[Any, ...]] = set()
        for n, values in waiting:
            key = tuple(values.get(k) for k in self.keys)
            if self.keys and None in key:
                outcome.rejected.append((n, say("the key {key} is empty", key=", ".join(self.keys))))
            elif self.keys and key in seen:
                later.append((n, values))
            else:
                seen.add(key)
                row = existing.get(key) if self.keys else None
                if row:
                    held.append((n, values, row))
                else:
                    fresh.append((n, values))
        if self.mode == "update":
            outcome.rejected += [(n, say("no record has this key")) for n, _ in fresh]
            fresh = []
        elif self.mode == "create":
            outcome.rejected += [(n, say("there is a record with this key already")) for n, _, _ in held]
            held = []
        self._insert(self._acceptable(fresh, outcome), outcome)
        self._update(held, outcome)
        return later

    # ------------------------------------------------------------------ new rows

    def _acceptable(self, fresh: list[tuple[int, Values]], outcome: Outcome) -> list[Values]:
        """Those that may be inserted: rights, required values, unique values in the batch and in the table."""
        if fresh and not self._create_reach:
            outcome.rejected += [(n, say("you may not create these records")) for n, _ in fresh]
            return []
        found: list[tuple[int, Values]] = []
        for n, values in fresh:
            missing = [name for name in self._required if values.get(name) is None]
            if missing:
                outcome.rejected.append((n, say("{fields} is required", fields=", ".join(missing))))
            else:
                found.append((n, {**self._defaults, **values} if self._defaults else values))
        for group in self._groups:
            taken = self._taken(group, found)
            kept = []
            for n, values in found:
                key = tuple(values.get(name) for name in group)
                if None not in key and key in taken:
                    outcome.rejected.append((n, say("another record has this {fields}", fields=", ".join(group))))
                    continue
                taken.add(key)
                kept.append((n, values))
            found = kept
        return [values for _, values in found]

    def _taken(self, group: tuple[str, ...], rows: list[tuple[int, Values]]) -> set[tuple[Any, ...]]:
        """The values of a unique group that stand in the table already, among those of these rows."""
        first = group[0]
        wanted = {v.get(first) for _, v in rows} - {None}
        columns = ", ".join(f'"{self.table.entity.by_name[n].column}"' for n in group)
        found: set[tuple[Any, ...]] = set()
        for part, marks in _parts(wanted):
            sql = f'SELECT {columns} FROM "{self.table.entity.table}" WHERE "{self.table.entity.by_name[first].column}" IN ({marks})'
            found |= {tuple(row) for row in self.work.database.rows(self.work.database.sql(sql), part)}
        return found

    def _insert(self, rows: list[Values], outcome: Outcome) -> None:
        if not rows:
            return
        table, work, user = self.table, self.work, self.work.actor.user
        ids = work.database.reserve_ids(table.entity.table, len(rows))
        self._number(rows)
        now, micros = clock.wire_now(), clock.micros()
        names = [f.name for f in table.columns]
        stored, entries = [], []
        links: dict[str, list[tuple[int, int]]] = {f.name: [] for f in table.links}
        actor, via, transaction, entity = work.actor.key, work.actor.via, work.transaction, table.entity.name
        show = self._shown()
        own = self._create_reach == "own"
        for record_id, values in zip(ids, rows, strict=True):
            if own or values.get("owner") is None:
                values["owner"] = user
            change = {n: [None, show[n](v) if n in show else v] for n, v in values.items() if v is not None and v != []}
            values["created_at"] = values["updated_at"] = now
            values["created_by"] = values["updated_by"] = user
            stored.append((record_id, 1, *(values.get(n) for n in names)))
            for name, pairs in links.items():
                pairs += [(record_id, target) for target in values.get(name) or ()]
            entries.append(
                (micros, actor, via, transaction, entity, record_id, 1, "created", orjson.dumps(change, default=str).decode())
            )
        work.database.many(table.insert_at_sql, stored)
        for name, pairs in links.items():
            if pairs:
                link = table.entity.by_name[name].column
                work.database.many(work.database.sql(f'INSERT INTO "{link}" ("source", "target") VALUES (?, ?)'), pairs)
        work.add_entries(entity, entries)
        outcome.created += len(rows)

    def _number(self, rows: list[Values]) -> None:
        for field_ in self.table.entity.fields:
            if isinstance(field_.kind, AutoNumberKind):
                first = self.work.next_numbers(field_, len(rows))
                for n, values in enumerate(rows):
                    values[field_.name] = field_.kind.render(field_, first + n)

    def _shown(self) -> dict[str, Any]:
        """Stored, as we have cleaned it, to wire: PostgreSQL's showers want objects where we hold text."""
        found = {}
        for name, shower in self.table.showers.items():
            declared = self.table.entity.by_name[name]
            if declared.many:
                found[name] = lambda ids: [str(i) for i in ids]
            elif declared.kind.name in ("date", "datetime"):
                continue
            else:
                found[name] = shower
        return found

    # ------------------------------------------------------------------ rows that are there

    def _existing(self, batch: Sequence[Values]) -> dict[tuple[Any, ...], Row]:
        """The records with these keys, by key."""
        first = self.keys[0]
        column = self.table.entity.by_name[first].column
        select = self.table.select_sql.rpartition(" WHERE ")[0]
        found: dict[tuple[Any, ...], Row] = {}
        places = [self.table.place[k] for k in self.keys]
        dates = self.work.database.dialect == "postgres"
        for part, marks in _parts({v.get(first) for v in batch} - {None}):
            for row in self.work.database.rows(select + self.work.database.sql(f' WHERE "{column}" IN ({marks}) ORDER BY "id" DESC'), part):
                key = tuple(row[p] for p in places)
                if dates:
                    key = tuple(self.table.shown(k, v) if not isinstance(v, int | str) else v for k, v in zip(self.keys, key, strict=True))
                found[key] = row
        return found

    def _update(self, held: list[tuple[int, Values, Row]], outcome: Outcome) -> None:
        table, work = self.table, self.work
        now, micros = clock.wire_now(), clock.micros()
        by_names: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        entries: list[tuple[Any, ...]] = []
        for n, values, row in held:
            changed = self._changed(values, row)
            if problem := self._refusal(row, values, changed):
                outcome.rejected.append((n, problem))
                continue
            links = {f.name: values[f.name] for f in table.links if f.name in values}
            if links:  # rare, and they need the linked records looked up: the way of a single update
                fresh = work.apply(table, row, {k: v for k, (v, _) in changed.items()}, links)
                outcome.updated += fresh[1] != row[1]
                outcome.unchanged += fresh[1] == row[1]
            elif not changed:
                outcome.unchanged += 1
            else:
                names = (*changed, "updated_at", "updated_by")
                params = (*(v for v, _ in changed.values()), now, work.actor.user, row[1] + 1, row[0], row[1])
                by_names.setdefault(names, []).append(params)
                change = {k: [table.shown(k, row[table.place[k]]), table.shown(k, v)] for k, (_, v) in changed.items()}
                text = orjson.dumps(change).decode()
                who = (work.actor.key, work.actor.via, work.transaction)
                entries.append((micros, *who, table.entity.name, row[0], row[1] + 1, "updated", text))
                outcome.updated += 1
        for names, params_list in by_names.items():
            work.database.many(table.update_sql(names), params_list)
        if entries:
            work.add_entries(table.entity.name, entries)

    def _changed(self, values: Values, row: Row) -> dict[str, tuple[Any, Any]]:
        """{name: (stored value, the same as a row would give it back)} of what differs."""
        place, fields = self.table.place, self.table.entity.by_name
        postgres = self.work.database.dialect == "postgres"
        changed = {}
        for name, value in values.items():
            if name in place:
                as_read = reread(fields[name], value) if postgres and isinstance(value, str) else value
                if row[place[name]] != as_read:
                    changed[name] = (value, as_read)
        return changed

    def _refusal(self, row: Row, values: Values, changed: dict[str, Any]) -> Text | None:
        if not sees(self.work.actor, self.table, row, "update"):
            return say("you may not change this record")
        missing = [name for name in self._required if name in changed and changed[name][0] is None]
        if missing:
            return say("{fields} is required", fields=", ".join(missing))
        return self._clash(row, values, changed)

    def _clash(self, row: Row, values: Values, changed: dict[str, Any]) -> Text | None:
        """Would this update give a record a unique value that another one has?"""
        for group in self._groups:
            if not any(name in changed for name in group):
                continue
            wanted = [values.get(name, row[self.table.place[name]]) for name in group]
            if None in wanted:
                continue
            where = " AND ".join(f'"{self.table.entity.by_name[n].column}" = ?' for n in group)
            sql = self.work.database.sql(f'SELECT 1 FROM "{self.table.entity.table}" WHERE {where} AND "id" <> ? LIMIT 1')
            if self.work.database.rows(sql, (*wanted, row[0])):
                return say("another record has this {fields}", fields=", ".join(group))
        return None


def _parts(values: set[Any]) -> Any:
    listed = list(values)
    for start in range(0, len(listed), CHUNK):
        part = listed[start : start + CHUNK]
        yield part, ", ".join("?" * len(part))
