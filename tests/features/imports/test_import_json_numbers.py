"""What stands in JSON comes in as it was written, or its row is listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from appliance.features.imports import reading
from appliance.features.imports.layout import BROKEN, Options


def rows(tmp_path: Path, name: str, text: str) -> list[dict[str, Any]]:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return [row for _, row in reading.rows(path, reading.detect(path, Options()))]


@pytest.mark.parametrize(("written", "read"), [
    ("0.12345678901234567890", "0.12345678901234567890"), ("1.10", "1.10"), ("-0.0", "-0.0"),
    ("12345678901234567890", "12345678901234567890"),
    ("1e3", "1000"), ("2.5E-3", "0.0025"), ("1e400", "1e400"), ("[0.1, {\"a\": 2.5}]", '[0.1,{"a":2.5}]'),
])  # fmt: skip
def test_a_number_keeps_its_digits(tmp_path: Path, written: str, read: str) -> None:
    for name, text in (("a.json", f'[{{"x": {written}}}]'), ("a.jsonl", f'{{"x": {written}}}\n{{"x": 1}}\n')):
        assert rows(tmp_path, name, text)[0]["x"].replace(" ", "") == read


@pytest.mark.parametrize(
    "odd", ['{"x": 1, "x": 2}', '{"x": NaN}', '{"x": ' + "9" * 5_000 + "}", '{"x": [' * 3_000, '{"x" 1}']
)
def test_a_line_that_would_be_bent_is_listed(tmp_path: Path, odd: str) -> None:
    found = rows(tmp_path, "a.jsonl", f'{{"x": 1}}\n{odd}\n{{"x": 3}}\n')
    assert [BROKEN in row for row in found] == [False, True, False]
    assert "sys." not in found[1][BROKEN] and "Expecting" not in found[1][BROKEN]
