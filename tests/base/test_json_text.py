"""No JSON keeps the parser, which lets no other thread run, for long."""

from __future__ import annotations

import time

import pytest

from appliance.base.json_text import MOST_VALUES, TooComplex, loads

BOMBS = {
    "lists": b"[" + b"[]," * 3_200_000 + b"1]",
    "texts": b"[" + b'"",' * 3_200_000 + b"1]",
    "quotes": b'"' * 9_000_000 + b"," * 600_000,
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
