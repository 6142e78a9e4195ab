"""Which column fills which field, and the functions that turn a cell into a stored value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from appliance.base.errors import Invalid, Problem
from appliance.base.text import say, snake
from appliance.records.entity import Entity, Field
from appliance.records.kinds import Wrong
from appliance.records.kinds.kind import Convert
from appliance.records.registry import Registry

# What exporting programs write for "nothing". Only where a value of the field's kind cannot look like this.
NOTHING = {"(blank)", "null", "none", "n/a", "na", "#n/a", "nil", "-", "--"}


@dataclass(frozen=True)
class Column:
    """A column of the file and the field it fills; `by` names the target's field whose value stands in the column."""

    header: str
    field: Field
    read: Convert
    by: str | None = None


@dataclass(frozen=True)
class Mapping_:
    columns: tuple[Column, ...]
    unused: tuple[str, ...]


def make_mapping(registry: Registry, entity: Entity, headers: Sequence[str], wanted: Mapping[str, str]) -> Mapping_:
    """`wanted` is {"field" or "relation.key_field": "column"}; columns not named there match fields by name or label.
    Invalid when it names what does not exist, or when nothing matches."""
    problems: list[Problem] = []
    columns: list[Column] = []
    used: set[str] = set()
    filled: set[str] = set()
    for target, header in wanted.items():
        name, _, by = target.partition(".")
        field = entity.by_name.get(name)
        if header not in headers:
            problems.append(Problem(target, say("the file has no column {column}", column=header), "column"))
        elif name in filled or header in used:
            problems.append(Problem(target, say("is filled twice"), "twice"))
        elif field is None or not field.writable:
            problems.append(Problem(target, say("there is no field called {name}", name=name), "unknown"))
        else:
            column = _column(registry, entity, field, header, by or None, problems)
            if column:
                columns.append(column)
                used.add(header)
                filled.add(name)
    by_word = {word: f for f in entity.fields if f.writable for word in (snake(f.label), f.name)}
    for header in headers:
        field = by_word.get(snake(header))
        if header and header not in used and field and field.name not in filled:
            column = _column(registry, entity, field, header, None, problems)
            if column:
                columns.append(column)
                used.add(header)
                filled.add(field.name)
    if not columns and not problems:
        text = say("no column of the file matches a field; the columns are: {names}", names=", ".join(headers))
        problems.append(Problem("mapping", text, "empty"))
    if problems:
        raise Invalid(problems)
    return Mapping_(tuple(columns), tuple(h for h in headers if h not in used))


def _column(
    registry: Registry, entity: Entity, field: Field, header: str, by: str | None, problems: list[Problem]
) -> Column | None:
    if by is None or (by == "id" and field.relational):
        return Column(header, field, forgiving(field, registry.tables[entity.name].readers[field.name]))
    target = registry.entities.get(field.target or "")
    key = target.by_name.get(by) if target else None
    if target is None or key is None or key.many:
        problems.append(
            Problem(f"{field.name}.{by}", say("{name} cannot be found by {key}", name=field.name, key=by), "unknown")
        )
        return None
    read = forgiving(key, registry.tables[target.name].readers[by])
    return Column(header, field, several(read) if field.many else read, by)


def several(read: Convert) -> Convert:
    """A cell that holds several keys: apart by semicolons, or by commas where there is none."""

    def cell(text: Any) -> Any:
        if not text:
            return None
        found = [read(word.strip()) for word in text.split(";" if ";" in text else ",")]
        return list(dict.fromkeys(v for v in found if v is not None)) or None

    return cell


def forgiving(field: Field, read: Convert) -> Convert:
    """The field's reader, with words for "nothing" read as nothing where they are no value. Decimals whose field does not
    say how many places it wants are rounded to those it has: coordinates come with fifteen."""
    rounds = field.kind.name == "decimal" and field.places is None

    def cell(text: Any) -> Any:
        if not text:
            return None
        try:
            return read(text)
        except Wrong as wrong:
            if text.strip().lower() in NOTHING:
                return None
            if rounds and wrong.code == "places":
                return read(f"{Decimal(text.strip()):.6f}")
            raise

    return cell
