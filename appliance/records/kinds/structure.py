"""The two kinds left over: json (anything at all) and auto_number (given by the server)."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson

from appliance.base.json_text import TooBig, loads
from appliance.base.text import say
from appliance.records.kinds.kind import COMPARE, WORDS, Convert, Kind, Wrong

if TYPE_CHECKING:
    from appliance.records.entity import Field

_NUL = re.compile(r"(?<!\\)(\\\\)*\\u0000")  # the escape, not a backslash and the letters
_WIDTH = re.compile(r"(0?\d{1,2})?d?")


class JsonKind(Kind):
    name, label = "json", "JSON"
    structured = True
    long = True
    operators = frozenset({"contains", "empty"})
    sortable = False
    limit = 100_000

    def search_text(self, field: Field) -> Callable[[Any], str]:
        return lambda value: " ".join(_leaves(value))

    def cleaner(self, field: Field) -> Convert:
        def clean(value: Any) -> str:
            try:
                text = orjson.dumps(value).decode()
            except (TypeError, ValueError):
                raise Wrong(say("must be JSON"), "type") from None
            if len(text) > self.limit:
                raise Wrong(say("must be at most {max} characters", max=self.limit), "too_long")
            if _NUL.search(text):
                raise Wrong(say("holds characters that cannot be stored"), "characters")
            return text

        return clean

    def reader(self, field: Field) -> Convert:
        clean = self.cleaner(field)

        def read(text: Any) -> Any:
            if not text.strip():
                return None
            try:
                return clean(loads(text.encode()))
            except TooBig:
                raise Wrong(say("holds a whole number beyond 64 bits, which would be rounded"), "range") from None
            except ValueError:
                raise Wrong(say("must be JSON"), "type") from None

        return read

    def shower(self, field: Field, dialect: str) -> Convert | None:
        return orjson.loads

    def schema(self, field: Field) -> dict[str, Any]:
        return {}


class AutoNumberKind(Kind):
    """A running number in a pattern: `CASE-{number:05d}`. Numbers are never reused; a rolled-back write gives its back."""

    name, label = "auto_number", "Running number"
    identifies = True
    plain_text = True
    names_records = True
    options = frozenset({"pattern"})
    operators = COMPARE | WORDS
    assigned = True
    code_like = True

    def check(self, field: Field) -> None:
        try:
            slots = [slot[1:] for slot in string.Formatter().parse(field.pattern or "{number}") if slot[1] is not None]
        except ValueError:
            slots = []
        if len(slots) != 1 or slots[0][0] != "number" or slots[0][2] or not _WIDTH.fullmatch(slots[0][1] or ""):
            raise Wrong(say("pattern must hold {{number}} once, for example INV-{{number:05d}}"))

    def cleaner(self, field: Field) -> Convert:
        def clean(value: Any) -> str | None:
            raise Wrong(say("is given by the server"), "read_only")

        return clean

    def reader(self, field: Field) -> Convert:
        return lambda text: text.strip() or None

    def render(self, field: Field, number: int) -> str:
        return (field.pattern or "{number}").format(number=number)


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _leaves(one)]
    if isinstance(value, list):
        return [text for one in value for text in _leaves(one)]
    return [] if value is None or isinstance(value, bool) else [str(value)]
