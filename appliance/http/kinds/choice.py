"""The faces of truth values and choices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import orjson
from markupsafe import Markup

from appliance.base.text import label, say
from appliance.http.kinds.face import EMPTY, Face, Show, Typed, Viewer
from appliance.http.pages.person import Person
from appliance.records.entity import Choice, Field

RADIOS = 4
"""Choices that are all shown at once, at most."""
UNSAID = "null"
"""In the form, of a truth value that nobody gave."""


class BooleanFace(Face):
    formula_safe = True
    operators = ("yes", "no", *EMPTY)
    shape = "box"

    def show(self, field: Field, viewer: Viewer) -> Show:
        return self.written(field, viewer.me.language)

    def typed(self, field: Field, value: Any, me: Person) -> Typed:
        return UNSAID if value is None else "true" if value else "false"

    def read(self, field: Field, text: str, me: Person) -> Any:
        return None if text == UNSAID else text == "true"

    def written(self, field: Field, language: str) -> Callable[[Any], Any]:
        yes, no = say("Yes").render(language), say("No").render(language)
        return lambda value: yes if value else no


class ChoiceFace(Face):
    operators: ClassVar[tuple[str, ...]] = ("in", "neq", *EMPTY)
    shape = "select"
    icon = "flag"
    rank = 1

    def shape_for(self, field: Field) -> str:
        return "radios" if len(field.choices) <= RADIOS else "select"

    def show(self, field: Field, viewer: Viewer) -> Show:
        known = {c.value: tag(c, viewer.me.language) for c in field.choices}
        return lambda v: known.get(v) or Markup('<span class="tag">{}</span>').format(v)

    def written(self, field: Field, language: str) -> Callable[[Any], Any]:
        labels = {c.value: c.label for c in field.choices}
        return lambda value: str(labels.get(value, value))


class MultiChoiceFace(ChoiceFace):
    operators = ("contains", *EMPTY)
    shape = "boxes"
    listed = True
    icon = ""
    rank = 9

    def shape_for(self, field: Field) -> str:
        return "boxes"

    def show(self, field: Field, viewer: Viewer) -> Show:
        one = super().show(field, viewer)
        return lambda values: Markup("").join(one(v) for v in values)

    def typed(self, field: Field, value: Any, me: Person) -> Typed:
        return [str(v) for v in value or []]

    def written(self, field: Field, language: str) -> Callable[[Any], Any]:
        one = super().written(field, language)
        return lambda values: words([one(v) for v in values])


def tag(choice: Choice, language: str) -> Markup:
    color = f"tint-{choice.color}" if choice.color else ""
    return Markup('<span class="tag {}">{}</span>').format(color, label(choice.label, language))


def words(listed: list[str]) -> str:
    """As people write several words, so that they can be told apart again."""
    if len(listed) > 1 and any(";" in w or "|" in w or "\n" in w for w in listed):
        return orjson.dumps(listed).decode()
    return ("; " if len(listed) > 1 and any("," in w for w in listed) else ", ").join(listed)
