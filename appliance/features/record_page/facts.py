"""What a record's page says of the record itself: the line under its title, its steps, its fields, its tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from appliance.features.home.navigation import icon_of
from appliance.features.record_page.looking import Look, Values
from appliance.http.pages.showing import Showing, link, tag
from appliance.records.entity import Choice, Entity, Field
from appliance.records.titles import monogram

STAGES = ("stage", "status", "state", "phase", "step")
STEPS = range(3, 9)
SMALL = 4
"""Fields of an entity whose records are shown as tags, at most."""
ICONS = {
    "email": "mail", "phone": "phone", "url": "world", "money": "cash", "date": "calendar", "datetime": "calendar-time",
}  # fmt: skip
FILES = ("file", "files")
NOT_LISTED = (*FILES, "long_text", "json")


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    html: str
    icon: str = ""
    name: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """`state`: done, here, ahead."""

    value: str
    label: str
    tint: str
    state: str


@dataclass(frozen=True, slots=True)
class Steps:
    field: Field
    steps: list[Step]
    now: str


def step_field(entity: Entity) -> Field | None:
    """The choice that says how far a record has come, if it has one that fits into a bar."""
    fits = [f for f in entity.fields if f.kind.name == "choice" and len(f.choices) in STEPS]
    return next((f for f in fits if f.name.rsplit("_", 1)[-1] in STAGES), None)


def steps(look: Look, values: Values) -> Steps | None:
    field = step_field(look.entity)
    if field is None:
        return None
    now = values.get(field.name) or ""
    here = next((n for n, c in enumerate(field.choices) if c.value == now), -1)
    # Who has lost has not come by way of winning.
    ended = here >= 0 and field.choices[here].color == "red"
    listed = [
        Step(
            c.value,
            look.label(c.label),
            _tint(c),
            "here" if n == here else "done" if n < here and not ended else "ahead",
        )
        for n, c in enumerate(field.choices)
    ]
    return Steps(field, listed, now)


def _tint(choice: Choice) -> str:
    return f"tint-{choice.color}" if choice.color and choice.color != "gray" else ""


def headline(look: Look, values: Values) -> list[Fact]:
    """The few values that tell most: where it stands, to whom it belongs, how to reach it, how much, when."""
    entity, show = look.entity, look.showing()
    bar, titled, found = step_field(entity), set(entity.title_fields), []
    used: set[str] = set()
    for field in sorted(entity.fields, key=_weight):
        kind = field.kind.name
        value = values.get(field.name)
        if value in (None, [], "") or field.name in titled or field is bar or kind not in _TELLING or kind in used:
            continue
        if kind == "choice" and not any(c.color for c in field.choices):
            continue
        if kind == "relation":
            target = look.reading.registry.entities.get(field.target or "")
            if target is None or target.builtin or int(value) not in look.called.get(target.name, {}):
                continue
            icon = icon_of(target)
        else:
            icon = ICONS.get(kind, "")
            used.add(kind)
        found.append(Fact(look.label(field.label), escape(show.show(field, value)), icon, field.name))
    return found[:5]


_TELLING = ("choice", "relation", "money", "email", "phone", "date", "datetime", "url")


def _weight(field: Field) -> int:
    kind = field.kind.name
    return _TELLING.index(kind) if kind in _TELLING else 99


@dataclass(frozen=True, slots=True)
class Fields:
    """`texts` are long ones, shown whole; `empty` are folded away; `house` is what every record has."""

    listed: list[Fact]
    texts: list[Fact]
    empty: list[Fact]
    house: list[Fact]


def fields(look: Look, values: Values, *, folded: bool = True) -> Fields:
    show = look.showing(short=False)
    listed, texts, empty = [], [], []
    elsewhere = {f.name for f in tag_fields(look)}  # and what the head of the page says in full
    if len(look.entity.title_fields) == 1:
        elsewhere.add(look.entity.title_fields[0])
    if bar := step_field(look.entity):
        elsewhere.add(bar.name)
    for field in look.entity.fields:
        if field.kind.name in FILES or field.name in elsewhere:
            continue
        value = values.get(field.name)
        if value in (None, [], ""):
            empty.append(Fact(look.label(field.label), "", "", field.name, look.label(field.help)))
        elif field.kind.name in NOT_LISTED:
            texts.append(_fact(look, show, field, value))
        else:
            listed.append(_fact(look, show, field, value))
    house = [_fact(look, show, f, values[f.name]) for f in look.entity.system_fields if values.get(f.name)]
    return Fields(listed, texts, empty if folded else [], house)


def _fact(look: Look, show: Showing, field: Field, value: Any) -> Fact:
    return Fact(look.label(field.label), escape(show.show(field, value)), "", field.name, look.label(field.help))


def tag_fields(look: Look) -> list[Field]:
    """Links to many small things, as tags are: they are shown as chips and not as a list."""
    known = look.reading.registry.entities
    found = []
    for field in look.entity.fields:
        target = known.get(field.target or "")
        if field.kind.name == "relations" and target and not target.builtin and len(target.fields) < SMALL:
            found.append(field)
    return found


def tags(look: Look, values: Values) -> list[tuple[str, list[Markup]]]:
    """[(label, chips)]"""
    found = []
    for field in tag_fields(look):
        target = look.reading.registry.entities[str(field.target)]
        names = look.called.get(target.name, {})
        chips = [link(target, int(i), names[int(i)]) for i in values.get(field.name) or [] if int(i) in names]
        if chips:
            found.append((look.label(field.label), chips))
    return found


def choice_tag(look: Look, field: Field, value: str) -> Markup:
    choice = next((c for c in field.choices if c.value == value), None)
    return tag(choice, look.me.language) if choice else Markup('<span class="tag">{}</span>').format(value)


def face(entity: Entity) -> tuple[bool, str]:
    """(with initials?, icon)"""
    return monogram(entity), icon_of(entity)
