"""Letters that a file's encoding does not hold, and encodings that are named: what a look at a file says can be said back."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.base.errors import Invalid
from appliance.features.imports import reading
from appliance.features.imports.encodings import known_encoding
from appliance.features.imports.guessing import guess
from appliance.features.imports.layout import BROKEN, Options

ROWS = "имя,город\nИван,Москва\nОльга,Казань\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_an_encoding_that_was_found_can_be_named(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(ROWS.encode(encoding))
    found = reading.detect(path)
    assert known_encoding(found.encoding) and found.columns == ("имя", "город")
    again = reading.detect(path, Options(encoding=found.encoding))
    assert [r["город"] for _, r in reading.rows(path, again)] == ["Москва", "Казань"]


def test_one_bad_byte_spoils_its_row_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"name,n\n" + "Müller,3\n".encode() * 50 + b"B\xe9,2\n")
    found = reading.detect(path)
    rows = [r for _, r in reading.rows(path, found)]
    assert found.encoding == "utf-8" and len(rows) == 51 and rows[0]["name"] == "Müller"
    assert [n for n, r in enumerate(rows) if BROKEN in r] == [50]


def test_a_kind_holds_what_stands_at_the_ends_of_cells() -> None:
    assert guess("x", ["a", "\tb"]).kind == "long_text" == guess("x", ["a", "b\n"]).kind


def test_coordinates_keep_their_places() -> None:
    found = guess("lat", ["52.51627440", "13.37770410", "7.1"])
    assert (found.kind, found.options) == ("decimal", {"places": 8})


@pytest.mark.parametrize("content", [",,,\n,,,\n", '""\n""\n', "\u00a0\n\u3000\n", ";\n\n"])
def test_cells_without_anything_are_an_empty_file(content: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Invalid, match="empty"):
        reading.detect(path)
