"""What a body may cost: who has no right is refused before it is parsed, and no JSON keeps the parser for long."""

from __future__ import annotations

import sqlite3
import time

import pytest

from appliance.base.json_text import MOST_VALUES, TooComplex, loads
from appliance.http.errors import translate
from appliance.records.entity import Field
from appliance.records.kinds import KINDS, Wrong

BOMBS = {
    "lists": b"[" + b"[]," * 3_200_000 + b"1]",
    "texts": b"[" + b'"",' * 3_200_000 + b"1]",
    "quotes": b'"' * 9_000_000 + b"," * 300_000,
    "deep, with a long number": b"[" * 1_010 + b"1234567890123456789" + b"]" * 1_010,
}


@pytest.mark.parametrize("name", BOMBS)
def test_json_of_too_many_values_is_refused_before_it_is_parsed(name: str) -> None:
    before = time.process_time()
    with pytest.raises(TooComplex):
        loads(BOMBS[name])
    assert time.process_time() - before < 1


def test_commas_in_a_text_are_no_values() -> None:
    text = "," * MOST_VALUES * 2
    assert loads(b'["' + text.encode() + b'"]') == [text]


@pytest.mark.parametrize("code", [*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
def test_what_turns_the_direction_of_text_is_refused_in_one_line(code: int) -> None:
    clean = KINDS["text"].cleaner(Field("name", KINDS["text"], "Name"))
    with pytest.raises(Wrong):
        clean(f"invoice{chr(code)}fdp.exe")


@pytest.mark.parametrize("mark", "\u200e\u200f\u061c\u200c\u200d")
def test_names_in_hebrew_arabic_and_persian_keep_their_marks(mark: str) -> None:
    clean = KINDS["text"].cleaner(Field("name", KINDS["text"], "Name"))
    assert clean(f"שלום{mark}!") == f"שלום{mark}!"


def test_a_damaged_table_is_503_with_the_way_back() -> None:
    status, found, headers = translate(sqlite3.DatabaseError("database disk image is malformed"), "en")
    assert (status, found[0]["code"]) == (503, "database_damaged")
    assert "ingot restore" in found[0]["detail"] and headers["Retry-After"]
