"""The two kinds left over: json (anything at all) and auto_number (given by the server)."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

import orjson

from appliance.base.text import say
from appliance.records.kinds.kind import COMPARE, WORDS, Convert, Kind, Wrong

if TYPE_CHECKING:
    from appliance.records.entity import Field


class JsonKind(Kind):
    name, label = "json", "JSON"
    operators = frozenset({"contains", "empty"})
    sortable = False
    limit = 100_000

    def cleaner(self, field: Field) -> Convert:
        def clean(value: Any) -> str:
            try:
                text = orjson.dumps(value).decode()
            except (TypeError, ValueError):
                raise Wrong(say("must be JSON"), "type") from None
            if len(text) > self.limit:
                raise Wrong(say("must be at most {max} characters", max=self.limit), "too_long")
            if "\\u0000" in text:
                raise Wrong(say("holds characters that cannot be stored"), "characters")
            return text

        return clean

    def reader(self, field: Field) -> Convert:
        clean = self.cleaner(field)

        def read(text: Any) -> str | None:
            if not text.strip():
                return None
            try:
                return clean(orjson.loads(text))
            except orjson.JSONDecodeError:
                raise Wrong(say("must be JSON"), "type") from None

        return read

    def shower(self, field: Field, dialect: str) -> Convert | None:
        return orjson.loads

    def schema(self, field: Field) -> dict[str, Any]:
        return {}


class AutoNumberKind(Kind):
    """A running number in a pattern: `CASE-{number:05d}`. Numbers are never reused; a rolled-back write gives its back."""

    name, label = "auto_number", "Running number"
    options = frozenset({"pattern"})
    operators = COMPARE | WORDS
    assigned = True
    code_like = True

    def check(self, field: Field) -> None:
        try:
            names = [name for _, name, _, _ in string.Formatter().parse(field.pattern or "{number}") if name is not None]
            (field.pattern or "{number}").format(number=1)
        except (ValueError, KeyError, IndexError, AttributeError):
            names = []
        if names != ["number"]:
            raise Wrong(say("pattern must hold {{number}} once, for example INV-{{number:05d}}"))

    def cleaner(self, field: Field) -> Convert:
        def clean(value: Any) -> str | None:
            raise Wrong(say("is given by the server"), "read_only")

        return clean

    def reader(self, field: Field) -> Convert:
        return lambda text: text.strip() or None

    def render(self, field: Field, number: int) -> str:
        return (field.pattern or "{number}").format(number=number)
