"""Kinds whose value is text: text, long_text, email, phone, url."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from appliance.base.text import say
from appliance.records.kinds.kind import COMPARE, WORDS, Convert, Kind, Wrong
from appliance.records.kinds.patterns import PatternRefused, compile_pattern, is_taken, shared_pattern

if TYPE_CHECKING:
    from appliance.records.entity import Field

_REFUSED = re.compile("[\x00\ud800-\udfff]")  # NUL and half characters: PostgreSQL cannot hold them
_SLACK = 100  # white space around a value, which `tidy` takes away


def string(value: Any) -> str:
    """The value as text; Wrong for anything that is not text already or holds what no database can store."""
    if type(value) is not str:
        raise Wrong(say("must be a text"), "type")
    if not value.isascii() and _REFUSED.search(value):
        raise Wrong(say("holds characters that cannot be stored"), "characters")
    if "\x00" in value:
        raise Wrong(say("holds characters that cannot be stored"), "characters")
    return value


_NO_NUL = r"^[^\u0000]*$"


class TextKind(Kind):
    name, label = "text", "Text"
    identifies = True
    json_pattern: ClassVar[str | None] = _NO_NUL
    plain_text = True
    names_records = True
    options = frozenset({"min_length", "max_length", "pattern"})
    operators = COMPARE | WORDS
    limit = 1_000
    _refused: re.Pattern[str] | None = re.compile(
        "[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]"
    )
    """What has no place in one line: control characters, what breaks it, and embeddings, overrides and isolates, which turn round
    how the rest of the line is read (`invoice_exe.pdf` for `invoice_fdp.exe`). Hebrew and Arabic need none of these: their
    letters carry their direction, and the marks U+200E and U+200F, which turn nothing else round, are taken. Held when a value
    is written; what is there already is read as it is, and stays when other fields change."""

    def check(self, field: Field) -> None:
        if field.pattern:
            try:
                compile_pattern(field.pattern)
            except PatternRefused as error:
                raise Wrong(say("the pattern cannot be used: {why}", why=error)) from None

    def cleaner(self, field: Field) -> Convert:
        least, most = field.min_length or 0, field.max_length or self.limit
        # One that an earlier version took may not be taken now: it stays declared, and named on the health page.
        matches = compile_pattern(field.pattern) if field.pattern and is_taken(field.pattern) else None
        tidy, refused = self.tidy, self._refused

        def clean(value: Any) -> str | None:
            text = string(value)
            if len(text) <= most + _SLACK:  # longer ones never reach the regular expressions, which may be slow
                text = tidy(text)
            if not text:
                return None
            if refused is not None and refused.search(text):
                raise Wrong(
                    say("holds control characters, line breaks, or characters that turn round the direction of text"),
                    "characters",
                )
            if len(text) > most:
                raise Wrong(say("must be at most {max} characters", max=most), "too_long")
            if len(text) < least:
                raise Wrong(say("must be at least {min} characters", min=least), "too_short")
            if matches and not matches(text):
                raise Wrong(say("does not match the pattern {pattern}", pattern=field.pattern), "pattern")
            return text

        return clean

    def reviver(self, field: Field) -> Convert:
        return string

    def tidy(self, text: str) -> str:
        """The form that is kept; raises Wrong when there is none. An empty text is stored as nothing."""
        return text

    def schema(self, field: Field) -> dict[str, Any]:
        found: dict[str, Any] = {"type": "string", "maxLength": field.max_length or self.limit}
        if field.min_length:
            found["minLength"] = field.min_length
        if shared := shared_pattern(field.pattern):
            found["pattern"] = f"^(?:{shared})$"
        return found


class LongTextKind(TextKind):
    name, label = "long_text", "Long text"
    identifies = False
    long = True
    names_records = False
    limit = 1_000_000
    sortable = False
    _refused = None


class EmailKind(TextKind):
    name, label = "email", "E-mail"
    recognisable = True
    json_pattern = r'^[^@\s<>()\[\],;:\\"]+@[^@\s<>()\[\],;:\\"]+\.[^@\s.<>()\[\],;:\\"]+$'
    names_records = False
    limit = 254
    code_like = True
    _shape = re.compile(r"[^@\s<>()\[\],;:\\\"]+@[^@\s<>()\[\],;:\\\"]+\.[^@\s.<>()\[\],;:\\\"]+")

    def tidy(self, text: str) -> str:
        text = text.strip()
        if text and not self._shape.fullmatch(text):
            raise Wrong(say("is not an e-mail address"), "email")
        return text

    def schema(self, field: Field) -> dict[str, Any]:
        return {**super().schema(field), "format": "email"}


class PhoneKind(TextKind):
    name, label = "phone", "Phone"
    identifies = False
    json_pattern = r"^[-+()/.,;:#* 0-9A-Za-z]*[0-9][-+()/.,;:#* 0-9A-Za-z]*$"
    names_records = False
    limit = 60
    code_like = True
    _shape = re.compile(r"[-+()/.,;:#*\w\s]*\d[-+()/.,;:#*\w\s]*")

    def tidy(self, text: str) -> str:
        text = text.strip()
        if text and not self._shape.fullmatch(text):
            raise Wrong(say("is not a phone number"), "phone")
        return text


class UrlKind(TextKind):
    name, label = "url", "Web address"
    identifies = False
    recognisable = True
    json_pattern = r'^(https?|ftps?)://[^\s<>"]+$'
    names_records = False
    limit = 2_000
    code_like = True
    _shape = re.compile(r"(?:https?|ftps?)://[^\s<>\"]+", re.IGNORECASE)

    def tidy(self, text: str) -> str:
        text = text.strip()
        if text and not self._shape.fullmatch(text):  # also keeps javascript: out of links
            raise Wrong(say("is not a web address that starts with http:// or https://"), "url")
        return text

    def schema(self, field: Field) -> dict[str, Any]:
        return {**super().schema(field), "format": "uri"}
