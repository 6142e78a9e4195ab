"""What people see of a field kind: how a value is shown, what it is typed into, how what was typed is read, what may be asked of
it in a filter, and what an export writes. One face for each kind of records/kinds; the list is in `__init__`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from appliance.http.pages.person import Person
from appliance.records.entity import Field
from appliance.records.registry import Registry

Show = Callable[[Any], str]
Typed = str | list[str]
"""A form's value: a text, a list of texts for kinds that hold several."""

Titles = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who sees values, and how. `titles` of related records come in {entity: {id: title}}; a record that is not in it is one this
    person may not see. `short`: for a cell, not for a page."""

    registry: Registry
    me: Person
    titles: Mapping[str, Titles]
    short: bool = True


EMPTY = ("filled", "empty")
TEXT = ("contains", "eq", "starts", "ends", "neq", *EMPTY)
NUMBER = ("between", "eq", "gte", "lte", "neq", *EMPTY)
DAYS = ("span", "between", "gte", "lte", *EMPTY)


class Face:
    """The base, and a text of one line."""

    operators: ClassVar[tuple[str, ...]] = TEXT
    """Of a filter's form: those of the API, and `filled`, `between`, `span`, `yes` and `no` (features/grid/operators.py)."""
    shape: ClassVar[str] = "line"
    """Which macro of web/templates/fields/inputs.html draws its input."""
    input_type: ClassVar[str] = "text"
    longest: ClassVar[int | None] = None
    """Characters that its input takes."""
    autocomplete: ClassVar[str | None] = None
    listed: ClassVar[bool] = False
    """The form's value is a list."""
    tall: ClassVar[bool] = False
    """Takes more room than a cell or a column of a form has."""
    edited_in_cells: ClassVar[bool] = True
    links: ClassVar[bool] = False
    """What is shown is a link itself."""
    formula_safe: ClassVar[bool] = False
    """No value of it is a text that a spreadsheet could take for a formula."""
    icon: ClassVar[str] = ""
    rank: ClassVar[int | None] = None
    """How well it tells one record from another, the lowest best; None: not at all."""

    def show(self, field: Field, viewer: Viewer) -> Show:
        """What shows a wire value that is not None: safe HTML, or plain text to be escaped."""
        return str

    def typed(self, field: Field, value: Any, me: Person) -> Typed:
        """A wire value, or None, as it stands in the form."""
        return "" if value is None else str(value)

    def read(self, field: Field, text: str, me: Person) -> Any:
        """What was typed, stripped and not empty, as a wire value, or None for nothing. Raises Wrong, with a sentence, for what
        cannot be read at all; whether it fits the field is asked where it is written."""
        return text

    def read_raw(self, field: Field, text: str, me: Person) -> Any:
        """The same for the text as the browser sent it."""
        stripped = text.strip()
        return self.read(field, stripped, me) if stripped else None

    def attributes(self, field: Field) -> dict[str, str]:
        """Of an input of one line, beside those that all have."""
        named = {}
        if self.longest:
            named["maxlength"] = str(field.max_length or self.longest)
        if self.autocomplete:
            named["autocomplete"] = self.autocomplete
        return named

    def shape_for(self, field: Field) -> str:
        return self.shape

    def written(self, field: Field, language: str) -> Callable[[Any], Any]:
        """Wire value -> what people read in an exported text."""
        return str

    def cell(self, field: Field, language: str) -> Callable[[Any], Any]:
        """Wire value -> what a cell of a spreadsheet holds, where numbers and dates stay such."""
        return self.written(field, language)
