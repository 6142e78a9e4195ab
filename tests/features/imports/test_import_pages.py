"""Importing in a browser that runs no script: every step is a form, and none loses what was chosen."""

from __future__ import annotations

import io
import re

import pytest
from import_office import Office

from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records

FIRM = {
    "name": "firm",
    "title": "name",
    "fields": [{"name": "name", "required": True}, {"name": "code", "unique": True}],
}
PERSON = {
    "name": "person", "plural": "people", "title": "name", "fields": [
        {"name": "name", "required": True}, {"name": "email", "kind": "email", "unique": True},
        {"name": "born", "kind": "date"}, {"name": "note"}, {"name": "firm", "kind": "relation", "target": "firm"},
    ],
}  # fmt: skip
FILE = "name,email,note,firm\nAda,ada@x.example,one,Ink\nBob,bob@x.example,two,Ink\nEve,no address,three,Ink\n"


@pytest.fixture
def office(records: Records, office_at_the_door: Office) -> Office:
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity(FIRM), read_entity(PERSON)])
    office_at_the_door.who = "alice"
    return office_at_the_door


def send(office: Office, content: str | bytes, name: str = "people.csv", to: str = "/people/import") -> tuple[str, str]:
    data = content.encode() if isinstance(content, str) else content
    return office.page(to, {"file": (io.BytesIO(data), name)})


def chosen(page: str) -> list[str]:
    """What the selects of the columns say, in the order of the file."""
    selects = re.findall(r'<select name="to\.\d+".*?</select>', page, re.S)
    return [found[1] if (found := re.search(r'<option value="([^"]*)" selected', s)) else "" for s in selects]


def counted(page: str) -> dict[str, int]:
    found = re.findall(r'<b class="number">([\d,]+)</b>(?:<a [^>]*>|<span>)([^<]+)', page)
    return {label: int(number.replace(",", "")) for number, label in found}


def words(page: str, *targets: str, keys: tuple[int, ...] = (), mode: str = "create", **more: str) -> dict[str, str]:
    """The form as a person would send it."""
    file = re.search(r'name="file" value="(\d+)"', page)
    assert file
    form = {f"to.{n}": target for n, target in enumerate(targets)} | {f"key.{n}": "1" for n in keys}
    return {"file": file[1], "mode": mode, "do": "try", **form, **more}


def test_a_file_is_tried_imported_and_taken_back_by_plain_forms(office: Office) -> None:
    where, page = send(office, FILE)
    assert where.startswith("/people/import?file=")
    assert chosen(page) == ["name", "email", "note", "firm.code"]
    where, _ = office.page("/people/import/start", words(page, "name", "email", "note", "", keys=(1,), mode="upsert"))
    page = office.report(where)
    assert counted(page) == {
        "Would be created": 2,
        "Would be changed": 0,
        "Stay as they are": 0,
        "Would be rejected": 1,
    }
    assert "email: is not an e-mail address" in page
    assert office.ask("GET", "/api/people") == []
    where, _ = office.page(f"{where}/run", {})
    page = office.report(where)
    assert counted(page)["Created"] == 2
    assert [p["attributes"]["note"] for p in office.ask("GET", "/api/people?sort=name")] == ["one", "two"]
    rejects = re.search(r'href="(/files/\d+)" download', page)
    assert rejects
    office.page(f"{where}/undo", {})
    undo = office.ask("GET", f"/api{where.replace('/import/', '/imports/')}")["relationships"]["undo"]["data"]
    office.done(undo)
    assert "was taken back" in office.page(where)[1] and office.ask("GET", "/api/people") == []


def test_a_column_that_is_left_out_is_left_out_though_a_field_is_called_so(office: Office) -> None:
    _, page = send(office, "name,note\nAda,secret\n")
    where, _ = office.page("/people/import/start", words(page, "name", "", do="import"))
    assert "Left out: note" in office.report(where)
    assert [p["attributes"]["note"] for p in office.ask("GET", "/api/people")] == [None]


def test_what_does_not_fit_is_not_proposed_however_long_the_file(office: Office) -> None:
    _, page = send(office, "name,Mail address\n" + "Ada,see the card\n" * 1_200)
    assert chosen(page) == ["name", ""]


def test_what_cannot_work_comes_back_with_all_that_was_chosen(office: Office) -> None:
    _, page = send(office, FILE)
    form = words(page, "name", "note", "note", "firm.code", keys=(), mode="update", create_missing="firm", fill="1")
    _, again = office.page("/people/import/start", form, status=422)
    assert "is filled by email already" in again and "Tick the column that tells the records apart" in again
    assert chosen(again) == ["name", "note", "note", "firm.code"]
    for kept in ('value="update" checked', 'value="firm" checked', 'name="fill" value="1" checked'):
        assert kept in again
    form = words(page, "", "", "", "")
    assert "choose a field for at least one column" in office.page("/people/import/start", form, status=422)[1]


def test_dates_that_can_be_read_in_two_ways_are_asked_about_before_anything_runs(office: Office) -> None:
    _, page = send(office, "name,born,note\nAda,03/04/1990,x\nBob,05/06/1991,y\nEve,99/99/1990,z\n")
    assert "Dates can be read in several ways: born" in page
    form = words(page, "name", "born", "")
    _, again = office.page("/people/import/start", form, status=422)
    assert "Say how dates are written in this file." in again and chosen(again) == ["name", "born", ""]
    where, _ = office.page("/people/import/start", form | {"date_order": "mdy", "do": "import"})
    office.report(where)
    assert [p["attributes"]["born"] for p in office.ask("GET", "/api/people?sort=name")] == ["1990-03-04", "1991-05-06"]


