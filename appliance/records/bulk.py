"""Many records through the one door: the same checks, the same log entries, a few statements per thousand rows.

Takes stored values (a `Table`'s readers make them of text). What cannot be stored is answered row by row, with a reason;
it stops nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from appliance.base import clock
from appliance.base.errors import Invalid, Problem
from appliance.base.text import Text, say
from appliance.records.checks import default_of, is_blank, unique_groups
from appliance.records.kinds import AutoNumberKind
from appliance.records.permissions import may, sees, visibility
from appliance.records.tables import Row, Table
from appliance.records.work import Work

Values = dict[str, Any]
Key = tuple[Any, ...]
Numbered = tuple[int, Values]
CHUNK = 500
"""Values in one IN (...)."""


@dataclass
class Outcome:
    """What became of a batch. `rejected` pairs a row's place in the batch with the reason."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[tuple[int, Text]] = field(default_factory=list)
    """A row may stand here several times: once for each reason."""
    ids: dict[int, int] = field(default_factory=dict)
    """{a row's place in the batch: the record that it became or changed}"""


class Bulk:
    """Bound to one work and one entity. `keys` make it an upsert: a row whose key values are found updates that record.
    `mode` is upsert, create or update. Raises Invalid for keys that cannot be keys."""

    def __init__(self, work: Work, entity: str, keys: Sequence[str] = (), *, mode: str = "upsert"):
        self.work, self.table, self.keys, self.mode = work, work.table(entity), tuple(keys), mode
        check_keys(self.table, self.keys, mode)
        self._create_reach = work.actor.reach("create", entity)
        self._groups = unique_groups(self.table)
        fields = [f for f in self.table.entity.fields if not f.kind.assigned]
        self._defaults = {f.name: d for f in fields if (d := default_of(self.table, f)) is not None}
        self._required = [f.name for f in fields if f.required]
        if not self._create_reach:
            may(work.actor, "update", entity)

    def store(self, batch: Sequence[Values]) -> Outcome:
        """Store a batch of rows, each {field name: stored value}, links to many as lists of ids. Of rows with the same key
        the later one changes what the earlier one wrote. A new record gets defaults where a row has nothing."""
        outcome = Outcome()
        waiting = list(enumerate(batch))
        while waiting:
            waiting = self._round(waiting, outcome)
        return outcome

    def _round(self, waiting: list[Numbered], outcome: Outcome) -> list[Numbered]:
        """Store the rows whose key comes first here; returns the others."""
        existing = self._existing(waiting) if self.keys else {}
        fresh: list[Numbered] = []
        held: list[tuple[int, Values, Row]] = []
        later: list[Numbered] = []
        seen: set[Key] = set()
        for n, values in waiting:
            key = tuple(values.get(k) for k in self.keys)
            rows = existing.get(key, ())
            if self.keys and None in key:
                outcome.rejected.append((n, say("the key {key} is empty", key=", ".join(self.keys))))
            elif self.keys and key in seen:
                later.append((n, values))
            elif len(rows) > 1:
                outcome.rejected.append((n, say("several records have this key")))
            elif rows:
                seen.add(key)
                held.append((n, values, rows[0]))
            elif self.keys == ("id",):  # ids are given by us alone, never by a file
                outcome.rejected.append(
                    (n, say("there is no {entity} with id {id}", entity=self.table.entity.name, id=key[0]))
                )
            else:
                seen.add(key)
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

    def _acceptable(self, fresh: list[Numbered], outcome: Outcome) -> list[Numbered]:
        """Those that may be inserted: rights, required values, unique values in the batch and in the table."""
        if fresh and not self._create_reach:
            outcome.rejected += [(n, say("you may not create these records")) for n, _ in fresh]
            return []
        found = [(n, self._defaults | {k: v for k, v in given.items() if v is not None}) for n, given in fresh]
        refused: set[int] = set()
        for n, values in found:
            missing = [name for name in self._required if is_blank(values.get(name))]
            if missing:
                outcome.rejected.append((n, say("{fields} is required", fields=", ".join(missing))))
                refused.add(n)
        for group in self._groups:
            taken = self._taken(group, found)
            for n, values in found:
                key = tuple(values.get(name) for name in group)
                if None not in key and key in taken:
                    outcome.rejected.append((n, say("another record has this {fields}", fields=", ".join(group))))
                    refused.add(n)
                elif n not in refused:
                    taken.add(key)
        return [(n, values) for n, values in found if n not in refused]

    def _taken(self, group: tuple[str, ...], rows: list[Numbered]) -> set[Key]:
        """The values of a unique group that stand in the table already, among those of these rows."""
        columns = ", ".join(f'"{self.table.entity.by_name[n].column}"' for n in group)
        found: set[Key] = set()
        for part, where in self._among(group[0], rows):
            sql = f'SELECT {columns} FROM "{self.table.entity.table}" WHERE {where}'
            for row in self.work.database.rows(self.work.database.sql(sql), part):
                found.add(tuple(self.table.plain(n, v) for n, v in zip(group, row, strict=True)))
        return found

    def _insert(self, numbered: list[Numbered], outcome: Outcome) -> None:
        if not numbered:
            return
        rows = [values for _, values in numbered]
        table, work, user = self.table, self.work, self.work.actor.user
        ids = work.database.reserve_ids(table.entity.table, len(rows))
        self._number(rows)
        micros, now = clock.moment()
        names = [f.name for f in table.columns]
        stored, entries = [], []
        links: dict[str, list[tuple[int, int]]] = {f.name: [] for f in table.links}
        actor, via, transaction, entity = work.actor.key, work.actor.via, work.transaction, table.entity.name
        show = {**table.showers, **dict.fromkeys(links, _shown_ids)}
        create = visibility(work.actor, table.entity.name, "create")
        for record_id, values in zip(ids, rows, strict=True):
            if values.get("owner") is None or not create.includes(values["owner"]):
                values["owner"] = user
            change = {n: [None, show[n](v) if n in show else v] for n, v in values.items() if v is not None and v != []}
            values["created_at"] = values["updated_at"] = now
            values["created_by"] = values["updated_by"] = user
            stored.append((record_id, 1, *(values.get(n) for n in names)))
            for name, pairs in links.items():
                pairs += [(record_id, target) for target in values.get(name) or ()]
            text = orjson.dumps(change).decode()
            entries.append((micros, actor, via, transaction, entity, record_id, 1, "created", text))
        work.database.many(table.insert_at_sql, stored)
        for name, pairs in links.items():
            if pairs:
                link = table.entity.by_name[name].column
                work.database.many(work.database.sql(f'INSERT INTO "{link}" ("source", "target") VALUES (?, ?)'), pairs)
        work.add_entries(entity, entries)
        outcome.created += len(rows)
        outcome.ids |= {n: record_id for (n, _), record_id in zip(numbered, ids, strict=True)}

    def _number(self, rows: list[Values]) -> None:
        for field_ in self.table.entity.fields:
            if isinstance(field_.kind, AutoNumberKind):
                first = self.work.next_numbers(field_, len(rows))
                for n, values in enumerate(rows):
                    values[field_.name] = field_.kind.render(field_, first + n)

    # ------------------------------------------------------------------ rows that are there

    def _among(self, name: str, rows: Sequence[Numbered]) -> Iterator[tuple[list[Any], str]]:
        """Conditions that together cover the rows' values of one field, with their parameters."""
        column = "id" if name == "id" else self.table.entity.by_name[name].column
        listed = list({v.get(name) for _, v in rows} - {None})
        for start in range(0, len(listed), CHUNK):
            part = listed[start : start + CHUNK]
            yield part, f'"{column}" IN ({", ".join("?" * len(part))})'

    def _existing(self, rows: Sequence[Numbered]) -> dict[Key, list[Row]]:
        """The records with these keys, by key, as far as the actor may know of them."""
        table, actor = self.table, self.work.actor
        select = table.select_sql.rpartition(" WHERE ")[0]
        found: dict[Key, list[Row]] = {}
        for part, where in self._among(self.keys[0], rows):
            for row in self.work.database.rows(f"{select} WHERE {self.work.database.sql(where)}", part):
                if sees(actor, table, row):
                    found.setdefault(tuple(table.plain(k, row[table.place[k]]) for k in self.keys), []).append(row)
        return found

    def _update(self, held: list[tuple[int, Values, Row]], outcome: Outcome) -> None:
        table, work, place = self.table, self.work, self.table.place
        micros, now = clock.moment()
        by_names: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        entries: list[tuple[Any, ...]] = []
        claimed: set[tuple[tuple[str, ...], Key]] = set()
        for n, values, row in held:
            changed = {k: v for k, v in values.items() if k in place and self._differs(k, row[place[k]], v)}
            if problem := self._refusal(row, values, changed, claimed):
                outcome.rejected.append((n, problem))
                continue
            outcome.ids[n] = row[0]
            links = {f.name: values[f.name] or [] for f in table.links if f.name in values}
            links = {name: ids for name, ids in links.items() if ids != work.linked(table, name, row[0])}
            if links:  # rare: the way of a single update
                work.apply(table, row, changed, links)
                outcome.updated += 1
            elif not changed:
                outcome.unchanged += 1
            else:
                names = (*changed, "updated_at", "updated_by")
                params = (*changed.values(), now, work.actor.user, row[1] + 1, row[0], row[1])
                by_names.setdefault(names, []).append(params)
                change = {k: [table.shown(k, row[table.place[k]]), table.shown(k, v)] for k, v in changed.items()}
                who = (work.actor.key, work.actor.via, work.transaction)
                text = orjson.dumps(change).decode()
                entries.append((micros, *who, table.entity.name, row[0], row[1] + 1, "updated", text))
                outcome.updated += 1
        for names, params_list in by_names.items():
            work.database.many(table.update_sql(names), params_list)
        if entries:
            work.add_entries(table.entity.name, entries)

    def _differs(self, name: str, held: Any, value: Any) -> bool:
        return bool(held != value and self.table.plain(name, held) != value)

    def _refusal(
        self, row: Row, values: Values, changed: Values, claimed: set[tuple[tuple[str, ...], Key]]
    ) -> Text | None:
        if not sees(self.work.actor, self.table, row, "update"):
            return say("you may not change this record")
        missing = [name for name in self._required if name in values and is_blank(values[name])]
        if missing:
            return say("{fields} is required", fields=", ".join(missing))
        return self._clash(row, values, changed, claimed)

    def _clash(
        self, row: Row, values: Values, changed: Values, claimed: set[tuple[tuple[str, ...], Key]]
    ) -> Text | None:
        """Would this update give a record a unique value that another one has, or gets in this very batch?"""
        mine = []
        for group in self._groups:
            if not any(name in changed for name in group):
                continue
            wanted = tuple(values.get(n, self.table.plain(n, row[self.table.place[n]])) for n in group)
            if None in wanted:
                continue
            where = " AND ".join(f'"{self.table.entity.by_name[n].column}" = ?' for n in group)
            sql = self.work.database.sql(
                f'SELECT 1 FROM "{self.table.entity.table}" WHERE {where} AND "id" <> ? LIMIT 1'
            )
            if (group, wanted) in claimed or self.work.database.rows(sql, (*wanted, row[0])):
                return say("another record has this {fields}", fields=", ".join(group))
            mine.append((group, wanted))
        claimed.update(mine)
        return None


def check_keys(table: Table, keys: Sequence[str], mode: str) -> None:
    """Invalid when records cannot be told apart by these fields."""
    for key in keys:
        if key not in table.place or key == "version" or (key == "id" and len(keys) > 1):
            raise Invalid([Problem("key", say("records cannot be told apart by {key}", key=key), "key")])
    if mode == "update" and not keys:
        raise Invalid([Problem("key", say("to update records, say by which fields they are told apart"), "key")])


def _shown_ids(ids: list[int]) -> list[str]:
    return [str(i) for i in ids]
