"""What a stranger can make expensive is bounded before it is done: a small file that becomes a large one is refused by its
size, ratio or width, with a code and a sentence; and no file makes a reader work for its square (these would run for hours)."""

from __future__ import annotations

from pathlib import Path

import bombs
import pytest

from appliance.base.errors import IngotError, Invalid
from appliance.features.imports import limits, reading
from appliance.features.imports.column_profiles import ColumnProfiles
from appliance.features.imports.headers import find_header, unique_names
from appliance.features.imports.unpacking import unpacked

LONGER = {
    "a name of semicolons", "a cell in quotes", "a row of many cells", "a note in folds", "an object of 70 MiB", "one cell",
    "deep XML", "a card without end", "soft line breaks", "cards in cards", "columns far below",
}  # fmt: skip
"""Bombs that are made or read in more than a second."""


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "what", [pytest.param(name, marks=[pytest.mark.slow] if name in LONGER else []) for name in bombs.BOMBS]
)
def test_a_bomb_is_refused_with_a_code_or_read_in_one_pass(what: str, tmp_path: Path) -> None:
    path = bombs.write(tmp_path, what)
    try:
        with unpacked(path) as plain:
            for _ in reading.rows(plain, reading.detect(plain)):
                pass
        code = ""
    except IngotError as refused:
        code = refused.problems[0].code if isinstance(refused, Invalid) else refused.code
        assert refused.message.render("de") != "" and "Traceback" not in str(refused.message)
    assert code in bombs.BOMBS[what][2]


@pytest.mark.timeout(30)
def test_headers_are_told_apart_in_one_pass() -> None:
    same = unique_names(["a"] * 200_000)
    assert (same[0], same[1], same[-1], len(set(same))) == ("a", "a (2)", "a (200000)", 200_000)
    taken = unique_names([*(f"a ({n})" for n in range(2, 50_000)), *["a"] * 50_000])
    assert len(set(taken)) == len(taken)
    assert len(unique_names(["x" * 10_000_000])[0]) == limits.NAME


@pytest.mark.timeout(30)
def test_a_header_is_found_in_one_pass_whatever_its_cells_hold() -> None:
    for cell in ("1" * 3_000_000 + "x", " " * 3_000_000, "1,1." * 500_000 + "€", "@" * 1_000_000, "a" * 5_000_000):
        assert find_header([[cell, cell], [cell, "1"], ["1", cell]] * 30).row >= 0


def test_a_row_costs_what_it_holds_however_many_columns_there_are() -> None:
    class Row(dict[str, str]):
        looked = 0

        def get(self, *args: object) -> None:  # type: ignore[override]
            Row.looked += 1

    profiles = ColumnProfiles(f"k{n}" for n in range(1_000))
    for number in range(10):
        profiles.see(number, Row({f"k{number}": "1"}))
    profiles.finish()
    assert Row.looked == 0
    assert [profiles.profiles[f"k{n}"].filled for n in range(11)] == [1] * 10 + [0]
