"""What must hold before a record is written: values fit their fields, links lead somewhere this actor can see, unique
values are free. Everything wrong is listed at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from appliance.base.errors import Conflict, Invalid, Problem
from appliance.base.text import say
from appliance.records.entity import Field
from appliance.records.kinds import Wrong
from appliance.records.permissions import sees
from appliance.records.tables import Row, Table

if TYPE_CHECKING:
    from appliance.records.work import Work

_VISIBLE = re.compile("[^\\s\\u00ad\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2064\\ufeff]")
Columns = dict[str, Any]
Links = dict[str, list[int]]


def clean(work: Work, table: Table, values: Mapping[str, Any], row: Row | None) -> tuple[Columns, Links]:
    """Wire values as stored ones, links to many apart. `row` is the record to be changed, None for a new one, which gets
    its defaults here. Raises Invalid."""
    columns: Columns = {}
    links: Links = {}
    problems: list[Problem] = []
    targets: list[tuple[Field, int]] = []
    for name, value in values.items():
        field = table.entity.by_name.get(name)
        if field is None:
            problems.append(Problem(name, say("there is no field called {name}", name=name), "unknown"))
            continue
        if not field.writable:
            problems.append(Problem(name, say("cannot be set"), "read_only"))
            continue
        try:
            stored = table.cleaners[name](value) if value is not None else None
            if field.required and is_blank(stored):
                raise Wrong(say("is required"), "required")
        except Wrong as wrong:
            # What a rule that came later refuses may stay as it is: whoever changes other fields sends it back.
            if row is None or field.many or value is None or value != table.shown(name, row[table.place[name]]):
                problems.append(Problem(name, wrong.message, wrong.code))
            continue
        if field.many:
            links[name] = stored or []
            held = set(work.linked(table, name, row[0])) if row and stored else set()
            targets += [(field, t) for t in links[name] if t not in held]
        else:
            columns[name] = stored
            if field.relational and stored is not None and not (row and row[table.place[name]] == stored):
                targets.append((field, stored))
    if row is None:
        _fill(table, values, columns, links, problems)
    problems += wrong_targets(work, targets)
    if problems:
        raise Invalid(problems)
    return columns, links


def read_again(work: Work, table: Table, values: Mapping[str, Any], row: Row | None = None) -> tuple[Columns, Links]:
    """Wire values that a record had once, as stored ones: typed, and links must lead somewhere, but rules that came later
    do not turn it away. `row`: it is there, and what it has not among these is emptied. Raises Invalid."""
    columns: Columns = {}
    links: Links = {}
    problems: list[Problem] = []
    targets: list[tuple[Field, int]] = []
    for name, value in values.items():
        field = table.entity.by_name.get(name)
        if field is None:
            continue
        if value is None:
            if row is not None and field.many:
                links[name] = []
            elif row is not None:
                columns[name] = None
            continue
        try:
            stored = value if field.kind.assigned else field.kind.reviver(field)(value)
        except Wrong as wrong:
            problems.append(Problem(name, wrong.message, wrong.code))
            continue
        if field.many:
            links[name] = stored or []
            targets += [(field, t) for t in links[name]]
        else:
            columns[name] = stored
            if field.relational and stored is not None:
                targets.append((field, stored))
    for field, target in targets:  # that it led there is known to whoever sees the record's past
        other = work.registry.tables.get(field.target or "")
        if other is None or work.row(other, target) is None:
            text = say("there is no {entity} with id {id}", entity=field.target, id=target)
            problems.append(Problem(field.name, text, "not_found"))
    if problems:
        raise Invalid(problems)
    return columns, links


def is_blank(value: Any) -> bool:
    """Is a stored value nothing to look at? Blanks and invisible characters do not satisfy `required`."""
    return value is None or value == [] or (isinstance(value, str) and not _VISIBLE.search(value))


def default_of(table: Table, field: Field) -> Any:
    """A field's default as stored; None where it has none, or one that its rules of today refuse."""
    try:
        return None if field.default is None else table.cleaners[field.name](field.default)
    except Wrong:
        return None


def _fill(table: Table, given: Mapping[str, Any], columns: Columns, links: Links, problems: list[Problem]) -> None:
    """What a new record needs and nobody gave: defaults, and complaints about what is required."""
    for field in table.entity.fields:
        if field.name in given or field.kind.assigned:
            continue
        if (default := default_of(table, field)) is not None:
            (links if field.many else columns)[field.name] = default
        elif field.required:
            problems.append(Problem(field.name, say("is required"), "required"))


def wrong_targets(work: Work, targets: Iterable[tuple[Field, int]]) -> list[Problem]:
    """Does every linked record exist, for this actor's eyes? Whoever may see no users may still name themselves."""
    found = []
    for field, target in targets:
        other = work.registry.tables.get(field.target or "")
        row = work.row(other, target) if other else None
        myself = field.target == "user" and target == work.actor.user
        if other is None or row is None or not (sees(work.actor, other, row) or myself):
            text = say("there is no {entity} with id {id}", entity=field.target, id=target)
            found.append(Problem(field.name, text, "not_found"))
    return found


def unique_groups(table: Table) -> list[tuple[str, ...]]:
    return [*((f.name,) for f in table.columns if f.unique), *table.entity.unique]


def check_unique(work: Work, table: Table, columns: Mapping[str, Any], record_id: int | None) -> None:
    """Conflict when another record has the values. Safe without relying on the database's error: while we hold the write
    transaction nobody else inserts."""
    for names in unique_groups(table):
        values = [columns.get(n) for n in names]
        if any(v is None for v in values):
            continue
        where = " AND ".join(f'"{table.entity.by_name[n].column}" = ?' for n in names)
        sql = work.database.sql(f'SELECT "id" FROM "{table.entity.table}" WHERE {where} LIMIT 2')
        if any(r[0] != record_id for r in work.database.rows(sql, values)):
            field = table.entity.by_name[names[0]]
            raise Conflict(
                say("Another {entity} has this {fields} already.", entity=table.entity.label, fields=", ".join(names)),
                code="unique",
                pointer=f"/data/{'relationships' if field.relational else 'attributes'}/{field.name}",
            )
