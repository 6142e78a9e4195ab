"""A Query becomes SQL: built with peewee once per schema revision and query shape, run with slots filled in.

Conditions through relations are subqueries that carry the actor's own visibility: a filter on a hidden record finds nothing."""

from __future__ import annotations

from typing import Any

import peewee
from peewee import SQL, NodeList, fn

from appliance.engines.database.protocol import Database
from appliance.records.conditions import Condition, Group, Part, leaves, shapes
from appliance.records.entity import Field, Inverse
from appliance.records.permissions import Actor, may, visibility, visible
from appliance.records.query import Query, Sort
from appliance.records.registry import Registry
from appliance.records.tables import Compiled, Slot, Table, slot

WALK = 15
"""SQLite reads rows by a sort's index, one here and one there, at about this many times the cost of reading them all in
their own order (2.0 and 0.13 µs)."""
DEEP = 1_000
"""From this offset on the ids are found first, by an index alone where there is one, and only the page's rows are read."""
_COMPARE = {"lt": "__lt__", "lte": "__le__", "gt": "__gt__", "gte": "__ge__"}


class Single(peewee.WrappedNode):
    """A subquery that gives one value, so that it can be compared and ordered by like a column."""

    def __sql__(self, ctx: Any) -> Any:
        return ctx.sql(self.node)


