"""What a field kind is: how a value is checked, stored and shown.

Three forms of one value: *wire* (what JSON carries), *stored* (what the column holds), *text* (a cell of a file, a filter).
A kind hands out small functions, compiled once per schema revision: `cleaner` wire -> stored, `reader` text -> stored,
`shower` stored -> wire. Functions raise `Wrong` with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import peewee

from appliance.base.text import Text

if TYPE_CHECKING:
    from appliance.records.entity import Field

Convert = Callable[[Any], Any]
COMPARE = frozenset({"eq", "neq", "lt", "lte", "gt", "gte", "in", "empty"})
WORDS = frozenset({"contains", "starts", "ends"})


class Wrong(Exception):
    """A value does not fit its field. `message` is for the person who sent it, `code` for their program."""

    def __init__(self, message: Text, code: str = "invalid"):
        self.message, self.code = message, code
        super().__init__(str(message))


def is_whole(value: object) -> bool:
    """A whole number that a column takes."""
    return type(value) is int and -(2**63) <= value < 2**63


class Kind:
    """Base of all kinds. `options` are the keys a declaration may set beside the common ones."""

    name: ClassVar[str]
    label: ClassVar[str]
    options: ClassVar[frozenset[str]] = frozenset()
    operators: ClassVar[frozenset[str]] = COMPARE
    sortable: ClassVar[bool] = True
    relational: ClassVar[bool] = False
    """Shown under `relationships`, not `attributes`."""
    many: ClassVar[bool] = False
    """Held in a table of links instead of a column."""
    assigned: ClassVar[bool] = False
    """Given by the server, never by a client."""
    code_like: ClassVar[bool] = False
    """Searched by fragments with punctuation (an e-mail, a number) and not by words alone."""
    numeric: ClassVar[bool] = False
    """Can be added up."""
    exact: ClassVar[bool] = False
    """A number with places behind the point, which JSON carries as a text."""
    temporal: ClassVar[bool] = False
    """A day or a point in time: filters take words like last_week."""
    has_time: ClassVar[bool] = False
    """A point in time, and not a day."""
    has_choices: ClassVar[bool] = False
    """Its values are those that the declaration lists."""
    single_choice: ClassVar[bool] = False
    """One of them: records can be grouped by it."""
    is_list: ClassVar[bool] = False
    """The wire form is a list."""
    holds_files: ClassVar[bool] = False
    plain_text: ClassVar[bool] = False
    """Its stored form is the text that people read and search for."""
    names_records: ClassVar[bool] = False
    """May be what a record is called where the declaration does not say."""
    identifies: ClassVar[bool] = False
    """Its values may tell a record surely, so that others are linked by them."""
    recognisable: ClassVar[bool] = False
    """Its values give themselves away, as e-mail addresses do."""
    long: ClassVar[bool] = False
    """Too long for one line, and so never unique."""
    structured: ClassVar[bool] = False
    """Its values have parts, of any shape."""
    yes_or_no: ClassVar[bool] = False
    json_pattern: ClassVar[str | None] = None
    """Of what clients may send as a text, in JSON Schema."""
    monetary: ClassVar[bool] = False
    """Has a currency."""

    def column(self, dialect: str) -> peewee.Field:
        """The unbound, nullable peewee column: "required" is the application's check, so adding a field is instant."""
        return peewee.TextField(null=True)

    def check(self, field: Field) -> None:
        """Is the declaration itself sound? Raises Wrong."""

    def cleaner(self, field: Field) -> Convert:
        raise NotImplementedError

    def reader(self, field: Field) -> Convert:
        return self.cleaner(field)

    def reviver(self, field: Field) -> Convert:
        """wire -> stored for a value that this field held before: rules that came later do not turn it away. Raises Wrong for
        what the column cannot hold."""
        return self.cleaner(replace(field, min=None, max=None))

    def shower(self, field: Field, dialect: str) -> Convert | None:
        """None means: stored and wire form are the same."""
        return None

    def holds(self, value: object) -> bool:
        """Can the column hold this value, which came with a cursor? PostgreSQL would not even compare it with another type."""
        return type(value) is str and "\x00" not in value

    def search_text(self, field: Field) -> Callable[[Any], str]:
        """What turns a wire value into the words that people search for."""
        return str

    def schema(self, field: Field) -> dict[str, Any]:
        """JSON Schema of the wire form, without null."""
        return {"type": "string"}
