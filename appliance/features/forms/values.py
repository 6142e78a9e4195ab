"""Between the wire and what stands in a form's input: the faces of the kinds say how (http/kinds)."""

from __future__ import annotations

from typing import Any

from appliance.base.digits import is_digits
from appliance.http.kinds import Typed, face_of
from appliance.http.pages.person import Person
from appliance.records.entity import Field
from appliance.records.kinds import Wrong
from appliance.records.tables import Table


def typed(field: Field, value: Any, me: Person) -> Typed:
    """A wire value as it stands in the form."""
    return face_of(field).typed(field, value, me)


def read(field: Field, given: Typed, me: Person) -> Any:
    """What was typed as a value for `work`, None for nothing. Wrong with a sentence for what cannot be read at all; whether it
    fits the field is asked where it is written."""
    return given if isinstance(given, list) else face_of(field).read_raw(field, given, me)


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
        return [] if face_of(field).listed else text