class Builder:
    """Builds the parts of one query. Slots are named v0, v1, ... in the order of the conditions' values; `me` is the
    actor's user id."""

    def __init__(self, registry: Registry, database: Database, actor: Actor):
        self._registry, self._database, self._actor = registry, database, actor
        self._count = 0
        self._aliases = 0

    def where(self, table: Table, query: Query) -> list[Any]:
        found = [self._part(table, part) for part in query.conditions]
        mine = self.visible(table)
        return [mine, *found] if mine is not None else found

    def visible(self, table: Table) -> Any | None:
        return visible(self._actor, table, slot("me"))

    def order(self, table: Table, sorts: tuple[Sort, ...], *, flipped: bool = False, scan: bool = False) -> list[Any]:
        """Nothing comes before something, in both databases; the id decides between equals. `scan`: not by the first
        key's index, which SQLite would walk from end to end where few rows match."""
        keys: list[Any] = []
        for sort in sorts:
            down = sort.descending != flipped
            key = self._sort_key(table, sort.path)
            if scan and not keys and sort.path != ("id",):
                key = NodeList((SQL("+"), key))
            keys.append(self._ordered(key, down, nullable=sort.path != ("id",)))
        if not any(s.path == ("id",) for s in sorts):
            keys.append(self._ordered(table.model.id, self._last_down(sorts) != flipped, nullable=False))
        return keys

    def beyond(self, table: Table, sorts: tuple[Sort, ...], nulls: tuple[bool, ...], *, before: bool) -> Any:
        """Rows after (or before) the one whose sort values are in slots k0, k1, ...: a ladder of ORs, with care for nothing."""
        keys = [(self._sort_key(table, s.path), s.descending != before, n) for n, s in enumerate(sorts)]
        if not any(s.path == ("id",) for s in sorts):
            keys.append((table.model.id, self._last_down(sorts) != before, len(sorts)))
        steps = []
        for depth, (key, down, n) in enumerate(keys):
            equal = [(k.is_null() if nulls[m] else k == slot(f"k{m}")) for k, _, m in keys[:depth]]
            if nulls[n]:
                further = None if down else key.is_null(False)
            elif down:
                further = (key < slot(f"k{n}")) | key.is_null() if key is not table.model.id else key < slot(f"k{n}")
            else:
                further = key > slot(f"k{n}")
            if further is not None:
                step = further
                for one in equal:
                    step = one & step
                steps.append(step)
        found = steps[0] if steps else SQL("1 = 0")
        for step in steps[1:]:
            found = found | step
        return found

    def sort_columns(self, table: Table, sorts: tuple[Sort, ...]) -> list[Any]:
        """Keys that are not columns of the row, so that a cursor can be made from them."""
        return [self._sort_key(table, s.path) for s in sorts]

    @staticmethod
    def _last_down(sorts: tuple[Sort, ...]) -> bool:
        return bool(sorts) and sorts[-1].descending

    def _ordered(self, key: Any, down: bool, *, nullable: bool) -> Any:
        nulls = None
        if nullable and self._database.dialect == "postgres":
            nulls = "LAST" if down else "FIRST"
        return key.desc(nulls=nulls) if down else key.asc(nulls=nulls)

    def _sort_key(self, table: Table, path: tuple[str, ...]) -> Any:
        if len(path) == 1:
            return table.field(path[0])
        target = self._table(table.entity.by_name[path[0]].target or "")
        return self._one_value(target, table.field(path[0]), path[1:])

    def _one_value(self, target: Table, points: Any, path: tuple[str, ...]) -> Any:
        """The value at the end of a to-one path, as a subquery for each row."""
        alias = self._alias(target)
        value = getattr(alias, path[0] if path[0] == "id" else "f_" + path[0])
        if len(path) > 1:
            value = self._one_value(self._table(target.entity.by_name[path[0]].target or ""), value, path[1:])
        found = alias.select(value).where(alias.id == points)
        may(self._actor, "read", target.entity.name)
        if not visibility(self._actor, target.entity.name).every:
            found = found.where(alias.f_owner == slot("me"))
        return Single(found)

    def _alias(self, table: Table) -> Any:
        self._aliases += 1
        return table.model.alias(f"s{self._aliases}")

    def _table(self, entity: str) -> Table:
        return self._registry.tables[entity]

    # ------------------------------------------------------------------ conditions

    def _part(self, table: Table, part: Part) -> Any:
        if isinstance(part, Condition):
            return self._condition(table, part.path, part)
        if not isinstance(part, Group):
            raise TypeError(f"{part!r} is not settled")
        found, *rest = [self._part(table, p) for p in part.parts]
        for one in rest:
            found = (found & one) if part.every else (found | one)
        return found

    def _condition(self, table: Table, path: tuple[str, ...], condition: Condition) -> Any:
        name = path[0]
        inverse = table.entity.inverse_by_name.get(name)
        if len(path) == 1:
            if inverse:
                seen = self._visible_rows(self._table(inverse.source), [])
                return self._linked(table, self._inverse_pairs(inverse), condition, seen)
            field = table.entity.by_name.get(name)
            if field and field.many:
                return self._linked(table, self._link_pairs(table, field), condition)
            return self._compare(table.field(name), condition, field)
        if inverse:
            source = self._table(inverse.source)
            near, far = self._inverse_pairs(inverse)
            inner = self._visible_rows(source, [self._condition(source, path[1:], condition)])
            return table.model.id.in_(near.model.select(near).where(far.in_(inner)))
        field = table.entity.by_name[name]
        target = self._table(field.target or "")
        inner = self._visible_rows(target, [self._condition(target, path[1:], condition)])
        if field.many:
            near, far = self._link_pairs(table, field)
            return table.model.id.in_(near.model.select(near).where(far.in_(inner)))
        return table.field(name).in_(inner)

    def _visible_rows(self, table: Table, conditions: list[Any]) -> Any | None:
        """Ids of the rows that meet the conditions and may be seen; None for all rows."""
        mine = self.visible(table)
        wanted = conditions if mine is None else [*conditions, mine]
        return table.model.select(table.model.id).where(*wanted) if wanted else None

    def _link_pairs(self, table: Table, field: Field) -> tuple[Any, Any]:
        model = table.link_models[field.name]
        return model.source, model.target

    def _inverse_pairs(self, inverse: Inverse) -> tuple[Any, Any]:
        """(column that holds our id, column that holds the other record's id)."""
        source = self._table(inverse.source)
        field = source.entity.by_name[inverse.field]
        if field.many:
            model = source.link_models[field.name]
            return model.target, model.source
        return source.field(field.name), source.model.id

    def _linked(self, table: Table, pairs: tuple[Any, Any], condition: Condition, seen: Any | None = None) -> Any:
        """eq, neq, in and empty on a relation to many. `seen`: the ids that count at the far end."""
        near, far = pairs
        linked = near.model.select(near).where(near.is_null(False))
        if seen is not None:
            linked = linked.where(far.in_(seen))
        if condition.operator == "empty":
            return table.model.id.not_in(linked) if condition.values[0] else table.model.id.in_(linked)
        holding = linked.where(far.in_([self._value() for _ in condition.values]))
        return table.model.id.not_in(holding) if condition.operator == "neq" else table.model.id.in_(holding)

    def _compare(self, column: Any, condition: Condition, field: Field | None) -> Any:
        operator = condition.operator
        if operator == "empty":
            return column.is_null(condition.values[0])
        if operator == "in":
            return column.in_([self._value() for _ in condition.values])
        if operator in ("within", "outside"):
            return self._spans(column, condition)
        if operator == "among":
            listed = "json_each(" if self._database.dialect == "sqlite" else "json_array_elements_text(CAST("
            end = ")" if self._database.dialect == "sqlite" else " AS json))"
            found = SQL(f"IN (SELECT CAST(value AS bigint) FROM {listed}")
            return NodeList((column, found, self._value(), SQL(f"{end})")))
        value = self._value()
        if operator == "eq":
            return column == value
        if operator == "neq":
            return (column != value) | column.is_null()
        if operator in _COMPARE:
            return getattr(column, _COMPARE[operator])(value)
        if condition.foreign and self._database.lower:
            lower = getattr(fn, self._database.lower)
            column, value = lower(column), lower(value)
        return NodeList((column, SQL(self._database.like), value, SQL("ESCAPE '!'")))

    def _spans(self, column: Any, condition: Condition) -> Any:
        """In one of the spans; or outside of the one, where nothing is too, as with neq."""
        pairs = [(self._value(), self._value()) for _ in condition.values[::2]]
        if condition.operator == "outside":
            (first, after), *_ = pairs
            return (column < first) | (column >= after) | column.is_null()
        found, *rest = [(column >= first) & (column < after) for first, after in pairs]
        for one in rest:
            found = found | one
        return found

    def _value(self) -> peewee.Value:
        self._count += 1
        return slot(f"v{self._count - 1}")


