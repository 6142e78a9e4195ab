"""Records go out as a file and come back equal; what goes to a spreadsheet can be read by people and runs nothing."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pytest

from appliance.base.errors import BadRequest, Invalid, NotFound
from appliance.engines.files.local import LocalFiles
from appliance.features.exports import listing
from appliance.features.exports.exporting import stream, write
from appliance.features.exports.listing import read_wanted
from appliance.features.files.storing import add_file, keep
from appliance.features.imports.plan import Plan
from appliance.features.imports.running import run_import
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM, Actor
from appliance.records.query import Page, Query
from appliance.records.reading import Reading
from appliance.records.records import Records

KINDS = (
    "text", "long_text", "integer", "decimal", "money", "boolean", "date", "datetime", "choice", "multi_choice", "email", "phone",
    "url", "json", "relation", "relations",
)  # fmt: skip
CHOICES = [{"value": "a,b;c", "label": "A, B"}, {"value": "|d", "label": "=D"}, {"value": "[e", "label": "E"}]
MORE: dict[str, dict[str, Any]] = {
    "choice": {"choices": CHOICES}, "multi_choice": {"choices": CHOICES}, "relation": {"target": "word"},
    "relations": {"target": "word"}, "money": {"currency": "JOD"},
}  # fmt: skip
VALUES: dict[str, list[Any]] = {
    "text": ["=1+1", "'quoted'", ' "a", b;c ', "0042", "null", "_x000D_ ", "  ", "'=1", "''=1", "@x", "−5", "1,5", "true"],
    "long_text": ["x" * 5_000, "\ttab", "\r=x", "ü€🎈", "line\r\nend\rof\nall", "_x000D_ \x07", "=1\n2", "'=1"],
    "integer": [0, -1, 2**53 + 1], "decimal": ["0.1", "-1234567.891", "1000"],
    "money": ["0.001", "-1234.500"], "boolean": [True, False], "date": ["0999-01-01", "2024-02-29"],
    "datetime": ["2024-01-31T12:30:15.123Z"], "choice": ["a,b;c", "|d", "[e"], "multi_choice": [["a,b;c", "|d"], ["[e"], ["|d"]],
    "email": ["a+b@example.org"], "phone": ["+49 421 1-2", "0049"], "url": ["https://example.org/?a=1,2;3"],
    "json": [{"a": [1, None, "x"]}, [1, 2], "text", 5, True], "relation": ["1", "2"], "relations": [["1"], ["1", "2"]],
}  # fmt: skip


@pytest.fixture
def shelf(records: Records) -> Records:
    fields = [{"name": f"f_{k}", "kind": k, "label": k.capitalize(), **MORE.get(k, {})} for k in KINDS]
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([
            read_entity({"name": "word", "title": "word", "fields": [{"name": "word"}]}),
            read_entity({"name": "thing", "fields": fields}), read_entity({"name": "copy", "plural": "copies", "fields": fields}),
        ])  # fmt: skip
    with records.work(SYSTEM) as work:
        for word in ("=Ada", "Bob"):
            work.create("word", {"word": word})
        work.create("thing", {})
        for kind, listed in VALUES.items():
            for value in listed:
                work.create("thing", {f"f_{kind}": value})
    return records


def shown(records: Records, entity: str) -> list[dict[str, Any]]:
    reading = Reading(records.database, records.registry, SYSTEM)
    table = records.registry.tables[entity]
    rows = reading.page(Query(entity, page=Page(500))).rows
    links = {f.name: reading.linked(table, f, [r[0] for r in rows]) for f in table.links}
    names = [f.name for f in table.entity.fields if not f.many]
    return [{**table.show(r, names), **{n: of[r[0]] for n, of in links.items()}} for r in rows]


@pytest.mark.parametrize("format_", ["csv", "xlsx", "jsonl"])
def test_every_kind_of_value_goes_out_and_comes_back_equal(shelf: Records, tmp_path: Path, format_: str) -> None:
    path = tmp_path / "things"
    write(shelf, SYSTEM, read_wanted(shelf, "things", "", format_, "lossless"), path)
    report = run_import(shelf, SYSTEM, Plan("copy", path, mode="create"))
    assert report.rejects == []
    assert shown(shelf, "copy") == shown(shelf, "thing")


def test_spreadsheets_get_words_and_no_formulas(shelf: Records, tmp_path: Path) -> None:
    with shelf.work(SYSTEM) as work:
        work.create("thing", {
            "f_text": "=HYPERLINK()", "f_phone": "+49 1", "f_long_text": "@x", "f_choice": "|d",
            "f_multi_choice": ["a,b;c", "|d"],
            "f_boolean": True, "f_relation": "1", "f_relations": ["1", "2"], "f_date": "2024-01-31", "f_integer": -5,
            "f_money": "-1.5", "f_datetime": "2024-01-31T12:00:00Z",
        })  # fmt: skip
    query = "filter[f_integer]=-5"
    text = b"".join(stream(shelf, SYSTEM, read_wanted(shelf, "things", query, "csv", "spreadsheet", "de"))).decode(
        "utf-8-sig"
    )
    row = next(csv.DictReader(io.StringIO(text)))
    assert (row["Text"], row["Phone"], row["Long_text"], row["Choice"]) == ("'=HYPERLINK()", "'+49 1", "'@x", "'=D")
    assert (row["Multi_choice"], row["Relation"], row["Relations"]) == ("A, B; =D", "'=Ada", "'=Ada, Bob")
    assert (row["Boolean"], row["Integer"], row["Money"], row["Datetime"]) == (
        "Ja",
        "-5",
        "-1.500",
        "2024-01-31 12:00:00",
    )
    path = tmp_path / "things.xlsx"
    write(shelf, SYSTEM, read_wanted(shelf, "things", query, "xlsx", "spreadsheet"), path)
    header, cells = openpyxl.load_workbook(path).active.iter_rows()  # type: ignore[union-attr]
    found = {h.value: c for h, c in zip(header, cells, strict=True)}
    assert (found["Text"].value, found["Text"].data_type) == ("=HYPERLINK()", "s")
    assert (found["Integer"].value, float(found["Money"].value), found["Boolean"].value) == (-5, -1.5, "Yes")
    assert found["Date"].value.date().isoformat() == "2024-01-31"


def test_what_went_to_a_spreadsheet_comes_back_as_it_was(shelf: Records, tmp_path: Path) -> None:
    path = tmp_path / "things.csv"
    before = shown(shelf, "thing")
    names = "fields[things]=" + ",".join(f"f_{k}" for k in KINDS if k not in ("relation", "relations"))
    write(shelf, SYSTEM, read_wanted(shelf, "things", names, "csv", "spreadsheet"), path)
    report = run_import(shelf, SYSTEM, Plan("thing", path, ("id",)))
    assert (report.rejects, report.updated, report.unchanged) == ([], 0, len(before))
    assert shown(shelf, "thing") == before


def test_filter_sort_and_fields_are_those_of_the_list(shelf: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    words = "filter[f_text][empty]=false&sort=-f_text&fields[things]=f_text"
    lines = b"".join(stream(shelf, SYSTEM, read_wanted(shelf, "things", words, "jsonl", "lossless"))).splitlines()
    found = [orjson.loads(line) for line in lines]
    assert len(found) == len(VALUES["text"])
    assert {tuple(f) for f in found} == {("id", "f_text")}
    ids = [f["id"] for f in found]
    asked = b"".join(stream(shelf, SYSTEM, read_wanted(shelf, "things", words, "csv", "lossless"))).decode()
    assert [r["id"] for r in csv.DictReader(io.StringIO(asked, newline=""))] == ids
    for type_, query, format_, mode, error in (
        ("nothings", "", "csv", "lossless", NotFound), ("things", "page[size]=1", "csv", "lossless", BadRequest),
        ("things", "filter[none]=1", "csv", "lossless", BadRequest), ("things", "", "doc", "lossless", Invalid),
        ("things", "", "csv", "odd", Invalid), ("things", "include=f_relation", "csv", "lossless", BadRequest),
    ):  # fmt: skip
        with pytest.raises(error):
            read_wanted(shelf, type_, query, format_, mode)


def test_an_export_holds_what_its_actor_may_see(shelf: Records) -> None:
    blind = Actor("user:2", {"thing": {"read": "all"}}, user=2)
    text = b"".join(
        stream(shelf, blind, read_wanted(shelf, "things", "filter[f_relation]=1", "csv", "spreadsheet"))
    ).decode()
    assert "Ada" not in text
    own = Actor("user:2", {"thing": {"read": "own"}}, user=2)
    assert b"".join(stream(shelf, own, read_wanted(shelf, "things", "", "jsonl", "lossless"))) == b""


def test_a_text_that_a_sheet_cannot_hold_is_refused_or_cut(shelf: Records, tmp_path: Path) -> None:
    with shelf.work(SYSTEM) as work:
        work.create("thing", {"f_long_text": "y" * 40_000})
    with pytest.raises(Invalid):
        write(shelf, SYSTEM, read_wanted(shelf, "things", "", "xlsx", "lossless"), tmp_path / "a")
    write(shelf, SYSTEM, read_wanted(shelf, "things", "", "xlsx", "spreadsheet"), tmp_path / "b")


def test_files_come_back_as_the_same_files_and_running_numbers_only_where_the_record_is_the_same(
    records: Records, tmp_path: Path
) -> None:
    """What an import cannot bring back: id, version, times and authors are given by the system, and so are running
    numbers, for a new record gets a new one. A file field holds the ids of files, which the same box has and another has
    not: there such rows are refused, by name."""
    fields = [
        {"name": "number", "kind": "auto_number"}, {"name": "code", "unique": True}, {"name": "one", "kind": "file"},
        {"name": "some", "kind": "files"},
    ]  # fmt: skip
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities(
            [read_entity({"name": name, "plural": f"{name}s", "fields": fields}) for name in ("thing", "other")]
        )
    store = LocalFiles(tmp_path / "store")
    with records.work(SYSTEM) as work:
        ids = [
            str(add_file(work, keep(store, io.BytesIO(name.encode()), limit=None, name=name, claimed="text/plain"))[0])
            for name in ("a.txt", "b.txt")
        ]
        work.create("other", {"code": "before"})
        work.create("thing", {"code": "x", "one": ids[0], "some": ids})
        work.create("thing", {"code": "y"})
    path = tmp_path / "things"
    before = shown(records, "thing")
    for format_ in ("csv", "xlsx", "jsonl"):
        write(records, SYSTEM, read_wanted(records, "things", "", format_, "lossless"), path)
        same = run_import(records, SYSTEM, Plan("thing", path, ("code",)))
        assert (same.unchanged, same.rejects) == (2, []) and shown(records, "thing") == before
    run_import(records, SYSTEM, Plan("other", path, mode="create"))
    copied = shown(records, "other")[1:]
    assert [(c["code"], c["one"], c["some"]) for c in copied] == [(b["code"], b["one"], b["some"]) for b in before]
    assert [c["number"] for c in copied] != [b["number"] for b in before]
    lost = tmp_path / "lost.csv"
    lost.write_text("code,one\nz,999\n")
    assert run_import(records, SYSTEM, Plan("thing", lost)).rejected == 1
