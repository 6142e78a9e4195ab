"""What the pattern reads of a sheet is what a parser of XML reads."""

from __future__ import annotations

from pathlib import Path

import bombs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.base.errors import Invalid
from appliance.features.imports import sheet_rows
from appliance.features.imports.books import open_book

_texts = st.sampled_from(
    ["", "a", "12", "1.50", "1e3", "-0.5", "0.1234567", " 7 ", "43831", "43831.5",
     "x &amp; y", "&lt;b&gt;", "&#65;", "&#x41;", "ü €",
     "two\nlines", "cr\r\nlf\rcr", "_x000D_", "2020-01-31", "1", "0", "99", "-1", "x" * 300, "]]", "'", "&quot;"]
)  # fmt: skip
_value = _texts.map(lambda t: f"<v>{t}</v>")
_inline = _texts.map(lambda t: f'<is><t xml:space="preserve">{t}</t></is>') | _texts.map(
    lambda t: f"<is><r><rPr><b/></rPr><t>{t}</t></r><r><t>{t}</t></r></is>"
)
_attribute = st.sampled_from(["n", "s", "str", "inlineStr", "b", "d", "e"]).map('t="{}"'.format) | st.sampled_from(
    ['s="0"', 's="1"', 's="x"', 'cm="1"', "s='1'", 't ="n"']
)
_formula = st.sampled_from(
    ["", "", "<f>A1&amp;B1</f>", '<f t="shared" ref="A1:B2" si="0">A1</f>', '<f t="shared" si="0"/>', "<f/>"]
)
_place = st.sampled_from(["", "", ' r="A{n}"', ' r="C{n}"', ' r="AB{n}"', ' r="1A"', ' r="c{n}"'])


@st.composite
def _cells(draw: st.DrawFn) -> str:
    attributes = {a.partition("=")[0].strip(): a for a in draw(st.lists(_attribute, max_size=3))}.values()
    tag = f"c{draw(_place)}" + "".join(f" {a}" for a in attributes)
    inside = draw(st.sampled_from(["", "<v/>", "<extLst><ext/></extLst>", "<x:v>1</x:v>"]) | _value | _inline)
    blank = draw(st.sampled_from(["", "", "\n  "]))
    return f"{blank}<{tag} />" if not inside and draw(st.booleans()) else f"{blank}<{tag}>{draw(_formula)}{inside}</c>"


@st.composite
def _rows(draw: st.DrawFn) -> str:
    rows = []
    for number in range(1, draw(st.integers(0, 6)) + 1):
        attributes = draw(
            st.sampled_from(['r="{n}"', "", 'r="{n}" spans="1:3" x:dy="0.25"', 'ht="15" r="{n}"', 'r="²"'])
        )
        cells = "".join(draw(st.lists(_cells(), max_size=5)))
        row = f"<row {attributes}/>" if not cells and draw(st.booleans()) else f"<row {attributes}>{cells}</row>"
        rows.append((row + draw(st.sampled_from(["", "", "\n", "<!-- a comment -->"]))).replace("{n}", str(number)))
    return "".join(rows)


def _read(path: Path, read: object) -> list[object]:
    with open_book(path) as book:
        return list(read(book, book.sheets[0]))  # type: ignore[operator]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=_rows())
def test_both_ways_to_read_a_sheet_tell_the_same(tmp_path: Path, rows: str) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(_book(rows))
    assert _without_ends(_read(path, sheet_rows.read_rows)) == _without_ends(_read(path, sheet_rows.parsed_rows))


def _without_ends(rows: list[object]) -> list[object]:
    """Whether a row's last cells are empty or not there is no difference."""
    found = []
    for number, cells, wrong in rows:  # type: ignore[misc]
        filled = [c or "" for c in cells]
        while filled and not filled[-1]:
            filled.pop()
        found.append((number, filled, wrong[:5]))
    return found


def _book(rows: str) -> bytes:
    """With the prefix `x`, two shared texts, and a style, 1, that shows dates."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    declared = '<?xml version="1.0" encoding="UTF-8"?>'
    sheet = f'{declared}<worksheet xmlns="{main}" xmlns:x="urn:other"><sheetData>{rows}</sheetData></worksheet>'
    styles = (
        f'{declared}<styleSheet xmlns="{main}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    )
    parts = {"xl/worksheets/sheet1.xml": sheet.encode(), "xl/styles.xml": styles.encode()}
    return bombs.book(bombs.texts(b"<si><t>one _x000A_</t></si><si><t>two</t></si>") | parts)


def test_rows_as_programs_write_them_need_no_parser(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    rows = "".join(
        f'<row r="{n}" spans="1:3"><c r="A{n}" s="1"><v>4383{n}</v></c><c r="B{n}" t="inlineStr"><is><t>a &amp; b</t></is></c>'
        f'<c r="C{n}"><f>SUM(A{n}:A{n})</f><v>1.5</v></c></row>'
        for n in range(1, 4)
    )
    path.write_bytes(_book(rows))
    with open_book(path) as book:
        listed = list(sheet_rows.plain_rows(book, book.sheets[0]))
    assert [cells[1:] for _, cells, _ in listed] == [["a & b", "1.5"]] * 3


@pytest.mark.parametrize(
    "broken",
    [
        "<row><c><v>1</v></row>",
        "<row><c><v>1</v></c></row",
        '<row><c t="n" t="s"/></row>',
        "<row><c><v>&x;</v></c></row>",
        "<row><c><v>\x01</v></c></row>",
    ],
)
def test_what_is_no_xml_is_refused_behind_the_rows_above(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(_book(f"<row><c><v>1</v></c></row>{broken}"))
    listed: list[sheet_rows.Row] = []
    with pytest.raises(Invalid), open_book(path) as book:
        listed.extend(sheet_rows.read_rows(book, book.sheets[0]))
    assert [cells for _, cells, _ in listed] == [["1"]]
