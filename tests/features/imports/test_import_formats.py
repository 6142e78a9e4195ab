"""Whatever a file is written in, and however untidily, its rows arrive: header found, columns told apart, nothing dropped."""

from __future__ import annotations

import csv
import gzip
import json
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from appliance.base.errors import Invalid, TooLarge
from appliance.features.imports import limits, reading
from appliance.features.imports.headers import unique_names
from appliance.features.imports.layout import BROKEN, EXTRA, SHORT, Options
from appliance.features.imports.unpacking import unpacked


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


def read(file: Path, content: str | bytes, **options: Any) -> tuple[reading.Layout, list[tuple[int, dict[str, Any]]]]:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with unpacked(file) as plain:
        layout = reading.detect(plain, Options(**options))
        return layout, list(reading.rows(plain, layout))


def values(found: list[tuple[int, dict[str, Any]]]) -> list[list[Any]]:
    return [list(row.values()) for _, row in found]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_line_ends_of_every_system_are_read(file: Path, end: str) -> None:
    layout, rows = read(file, end.join(["name;town", 'Ada;"two\rlines"', "Bob;Ulm"]))
    assert layout.columns == ("name", "town")
    assert values(rows) == [["Ada", "two\rlines"], ["Bob", "Ulm"]]


def test_lines_above_the_header_are_passed_over_and_rows_keep_their_numbers(file: Path) -> None:
    for top in ("Report of the town\n\n", "Report of the town;;\nmade on;2024-01-31;\n;;\n", "\n\n"):
        layout, rows = read(file, top + "name;amount;day\n" + "Ada;1,50;2024-01-01\nBob;2,50;2024-01-02\n" * 5)
        assert layout.columns == ("name", "amount", "day"), top
        assert layout.header_row == top.count("\n") + 1
        assert rows[0] == (layout.header_row + 1, {"name": "Ada", "amount": "1,50", "day": "2024-01-01"})
        assert len(rows) == 10


def test_years_may_be_names_below_a_title(file: Path) -> None:
    layout, rows = read(file, "Report 2024\n\nName;2011;2012\nAda;1;2\nBob;3;4\n")
    assert (layout.columns, len(rows)) == (("Name", "2011", "2012"), 2)


def test_a_header_with_gaps_is_no_preamble(file: Path) -> None:
    layout, rows = read(file, "name,,\nAda,1,2\nBob,3,4\n")
    assert (layout.header_row, layout.columns, len(rows)) == (1, ("name", "Column 2", "Column 3"), 2)
    layout, _ = read(file, "1,2\n3,4\n", header_row=0)
    assert (layout.columns, layout.header_row) == (("Column 1", "Column 2"), 0)
    layout, rows = read(file, "x,y\nname,town\nAda,Ulm\n", header_row=2)
    assert (layout.columns, values(rows)) == (("name", "town"), [["Ada", "Ulm"]])


def test_columns_with_the_same_name_or_none_can_be_told_apart() -> None:
    assert unique_names(["Name", "Name", "", "Name (2)", "Name", " a  b "]) == (
        "Name", "Name (3)", "Column 3", "Name (2)", "Name (4)", "a b",
    )  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_among_texts_that_hold_the_others(file: Path, delimiter: str) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter=delimiter).writerows([["name", "note", "n"], *[["a, b; c|d", "x; y, z", "1"]] * 8])
    layout, rows = read(file, file.read_bytes())
    assert layout.delimiter == delimiter
    assert values(rows)[0] == ["a, b; c|d", "x; y, z", "1"]


def test_the_line_that_excel_writes_tells_the_delimiter(file: Path) -> None:
    layout, rows = read(file, "sep=|\nname|n\na,b|1\nc,d|2\n")
    assert (layout.delimiter, layout.columns, values(rows)) == ("|", ("name", "n"), [["a,b", "1"], ["c,d", "2"]])


def test_single_quotes_are_quotes_where_there_are_no_others(file: Path) -> None:
    _, rows = read(file, "'name','n'\n" + "'a, b','1'\n" * 5)
    assert values(rows)[0] == ["a, b", "1"]


def test_short_long_and_empty_rows_are_marked_not_dropped(file: Path) -> None:
    _, rows = read(file, "a,b,c\n1,2,3\n\n1,2\n1,2,3,4\n1,2,3,,\n")
    assert [n for n, _ in rows] == [2, 4, 5, 6]
    assert [(SHORT in r, EXTRA in r) for _, r in rows] == [(False, False), (True, False), (False, True), (False, False)]


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("shift_jis", ["東京都千代田区", "株式会社日本商事", "山田太郎さん"]),
        ("cp1252", ["Jürgen Groß", "Málaga – „Süd“", "Straße 5 €"]),
        ("gb18030", ["北京市朝阳区", "有限责任公司", "中华人民共和国"]),
        ("euc_kr", ["서울특별시 강남구", "주식회사 한국", "대한민국 사람"]),
        ("cp1250", ["Příliš žluťoučký kůň", "úpěl ďábelské ódy", "Łódź, żółć"]),
    ],
)
def test_old_encodings_are_known_by_their_letters(file: Path, encoding: str, words: list[str]) -> None:
    content = "name;town\n" + "".join(f"{w};{w}\n" for w in words * 10)
    _, rows = read(file, content.encode(encoding))
    assert [r["name"] for _, r in rows] == words * 10
    _, rows = read(file, content.encode(encoding), encoding=encoding)
    assert len(rows) == 30
    with pytest.raises(Invalid):
        read(file, content, encoding="rot13")


