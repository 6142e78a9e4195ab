"""vCards (2.1, 3.0, 4.0) as rows: one a card, with the columns that people's address books have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from appliance.base.text import Text, say
from appliance.features.imports import limits
from appliance.features.imports.card_lines import DROPPED, Property, read_properties
from appliance.features.imports.encodings import refused
from appliance.features.imports.layout import BROKEN, VCARD, Layout

_BEGIN, _END = re.compile(r"begin\s*:\s*vcard\s*$", re.I), re.compile(r"end\s*:\s*vcard\s*$", re.I)
_AGENT = re.compile(r"(?:[\w-]+\.)?agent\b[^:]*:\s*$", re.I)
LONGEST = 5_000_000
"""Characters of one card, pictures left out."""
_ORDER = (
    "Name", "First name", "Middle name", "Last name", "Prefix", "Suffix", "Nickname", "Organization", "Department", "Title",
    "Role", "E-mail", "Phone", "Mobile", "Fax", "Street", "City", "Region", "Postal code", "Country", "Website", "Birthday",
    "Categories", "Note", "UID",
)  # fmt: skip
_PLAIN = {
    "FN": "Name", "NICKNAME": "Nickname", "TITLE": "Title", "ROLE": "Role", "URL": "Website", "NOTE": "Note", "UID": "UID",
}  # fmt: skip
_NAME = ("Last name", "First name", "Middle name", "Prefix", "Suffix")
_ADDRESS = ("Street", "Street", "Street", "City", "Region", "Postal code", "Country")


def is_vcard(sample: str) -> bool:
    return bool(re.match(r"\ufeff?\s*begin\s*:\s*vcard\s*$", sample[:200].lstrip().split("\n", 1)[0].strip(), re.I))


def vcard_layout(path: Path, encoding: str) -> Layout:
    """The columns that any card of the file fills; `E-mail (2)` follows `E-mail`. Invalid when no card can be read."""
    found: set[str] = set()
    layout = Layout(VCARD, (), encoding, header_row=0)
    why = ""
    for _, row in vcard_rows(path, layout):
        if BROKEN in row:
            why = why or row[BROKEN]
        else:
            found |= set(row)
            limits.check_columns(len(found))
    if not found:
        raise refused(say("no card of the file can be read; {why}", why=why or "-"), "unreadable")

    def place(name: str) -> tuple[int, str, int]:
        base, _, number = name.partition(" (")
        order = _ORDER.index(base) if base in _ORDER else len(_ORDER)
        return (order, base, int(number.rstrip(")") or 0))

    return Layout(VCARD, tuple(sorted(found, key=place)), encoding, header_row=0)


def vcard_rows(path: Path, layout: Layout) -> Iterator[tuple[int, dict[str, Any]]]:
    """(number of the card, {column: text}). A card that cannot be read is a row marked BROKEN, with its text; so is text
    between the cards."""
    with path.open("r", encoding=layout.encoding, errors="surrogateescape") as file:
        card: list[str] | None = None
        number = size = inner = 0
        while line := file.readline(limits.LINE):
            if len(line) >= limits.LINE:
                raise limits.long_line()
            stripped = line.strip("\ufeff\0\x1a \t\r\n")
            if card is None:
                if _BEGIN.match(stripped):
                    card, size, inner, number = [], 0, 0, number + 1
                elif stripped:
                    number += 1
                    yield number, {BROKEN: str(say("this line belongs to no card")), "": stripped[:1_000]}
                continue
            if _BEGIN.match(stripped):
                if inner or (card and _AGENT.match(card[-1].strip())):
                    inner += 1
                else:
                    yield number, _broken(card, say("it has no end"))
                    card, size, number = [], 0, number + 1
                    continue
            elif _END.match(stripped):
                if not inner:
                    yield number, _row(card) if size <= LONGEST else _broken(card[:20], say("it is too long"))
                    card = None
                    continue
                inner -= 1
            if not _is_picture(line):
                size += len(line)
            if size <= LONGEST:
                card.append(line)
        if card is not None:
            yield number, _broken(card, say("it has no end"))


def _is_picture(line: str) -> bool:
    """Of pictures there are megabytes: they are dropped later, and no reason to refuse a card."""
    return (len(line) > 40 and ":" not in line) or line.lstrip()[:5].upper() in DROPPED


def _broken(card: list[str], why: object) -> dict[str, Any]:
    return {BROKEN: str(say("the card cannot be read: {why}", why=why)), "": "".join(card)}


class _TooMany(ValueError):
    def __init__(self, text: Text):
        super().__init__(str(text))


def _row(lines: list[str]) -> dict[str, Any]:
    found: dict[str, dict[str, None]] = {}
    try:
        for one in read_properties(lines):
            for name, text in _cells(one):
                if not text:
                    continue
                held = found.setdefault(name, {})
                held[text] = None
                if len(held) > limits.VALUES:
                    raise _TooMany(say("it has more than {max} values of {name}", max=limits.VALUES, name=name))
    except _TooMany as error:
        return _broken(lines, error)
    except ValueError as error:
        return _broken(lines, say("a line of it is none of a card: {line}", line=str(error)))
    row = {name if n == 1 else f"{name} ({n})": text for name, held in found.items() for n, text in enumerate(held, 1)}
    text = "".join(row.values())
    if not text.isascii() and any("\udc80" <= c <= "\udcff" for c in text):
        return _broken(lines, say("it is not in the file's encoding"))
    if "\0" in text:
        return _broken(lines, say("the row holds characters that are none (NUL)"))
    return row or _broken(lines, say("it holds nothing that is read here"))


def _cells(one: Property) -> Iterator[tuple[str, str]]:
    name = one.name
    if name in _PLAIN:
        yield _PLAIN[name], one.plain().strip()
    elif name == "N":
        yield from zip(_NAME, one.parts(), strict=False)
    elif name == "ADR":
        parts = one.parts()
        yield "Street", ", ".join(p for p in (parts[2:3] + parts[1:2] + parts[:1]) if p)
        yield from zip(_ADDRESS[3:], parts[3:], strict=False)
    elif name == "ORG":
        first, *rest = one.parts() or [""]
        yield "Organization", first
        yield "Department", ", ".join(p for p in rest if p)
    elif name == "EMAIL":
        yield "E-mail", re.sub(r"^mailto:", "", one.plain().strip(), flags=re.I)
    elif name == "TEL":
        column = "Mobile" if one.types & {"cell", "mobile"} else "Fax" if "fax" in one.types else "Phone"
        yield column, re.sub(r"^tel:", "", one.plain().strip(), flags=re.I)
    elif name == "BDAY":
        text = one.plain().strip()
        found = re.match(r"(\d{4})-?(\d\d)-?(\d\d)(?:$|T)", text)
        yield "Birthday", "-".join(found.groups()) if found else text
    elif name == "CATEGORIES":
        yield "Categories", "; ".join(p for p in one.parts(",") if p)
