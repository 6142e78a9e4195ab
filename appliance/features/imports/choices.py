"""Words of a file that are no choice yet, found before the import so that they can be added to the field."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.base.errors import Invalid, NotAllowed, Problem
from appliance.base.text import fold, say
from appliance.features.imports import reading
from appliance.features.imports.layout import Layout
from appliance.features.imports.mapping import Column
from appliance.features.imports.plan import Plan
from appliance.features.imports.values import NOTHING, split
from appliance.records.declaration import write_field
from appliance.records.entity import Choice
from appliance.records.permissions import Actor
from appliance.records.records import Records

MOST = 200
"""New choices of one field: more is no choice but a text."""
LONGEST = 100


def new_choices(plan: Plan, layout: Layout, columns: tuple[Column, ...]) -> dict[str, tuple[Choice, ...]]:
    """{field: its choices to come} of the whole file. Invalid when there are too many, or too long ones."""
    asked = [c for c in columns if c.field.kind.has_choices]
    if not asked:
        return {}
    known = {c.field.name: {fold(w).strip() for o in c.field.choices for w in (o.value, o.label)} for c in asked}
    found: dict[str, dict[str, str]] = {c.field.name: {} for c in asked}
    for _, row in reading.sound_rows(plan.path, layout):
        for column in asked:
            text, name = row.get(column.header), column.field.name
            if not text or fold(text).strip() in known[name]:
                continue
            words = split(text, plan.options.separator) if column.field.kind.is_list else [text]
            for word in (w.strip() for w in words):
                if word and word.lower() not in NOTHING and fold(word) not in known[name]:
                    known[name].add(fold(word))
                    found[name][fold(word)] = word
                    if len(found[name]) > MOST or len(word) > LONGEST:
                        text_ = say("{column} holds more than {max} different words, or very long ones: it is no choice",
                                    column=column.header, max=MOST)  # fmt: skip
                        raise Invalid([Problem(name, text_, "choices")])
    return {name: tuple(Choice(w, w) for w in words.values()) for name, words in found.items() if words}


def add_choices(records: Records, actor: Actor, entity: str, found: Mapping[str, tuple[Choice, ...]]) -> None:
    """Into the schema. NotAllowed for others than administrators."""
    with records.change_schema(actor) as schema:
        for name, fresh in found.items():
            held = schema.entities()[entity]
            field = held.by_name[name]
            there = {c.value for c in field.choices}
            words = write_field(field).get("choices", []) + [c.value for c in fresh if c.value not in there]
            schema.change_field(held, field, {"choices": words})


def check_may_add(actor: Actor) -> None:
    if not actor.admin:
        raise NotAllowed(say("Only an administrator may change entities and fields."))
