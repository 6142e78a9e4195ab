"""May an entity or a field be called this, point there, be unique? Raises Invalid with a pointer into the declaration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from appliance.base.errors import Invalid, Problem
from appliance.base.text import Text, say
from appliance.engines.database.protocol import Database
from appliance.records.builtin import BUILTIN
from appliance.records.declaration import RESERVED, RESERVED_ENTITIES, Problems
from appliance.records.entity import SYSTEM_FIELDS, Entity, Field

HOUSE = {e.name: e for e in BUILTIN if e.name != "comment"}  # comments point at records, nothing at comments
Known = Mapping[str, Entity]
"""Entities by name, as they are or are about to be."""


def check_entity_name(entity: Entity, others: Known) -> None:
    problems = Problems()
    for other in others.values():
        if entity.name in (other.name, other.plural):
            problems.add("name", say("there is an entity called {name} already", name=entity.name), "taken")
        if entity.plural in (other.name, other.plural):
            problems.add("plural", say("there is an entity called {name} already", name=entity.plural), "taken")
    if entity.name in RESERVED_ENTITIES:
        problems.add("name", say("{name} is taken by Ingot itself", name=entity.name), "reserved")
    problems.end()


def check_field_name(entity: Entity, field: Field, known: Known, where: str) -> None:
    """Neither another field nor the far end of somebody's link may have the name."""
    taken = {f.name for f in (*entity.fields, *SYSTEM_FIELDS) if f.id is None or f.id != field.id} | RESERVED
    if field.name in taken or any(f.inverse == field.name for _, f in pointing(entity.name, known)):
        text = say("there is a field called {name} already", name=field.name)
        raise Invalid([Problem("name", text, "taken", f"{where}/name")])


def check_target(entity: Entity, field: Field, known: Known, where: str) -> None:
    """The target exists, and the name on the other side is free."""
    if not field.target:
        return
    target = known.get(field.target) or HOUSE.get(field.target)
    problem: tuple[str, Text] | None = None
    if target is None:
        problem = ("target", say("there is no entity called {name}", name=field.target))
    elif field.inverse and (field.inverse in target.by_name or field.inverse in RESERVED):
        problem = ("inverse", say("{entity} has a field called {name} already", entity=target.name, name=field.inverse))
    elif field.inverse and any(
        f.inverse == field.inverse and not _same(e, f, entity, field) for e, f in pointing(field.target, known)
    ):
        problem = ("inverse", say("another link has taken the name {name} on the other side", name=field.inverse))
    if problem:
        raise Invalid([Problem(problem[0], problem[1], "invalid", f"{where}/{problem[0]}")])


def _same(entity: Entity, field: Field, other_entity: Entity, other: Field) -> bool:
    if field.id is not None and other.id is not None:
        return field.id == other.id
    return entity.name == other_entity.name and field.name == other.name


def pointing(target: str, known: Known) -> Iterator[tuple[Entity, Field]]:
    for entity in known.values():
        for field in entity.fields:
            if field.target == target:
                yield entity, field


def check_distinct(database: Database, entity: Entity, columns: Iterable[str], shown: str) -> None:
    """Invalid, with examples, when stored values are not unique."""
    columns = tuple(columns)
    names = ", ".join(f'"{c}"' for c in columns)
    filled = " AND ".join(f'"{c}" IS NOT NULL' for c in columns)
    by_column = {f.column: f for f in entity.fields}
    twice = database.rows(
        f'SELECT {names} FROM "{entity.table}" WHERE {filled} GROUP BY {names} HAVING count(*) > 1 LIMIT 3'
    )
    if not twice:
        return
    examples = []
    for row in twice:
        values = []
        for column, value in zip(columns, row, strict=True):
            field = by_column.get(column)
            show = field.kind.shower(field, database.dialect) if field else None
            values.append(str(show(value) if show else value))
        examples.append(", ".join(values))
    text = say("{fields} cannot be unique, there are doubles: {values}", fields=shown, values="; ".join(examples))
    raise Invalid([Problem("unique", text, "unique")])
