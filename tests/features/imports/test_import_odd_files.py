# ruff: noqa: E501 - a table, one row a line
"""Files as people send them: each row is read, or listed with the reason; what cannot be read says what to save it as."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import bombs
import openpyxl
import pytest

from appliance.base.errors import Invalid
from appliance.features.imports import reading
from appliance.features.imports.layout import BROKEN, EXTRA, Options
from appliance.features.imports.unpacking import unpacked


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


def read(file: Path, content: str | bytes, **options: Any) -> tuple[reading.Layout, list[tuple[int, dict[str, Any]]]]:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with unpacked(file) as plain:
        layout = reading.detect(plain, Options(**options))
        return layout, list(reading.rows(plain, layout))


def cells(found: list[tuple[int, dict[str, Any]]]) -> list[list[Any]]:
    return [[v for k, v in row.items() if k] if BROKEN not in row else ["broken", row[""]] for _, row in found]


# ---------------------------------------------------------------------- quotes


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ('name,note\nA,"starts but never ends\nB,ok\nC,ok\n', [["broken", 'A,"starts but never ends\n'], ["B", "ok"], ["C", "ok"]]),
        ('name,note\nA,ok\nB,"never ends', [["A", "ok"], ["broken", 'B,"never ends']]),
        ('name,note\nA,"x\nB,"y"\nC,z\n', [["broken", 'A,"x\n'], ["B", "y"], ["C", "z"]]),
        ('name,note\nA,"x\nB,y\nC,"z"\nD,u\n', [["broken", 'A,"x\n'], ["B", "y"], ["C", "z"], ["D", "u"]]),
        ('name,note\nA,"two\nlines"\nB,"a ""b"" c"\n', [["A", "two\nlines"], ["B", 'a "b" c']]),
        ('name,note\nA,5" pipe\nB,6" pipe\n', [["A", '5" pipe'], ["B", '6" pipe']]),
    ],
)  # fmt: skip
def test_a_quote_that_is_not_closed_costs_its_own_row_alone(file: Path, content: str, rows: list[list[str]]) -> None:
    layout, found = read(file, content)
    assert (layout.columns, cells(found)) == (("name", "note"), rows)
    assert [n for n, _ in found] == list(range(2, 2 + len(rows)))


def test_a_blank_before_a_quote_is_none_of_the_cell(file: Path) -> None:
    layout, found = read(file, 'subject, text\nHello, "Thanks, see you"\nBye, "ok"\n')
    assert (layout.columns, cells(found)) == (("subject", "text"), [["Hello", "Thanks, see you"], ["Bye", "ok"]])
    assert cells(read(file, "a; b\n x; y\n")[1]) == [[" x", " y"]]


def test_nul_spoils_its_row_alone(file: Path) -> None:
    _, found = read(file, b"name,n\nAda,1\nB\0b,2\nCyd,3\n\0\0\0\0\n\x1a")
    assert cells(found) == [["Ada", "1"], ["broken", "B\0b,2\n"], ["Cyd", "3"], ["broken", "\0\0\0\0\n"]]


# ---------------------------------------------------------------------- headers


def test_years_are_names_under_a_title(file: Path) -> None:
    layout, found = read(
        file, '"CO2 emissions by sector, 2000 to 2003",,,,\nthousand tonnes,,,,\n,,,,\nYear,2000,2001,2002,2003\n'
        "Timber,266,227,187,199\nOther,498,853,490,568\n"
    )  # fmt: skip
    assert (layout.columns, layout.header_row, len(found)) == (("Year", "2000", "2001", "2002", "2003"), 4, 2)
    layout, _ = read(file, "Figures;;\n;2021;2022\nA;1;2\nB;3;4\n")
    assert layout.columns == ("Column 1", "2021", "2022")


@pytest.mark.parametrize(
    "content",
    [
        "1,Ada,30\n2,Bea,41\n3,Cyd,22\n", "a@x.org;Ada\nb@x.org;Bea\n", "2024-01-31|10\n2024-02-28|12\n",
        "Ulm,1\nUlm,2\nBonn,3\n",
    ],
)  # fmt: skip
def test_a_file_without_a_header_loses_no_row_and_is_asked_about(file: Path, content: str) -> None:
    layout, found = read(file, content)
    assert (layout.header_sure, layout.header_row, len(found)) == (False, 0, content.count("\n"))
    layout, found = read(file, content, header_row=1)
    assert (layout.header_sure, len(found)) == (True, content.count("\n") - 1)


@pytest.mark.parametrize(
    "content",
    ["name,town\nAda,Ulm\n", "Artikelnr;Bestand\nA-1;12\nA-2;9\n", "x,y\n1,2\n3,4\n", "Wohnort,seit\nUlm,2020-01-01\n"],
)
def test_a_header_that_names_what_stands_below_is_sure(file: Path, content: str) -> None:
    layout, _ = read(file, content)
    assert (layout.header_sure, layout.header_row) == (True, 1)


# ---------------------------------------------------------------------- what is not read


def _archive(**content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in content.items():
            archive.writestr(name.replace("__", "/").replace("_x", "."), data)
    return out.getvalue()


def _strict() -> bytes:
    def change(content: bytes) -> bytes:
        return content.replace(
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        )

    return bombs.book({"xl/workbook.xml": change, "xl/worksheets/sheet1.xml": change})


def _database() -> bytes:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE a (b)")
    return database.serialize()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (_archive(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", content_xxml=b"<x/>"), "ODS"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "XLS"),
        (_strict(), "Strict Open XML"),
        (_archive(Index__Document_xiwa=b"x"), "Numbers"),
        (_archive(word__document_xxml=b"<x/>"), "text document"),
        (_archive(a_xcsv=b"a,b"), "unpack it"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0", "picture"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "web page"),
        (b'<?xml version="1.0"?><Workbook/>', "XML"),
        (b"BEGIN:VCALENDAR\r\n", "calendar"),
        (b"7z\xbc\xaf\x27\x1c\0", "unpack it"),
        (b"\xfd7zXZ\0\0", "gzip"),
        (_database(), "database"),
        (b"PAR1\0\0", "Parquet"),
        (b"PK\x03\x04 cut", "not an XLSX file"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08" * 20, "not a text file"),
    ],
)  # fmt: skip
def test_what_is_not_read_says_what_to_do(file: Path, content: bytes, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(file, content)
    assert words in str(refused.value) and "Traceback" not in str(refused.value)


# ---------------------------------------------------------------------- workbooks


def workbook(rows: str, styles: str = "") -> bytes:
    return bombs.book(bombs.sheet(rows))


def test_a_style_that_is_not_there_is_no_reason_to_refuse_a_sheet(file: Path) -> None:
    layout, found = read(
        file,
        workbook('<row r="1"><c r="A1" t="str"><v>name</v></c></row><row r="2"><c r="A2" s="999"><v>7</v></c></row>'),
    )
    assert (layout.columns, cells(found)) == (("name",), [["7"]])


def test_a_cell_that_cannot_be_read_is_its_rows_affair(file: Path) -> None:
    head = '<row r="1"><c r="A1" t="str"><v>name</v></c><c r="B1" t="str"><v>n</v></c></row>'
    for cell in (
        '<c r="A2" t="s"><v>999999</v></c>',
        '<c r="A2" t="s"><v>x</v></c>',
        '<c r="A2" t="d"><v>soon</v></c>',
        '<c r="??"><v>1</v></c>',
    ):
        _, found = read(
            file,
            workbook(
                f'{head}<row r="2">{cell}<c r="B2"><v>1</v></c></row><row r="3"><c r="A3" t="str"><v>Bob</v></c></row>'
            ),
        )
        assert [(n, BROKEN in row) for n, row in found] == [(2, True), (3, False)]
        assert found[1][1]["name"] == "Bob"


def test_rows_and_cells_may_be_left_out_and_numbers_keep_their_digits(file: Path) -> None:
    _, found = read(file, workbook(
        '<row r="1"><c r="A1" t="str"><v>a</v></c><c r="C1" t="str"><v>c</v></c></row>'
        '<row r="90"><c r="C90"><v>4.2699999999999998E-7</v></c></row>'
        '<row><c><v>0.1</v></c><c/><c><v>12345678901234567</v></c></row>'
    ))  # fmt: skip
    assert [(n, row["a"], row["c"]) for n, row in found] == [
        (90, "", "0.00000042700000"[:11]),
        (91, "0.1", "12345678901234567"),
    ]
    assert all(EXTRA not in row for _, row in found)


def test_texts_that_cells_share_are_read_with_their_runs(file: Path) -> None:
    shared = b"<si><t>name</t></si><si><r><t>A</t></r><r><t>da</t></r><rPh><t>x</t></rPh></si><si><t>a_x005F_x000D_b</t></si>"
    rows = "".join(f'<row><c t="s"><v>{n}</v></c></row>' for n in range(3))
    _, found = read(file, bombs.book(bombs.texts(shared) | bombs.sheet(rows)))
    assert cells(found) == [["Ada"], ["a_x000D_b"]]


def test_a_book_as_openpyxl_writes_it_is_read_to_the_end(file: Path) -> None:
    made = openpyxl.Workbook()
    for row in [["name", "n"], *[[f"P{n}", n / 8] for n in range(3_000)]]:
        made.active.append(row)  # type: ignore[union-attr]
    made.save(file)
    _, found = read(file, file.read_bytes())
    assert (len(found), found[-1]) == (3_000, (3_001, {"name": "P2999", "n": "374.875"}))
