"""The sheets that open under the bar of filters: one filter to edit, a field to choose for a new one, the columns. Which one
is open stands in the address, so that they work without script."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.base.text import label
from appliance.features.grid.chips import Chips, Filter, operators_for, where
from appliance.features.grid.columns import Column
from appliance.features.grid.operators import SPANS, Last, operator_name, span_name
from appliance.features.grid.options import Option
from appliance.features.grid.words import Words
from appliance.http.kinds.typed_numbers import typed_number
from appliance.http.pages.person import Person
from appliance.records.entity import Entity, Field, Inverse
from appliance.records.registry import Registry

Listed = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class FilterSheet:
    """One filter as a form. `at`: what it replaces; `beside`: what it is an alternative to. `field` chooses the control."""

    at: str
    beside: str
    path: str
    name: str
    field: Field | None
    operators: Listed
    operator: str
    text: str = ""
    first: str = ""
    to: str = ""
    span: str = "this_month"
    spans: Listed = dataclasses.field(default_factory=list)
    values: tuple[str, ...] = ()
    choices: list[Option] = dataclasses.field(default_factory=list)
    target: str = ""

    @property
    def key(self) -> str:
        return self.at or f"add.{self.path}"


@dataclass(frozen=True, slots=True)
class FieldSheet:
    """The fields a filter may be about: own ones, and those one relation away. `start` is what `open` begins with."""

    start: str
    own: Listed
    through: list[tuple[str, Listed]]


@dataclass(frozen=True, slots=True)
class ColumnSheet:
    """All fields with those that are shown first, in their order."""

    fields: list[tuple[str, str, bool]]
    pinned: str


def filter_sheet(
    registry: Registry, entity: Entity, me: Person, path: str, now: Filter | None, chips: Chips, beside: str = ""
) -> FilterSheet | None:
    """None for a path that leads nowhere."""
    last, labels = where(registry, entity, path)
    if last is None:
        return None
    language = me.language
    operators = list(operators_for(last, now.operator if now else ""))
    operator = now.operator if now else operators[0]
    values = now.values if now else ()
    field = last if isinstance(last, Field) else None
    if field and field.kind.numeric:
        values = tuple(typed_number(v, me.locale) for v in values)
    one, two = (*values, "", "")[:2]
    return FilterSheet(
        at=now.key if now else "",
        beside=beside,
        path=path,
        name=" › ".join(label(part, language) for part in labels),
        field=field,
        operators=[(o, operator_name(o, bool(field and field.kind.temporal)).render(language)) for o in operators],
        operator=operator,
        text=",".join(values) if operator == "in" else one if operator != "between" else "",
        first=one if operator == "between" else "",
        to=two,
        span=one if operator == "span" else "this_month",
        spans=[(w, span_name(w).render(language)) for w in _spans(one if operator == "span" else "")],
        values=values,
        choices=_choices(last, values, chips, language),
        target=last.target or "" if isinstance(last, Field) else "",
    )


def _spans(now: str) -> Sequence[str]:
    return SPANS if now in SPANS or not now else (now, *SPANS)


def _choices(last: Last, values: tuple[str, ...], chips: Chips, language: str) -> list[Option]:
    """Choices of the declaration, or the records chosen already."""
    if not isinstance(last, Field):
        return []
    if last.choices:
        return [Option(c.value, label(c.label, language), c.value in values) for c in last.choices]
    return [Option(v, chips.value(last, v), True) for v in values] if last.relational else []


def field_sheet(registry: Registry, entity: Entity, me: Person, start: str) -> FieldSheet:
    through = []
    for one in entity.by_name.values():
        target = registry.entities.get(one.target or "")
        actor = me.actor
        if target is None or target.builtin or one.many or actor is None or not actor.reach("read", target.name):
            continue
        far = [(f"{one.name}.{f.name}", label(f.label, me.language)) for f in target.fields]
        through.append((label(one.label, me.language), far))
    own = [(f.name, label(f.label, me.language)) for f in entity.by_name.values()]
    own += [(i.name, label(registry.entities[i.source].plural_label, me.language)) for i in _inverses(registry, entity)]
    return FieldSheet(start, sorted(own, key=lambda p: p[1].casefold()), through)


def _inverses(registry: Registry, entity: Entity) -> list[Inverse]:
    return [i for i in entity.inverses if i.source in registry.entities]


def column_sheet(entity: Entity, me: Person, shown: Sequence[Column], words: Words) -> ColumnSheet:
    names = [c.name for c in shown]
    rest = [n for n in entity.by_name if n not in names]
    listed = [(n, label(entity.by_name[n].label, me.language), n in names) for n in (*names, *rest)]
    return ColumnSheet(listed, words.get("pinned", "1"))
