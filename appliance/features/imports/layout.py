"""How a file is written, as it was found out or as a person says; and how its values are meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from appliance.base.errors import Invalid, Problem
from appliance.base.text import say

CSV, JSON, LINES, XLSX, VCARD = "csv", "json", "jsonl", "xlsx", "vcard"
FORMATS = (CSV, JSON, LINES, XLSX, VCARD)
EXTRA, SHORT, BROKEN = "\0extra", "\0short", "\0broken"
"""Keys a row may have beside its columns: surplus cells, that cells are missing, why it is no row at all."""
ORDERS = ("dmy", "mdy", "ymd")


@dataclass(frozen=True)
class Layout:
    """`header_row` is the number of the row with the names, counted from 1; 0 when the file has none."""

    format: str
    columns: tuple[str, ...]
    encoding: str = ""
    delimiter: str = ""
    quote: str = '"'
    header_row: int = 1
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    whole: frozenset[str] = frozenset()
    """Keys of a JSON file whose values stay JSON, because a field of that kind takes them."""
    skip_blanks: bool = False
    """Blanks behind a delimiter stand before the quote of the cell, and are none of it."""
    header_sure: bool = True
    """Nothing speaks against `header_row`: it was named, or the row is not of the sort of those below."""
    encoding_sure: bool = True
    """The encoding was named, or no other one reads the file as well."""
    encodings: tuple[str, ...] = ()
    """Where it is not sure: those that can be meant, the likeliest first."""

    @property
    def canonical(self) -> bool:
        """Is it a lossless export of ours, whose numbers have a point before their decimals and no other mark?"""
        return self.columns[:2] == ("id", "version")


@dataclass(frozen=True)
class Options:
    """What a person may say about a file when we would find out something else, or will not guess.

    `encoding`, `delimiter`, `header_row` (0: none), `sheet`: how the file is written. `date_order` (dmy, mdy, ymd) and
    `decimal` ("." or ","): how values are meant, where the file leaves it open. `short_rows`: "reject", or "fill" to take
    missing cells at the end as empty. `separator`: between several values in a cell, where it is not one of ; , |.
    `round_digits`: what has more digits behind the point than its field is rounded, which otherwise spoils its row.
    `only_mapping`: columns that the mapping does not name are left out, whatever they are called.
    `add_choices`: unknown words become choices (administrators). `create_missing`: relations whose records are created
    when none has the key."""

    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None
    sheet: str | None = None
    date_order: str | None = None
    decimal: str | None = None
    short_rows: str = "reject"
    separator: str | None = None
    round_digits: bool = False
    only_mapping: bool = False
    add_choices: bool = False
    create_missing: tuple[str, ...] = ()

    def shown(self) -> dict[str, Any]:
        """Those that were set, as they are given."""
        usual = Options()
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {n: list(v) if isinstance(v, tuple) else v for n, v in found.items() if v != getattr(usual, n)}


_CHOICES = {"date_order": ORDERS, "decimal": (".", ","), "short_rows": ("reject", "fill")}
_TEXTS = ("encoding", "sheet", *_CHOICES)


def read_options(given: Any) -> Options:
    """From JSON. Invalid names every option that is none or has no such value."""
    if not isinstance(given, Mapping):
        raise Invalid([Problem("options", say("must be an object"), "type")])
    problems = []
    known = {f.name for f in fields(Options)}
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            problems.append(
                Problem(str(name)[:100], say("there is no option called {name}", name=str(name)[:100]), "unknown")
            )
        elif value is None:
            continue
        elif name in _CHOICES and value not in _CHOICES[name]:
            text = say("must be one of: {choices}", choices=", ".join(_CHOICES[name]))
            problems.append(Problem(name, text, "choice"))
        elif name == "create_missing":
            if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
                problems.append(Problem(name, say("must be a list of field names"), "type"))
            else:
                found[name] = tuple(value)
        elif name == "header_row" and (type(value) is not int or not 0 <= value <= 1_000):
            problems.append(Problem(name, say("must be between {min} and {max}", min=0, max=1_000), "range"))
        elif name in ("add_choices", "only_mapping", "round_digits") and type(value) is not bool:
            problems.append(Problem(name, say("must be true or false"), "type"))
        elif name in ("delimiter", "separator") and (
            not isinstance(value, str) or len(value) != 1 or value in '\r\n"\0'
        ):
            problems.append(Problem(name, say("must be one character"), "type"))
        elif name in _TEXTS and not isinstance(value, str):
            problems.append(Problem(name, say("must be a text"), "type"))
        else:
            found[name] = value
    if problems:
        raise Invalid(problems)
    return Options(**found)
