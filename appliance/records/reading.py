"""Reading records for an actor: one, a page, the linked ones. Rows come back raw; `Table.show` or a `Face` makes wire
values of them. What the actor may not see is not there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from appliance.base import clock
from appliance.base.errors import NotFound
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.records.conditions import Part, is_open
from appliance.records.entity import Field, Inverse
from appliance.records.permissions import Actor, may, sees
from appliance.records.query import Page, Query
from appliance.records.registry import Registry
from appliance.records.settling import Find, refuse_cut, settle
from appliance.records.sql import compile_list, compile_totals, slot_values
from appliance.records.tables import Row, Table

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Found:
    """A page. `more` says whether rows follow in the direction of reading; `keys` are the rows' sort values, for cursors."""

    rows: list[Row]
    more: bool
    total: int | None = None
    keys: list[tuple[Any, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Of a whole list: its rows, and the sums asked for as stored values."""

    count: int
    sums: dict[str, int]


class Reading:
    """Bound to one registry and one actor, as a request is. `find` searches inside lists; without it a query that needs it
    is refused."""

    def __init__(self, database: Database, registry: Registry, actor: Actor, find: Find | None = None):
        self.database, self.registry, self.actor = database, registry, actor
        self._find = find
        self._settled: dict[tuple[Part, ...], tuple[Part, ...]] = {}

    def table(self, entity: str) -> Table:
        self.registry.entity(entity)
        return self.registry.tables[entity]

    def get(self, entity: str, record_id: int) -> Row:
        """The row; NotFound when it is not there for this actor, NotAllowed when he may read none of its kind."""
        table = self.table(entity)
        may(self.actor, "read", entity)
        rows = self.database.rows(table.select_sql, (record_id,))
        if not rows or not sees(self.actor, table, rows[0]):
            raise NotFound(say("There is no {entity} with id {id}.", entity=entity, id=record_id))
        return rows[0]

    def page(self, query: Query, total: int | None = None) -> Found:
        """A page of a list, in order; with the total when it was asked for. Whoever knows the total says so: it decides
        which way to the rows is the shorter one."""
        query = self.settled(query)
        table = self.table(query.entity)
        page = query.page
        compiled = compile_list(self.registry, self.database, self.actor, table, query, total)
        values = slot_values(query, self.actor)
        rows = self.database.rows(compiled.sql, compiled.bind(values))
        more = len(rows) > page.size
        rows = rows[: page.size]
        if page.before is not None:
            rows.reverse()
        keys = None
        if page.cursor or page.after is not None or page.before is not None:
            width = len(table.selected)
            has_id = any(s.path == ("id",) for s in query.sorts)
            keys = [(*row[width:], *(() if has_id else (row[0],))) for row in rows]
            rows = [row[:width] for row in rows]
        return Found(rows, more, self.count(query) if page.totals else None, keys)

    def count(self, query: Query) -> int:
        """How many records the whole list has."""
        return self.totals(replace(query, page=Page())).count

    def totals(self, query: Query) -> Totals:
        """Of the whole list, whatever its page."""
        query = self.settled(query)
        compiled = compile_totals(self.registry, self.database, self.actor, self.table(query.entity), query)
        count, *halves = self.database.rows(compiled.sql, compiled.bind(slot_values(query, self.actor)))[0]
        pairs = zip(halves[::2], halves[1::2], strict=True)
        sums = [(int(high or 0) << 32) + int(low or 0) for high, low in pairs]
        return Totals(count, dict(zip(query.page.sums, sums, strict=True)))

    def settled(self, query: Query) -> Query:
        """The query with its days, its `me` and its search settled: once for the life of this Reading, so that all pages
        of an export are of one day. BadRequest when a search matches more than can be taken."""
        if not is_open(query.conditions):
            return query
        found = self._settled.get(query.conditions)
        if found is None:
            found = refuse_cut(settle(query, self.actor, clock.now(), self._find)).conditions
            self._settled[query.conditions] = found
        return replace(query, conditions=found)

    def by_ids(self, entity: str, ids: Iterable[int]) -> dict[int, Row]:
        """Those of the rows that the actor may see."""
        if not self.actor.reach("read", entity):
            return {}
        table = self.table(entity)
        wanted = list(dict.fromkeys(ids))
        if len(wanted) == 1:
            rows = self.database.rows(table.select_sql, wanted)
        else:
            rows = []
            for start in range(0, len(wanted), CHUNK):
                part = wanted[start : start + CHUNK]
                marks = ", ".join("?" * len(part))
                sql = table.select_sql.rpartition(" WHERE ")[0]
                rows += self.database.rows(self.database.sql(f'{sql} WHERE "id" IN ({marks})'), part)
        return {row[0]: row for row in rows if sees(self.actor, table, row)}

    def linked(self, table: Table, step: Field | Inverse, ids: list[int], limit: int = 1_000) -> dict[int, list[int]]:
        """For each record id, the ids at the far end of a relation to many. No more than `limit` for one record."""
        found: dict[int, list[int]] = {i: [] for i in ids}
        if not ids:
            return found
        if isinstance(step, Field):
            name, near, far = step.column, "source", "target"
        else:
            source = self.registry.tables[step.source]
            field = source.entity.by_name[step.field]
            if field.many:
                name, near, far = field.column, "target", "source"
            else:
                name, near, far = source.entity.table, field.column, "id"
        for start in range(0, len(ids), CHUNK):
            part = ids[start : start + CHUNK]
            marks = ", ".join("?" * len(part))
            sql = f'SELECT "{near}", "{far}" FROM "{name}" WHERE "{near}" IN ({marks}) ORDER BY "{far}"'
            for mine, other in self.database.rows(self.database.sql(sql), part):
                if len(found[mine]) < limit:
                    found[mine].append(other)
        return found