def test_going_back_from_a_trial_finds_the_columns_as_they_were_chosen(office: Office) -> None:
    _, page = send(office, FILE)
    where, _ = office.page("/people/import/start", words(page, "note", "email", "name", "", keys=(2,), mode="update"))
    back = re.search(r'href="(/people/import\?file=\d+&from=\d+)"', office.report(where))
    assert back
    _, page = office.page(back[1])
    assert chosen(page) == ["note", "email", "name", ""] and 'value="update" checked' in page
    assert re.search(r'name="key\.2" value="1" checked', page)


def test_choices_kept_under_a_name_are_offered_and_those_of_the_last_time_taken(office: Office) -> None:
    _, page = send(office, FILE)
    where, _ = office.page(
        "/people/import/start", words(page, "name", "", "", "firm.name", create_missing="firm", do="import")
    )
    office.report(where)
    assert "is required" in office.page(f"{where}/mapping", {"name": " "}, status=422)[1]
    _, page = office.page(f"{where}/mapping", {"name": "From the shop"})
    assert "kept as “From the shop”" in page
    _, page = send(office, FILE.replace("Ada", "Ida"))
    assert "went in “From the shop”" in page
    assert chosen(page) == ["name", "", "", "firm.name"] and 'value="firm" checked' in page
    _, page = send(office, "Name,E-mail\nOdo,odo@x.example\n")
    saved = re.search(r'<option value="(\d+)">From the shop', page)
    file = re.search(r'name="file" value="(\d+)"', page)
    assert saved and file and chosen(page) == ["name", "email"]
    assert chosen(office.page(f"/people/import?file={file[1]}&saved={saved[1]}")[1]) == ["name", ""]


def test_a_file_that_is_no_table_is_refused_with_a_sentence_and_a_way_out(office: Office) -> None:
    assert "Choose a file first." in office.page("/people/import", {}, status=422)[1]
    for content in (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"PK\x03\x04nonsense"):
        headers = {"Accept": "text/html"}
        answer = office.client.post("/people/import", data={"file": (io.BytesIO(content), "a.csv")}, headers=headers)
        _, page = office.page(answer.location, status=422)
        assert "cannot be read" in page and "save it as CSV or XLSX" in page and 'type="file"' in page
    large = {"file": (io.BytesIO(b"x" * 1_000_001), "a.csv")}
    assert 'type="file"' in office.page("/people/import", large, status=422)[1]
    assert "there is no file with id 99" in office.page("/people/import?file=99", status=422)[1]


def test_how_a_file_is_written_can_be_said(office: Office) -> None:
    _, page = send(office, "printed on Monday\n\nname|note\nZoë|x,y\n".encode("cp1252"))
    file = re.search(r'name="file" value="(\d+)"', page)
    assert file
    said = f"/people/import?file={file[1]}&delimiter=%7C&encoding=cp1252&header_row=3"
    _, page = office.page(said)
    assert chosen(page) == ["name", "note"] and "Zoë" in page
    where, _ = office.page(
        "/people/import/start",
        words(page, "name", "note", delimiter="|", encoding="cp1252", header_row="3", do="import"),
    )
    office.report(where)
    assert [p["attributes"]["name"] for p in office.ask("GET", "/api/people")] == ["Zoë"]
    _, page = office.page(f"/people/import?file={file[1]}&header_row=900", status=422)
    assert "has no row 900" in page and chosen(page)


def test_reasons_are_told_in_the_language_of_whoever_asked(office: Office) -> None:
    _, page = send(office, FILE)
    where, _ = office.page("/people/import/start", words(page, "name", "email", "", ""), language="de")
    assert "email: ist keine E-Mail-Adresse" in office.report(where, language="de")


def test_who_may_not_write_may_not_import_and_nobody_sees_anothers(office: Office) -> None:
    _, page = send(office, FILE)
    where, _ = office.page("/people/import/start", words(page, "name", "", "", ""))
    office.report(where)
    file = re.search(r'name="file" value="(\d+)"', page)
    assert file
    office.page("/import", {"file": (io.BytesIO(b"a"), "a.csv")}, status=403)
    office.who = "rita"
    office.page("/people/import", status=403)
    office.page("/people/import/start", words(page, "name", "", "", ""), status=403)
    office.page(where, status=404)
    office.page(f"{where}/run", {}, status=404)
    assert "You may not import here" in office.page("/import")[1]


def test_an_administrator_makes_a_new_kind_of_records_from_a_file(office: Office) -> None:
    office.who = "root"
    where, page = send(office, "No,Called,Count,Junk\n007,Ink,3,a\n008,Pen,4,b\n", "stock.csv", "/import")
    assert where.startswith("/import?file=") and 'value="Stock"' in page
    form = {
        "file": where.split("=")[1], "label": "Good", "plural_label": "Goods", "title": "called",
        **{f"label.{n}": text for n, text in enumerate(("No", "Name of it", "Count", "Junk"))},
        **{f"kind.{n}": kind for n, kind in enumerate(("text", "text", "decimal", ""))}, "unique.0": "1",
    }  # fmt: skip
    _, again = office.page("/import/new", form | {"label": "Import", "plural_label": "Imports"}, status=422)
    assert "taken by Ingot itself" in again and 'value="Name of it"' in again
    where, page = office.page("/import/new", form)
    assert where.startswith("/goods/import?file=") and "Goods can be kept here now" in page
    assert chosen(page) == ["no", "called", "count", ""] and 'value="upsert" checked' in page
    where, _ = office.page("/goods/import/start", words(page, "no", "called", "count", "", keys=(0,), mode="upsert"))
    assert counted(office.report(where))["Would be created"] == 2
