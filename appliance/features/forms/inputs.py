"""What a form is made of, from the declaration: an input for each field, and the groups they stand in."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from appliance.base.text import Text, label, say
from appliance.features.forms.picking import Option, Picking
from appliance.features.forms.reading import on_form
from appliance.http.kinds import Typed, face_of
from appliance.http.kinds.typed_numbers import currency_sign
from appliance.http.pages.person import Person
from appliance.records.entity import Choice, Entity, Field
from appliance.records.permissions import Actor, Verb, visibility


@dataclass
class Input:
    """One field on the form. `value` is a text, a list for kinds that hold several; `chosen` are the records linked now,
    `offered` those to pick without script."""

    field: Field
    id: str
    value: Typed
    problem: str = ""
    chosen: list[Option] = dataclasses.field(default_factory=list)
    offered: list[Option] = dataclasses.field(default_factory=list)
    target: Entity | None = None
    may_add: bool = False
    sign: str = ""
    sought: str = ""
    clash: bool = False

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def shape(self) -> str:
        """Which of the templates draws it."""
        return face_of(self.field).shape_for(self.field)

    @property
    def grouped(self) -> bool:
        """Several inputs under one name?"""
        return self.shape in ("radios", "boxes", "upload")

    @property
    def type(self) -> str:
        return face_of(self.field).input_type

    @property
    def wide(self) -> bool:
        return self.field.kind.long or self.field.kind.holds_files

    @property
    def many(self) -> bool:
        return self.field.many

    @property
    def choices(self) -> tuple[Choice, ...]:
        """With a value that has left the declaration since, so that saving does not drop it."""
        known = {c.value for c in self.field.choices}
        held = self.value if isinstance(self.value, list) else [self.value] if self.value else []
        return (*self.field.choices, *(Choice(v, v) for v in held if v not in known))

    @property
    def attributes(self) -> dict[str, str]:
        """Of an input of one line, beside those all have."""
        return face_of(self.field).attributes(self.field)


@dataclass(frozen=True, slots=True)
class Group:
    """`side`: it may stand beside the others where there is room."""

    name: str
    title: Text | None
    inputs: list[Input]
    side: bool = False


def first_fields(entity: Entity) -> list[Field]:
    """What a record cannot do without: its title, and what is required."""
    titles = [entity.by_name[n] for n in entity.title_fields if n in entity.by_name and entity.by_name[n].writable]
    required = [f for f in entity.fields if f.writable and f.required]
    return list(dict.fromkeys([*titles, *required]))


def inputs_for(
    fields: Iterable[Field],
    texts: Mapping[str, Typed],
    problems: Mapping[str, str],
    picking: Picking,
    actor: Actor,
    me: Person,
    *,
    prefix: str = "f-",
    offer: bool = True,
) -> list[Input]:
    registry = picking.records.registry
    found = []
    for one in fields:
        value = texts.get(one.name, [] if one.many else "")
        made = Input(one, prefix + one.name, value, problems.get(one.name, ""))
        made.sign = currency_sign(one.currency, me.locale) if one.kind.monetary else ""
        if one.relational and one.target:
            made.target = registry.entities.get(one.target)
            made.chosen = picking.chosen(one.target, value if isinstance(value, list) else [value])
            _name_hidden(made, me)
            if made.shape == "upload":
                made.may_add = bool(actor.reach("create", "file"))
            elif made.target:
                made.may_add = not made.target.builtin and bool(actor.reach("create", one.target))
                if offer and actor.reach("read", one.target):
                    held = {o.value for o in made.chosen}
                    made.offered = [o for o in picking.found(made.target, "") if o.value not in held]
        found.append(made)
    return found


def _name_hidden(made: Input, me: Person) -> None:
    made.chosen = [
        o if o.label else Option(o.value, say("not for you to see").render(me.language)) for o in made.chosen
    ]


def groups(entity: Entity, inputs: Iterable[Input]) -> list[Group]:
    """In the order of the declaration within each group."""
    listed = list(inputs)
    first = {f.name for f in first_fields(entity)}
    sorted_in: dict[str, list[Input]] = {"first": [], "details": [], "text": [], "links": [], "files": []}
    for one in listed:
        kind = one.field.kind
        where = "details"
        if one.name in first:
            where = "first"
        elif kind.long:
            where = "text"
        elif kind.holds_files:
            where = "files"
        elif one.field.relational:
            where = "links"
        sorted_in[where].append(one)
    order = {f.name: n for n, f in enumerate(first_fields(entity))}
    sorted_in["first"].sort(key=lambda one: order[one.name])
    named: list[tuple[str, Text | None, bool]] = [
        ("first", None, False), ("details", say("Details"), False), ("text", say("Notes and texts"), False),
        ("links", say("Belongs to"), True), ("files", say("Files"), True),
    ]  # fmt: skip
    return [Group(name, title, sorted_in[name], side) for name, title, side in named if sorted_in[name]]


def form_fields(entity: Entity, actor: Actor, verb: Verb) -> list[Field]:
    """Those this person may set: whose records are always their own does not choose an owner."""
    every = visibility(actor, entity.name, verb).every and bool(visibility(actor, "user"))
    return [f for f in on_form(entity).values() if f.name != "owner" or every]


def labels_of(entity: Entity, names: Iterable[str], me: Person) -> dict[str, str]:
    return {n: label(entity.by_name[n].label, me.language) for n in names if n in entity.by_name}


def sentence(name: str, message: Text, me: Person) -> str:
    """`Name` and `is required` as one sentence."""
    return f"{name} {message.render(me.language)}."
