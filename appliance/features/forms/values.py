"""Between the wire and what stands in a form's input: one pair of functions for each field kind. A form's value is a text; a
list of texts for kinds that hold several."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import orjson

from appliance.base import clock
from appliance.base.digits import is_digits
from appliance.base.text import say
from appliance.features.forms.numbers import read_number, typed_number
from appliance.http.pages.formats import zone
from appliance.http.pages.person import Person
from appliance.records.entity import Field
from appliance.records.kinds import Wrong
from appliance.records.kinds.number import DecimalKind
from appliance.records.tables import Table

Typed = str | list[str]
LISTED = ("multi_choice", "relations", "files")
LINKS = ("relations", "files")
NUMBERS = ("integer", "decimal", "money")
_NO_SCHEME = re.compile(r"[\w-]+(\.[\w-]+)+([/?#]\S*)?")


def typed(field: Field, value: Any, me: Person) -> Typed:
    """A wire value as it stands in the form."""
    kind = field.kind.name
    if kind in LISTED:
        return [str(v) for v in value or []]
    if value is None:
        return "null" if kind == "boolean" else ""
    if kind == "boolean":
        return "true" if value else "false"
    if kind in NUMBERS:
        return typed_number(value, me.locale)
    if kind == "datetime":
        return datetime.fromisoformat(value).astimezone(zone(me.timezone)).strftime("%Y-%m-%dT%H:%M")
    if kind == "json":
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    return str(value)


def read(field: Field, given: Typed, me: Person) -> Any:
    """What was typed as a value for `work`, None for nothing. Wrong with a sentence for what cannot be read at all; whether it
    fits the field is asked where it is written."""
    kind = field.kind.name
    if isinstance(given, list):
        return given
    if kind == "long_text":
        return given.replace("\r\n", "\n") or None
    text = given.strip()
    if not text or (kind == "boolean" and text == "null"):
        return None
    if kind == "boolean":
        return text == "true"
    if kind == "integer":
        number = read_number(text, me.locale, places=0)
        whole, _, part = number.partition(".")
        if part.strip("0"):
            raise Wrong(say("must be a whole number"), "type")
        return int(whole)
    if kind in NUMBERS:
        return read_typed(field, text, me.locale)
    if kind == "datetime":
        return _moment(text, me)
    if kind == "json":
        return _json(text)
    if kind == "url" and _NO_SCHEME.fullmatch(text):  # as it is said on the phone: example.org
        return f"https://{text}"
    return text


def read_typed(field: Field, text: str, locale: str) -> str:
    """A number for this field as its language writes it, in canonical form. Wrong for what is none, and for what may be two."""
    places = field.kind.places(field) if isinstance(field.kind, DecimalKind) else 0
    return read_number(text, locale, field.currency if field.kind.name == "money" else None, places)


def same(one: Typed, other: Typed) -> bool:
    """Browsers send line ends of their own."""
    if isinstance(one, list) or isinstance(other, list):
        return sorted(one) == sorted(other)
    return _tidy(one) == _tidy(other)


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip("\n")


def prefill(field: Field, text: str, table: Table, me: Person) -> Typed:
    """A value of an address, in the words of the API. What cannot be read stands there as it is, to be mended."""
    if field.many:
        return [part for part in text.split(",") if is_digits(part)]
    try:
        return typed(field, table.shown(field.name, table.readers[field.name](text)), me)
    except Wrong:
        return [] if field.kind.name in LISTED else text


def _moment(text: str, me: Person) -> str:
    """Time of the clock on the wall where this person is, or with a zone of its own."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Wrong(say("must be a date and a time"), "type") from None
    try:
        return clock.wire((at if at.tzinfo else at.replace(tzinfo=zone(me.timezone))).astimezone(UTC))
    except OverflowError:
        raise Wrong(say("must be a date and a time"), "type") from None


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Wrong(say("must be JSON; it breaks off in line {line}", line=error.lineno), "type") from None
