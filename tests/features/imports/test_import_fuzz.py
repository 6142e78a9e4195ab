"""Small real files of every format with bytes changed, cut, doubled and swapped: reading them ends with rows or with a sentence,
never with another error. The seeds are fixed, so that a failure can be had again."""

from __future__ import annotations

import gzip
import io
import json
import random
import traceback
from pathlib import Path

import bombs
import openpyxl
import pytest
from languages import TEXTS
from test_import_vcards import ANDROID, GMAIL, IPHONE, LOTUS, OUTLOOK, card

from appliance.base.errors import IngotError
from appliance.features.imports import reading
from appliance.features.imports.layout import BROKEN, EXTRA, SHORT, Options
from appliance.features.imports.unpacking import unpacked

ROUNDS = pytest.mark.parametrize("rounds", [30, pytest.param(300, marks=pytest.mark.slow)])
_NASTY = [
    b'"',
    b"\0",
    b"\r",
    b"\n",
    b";",
    b",",
    b"=",
    b"\xff",
    b"\x80",
    b"{",
    b"[",
    b":",
    b"<",
    b">",
    b"&",
    b"\x1b$B",
    b"\xef\xbb\xbf",
    b"'",
]


def _sheet() -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in [["name", "n", "day"], ["Ada", 1.5, None], ["Bob", True, "x"]]:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(out)
    return out.getvalue()


_CSV = 'name,note,n\nAda,"two\nlines",1\nBob,"a ""b""",2\nCyd,,3\n'
SEEDS: dict[str, bytes] = {
    "csv": _CSV.encode(), "semicolons": "name;größe\nZoë;1,5\nJürgen;2\n".encode("cp1252"), "utf-16": _CSV.encode("utf-16"),
    "japan": "\n".join(f"{n},{t}" for n, t in enumerate(TEXTS["ja"][1])).encode("cp932"), "gzip": gzip.compress(_CSV.encode()),
    "json": json.dumps([{"a": 1, "b": [1, {"c": None}]}, {"a": "x", "d": True}]).encode(),
    "lines": b'{"a": 1}\n{"a": "x", "b": [1]}\n{"c": 1.5}\n', "xlsx": _sheet(),
    "cards": (card(OUTLOOK, "2.1") + card(ANDROID, "2.1") + card(IPHONE) + card(GMAIL, "4.0") + card(LOTUS, "2.1")).encode(),
}  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(found) + 1)
        end = min(len(found), at + chance.randrange(1, 30))
        match chance.randrange(6):
            case 0:
                found[at:at] = chance.choice(_NASTY) * chance.choice((1, 1, 3, 50))
            case 1:
                del found[at:end]
            case 2:
                found[at:end] = bytes(chance.randrange(256) for _ in range(end - at))
            case 3:
                found[at:at] = found[at:end] * chance.choice((1, 2, 40))
            case 4 if at < len(found):
                found[at] ^= 1 << chance.randrange(8)
            case _:
                other = chance.randrange(len(found) + 1)
                found[at:at] = found[other : other + 40]
    return bytes(found[: chance.choice((len(found), len(found), at))])


def xml_mutated(chance: random.Random) -> bytes:
    """The parts of a workbook, whose packing would else hide every change."""
    part = chance.choice(
        ["xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels", "_rels/.rels"]
    )
    return bombs.book({part: lambda held: mutated(held, chance)})


def attempt(path: Path, options: Options) -> None:
    """Rows, or one of our own errors with a sentence."""
    try:
        with unpacked(path) as plain:
            layout = reading.detect(plain, options)
            assert len(set(layout.columns)) == len(layout.columns)
            for number, row in reading.rows(plain, layout):
                assert number > 0 and (
                    BROKEN in row or set(row) <= {*layout.columns, EXTRA, SHORT} or layout.format in ("json", "jsonl")
                )
    except IngotError as refused:
        assert str(refused.message)
    except reading.UNREADABLE:  # whoever reads on knows these: the rows above are kept
        pass


@pytest.mark.timeout(120)
@ROUNDS
@pytest.mark.parametrize("kind", [*SEEDS, "parts of xlsx"])
def test_no_file_ends_in_another_error(kind: str, rounds: int, tmp_path: Path) -> None:
    chance = random.Random(kind)
    path = tmp_path / "file"
    for round_ in range(rounds):
        path.write_bytes(xml_mutated(chance) if kind == "parts of xlsx" else mutated(SEEDS[kind], chance))
        named = chance.choice(
            [Options()] * 4
            + [Options(encoding="utf-8"), Options(encoding="cp932"), Options(header_row=chance.randrange(4))]
        )
        try:
            attempt(path, named)
        except Exception:
            pytest.fail(f"round {round_} of {kind}, {named}: {path.read_bytes()[:2_000]!r}\n{traceback.format_exc()}")