def test_packed_files_are_unpacked_and_broken_or_endless_ones_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"name,n\nAda,1\nBob,2\n"
    _, rows = read(file, gzip.compress(content))
    assert values(rows) == [["Ada", "1"], ["Bob", "2"]]
    _, rows = read(file, gzip.compress(json.dumps([{"name": "Ada"}]).encode()))
    assert values(rows) == [["Ada"]]
    with pytest.raises(Invalid):
        read(file, gzip.compress(content * 100)[:-20])
    monkeypatch.setattr(limits, "UNPACKED", 1_000)
    with pytest.raises(TooLarge):
        read(file, gzip.compress(b"0" * 5_000_000))


def test_a_sheet_is_read_as_people_see_it(file: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Empty"  # type: ignore[union-attr]
    sheet = book.create_sheet("Payments")
    sheet.append(["Payments of 2024"])
    sheet.append([])
    sheet.append(["name", "amount", "day", "moment", "share", "ok", "code", None])
    sheet.append(["Ada", 0.1 + 0.2, date(2024, 1, 31), datetime.fromisoformat("2024-01-31 12:30"), 0.05, True, "007"])
    sheet.append(["Bob", 1234567890123, None, None, None, False, None])
    sheet.append([None, None])
    sheet.append(["Cyd", 5.0, None, None, None, None, None, "surplus"])
    sheet["E4"].number_format = "0%"
    book.save(file)
    layout, rows = read(file, file.read_bytes())
    assert (layout.sheet, layout.header_row, layout.sheets) == ("Payments", 3, ("Empty", "Payments"))
    assert rows[0] == (4, {
        "name": "Ada", "amount": "0.3", "day": "2024-01-31", "moment": "2024-01-31 12:30:00", "share": "5%", "ok": "true",
        "code": "007",
    })  # fmt: skip
    assert [(n, r["amount"]) for n, r in rows[1:]] == [(5, "1234567890123"), (7, "5")]
    assert EXTRA in rows[2][1]
    with pytest.raises(Invalid):
        read(file, file.read_bytes(), sheet="None")
    with zipfile.ZipFile(file, "w") as other:
        other.writestr("a.txt", "no sheet")
    with pytest.raises(Invalid):
        read(file, file.read_bytes())


def test_json_is_read_piece_by_piece_and_a_bad_line_is_one_row(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.features.imports.json_rows.PIECE", 7)
    people = [{"name": f"P{n} ] , {{", "n": n, "list": [n, "x"], "no": None} for n in range(50)]
    for indent in (None, 2):
        layout, rows = read(file, json.dumps(people, indent=indent))
        assert (layout.format, layout.columns) == ("json", ("name", "n", "list", "no"))
        assert [r["name"] for _, r in rows] == [p["name"] for p in people]
        assert rows[3][1] == {"name": "P3 ] , {", "n": "3", "list": '[3,"x"]', "no": None}
    layout, rows = read(file, "\n".join(map(json.dumps, people[:2])) + '\n{"name": \n\n{"name": "Z"}\n')
    assert layout.format == "jsonl"
    assert [(n, BROKEN in r) for n, r in rows] == [(1, False), (2, False), (3, True), (5, False)]
    with pytest.raises(Invalid, match="after row 50"):
        read(file, json.dumps(people)[:-1] + ', {"name": ')
    assert values(read(file, '{"name": "Ada"}')[1]) == [["Ada"]]
    for bad in ("[1, 2]", "[]"):
        with pytest.raises(Invalid):
            read(file, bad)


def test_cards_of_an_address_book_become_rows(file: Path) -> None:
    layout, rows = read(file, (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada Lovelace\r\nN:Lovelace;Ada;;Dr.;\r\nORG:Engines Ltd;Research\r\n"
        "EMAIL;TYPE=WORK:ada@example.org\r\nEMAIL;TYPE=HOME:a@example.net\r\nTEL;TYPE=CELL:+44 1\r\nTEL;TYPE=WORK:+44 2\r\n"
        "ADR;TYPE=WORK:;;1 Long\\, Road;London;;N1;UK\r\nBDAY:18151210\r\nNOTE:folded li\r\n ne\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen\r\n"
        "TEL;CELL:0171 1\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Half a ca\r\n"
    ))  # fmt: skip
    ada, juergen, half = (row for _, row in rows)
    assert layout.format == "vcard"
    assert (ada["Name"], ada["First name"], ada["Last name"], ada["Organization"]) == (
        "Ada Lovelace", "Ada", "Lovelace", "Engines Ltd",
    )  # fmt: skip
    assert (ada["E-mail"], ada["E-mail (2)"], ada["Mobile"], ada["Phone"]) == (
        "ada@example.org",
        "a@example.net",
        "+44 1",
        "+44 2",
    )
    assert (ada["Street"], ada["City"], ada["Birthday"], ada["Note"]) == (
        "1 Long, Road",
        "London",
        "1815-12-10",
        "folded line",
    )
    assert (juergen["Last name"], juergen["First name"], juergen["Mobile"]) == ("Müller", "Jürgen", "0171 1")
    assert BROKEN in half
