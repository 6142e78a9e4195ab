"""A property: whatever stands in a column, an entity that is proposed for it takes every row, and gives back what was typed, up
to zeros behind the last decimal, grouping, blanks at the ends and the way of a date."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.features.exports.exporting import write
from appliance.features.exports.listing import read_wanted
from appliance.features.imports.analysis import analyse
from appliance.features.imports.dates import plain_date, plain_datetime
from appliance.features.imports.layout import Options
from appliance.features.imports.plan import Plan
from appliance.features.imports.running import run_import
from appliance.records.declaration import read_entity
from appliance.records.kinds import Wrong
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records

TRIALS = Path(__file__).resolve().parents[4] / "shared" / "trials" / "imports"


def _number(places: int, group: str, point: str) -> Callable[[int], str]:
    return lambda n: (
        f"{Decimal(n).scaleb(-places):,.{places}f}".replace(",", "G").replace(".", point).replace("G", group)
    )


_WHOLE = st.integers(-(10**9), 10**9)
_DAYS = st.dates(date(1990, 1, 1), date(2039, 12, 31))
_MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2039, 1, 1))  # noqa: DTZ001
CELLS: dict[str, st.SearchStrategy[str]] = {
    "whole": _WHOLE.map(str),
    "large": st.integers(0, 10**25).map(str),
    "padded": st.integers(0, 99_999).map("{:05d}".format),
    **{f"decimal {p}{m}": _WHOLE.map(_number(p, m[0].strip("_"), m[1])) for p in (1, 2, 3, 7) for m in ("_.", ",.", ".,", " ,")},
    "euro": _WHOLE.map(lambda n: _number(2, ".", ",")(n) + " €"),
    "dollar": st.integers(0, 10**6).map(lambda n: "$" + _number(2, ",", ".")(n)),
    "codes": st.from_regex(r"[A-Z]{3}[0-9]{1,4}", fullmatch=True),
    "units": st.from_regex(r"[A-Z]{3} [0-9]{1,4}", fullmatch=True),
    "phones": st.from_regex(r"\+[0-9]{2} [0-9]{2,4} [0-9]{5,7}", fullmatch=True),
    "bare phones": st.from_regex(r"[0-9]{3} [0-9]{3} [0-9]{4}", fullmatch=True),
    "postcodes": st.from_regex(r"[0-9]{3} [0-9]{2}", fullmatch=True),
    "versions": st.from_regex(r"[1-9]\.[0-9]{1,2}", fullmatch=True),
    "ranges": st.from_regex(r"[0-9]{1,2}[-/][0-9]{1,2}", fullmatch=True),
    "exponents": st.from_regex(r"[1-9]E[0-9]", fullmatch=True),
    "signs": st.from_regex(r"[+-]?[0-9]{1,3}(\.0)?[%-]?", fullmatch=True),
    "countries": st.sampled_from(["NO", "SI", "DE", "ON", "NA"]),
    "one country": st.just("NO"),
    "letters": st.sampled_from(["f", "m", "x"]),
    "german": st.sampled_from(["ja", "nein"]),
    "english": st.sampled_from(["Yes", "No"]),
    "words": st.sampled_from(["new", "old", "won, at last", "new "]),
    "nothing": st.sampled_from(["12", "n/a", "-", "NULL"]),
    "cases": st.sampled_from(["New", "new", "NEW"]),
    "iso": _DAYS.map(str),
    "german days": _DAYS.map(lambda d: d.strftime("%d.%m.%Y")),
    "british days": _DAYS.map(lambda d: d.strftime("%d/%m/%Y")),
    "short days": _DAYS.map(lambda d: d.strftime("%m/%d/%y")),
    "mixed days": _DAYS.map(lambda d: d.strftime("%d.%m.%Y") if d.day % 2 else str(d)),
    "moments": _MOMENTS.map(lambda d: d.isoformat(" ", "seconds")),
    "micro": _MOMENTS.map(str),
    "addresses": st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.example", fullmatch=True),
    "links": st.from_regex(r"https?://[a-z]{1,8}\.example(/[a-z]{0,5})?", fullmatch=True),
    "lines": st.sampled_from(["one", "two\nlines", "a\ttab", "x\u2028y"]),
    "any": st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12),
}  # fmt: skip
HEADERS = ("x", "amount", "phone", "PLZ", "is_open", "date", "code", "Größe", "country", "version")


@st.composite
def _tables(draw: st.DrawFn) -> list[tuple[str, list[str]]]:
    """Columns of equal length."""
    length = draw(st.integers(1, 30))
    found = []
    for _ in range(8):
        cells = CELLS[draw(st.sampled_from(sorted(CELLS)))]
        cells = draw(st.sampled_from([cells, st.one_of(cells, cells, st.just(""))]))
        found.append((draw(st.sampled_from(HEADERS)), draw(st.lists(cells, min_size=length, max_size=length))))
    return found


@pytest.fixture
def take(records: Records, tmp_path: Path) -> Iterator[Callable[[bytes, str], list[dict[str, str]]]]:
    """A file becomes an entity and its rows records; they come back as a lossless export. The entity goes again."""

    def bring(content: bytes, decimal: str = ",", order: str = "dmy") -> tuple[list[dict[str, str]], dict[str, Any]]:
        path = tmp_path / "thing.csv"
        path.write_bytes(content)
        found = analyse(records, SYSTEM, path, "thing.csv", None, Options(delimiter=",", header_row=1))
        said = {n["option"]: {"decimal": decimal, "date_order": order}[n["option"]] for n in found["ambiguous"]}
        with records.change_schema(SYSTEM) as schema:
            made = schema.create_entities([read_entity(found["proposed_entity"])])[0]
        try:
            options = Options(delimiter=",", header_row=1, encoding=found["encoding"], **said)
            report = run_import(records, SYSTEM, Plan(made.name, path, (), found["mapping"], options=options))
            assert report.rejected == 0, (report.rejects[:3], found["proposed_entity"])
            out = tmp_path / "out.csv"
            write(
                records, SYSTEM, read_wanted(records, made.plural.replace("_", "-"), "sort=id", "csv", "lossless"), out
            )
            with out.open(newline="", encoding="utf-8") as file:
                return list(csv.DictReader(file)), found
        finally:
            with records.change_schema(SYSTEM) as schema:
                schema.remove_entity(schema.entities()[made.name])

    yield bring  # type: ignore[misc]


def _same(typed: str, got: str, kind: str, order: str) -> bool:
    typed, got = typed.strip(), got.strip()
    if typed == got:
        return True
    if kind == "boolean":
        return {"ja": "true", "nein": "false", "yes": "true", "no": "false"}.get(typed.lower()) == got
    if kind in ("date", "datetime"):
        for meant in (None, "dmy", "mdy"):  # the column may tell what a single value does not
            with suppress(Wrong):
                moment = plain_datetime(typed, meant)
                if got == plain_date(typed, meant) if kind == "date" else moment == datetime.fromisoformat(got):
                    return True
        return False
    if kind in ("integer", "decimal", "money"):
        plain = re.sub(r"[\s€$]", "", typed)
        readings = {plain.replace(".", "").replace(",", "."), plain.replace(",", "")}
        return any(re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", r) and Decimal(r) == Decimal(got) for r in readings)
    return False


@settings(suppress_health_check=list(HealthCheck))
@given(table=_tables(), decimal=st.sampled_from(".,"), order=st.sampled_from(["dmy", "mdy"]))
def test_what_was_typed_comes_back(take: Any, table: list[tuple[str, list[str]]], decimal: str, order: str) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    listed = list(zip(*(cells for _, cells in table), strict=True))
    writer.writerow(["row", *(f"{header} {n}" for n, (header, _) in enumerate(table))])
    writer.writerows([f"r{n}", *cells] for n, cells in enumerate(listed))
    rows, found = take(out.getvalue().encode(), decimal, order)
    first, *fields = found["proposed_entity"]["fields"]
    assert [r[first["name"]] for r in rows] == [f"r{n}" for n in range(len(listed))]
    for cells, row in zip(listed, rows, strict=True):
        for cell, field in zip(cells, fields, strict=True):
            assert _same(cell, row[field["name"]], field["kind"], order), (cell, row[field["name"]], field)


if TRIALS.is_dir():  # they stand beside this checkout where Ingot is built, and nowhere else

    @pytest.mark.parametrize(
        "name", ["choice-sorted-file", "integer-from-whole-amounts-late-cents", "money-from-codes", "norway"]
    )
    def test_trials_of_strangers_are_taken_whole(take: Any, name: str) -> None:
        rows, _ = take((TRIALS / f"{name}.csv").read_bytes())
        with (TRIALS / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            listed = list(csv.reader(file))[1:]
        assert [list(r.values())[2 : 2 + len(listed[0])] for r in rows] == listed


def test_a_column_is_judged_by_its_last_row_too(take: Any) -> None:
    tails = {"integer": "12.50", "date": "soon", "boolean": "perhaps", "email": "none", "choice": "another"}
    heads = {"integer": "12", "date": "2024-01-31", "boolean": None, "email": "a@b.example", "choice": "new"}
    names = list(tails)
    lines = [",".join(names)]
    lines += [",".join(heads[n] or ("yes" if k % 2 else "no") for n in names) for k in range(3_000)] + [
        ",".join(tails.values())
    ]
    rows, found = take("\n".join(lines).encode())
    assert len(rows) == 3_001
    assert [f["kind"] for f in found["proposed_entity"]["fields"]] == [
        "decimal",
        "choice",
        "choice",
        "choice",
        "choice",
    ]
    assert [rows[-1][f["name"]] for f in found["proposed_entity"]["fields"]] == list(tails.values())
