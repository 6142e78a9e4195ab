"""vCards (2.1, 3.0, 4.0) as rows: one a card, with the columns that people's address books have. vobject reads a card."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from appliance.base.text import say
from appliance.features.imports.layout import BROKEN, VCARD, Layout

_BEGIN, _END = re.compile(r"begin\s*:\s*vcard\s*$", re.I), re.compile(r"end\s*:\s*vcard\s*$", re.I)
LONGEST = 5_000_000
"""Characters of one card; pictures are in them."""
_ORDER = (
    "Name", "First name", "Middle name", "Last name", "Prefix", "Suffix", "Nickname", "Organization", "Department", "Title",
    "Role", "E-mail", "Phone", "Mobile", "Fax", "Street", "City", "Region", "Postal code", "Country", "Website", "Birthday",
    "Categories", "Note", "UID",
)  # fmt: skip
_PLAIN = {
    "fn": "Name",
    "nickname": "Nickname",
    "title": "Title",
    "role": "Role",
    "url": "Website",
    "note": "Note",
    "uid": "UID",
}
_NAME = {
    "given": "First name",
    "additional": "Middle name",
    "family": "Last name",
    "prefix": "Prefix",
    "suffix": "Suffix",
}
_ADDRESS = {"street": "Street", "city": "City", "region": "Region", "code": "Postal code", "country": "Country"}


def is_vcard(sample: str) -> bool:
    return bool(re.match(r"\ufeff?\s*begin\s*:\s*vcard\s*$", sample[:200].split("\n", 1)[0].strip(), re.I))


def vcard_layout(path: Path, encoding: str) -> Layout:
    """The columns that any card of the file fills; `E-mail (2)` follows `E-mail`."""
    found: set[str] = set()
    layout = Layout(VCARD, (), encoding, header_row=0)
    for _, row in vcard_rows(path, layout):
        found |= set(row) - {BROKEN, ""}

    def place(name: str) -> tuple[int, str]:
        base = name.partition(" (")[0]
        return (_ORDER.index(base) if base in _ORDER else len(_ORDER), name)

    return Layout(VCARD, tuple(sorted(found, key=place)), encoding, header_row=0)


def vcard_rows(path: Path, layout: Layout) -> Iterator[tuple[int, dict[str, Any]]]:
    """(number of the card, {column: text}). A card that cannot be read is a row marked BROKEN, with its text."""
    with path.open("r", encoding=layout.encoding) as file:
        card: list[str] | None = None
        number = size = 0
        for line in file:
            if _BEGIN.match(line.strip("\ufeff \t\r\n")):
                if card is not None:
                    yield number, _broken(card, "it has no end")
                card, size = [], 0
                number += 1
            if card is None:
                continue
            size += len(line)
            if size <= LONGEST:
                card.append(line)
            if _END.match(line.strip()):
                yield number, _row(card) if size <= LONGEST else _broken(card[:20], "it is too long")
                card = None
        if card is not None:
            yield number, _broken(card, "it has no end")


def _broken(card: list[str], why: object) -> dict[str, Any]:
    return {BROKEN: str(say("the card cannot be read: {why}", why=why)), "": "".join(card)}


def _row(lines: list[str]) -> dict[str, Any]:
    import vobject  # here: only vCards are worth its share of every start

    try:
        card = vobject.readOne("".join(lines))
        row: dict[str, str] = {}
        for line in card.getChildren():
            for name, text in _cells(line):
                _put(row, name, text)
        return row
    except Exception as error:  # vobject raises whatever its parsers meet
        return _broken(lines, error)


def _cells(line: Any) -> Iterator[tuple[str, str]]:
    name, value = line.name.lower(), line.value
    if name in _PLAIN:
        yield _PLAIN[name], _joined(value)
    elif name == "n":
        yield from ((column, _joined(getattr(value, part, ""))) for part, column in _NAME.items())
    elif name == "adr":
        yield from ((column, _joined(getattr(value, part, ""))) for part, column in _ADDRESS.items())
    elif name == "org":
        yield "Organization", _joined(value[:1] if isinstance(value, list) else value)
        yield "Department", _joined(value[1:] if isinstance(value, list) else "")
    elif name == "email":
        yield "E-mail", _joined(value).removeprefix("mailto:")
    elif name == "tel":
        types = {str(t).lower() for values in line.params.values() for t in values} | {
            p.lower() for p in line.singletonparams
        }
        column = "Mobile" if types & {"cell", "mobile"} else "Fax" if "fax" in types else "Phone"
        yield column, _joined(value).removeprefix("tel:")
    elif name == "bday":
        text = _joined(value)
        yield "Birthday", f"{text[:4]}-{text[4:6]}-{text[6:]}" if re.fullmatch(r"\d{8}", text) else text[:10]
    elif name == "categories":
        yield "Categories", "; ".join(map(str, value)) if isinstance(value, list) else _joined(value)


def _joined(value: Any) -> str:
    return " ".join(str(v) for v in value if v).strip() if isinstance(value, list | tuple) else str(value or "").strip()


def _put(row: dict[str, str], name: str, text: str) -> None:
    if not text or text in (v for k, v in row.items() if k.partition(" (")[0] == name):
        return
    wanted, count = name, 2
    while wanted in row:
        wanted = f"{name} ({count})"
        count += 1
    row[wanted] = text
