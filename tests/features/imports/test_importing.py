"""A file becomes records: whatever it is written in, row by row, with a reason for each row that does not make it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from appliance.base.errors import Invalid, NotAllowed, NotFound
from appliance.features.imports import running
from appliance.features.imports.layout import Options
from appliance.features.imports.plan import Plan, Report
from appliance.features.imports.running import run_import
from appliance.records.declaration import read_entity, read_field
from appliance.records.permissions import SYSTEM, Actor
from appliance.records.query import Page, Query
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.steps import Steps

COMPANY = {"name": "company", "plural": "companies", "fields": [{"name": "code", "unique": True}, {"name": "name"}]}
TAG = {"name": "tag", "fields": [{"name": "word"}]}
PERSON: dict[str, Any] = {"name": "person", "plural": "people", "fields": [
    {"name": "code"}, {"name": "name", "label": "Full name", "required": True}, {"name": "born", "kind": "date"},
    {"name": "pay", "kind": "money"}, {"name": "stage", "kind": "choice", "choices": ["new", "old"], "default": "new"},
    {"name": "company", "kind": "relation", "target": "company"}, {"name": "tags", "kind": "relations", "target": "tag"},
    {"name": "number", "kind": "auto_number"}, {"name": "note", "kind": "long_text"},
]}  # fmt: skip


@pytest.fixture
def office(records: Records) -> Records:
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity(d) for d in (COMPANY, TAG, PERSON)])
    with records.work(SYSTEM) as work:
        for code in ("A", "B"):
            work.create("company", {"code": code, "name": code * 2})
        for word in ("red", "blue", "blue"):
            work.create("tag", {"word": word})
    return records


class Desk:
    """Writes a file and imports it."""

    def __init__(self, records: Records, folder: Path):
        self.records, self.file = records, folder / "file.csv"

    def bring(
        self,
        content: str | bytes,
        entity: str = "person",
        actor: Actor = SYSTEM,
        steps: Steps | None = None,
        **plan: Any,
    ) -> Report:
        self.file.write_bytes(content.encode() if isinstance(content, str) else content)
        return run_import(self.records, actor, Plan(entity, self.file, **plan), steps=steps)

    def rows(self, entity: str = "person") -> list[dict[str, Any]]:
        reading = Reading(self.records.database, self.records.registry, SYSTEM)
        table = self.records.registry.tables[entity]
        rows = reading.page(Query(entity, page=Page(500))).rows
        links = {f.name: reading.linked(table, f, [r[0] for r in rows]) for f in table.links}
        return [table.show(r) | {n: of[r[0]] for n, of in links.items()} for r in rows]

    def names(self) -> list[str]:
        return [r["name"] for r in self.rows()]


@pytest.fixture
def desk(office: Records, tmp_path: Path) -> Desk:
    return Desk(office, tmp_path)


@pytest.fixture
def no_office(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [
        ("utf-8", ","),
        ("utf-8-sig", ";"),
        ("utf-16", "\t"),
        ("utf-16-le", ","),
        ("utf-16-be", ";"),
        ("utf-32", ","),
        ("cp1252", ";"),
        ("cp1251", ","),
    ],
)
def test_encoding_and_delimiter_are_found(no_office: Path, encoding: str, delimiter: str) -> None:
    from appliance.features.imports import reading

    names = {"cp1251": ["Алексей Фёдорович", "Наталья Ивановна", "Москва, улица Ленина"]}.get(
        encoding, ["Jürgen Groß", "Zoë Müller-Lüdenscheidt", "Straße, Köln; Übersee"]
    )
    with no_office.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["code", "name"])
        writer.writerows([str(n), name] for n, name in enumerate(names * 20))
    layout = reading.detect(no_office)
    assert (layout.delimiter, layout.columns) == (delimiter, ("code", "name"))
    assert [row["name"] for _, row in reading.rows(no_office, layout)] == names * 20


def test_what_is_no_table_is_refused(desk: Desk) -> None:
    for content in (
        b"",
        b"  \n\n",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 9,
        b"colour\nred\n",
        b"[1, 2]",
        b'{"a": 1, ',
    ):
        with pytest.raises(Invalid):
            desk.bring(content)
    with pytest.raises(NotFound):
        run_import(desk.records, SYSTEM, Plan("person", desk.file.with_name("none.csv")))
    with pytest.raises(NotFound):
        desk.bring("name\na\n", entity="nonsense")
    assert desk.rows() == []


def test_values_are_read_by_the_fields_kind_and_rows_that_do_not_fit_are_named(desk: Desk) -> None:
    report = desk.bring(
        " Full name ,Code,born,pay,stage,note,colour\r\n"
        'Ada,0042,1815-12-10,-1.50,OLD,"two\r\nlines, ""quoted""",x\r\n'  # row 2
        "\r\n"  # row 3: empty, but counted
        "Bob,,soon,,,,\r\n"
        "Cyd,,,1.005,,,\r\n"
        ",,,,,,,\r\n"
        "Dee,,,,,,,surplus\r\n"
        "Eve,7\r\n"
        ",8,,,,,\r\n"
        "Fay,9,(blank),n/a,,N/A,\r\n"
    )
    assert (report.created, report.rows, report.unused_columns) == (2, 7, ("colour",))
    assert [(n, r.split(":")[0]) for n, r in report.rejects] == [
        (4, "born"), (5, "pay"), (7, "the row has more cells than there are columns"),
        (8, "the row has fewer cells than there are columns"), (9, "name is required"),
    ]  # fmt: skip
    ada, fay = desk.rows()
    assert (ada["code"], ada["born"], ada["pay"], ada["stage"]) == ("0042", "1815-12-10", "-1.50", "old")
    assert ada["note"].splitlines() == ["two", 'lines, "quoted"']
    assert (fay["born"], fay["pay"], fay["stage"], fay["note"]) == (None, None, "new", "N/A")
    assert [r["number"] for r in (ada, fay)] == ["1", "2"]


