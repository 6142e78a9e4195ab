"""Kinds with a fixed set of values: boolean, choice, multi_choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson
import peewee

from appliance.base.text import say
from appliance.records.kinds.kind import Convert, Kind, Wrong
from appliance.records.kinds.text import string

if TYPE_CHECKING:
    from appliance.records.entity import Field

_WORDS = {
    **dict.fromkeys(("true", "1", "yes", "y", "on", "ja", "x"), True),
    **dict.fromkeys(("false", "0", "no", "n", "off", "nein"), False),
}


class BooleanKind(Kind):
    name, label = "boolean", "Yes or no"
    yes_or_no = True
    operators = frozenset({"eq", "neq", "in", "empty"})

    def search_text(self, field: Field) -> Callable[[Any], str]:
        """Nobody searches for "true"."""
        return lambda value: ""

    def holds(self, value: object) -> bool:
        return type(value) in (bool, int) and value in (0, 1)

    def column(self, dialect: str) -> peewee.Field:
        return peewee.BooleanField(null=True)

    def cleaner(self, field: Field) -> Convert:
        def clean(value: Any) -> bool:
            if type(value) is not bool:
                raise Wrong(say("must be true or false"), "type")
            return value

        return clean

    def reader(self, field: Field) -> Convert:
        def read(text: Any) -> bool | None:
            word = text.strip().lower()
            if not word:
                return None
            if word not in _WORDS:
                raise Wrong(say("must be true or false"), "type")
            return _WORDS[word]

        return read

    def shower(self, field: Field, dialect: str) -> Convert | None:
        return bool if dialect == "sqlite" else None

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "boolean"}


def _check_choices(field: Field) -> None:
    if not field.choices:
        raise Wrong(say("needs choices"))
    values = [c.value for c in field.choices]
    if len(set(values)) != len(values):
        raise Wrong(say("has the same choice twice"))


class ChoiceKind(Kind):
    name, label = "choice", "Choice"
    single_choice = True
    has_choices = True
    plain_text = True
    options = frozenset({"choices"})
    operators = Kind.operators | {"contains", "starts", "ends"}

    def search_text(self, field: Field) -> Callable[[Any], str]:
        return choice_words(field)

    def check(self, field: Field) -> None:
        _check_choices(field)

    def cleaner(self, field: Field) -> Convert:
        allowed = {c.value: c.value for c in field.choices}
        shown = ", ".join(allowed)

        def clean(value: Any) -> str | None:
            if type(value) is not str or (value not in allowed and value):
                raise Wrong(say("must be one of: {choices}", choices=shown), "choice")
            return value or None

        return clean

    def reviver(self, field: Field) -> Convert:
        return string

    def reader(self, field: Field) -> Convert:
        by_word = {word: c.value for c in field.choices for word in (c.label.lower(), c.value.lower())}
        clean = self.cleaner(field)

        def read(text: Any) -> Any:
            word = text.strip()
            return clean(by_word.get(word.lower(), word))

        return read

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "enum": [c.value for c in field.choices]}


def choice_words(field: Field) -> Callable[[Any], str]:
    """Labels beside the values."""
    words = {c.value: c.label if c.label == c.value else f"{c.label} {c.value}" for c in field.choices}
    return lambda value: words.get(value) or str(value)


class MultiChoiceKind(Kind):
    """Stored as a JSON list in the order of the declaration."""

    name, label = "multi_choice", "Several choices"
    has_choices = True
    is_list = True
    options = frozenset({"choices"})
    operators = frozenset({"contains", "empty"})
    sortable = False

    def search_text(self, field: Field) -> Callable[[Any], str]:
        words = choice_words(field)
        return lambda values: ", ".join(map(words, values))

    def check(self, field: Field) -> None:
        _check_choices(field)

    def cleaner(self, field: Field) -> Convert:
        order = {c.value: n for n, c in enumerate(field.choices)}
        shown = ", ".join(order)

        def clean(value: Any) -> str | None:
            if type(value) is not list or any(type(v) is not str or v not in order for v in value):
                raise Wrong(say("must be a list of: {choices}", choices=shown), "choice")
            return orjson.dumps(sorted(set(value), key=order.__getitem__)).decode() if value else None

        return clean

    def reviver(self, field: Field) -> Convert:
        """In the order that stood, for a choice that is gone has none."""

        def revive(value: Any) -> str | None:
            if type(value) is not list or any(type(v) is not str for v in value):
                raise Wrong(say("must be a list of: {choices}", choices=""), "choice")
            return orjson.dumps(value).decode() if value else None

        return revive

    def reader(self, field: Field) -> Convert:
        by_word = {word: c.value for c in field.choices for word in (c.label.lower(), c.value.lower())}
        clean = self.cleaner(field)

        def read(text: Any) -> Any:
            words = [w.strip() for w in text.replace(";", ",").split(",") if w.strip()]
            return clean([by_word.get(w.lower(), w) for w in words])

        return read

    def shower(self, field: Field, dialect: str) -> Convert | None:
        return orjson.loads

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string", "enum": [c.value for c in field.choices]}}
