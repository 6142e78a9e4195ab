"""The records around a record: everything that points at it, and what it points at many of. Each kind is a card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup, escape

from appliance.base.text import headline
from appliance.features.record_page.facts import tag_fields
from appliance.features.record_page.looking import Look
from appliance.http.kinds import Show, face_of, firsts, rank
from appliance.http.pages.icons import icon_of
from appliance.records.conditions import Condition, Part
from appliance.records.entity import Entity, Field
from appliance.records.query import Page, Query, Sort, parse_condition
from appliance.records.tables import Row, Table
from appliance.records.titles import monogram, title

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Line:
    id: int
    title: str
    tag: str
    small: str


@dataclass(frozen=True, slots=True)
class Card:
    """`all` and `new` are addresses; `new` is empty for who may not make one."""

    key: str
    label: str
    one: str
    entity: Entity
    icon: str
    faces: bool
    lines: list[Line]
    count: int
    all: str
    new: str


def cards(look: Look) -> list[Card]:
    """Full and empty ones; those last that the timeline tells of as well. None of what this person may not read."""
    leaves = look.reading.registry.pointing
    ordered = sorted(pointing(look), key=lambda pair: not leaves.get(pair[0].name))
    found = [_pointing(look, source, field) for source, field in ordered]
    for field in look.entity.fields:
        target = look.reading.registry.entities.get(field.target or "")
        if not field.many or field.kind.holds_files or target is None or target.builtin or field in tag_fields(look):
            continue
        if look.actor.reach("read", target.name):
            found.append(_pointed_at(look, field, target))
    return found


def pointing(look: Look) -> list[tuple[Entity, Field]]:
    listed = look.reading.registry.pointing.get(look.entity.name, ())
    return [(source, f) for source, f in listed if not source.builtin and look.actor.reach("read", source.name)]


def _pointing(look: Look, source: Entity, field: Field) -> Card:
    condition = parse_condition(look.reading.registry, source, field.name, "eq", str(look.id), "filter")
    label = look.label(source.plural_label)
    several = sum(1 for other, _ in pointing(look) if other.name == source.name) > 1
    if source.name == look.entity.name and field.inverse:
        label = look.label(headline(field.inverse))
    elif several:
        label = f"{label} · {look.label(field.label)}"
    words = f"filter[{field.name}]={look.id}"
    return _card(look, source, (condition,), label, f"/{source.type}?{words}", f"{field.name}={look.id}", field.name)


def _pointed_at(look: Look, field: Field, target: Entity) -> Card:
    ids = look.values.get(field.name) or []
    condition = Condition(("id",), "in", tuple(int(i) for i in ids) or (0,))
    words = f"filter[id][in]={','.join(ids)}"
    return _card(look, target, (condition,), look.label(field.label), f"/{target.type}?{words}", "", field.name)


def _card(
    look: Look, entity: Entity, where: tuple[Part, ...], label: str, all_: str, new: str, field: str
) -> Card:  # fmt: skip
    reading, table = look.reading, look.reading.table(entity.name)
    query = Query(entity.name, where, _order(entity), Page(size=SHOWN))
    found = reading.page(query)
    count = reading.count(query) if found.more else len(found.rows)
    may_new = new and look.actor.reach("create", entity.name)
    return Card(
        f"{entity.name}-{field}",
        label,
        look.label(entity.label),
        entity,
        icon_of(entity),
        monogram(entity),
        lines(look, table, found.rows),
        count,
        all_,
        f"/{entity.type}/new?{new}" if may_new else "",
    )


def _order(entity: Entity) -> tuple[Sort, ...]:
    """The newest first where there is a date, else as they are called."""
    when = next((f for f in entity.fields if f.kind.temporal), None)
    if when:
        return (Sort((when.name,), True), Sort(("id",), True))
    first = next((n for n in entity.title_fields if n in entity.by_name and entity.by_name[n].kind.sortable), None)
    return (Sort((first,)), Sort(("id",))) if first and not entity.by_name[first].many else (Sort(("id",), True),)


def telling(entity: Entity) -> tuple[Field | None, list[Field]]:
    """(the choice worth a tag, up to two other fields): what one wants to know of a record beside its title."""
    titled = set(entity.title_fields)
    plain = [f for f in entity.fields if f.name not in titled]
    tag = next((f for f in plain if f.kind.single_choice and any(c.color for c in f.choices)), None)
    # no links in small print: they would stand too close for a finger
    short = (f for f in plain if not (face_of(f).links or f.kind.long or f.kind.has_choices or f.kind.yes_or_no))
    return tag, firsts(sorted(short, key=rank))[:2]


def lines(look: Look, table: Table, rows: Sequence[Row]) -> list[Line]:
    tag, others = telling(table.entity)
    show = look.showing()
    tagged = _cell(table, tag, show.of(tag)) if tag else None
    made = [_cell(table, f, show.of(f)) for f in others]
    dot = Markup(" · ")
    found = []
    for row in rows:
        small = [text for make in made if (text := make(row))]
        found.append(Line(row[0], title(table, row), tagged(row) if tagged else "", dot.join(small)))
    return found


def _cell(table: Table, field: Field, show: Show) -> partial[str]:
    return partial(_value, table.place[field.name], table.showers.get(field.name), show)


def _value(place: int, convert: object, show: Show, row: Row) -> str:
    value = row[place]
    if value is None:
        return ""
    return escape(show(convert(value) if callable(convert) else value))
