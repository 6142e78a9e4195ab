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

    def schema(self, field: Field) -> dict[str, Any]:
        """JSON Schema of the wire form, without null."""
        return {"type": "string"}
