"""Links to many, from either end, and what becomes of links when the record they lead to goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.base.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from appliance.base.text import say
from appliance.records.checks import wrong_targets
from appliance.records.entity import Field, Inverse
from appliance.records.permissions import sees
from appliance.records.tables import Row, Table

if TYPE_CHECKING:
    from appliance.records.work import Work


def relate(work: Work, table: Table, row: Row, name: str, targets: list[int], how: str) -> Row:
    """See Work.relate."""
    field = table.entity.by_name.get(name)
    inverse = table.entity.inverse_by_name.get(name)
    if inverse is not None:
        _relate_inverse(work, table, row, inverse, targets, how)
        return row
    if field is None or not field.many:
        raise NotFound(say("{entity} has no relationship called {name}.", entity=table.entity.name, name=name))
    if not sees(work.actor, table, row, "update"):
        raise NotAllowed(say("You may not change this record."))
    if not field.writable:
        raise Invalid([Problem(name, say("cannot be set"), "read_only")])
    held = set(work.linked(table, name, row[0]))
    add, drop = _difference(held, set(targets), how)
    if problems := wrong_targets(work, [(field, t) for t in sorted(add)]):
        raise Invalid(problems)
    wanted = (held | add) - drop
    if field.required and not wanted:
        raise Invalid([Problem(name, say("is required"), "required")])
    return work.apply(table, row, {}, {name: sorted(wanted)})


def _relate_inverse(work: Work, table: Table, row: Row, inverse: Inverse, targets: list[int], how: str) -> None:
    """The far end holds the link: each record there is changed, with its own checks and its own entry."""
    other = work.table(inverse.source)
    field = other.entity.by_name[inverse.field]
    held = {i for i in sources(work, other, field, row[0]) if sees(work.actor, other, work.row(other, i))}
    add, drop = _difference(held, set(targets), how)
    for other_id in sorted(add):
        _point(work, other, other_id, field, row[0], True)
    for other_id in sorted(drop):
        _point(work, other, other_id, field, row[0], False)


def _point(work: Work, other: Table, other_id: int, field: Field, target: int, there: bool) -> None:
    """Let one record point at the target, or no longer."""
    if field.many:
        work.relate(other.entity.name, other_id, field.name, [target], "add" if there else "remove")
    else:
        work.update(other.entity.name, other_id, {field.name: target if there else None})


def _difference(held: set[int], given: set[int], how: str) -> tuple[set[int], set[int]]:
    """(what to add, what to take away)"""
    if how == "add":
        return given - held, set()
    if how == "remove":
        return set(), held & given
    return given - held, held - given


def sources(work: Work, other: Table, field: Field, target: int) -> list[int]:
    """Ids of the records of `other` whose `field` points at the target."""
    if field.many:
        sql = f'SELECT "source" FROM "{field.column}" WHERE "target" = ? ORDER BY "source"'
    else:
        sql = f'SELECT "id" FROM "{other.entity.table}" WHERE "{field.column}" = ? ORDER BY "id"'
    return [r[0] for r in work.database.rows(work.database.sql(sql), (target,))]


def let_go(work: Work, table: Table, record_id: int, going: set[tuple[str, int]]) -> list[tuple[Table, int]]:
    """Clear the links to a record that is being deleted, with entries on the records that held them; returns those that
    must go too. Raises Conflict where a link forbids it. `going` are records that are being deleted already."""
    take: list[tuple[Table, int]] = []
    for source, field in work.registry.pointing.get(table.entity.name, ()):
        other = work.registry.tables[source.name]
        held = [i for i in sources(work, other, field, record_id) if (source.name, i) not in going]
        if field.on_delete == "cascade" and not field.many:
            take += [(other, i) for i in held]
            continue
        for other_id in held:
            rest = [t for t in work.linked(other, field.name, other_id) if t != record_id] if field.many else []
            # a required link cannot be cleared: the record that holds it would no longer be sound
            if field.on_delete == "restrict" or (field.required and not rest):
                raise Conflict(
                    say("{count} {entity} records still link to this one.", count=len(held), entity=source.label),
                    code="in_use",
                )
            row = work.row(other, other_id)
            assert row
            if field.many:
                work.apply(other, row, {}, {field.name: rest})
            else:
                work.apply(other, row, {field.name: None}, {})
    return take
