"""Where a table's header stands, what its columns are called, and whether that is sure: a file without a header begins with a
record, which must not be taken for names in silence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.base.text import snake
from appliance.features.imports.limits import NAME

LOOK = 100
"""Rows that a header is judged by."""
PREAMBLE = 30
"""Rows that may stand above the header."""
FURTHER = 3
"""Rows looked at below a title for one that holds names."""
_DIGITS = re.compile(r"[\s\d.,:/€$£%()+-]{1,60}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_HAS_DIGIT = re.compile(r"\d")
_NAMES = """
id no nr number nummer code key name names title titel label email e_mail mail phone telephone tel telefon mobile
fax address adresse street strasse city town ort stadt ville ciudad citta cidade miasto place plz zip postcode
postal_code country land pays pais paese kraj state status region company firma organization organisation kunde
customer client first_name last_name vorname nachname nom prenom nombre apellido apellidos cognome nome imie
nazwisko sobrenome fornavn efternavn fornamn efternamn date datum data fecha day month year jahr monat tag amount
betrag sum summe total price preis prix precio prezzo note notes text description beschreibung comment kommentar
subject betreff type typ kind category kategorie quantity menge anzahl count value wert url website birthday sex
gender geschlecht active role account currency unit department team produkt product article artikel created updated
start end lat lng x y n a b
"""
_WORDS = frozenset(_NAMES.split())


@dataclass(frozen=True, slots=True)
class Header:
    """`row` counts from 1; 0 where the first row is a record. `sure`: nothing speaks against it."""

    row: int
    sure: bool


def find_header(listed: Sequence[Sequence[str]]) -> Header:
    """The row that names the columns. Above it may stand a title, the date of the report, empty rows: rows with less cells
    than most. Where it holds what the rows below hold, there may be no header at all."""
    first = next((n for n, row in enumerate(listed, 1) if any(c.strip() for c in row)), 1)
    width = usual_width(listed)
    if width < 2:
        return _judged(listed, first, first)
    wide = [n for n, row in enumerate(listed[:PREAMBLE], 1) if _is_wide(row, width)]
    if not wide:
        return Header(first, False)
    if wide[0] == first:
        return _judged(listed, first, first)
    for number in wide[:FURTHER]:
        filled = [c.strip() for c in listed[number - 1] if c.strip()]
        if sum(map(_is_digits, filled)) * 2 < len(filled) or _is_years(filled):
            return _judged(listed, number, first)
    return Header(first if len(listed[first - 1]) == width else wide[0], False)


def usual_width(listed: Sequence[Sequence[str]]) -> int:
    """How many cells most of the rows have."""
    counts = Counter(len(r) for r in listed if any(c.strip() for c in r))
    return max(counts, key=lambda w: (counts[w], w)) if counts else 0


def unique_names(cells: Sequence[str]) -> tuple[str, ...]:
    """Headers that can be told apart: `Name`, `Name (2)`, and `Column 3` where there is none. One pass: each base counts on
    from where it was."""
    stripped = [" ".join(c[: NAME * 2].replace("\ufeff", "").replace("\0", "").split())[:NAME] for c in cells]
    stripped = [s.encode("utf-8", "replace").decode() for s in stripped]  # bytes that are not of the encoding
    taken, found = set(stripped), dict[str, None]()
    counts: dict[str, int] = {}
    for n, name in enumerate(stripped, 1):
        base = wanted = name or f"Column {n}"
        while wanted in found or (wanted != name and wanted in taken):
            counts[base] = counts.get(base, 1) + 1
            wanted = f"{base} ({counts[base]})"
        found[wanted] = None
    return tuple(found)


def _is_wide(row: Sequence[str], width: int) -> bool:
    filled = sum(bool(c.strip()) for c in row)
    return filled >= 2 and filled * 2 > width and len(row) * 2 > width


def _is_digits(cell: str) -> bool:
    """A number, a date, a phone number."""
    return bool(_DIGITS.fullmatch(cell) and _HAS_DIGIT.search(cell))


def _is_years(filled: Sequence[str]) -> bool:
    """Years in order, with at most two other names: the header of a statistic."""
    years = [int(c) for c in filled if _YEAR.fullmatch(c)]
    others = len(filled) - len(years)
    return (
        len(years) >= 2 and others <= 2 and (years == sorted(set(years)) or years == sorted(set(years), reverse=True))
    )


def _judged(listed: Sequence[Sequence[str]], number: int, first: int) -> Header:
    """The row at `number`, as the columns below see it. A record, when all that tells speaks against names."""
    names = [c.strip() for c in listed[number - 1]]
    below = [row for row in listed[number:] if any(c.strip() for c in row)]
    if not below:
        return Header(number, any(snake(n[:100]) in _WORDS for n in names if n))
    years = _is_years([n for n in names if n])
    votes = [
        _vote(name, [r[n].strip() for r in below if n < len(r) and r[n].strip()], years) for n, name in enumerate(names)
    ]
    against = sum(v < 0 for v in votes)
    for_ = sum(v > 0 for v in votes)
    if against and not for_ and number == first:
        return Header(0, False)
    return Header(number, for_ > 0 and against * 2 <= for_)


def _vote(name: str, cells: Sequence[str], years: bool) -> int:
    """1 when it names what stands below, -1 when it is of the same sort, 0 when nobody can tell."""
    if not name:
        return 0
    if snake(name[:100]) in _WORDS or (years and _YEAR.fullmatch(name)):
        return 1
    if not cells:
        return 0
    most = len(cells) * 0.8
    if "@" in name and sum("@" in c for c in cells) >= most:
        return -1
    if _is_digits(name) and sum(map(_is_digits, cells)) >= most:
        return -1
    if name in cells[:LOOK]:
        return -1
    if sum(bool(_HAS_DIGIT.search(c) or "@" in c) for c in cells) >= most and not _HAS_DIGIT.search(name):
        return 1
    return 0