def test_an_upsert_twice_changes_nothing_and_of_doubles_the_last_wins(desk: Desk) -> None:
    content = "code,name,born,pay\n1,Ada,1815-12-10,1\n2,Bob,,\n1,Ada L.,1815-12-10,1\n,Nobody,,\n"
    report = desk.bring(content, keys=("code",))
    assert (report.created, report.updated, report.rejects) == (2, 1, [(5, "the key code is empty")])
    assert desk.names() == ["Ada L.", "Bob"]
    last = desk.records.log.last()
    again = desk.bring(content.replace("1,Ada,1815-12-10,1\n", ""), keys=("code",))
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
    assert desk.records.log.last() == last
    desk.bring("code,name,born\n2,Bob,2000-01-01\n", keys=("code", "name"))
    assert desk.rows()[1]["born"] == "2000-01-01"
    report = desk.bring("born,name\n2000-01-01,Bo\n2000-01-02,New\n", keys=("born",), mode="update")
    assert (report.updated, report.rejects) == (1, [(3, "no record has this key")])
    report = desk.bring("code,name\n2,B\n3,C\n", keys=("code",), mode="create")
    assert (report.created, report.rejects) == (1, [(2, "there is a record with this key already")])
    desk.bring("code,name\n3,Twin\n")
    assert desk.bring("code,name\n3,X\n", keys=("code",)).rejects == [(2, "several records have this key")]


def test_links_are_found_by_a_key_and_a_missing_one_rejects_the_row(desk: Desk) -> None:
    mapping = {"company.code": "firm", "tags.word": "labels"}
    report = desk.bring(
        "name,firm,labels\nAda,A,red\nBob,Z,\nCyd,,red; red\nDee,B,blue\nEve,B,green\n", mapping=mapping
    )
    assert report.rejects == [
        (3, "firm: there is no company with code Z"),
        (5, "labels: several tag records have word blue"),
        (6, "labels: there is no tag with word green"),
    ]
    assert [(r["name"], r["company"], r["tags"]) for r in desk.rows()] == [("Ada", "1", [1]), ("Cyd", None, [1])]
    assert desk.bring('name,company,tags\nFay,2,"1,3"\nGus,99,\n').rejects == [
        (3, "company: there is no company with id 99")
    ]
    assert desk.rows()[-1]["tags"] == [1, 3]


def test_a_mapping_that_cannot_work_is_refused_before_the_first_row(desk: Desk) -> None:
    for plan in (
        {"keys": ("code",)}, {"keys": ("tags",), "mapping": {"tags": "t"}}, {"mode": "update"}, {"mapping": {"name": "none"}},
        {"mapping": {"none": "name"}}, {"mapping": {"company.none": "t"}}, {"mapping": {"number": "t"}},
        {"mapping": {"company.code": "t", "company": "name"}},
    ):  # fmt: skip
        with pytest.raises(Invalid):
            desk.bring("name,t\nAda,A\n", **plan)
    assert desk.rows() == []


def test_a_dry_run_reports_and_stores_nothing(desk: Desk) -> None:
    last = desk.records.log.last()
    report = desk.bring("name,born\nAda,\nBob,x\n", dry_run=True)
    assert (report.created, report.rejected) == (1, 1)
    assert desk.rows() == []
    assert desk.records.log.last() == last
    desk.bring("name\nAda\n")
    assert desk.rows()[0]["number"] == "1"


