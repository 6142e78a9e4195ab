"""What a record's page says of the record itself: the line under its title, its steps, its fields, its tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from appliance.features.record_page.looking import Look, Values
from appliance.http.kinds import face_of, rank
from appliance.http.kinds.choice import tag
from appliance.http.kinds.relation import link
from appliance.http.kinds.renderer import ValueRenderer
from appliance.http.pages.icons import icon_of
from appliance.records.entity import Choice, Entity, Field
from appliance.records.titles import monogram

STAGES = ("stage", "status", "state", "phase", "step")
STEPS = range(3, 9)
SMALL = 4
"""Fields of an entity whose records are shown as tags, at most."""


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
    fits = [f for f in entity.fields if f.kind.single_choice and len(f.choices) in STEPS]
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
    for field in sorted(entity.fields, key=rank):
        kind, value = field.kind, values.get(field.name)
        if value in (None, [], "") or field.name in titled or field is bar or kind.name in used:
            continue
        if (
            face_of(field).rank is None
            or kind.is_list
            or (kind.has_choices and not any(c.color for c in field.choices))
        ):
            continue
        if kind.relational:
            target = look.reading.registry.entities.get(field.target or "")
            if target is None or target.builtin or int(value) not in look.called.get(target.name, {}):
                continue
            icon = icon_of(target)
        else:
            icon = "" if kind.has_choices else face_of(field).icon
            used.add(kind.name)
        found.append(Fact(look.label(field.label), escape(show.show(field, value)), icon, field.name))
    return found[:5]


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
        if field.kind.holds_files or field.name in elsewhere:
            continue
        value = values.get(field.name)
        if value in (None, [], ""):
            empty.append(Fact(look.label(field.label), "", "", field.name, look.label(field.help)))
        elif field.kind.long:
            texts.append(_fact(look, show, field, value))
        else:
            listed.append(_fact(look, show, field, value))
    house = [_fact(look, show, f, values[f.name]) for f in look.entity.system_fields if values.get(f.name)]
    return Fields(listed, texts, empty if folded else [], house)


def _fact(look: Look, show: ValueRenderer, field: Field, value: Any) -> Fact:
    return Fact(look.label(field.label), escape(show.show(field, value)), "", field.name, look.label(field.help))


def tag_fields(look: Look) -> list[Field]:
    """Links to many small things, as tags are: they are shown as chips and not as a list."""
    known = look.reading.registry.entities
    found = []
    for field in look.entity.fields:
        target = known.get(field.target or "")
        if (
            field.kind.relational
            and field.kind.is_list
            and not field.kind.holds_files
            and target
            and not target.builtin
            and len(target.fields) < SMALL
        ):
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