def compile_list(
    registry: Registry, database: Database, actor: Actor, table: Table, query: Query, total: int | None = None
) -> Compiled:
    """SELECT of a page: rows, then the sort keys. Asks for one row more than the page holds. `total`: how many rows the
    whole list has, where that is known."""
    page = query.page
    scan = (
        total is not None
        and database.dialect == "sqlite"
        and bool(query.conditions)
        and _walked(table, query.sorts)
        and total <= WALK * (page.number * page.size + 1)
    )
    key = (
        "list",
        table.entity.name,
        shapes(query.conditions),
        query.sorts,
        _paging(query),
        scan,
        actor.rights,
    )
    return registry.memo(key, lambda: _compile_list(Builder(registry, database, actor), table, query, scan=scan))


def _compile_list(builder: Builder, table: Table, query: Query, *, scan: bool) -> Compiled:
    page = query.page
    by_cursor = page.cursor or page.after is not None or page.before is not None
    keys = builder.sort_columns(table, query.sorts) if by_cursor else []
    select = table.model.select(*table.selected, *keys)
    flipped = page.before is not None
    if _deep(query):
        wanted = _chosen(builder, table, query, table.model.select(table.model.id))
        wanted = (
            wanted.order_by(*builder.order(table, query.sorts, scan=scan)).limit(page.size + 1).offset(slot("offset"))
        )
        select = select.where(table.model.id.in_(wanted)).order_by(*builder.order(table, query.sorts))
        return Compiled(select)
    select = _chosen(builder, table, query, select)
    if page.after is not None or page.before is not None:
        nulls = tuple(v is None for v in page.after or page.before or ())
        select = select.where(builder.beyond(table, query.sorts, nulls, before=flipped))
    select = select.order_by(*builder.order(table, query.sorts, flipped=flipped, scan=scan))
    select = select.limit(page.size + 1)
    if page.after is None and page.before is None and page.number > 1:
        select = select.offset(slot("offset"))
    return Compiled(select)


def _walked(table: Table, sorts: tuple[Sort, ...]) -> bool:
    """Could SQLite take the sort's order from an index that the filters have no part in?"""
    if not sorts or len(sorts[0].path) > 1 or sorts[0].path == ("id",):
        return False
    name, entity = sorts[0].path[0], table.entity
    groups = (*entity.indexes, *entity.unique)
    if any(name in group[1:] for group in groups):
        return False
    field = entity.by_name[name]
    return field.indexed or field.unique or any(group[0] == name for group in groups)


def compile_totals(registry: Registry, database: Database, actor: Actor, table: Table, query: Query) -> Compiled:
    """How many rows there are in all, and for each field of page.sums its sum in two halves: high * 2^32 + low. SQLite
    gives up on a sum beyond 64 bits."""
    sums = query.page.sums
    key = ("totals", table.entity.name, shapes(query.conditions), sums, actor.rights)

    def compile_() -> Compiled:
        halves = []
        for column in map(table.field, sums):
            halves += [fn.SUM(NodeList((column, SQL(">> 32")))), fn.SUM(column.bin_and(0xFFFFFFFF))]
        select = table.model.select(fn.COUNT(SQL("*")), *halves)
        return Compiled(_chosen(Builder(registry, database, actor), table, query, select))

    return registry.memo(key, compile_)


def _chosen(builder: Builder, table: Table, query: Query, select: Any) -> Any:
    for condition in builder.where(table, query):
        select = select.where(condition)
    return select


def _deep(query: Query) -> bool:
    page = query.page
    return page.after is None and page.before is None and not page.cursor and (page.number - 1) * page.size >= DEEP


def _paging(query: Query) -> tuple[Any, ...]:
    page = query.page
    start = page.after or page.before
    return (
        page.size,
        page.number > 1,
        _deep(query),
        page.cursor,
        page.before is not None,
        tuple(v is None for v in start) if start is not None else None,
    )


def slot_values(query: Query, actor: Actor) -> dict[str, Any]:
    """The values for a compiled query's slots."""
    page = query.page
    values: dict[str, Any] = {
        "me": actor.user if actor.user is not None else -1,
        "offset": (page.number - 1) * page.size,
    }
    n = 0
    for condition in leaves(query.conditions):
        if condition.operator == "empty":
            continue
        for value in condition.values:
            values[f"v{n}"] = _like(condition.operator, value)
            n += 1
    for n, value in enumerate(page.after or page.before or ()):
        values[f"k{n}"] = value
    return values


def _like(operator: str, value: Any) -> Any:
    if operator not in ("contains", "starts", "ends") or not isinstance(value, str):
        return value
    escaped = value.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return {"contains": f"%{escaped}%", "starts": f"{escaped}%", "ends": f"%{escaped}"}[operator]


__all__ = ["Builder", "Slot", "compile_list", "compile_totals", "slot_values"]