def test_rejected_rows_can_be_corrected_and_imported(desk: Desk) -> None:
    rejects = desk.file.with_name("rejects.csv")
    desk.bring("name,born\nAda,\nBob,x\n", rejects=rejects)
    assert rejects.read_text("utf-8").splitlines()[:1] == ["name,born,#row,#reason,#more"]
    corrected = rejects.read_text("utf-8").replace("Bob,x", "Bob,2000-01-01")
    assert desk.bring(corrected).created == 1
    assert desk.names() == ["Ada", "Bob"]


def test_an_import_that_was_killed_goes_on_and_stores_nothing_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK", 3)
    content = "name,born\n" + "".join(f"p{n},{'x' if n == 1 else ''}\n" for n in range(8))
    steps = Steps(desk.records.database, "job:1")

    def killed(rows: int, total: int | None, text: str) -> None:
        if rows >= 6:
            raise KeyboardInterrupt

    desk.file.write_text(content)
    with pytest.raises(KeyboardInterrupt):
        run_import(desk.records, SYSTEM, Plan("person", desk.file), killed, steps)
    assert len(desk.rows()) == 5
    rejects = desk.file.with_name("rejects.csv")
    report = desk.bring(content, steps=steps, rejects=rejects)
    assert (report.rows, report.created, [n for n, _ in report.rejects]) == (8, 7, [3])
    assert "p1,x,3," in rejects.read_text("utf-8")
    assert desk.names() == ["p0", *(f"p{n}" for n in range(2, 8))]


def test_a_field_retyped_while_a_long_import_runs_gets_values_of_its_new_kind(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK", 2)
    desk.file.write_text("name,code\na,1\nb,2\nc,03\nd,x\n")

    def meddle(rows: int, total: int | None, text: str) -> None:
        if rows == 2:
            with desk.records.change_schema(SYSTEM) as schema:
                held = schema.entities()["person"]
                schema.change_field(held, held.by_name["code"], {"kind": "integer"})
                schema.add_field(schema.entities()["person"], read_field({"name": "more"}))

    report = run_import(desk.records, SYSTEM, Plan("person", desk.file), meddle)
    assert [r["code"] for r in desk.rows()] == [1, 2, 3]
    assert [n for n, _ in report.rejects] == [5]


def test_json_is_read_too(desk: Desk) -> None:
    people = [
        {"name": "Ada", "pay": 1.5, "tags": [1, 3], "note": None},
        {"name": "Bob", "born": "2000-01-01", "stage": True},
    ]
    for content in (json.dumps(people), "\n".join(map(json.dumps, people))):
        report = desk.bring(content)
        assert (report.created, [n for n, _ in report.rejects]) == (1, [2])
    assert [(r["name"], r["pay"], r["tags"]) for r in desk.rows()] == [("Ada", "1.50", [1, 3])] * 2


def test_long_decimals_are_rounded_only_where_somebody_said_so(desk: Desk) -> None:
    with desk.records.change_schema(SYSTEM) as schema:
        for words in ({"name": "free", "kind": "decimal"}, {"name": "fixed", "kind": "decimal", "places": 2}):
            schema.add_field(schema.entities()["person"], read_field(words))
    report = desk.bring("name,free,fixed\nAda,37.79212049999999,1.25\nBob,,1.255\n")
    assert report.rejects == [
        (2, "free: has more than 6 digits after the point"),
        (3, "fixed: has more than 2 digits after the point"),
    ]
    report = desk.bring("name,free,fixed\nAda,37.79212049999999,1.25\nBob,,1.255\n", options=Options(round_digits=True))
    assert [(r["free"], r["fixed"]) for r in desk.rows()] == [("37.79212", "1.25"), (None, "1.26")]


def test_an_import_has_no_more_rights_than_its_actor(desk: Desk) -> None:
    own = Actor("user:2", {"*": dict.fromkeys(("read", "create", "update"), "own")}, user=2)
    with desk.records.work(SYSTEM) as work:
        for name in ("x@a.example", "y@a.example"):
            work.create("user", {"email": name})
    report = desk.bring("name,company\nAda,1\nBob,\n", actor=own)
    assert report.rejects == [(2, "company: there is no company with id 1")]
    assert [r["owner"] for r in desk.rows()] == ["2"]
    with pytest.raises(NotAllowed):
        desk.bring("name\nAda\n", actor=Actor("user:2", {"*": {"read": "all"}}, user=2))
