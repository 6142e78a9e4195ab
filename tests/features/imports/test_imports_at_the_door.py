"""The steps of an import by API: look at a file, say what it means, run it, correct what was refused, take it back."""

from __future__ import annotations

import gzip
import time
from typing import Any

import openpyxl
import pytest
from import_office import Office

from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM

FIRM = {"name": "firm", "title": "name", "fields": [{"name": "code", "unique": True}, {"name": "name"}]}
PERSON: dict[str, Any] = {"name": "person", "plural": "people", "fields": [
    {"name": "email", "kind": "email", "unique": True}, {"name": "first_name"}, {"name": "last_name"},
    {"name": "born", "kind": "date"}, {"name": "pay", "kind": "money"}, {"name": "firm", "kind": "relation", "target": "firm"},
    {"name": "mobile", "kind": "phone"}, {"name": "stage", "kind": "choice", "choices": ["new", "old"]},
]}  # fmt: skip
PEOPLE = (
    "Liste vom 1. Mai\n\nVorname;Nachname;Mailadresse;Geburtsdatum;Gehalt;Firma;Handy;Zustand\n"
    + "Ada;Lovelace;ada@example.org;10.12.1815;1.500,50 €;Engines;0171/123456;NEW\n"
    + "Bob;Byte;bob@example.org;31.01.1990;900,00 €;Engines;0172/123456;old\n"
)


@pytest.fixture
def office(office_at_the_door: Office) -> Office:
    with office_at_the_door.records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity(d) for d in (FIRM, PERSON)])
    with office_at_the_door.records.work(SYSTEM) as work:
        work.create("firm", {"code": "E", "name": "Engines"})
    return office_at_the_door


def people(office: Office) -> list[dict[str, Any]]:
    return [r["attributes"] for r in office.ask("GET", "/api/people?sort=id")]


def test_a_file_is_looked_at_and_what_was_proposed_is_what_lands(office: Office) -> None:
    file = office.upload(PEOPLE)
    found = office.ask("POST", "/api/imports/analysis", {"file": file, "entity": "people"})["attributes"]
    assert (found["format"], found["delimiter"], found["header_row"]) == ("csv", ";", 3)
    assert found["preamble"] == ["Liste vom 1. Mai", ""]
    assert found["sample"][0] == {"row": 4, "values": PEOPLE.splitlines()[3].split(";")}
    assert found["mapping"] == {
        "first_name": "Vorname", "last_name": "Nachname", "email": "Mailadresse", "born": "Geburtsdatum",
        "pay": "Gehalt", "firm.name": "Firma", "mobile": "Handy", "stage": "Zustand",
    }  # fmt: skip
    assert (found["keys"], found["ambiguous"]) == (["email"], [])
    assert {p["column"]: p["fits"] for p in found["proposals"]}["Firma"] == 1.0
    mapping = found["mapping"]
    tried, report = office.bring(entity="people", file=file, mapping=mapping, keys=["email"], dry_run=True)
    assert (report["created"], report["rejects"], people(office)) == (2, [], [])
    office.ask("POST", f"/api/imports/{tried}/undo", status=409)
    _, report = office.bring(entity="people", file=file, mapping=mapping, keys=["email"])
    assert (report["created"], report["rejects"]) == (2, [])
    ada = people(office)[0]
    assert (ada["born"], ada["pay"], ada["stage"], ada["mobile"]) == ("1815-12-10", "1500.50", "new", "0171/123456")
    again = office.ask("POST", "/api/imports/analysis", {"file": file, "entity": "people"})["attributes"]
    assert (again["remembered"]["mapping"], again["remembered"]["keys"]) == (mapping, ["email"])


def test_a_file_as_the_body_is_kept_for_the_next_step(office: Office) -> None:
    found = office.ask(
        "POST", "/api/imports/analysis?name=town.csv.gz", data=gzip.compress(b"name,n\nUlm,1\nBonn,2\n"),
        content_type="application/gzip",
    )["attributes"]  # fmt: skip
    assert found["proposed_entity"]["name"] == "town"
    _, report = office.bring(create_entity=found["proposed_entity"], file=found["file"], mapping=found["mapping"])
    assert report["created"] == 2
    assert [r["attributes"]["n"] for r in office.ask("GET", "/api/towns?sort=id")] == [1, 2]


def test_an_entity_is_proposed_with_kinds_that_lose_nothing(office: Office) -> None:
    rows = "".join(
        f"{n:05d};A{n};{'ja' if n % 2 else 'nein'};{n % 28 + 1:02d}.03.2024;{n},50 €;"
        f"{'new' if n % 3 else 'old'};x{n}@example.org;2024\n"
        for n in range(100)
    )
    content = "PLZ;Customer No;Aktiv;Seit;Umsatz;Status;E-Mail;version\n" + rows
    asked = {"file": office.upload(content, "Customers 2024.csv")}
    found = office.ask("POST", "/api/imports/analysis", asked)["attributes"]
    declared = found["proposed_entity"]
    assert (declared["name"], declared["plural"]) == ("customer", "customers")
    assert [(f["name"], f["kind"]) for f in declared["fields"]] == [
        ("plz", "text"), ("customer_no", "text"), ("aktiv", "boolean"), ("seit", "date"), ("umsatz", "money"),
        ("status", "choice"), ("e_mail", "email"), ("source_version", "text"),
    ]  # fmt: skip
    assert [f["name"] for f in declared["fields"] if f.get("unique")] == ["plz", "customer_no", "e_mail"]
    declared["fields"][5]["kind"] = "text"  # edited before it runs
    del declared["fields"][5]["choices"]
    office.who = "alice"
    office.ask("POST", "/api/imports", {**asked, "file": office.upload(content), "create_entity": declared}, status=403)
    office.who = "root"
    before = office.records.registry.revision
    for more, address in (({"dry_run": True}, ""), ({}, "?dry-run=true")):
        wanted = {**asked, "create_entity": declared, "mapping": found["mapping"], **more}
        job = office.ask("POST", f"/api/imports{address}", wanted, status=202)
        tried = office.done(job)["result"]
        assert (tried["rows"], tried["created"], tried["rejects"]) == (100, 100, [])
    declared["fields"][1]["kind"] = "integer"
    job = office.ask(
        "POST",
        "/api/imports?dry-run=true",
        {**asked, "create_entity": declared, "mapping": found["mapping"]},
        status=202,
    )
    assert office.done(job)["result"]["rejected"] == 100
    declared["fields"][1]["kind"] = "text"
    assert office.records.refresh().revision == before and "customer" not in office.records.registry.entities
    _, report = office.bring(**asked, create_entity=declared, mapping=found["mapping"])
    assert (report["created"], report["rejects"]) == (100, [])
    first = office.ask("GET", "/api/customers?sort=id")[0]["attributes"]
    assert (first["plz"], first["seit"], first["umsatz"], first["aktiv"]) == ("00000", "2024-03-01", "0.50", False)


def test_refused_rows_are_a_private_file_that_can_be_corrected_and_sent_again(office: Office) -> None:
    office.who = "alice"
    file = office.upload(
        "email,born,pay\na@example.org,soon,1\nb@example.org,2000-01-01,2\nc@example.org,,3,4\n", "mine.csv"
    )
    id_, report = office.bring(entity="people", file=file, keys=["email"])
    assert (report["created"], report["rejected"]) == (1, 2)
    found = office.ask("GET", f"/api/imports/{id_}")
    link = found["links"]["rejects"]
    assert found["relationships"]["rejects"]["data"]["type"] == "files"
    text = office.client.get(link).text
    assert text.splitlines()[1:] == [
        "a@example.org,soon,1,2,born: must be a date: YYYY-MM-DD,",
        'c@example.org,,3,4,the row has more cells than there are columns,"[""4""]"',
    ]
    office.who = "rita"
    assert office.client.get(link).status_code == 404
    office.ask("GET", f"/api/imports/{id_}", status=404)
    office.ask("POST", f"/api/imports/{id_}/undo", status=404)
    office.who = "alice"
    _, report = office.bring(entity="people", file=office.upload(text.replace("soon", "1999-01-01")), keys=["email"])
    assert (report["created"], report["rejected"], report["unused_columns"]) == (2, 0, [])


def test_an_import_is_taken_back_by_a_job(office: Office) -> None:
    office.who = "alice"
    office.bring(entity="people", file=office.upload("email,pay\na@example.org,1\n"))
    content = "email,pay\na@example.org,2\nb@example.org,3\n"
    id_, _ = office.bring(entity="people", file=office.upload(content), keys=["email"])
    undone = office.done(office.ask("POST", f"/api/imports/{id_}/undo", status=202))["result"]
    assert (undone["deleted"], undone["restored"], undone["left"]) == (1, 1, [])
    assert [(p["email"], p["pay"]) for p in people(office)] == [("a@example.org", "1.00")]
    found = office.ask("GET", f"/api/imports/{id_}")
    assert found["attributes"]["undone_at"]
    assert found["relationships"]["undo"]["data"]["type"] == "jobs"
    assert office.ask("GET", "/api/imports")[0]["id"] == id_


def test_a_mapping_is_saved_by_name_and_used_again(office: Office) -> None:
    office.who = "alice"
    words = {
        "entity": "people",
        "name": "monthly",
        "mapping": {"email": "mail"},
        "keys": ["email"],
        "options": {"date_order": "mdy"},
    }
    saved = office.ask("POST", "/api/import-mappings", words, status=201)
    assert [m["id"] for m in office.ask("GET", "/api/import-mappings?filter[entity]=people")] == [saved["id"]]
    file = office.upload("mail,born\na@example.org,03/04/2024\n")
    office.bring(entity="people", file=file, saved_mapping=saved["id"])
    assert people(office)[0]["born"] == "2024-03-04"
    office.who = "rita"
    office.ask("GET", f"/api/import-mappings/{saved['id']}", status=404)
    office.who = "alice"
    office.ask("DELETE", f"/api/import-mappings/{saved['id']}", status=204)
    assert office.ask("GET", "/api/import-mappings") == []


def test_what_is_ambiguous_is_said_and_wrong_words_are_refused(office: Office) -> None:
    file = office.upload("email,born\na@example.org,03/04/2024\n")
    found = office.ask("POST", "/api/imports/analysis", {"file": file, "entity": "people"})["attributes"]
    assert found["ambiguous"] == [{"column": "born", "option": "date_order"}]
    found = office.ask(
        "POST", "/api/imports/analysis", {"file": file, "entity": "people", "options": {"date_order": "dmy"}}
    )
    assert found["attributes"]["ambiguous"] == []
    for wrong in (
        {"file": file}, {"entity": "people"}, {"file": "999999", "entity": "people"}, {"file": file, "entity": "people", "x": 1},
        {"file": file, "entity": "people", "mode": "odd"}, {"file": file, "entity": "people", "options": {"odd": 1}},
        {"file": file, "entity": "people", "options": {"date_order": "xyz"}}, {"file": file, "entity": "people", "keys": "email"},
        {"file": file, "entity": "people", "options": {"delimiter": "ab"}},
        {"file": file, "entity": "people", "create_entity": {}},
        {"file": file, "entity": "people", "dry_run": "yes"}, {"file": file, "create_entity": {"name": "Bad Name"}},
    ):  # fmt: skip
        office.ask("POST", "/api/imports", wrong, status=422)
    office.ask("POST", "/api/imports", {"file": file, "entity": "users"}, status=404)
    job = office.ask("POST", "/api/imports", {"file": file, "entity": "people"}, status=202)
    deadline = time.monotonic() + 60
    while (state := office.ask("GET", f"/api/jobs/{job['id']}")["attributes"]["state"]) in ("waiting", "running"):
        assert time.monotonic() < deadline
    assert state == "failed"


def test_lists_are_exported_at_once_or_as_a_private_file(office: Office) -> None:
    office.who = "alice"
    office.bring(entity="people", file=office.upload("email,pay\na@example.org,1\nb@example.org,2\n"))
    answer = office.client.get("/api/exports/people.csv?filter[pay][gt]=1&fields[people]=email,pay")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.text == "id,email,pay\r\n2,b@example.org,2.00\r\n"
    assert office.client.get("/api/exports/people.xlsx?mode=spreadsheet").data[:2] == b"PK"
    assert office.client.get("/api/exports/people.doc").status_code == 404
    assert office.client.get("/api/exports/people.csv?odd=1").status_code == 400
    asked = {"type": "people", "format": "xlsx", "mode": "spreadsheet", "query": "sort=-email"}
    result = office.done(office.ask("POST", "/api/exports", asked, status=202))["result"]
    path = office.folder / "out.xlsx"
    path.write_bytes(office.client.get(result["link"]).data)
    rows = list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert [r[2] for r in rows] == ["Email", "b@example.org", "a@example.org"]
    office.who = "rita"
    assert office.client.get(result["link"]).status_code == 404
    office.ask("POST", "/api/exports", {"type": "people"}, status=403)
    office.ask("POST", "/api/exports", {"type": "people", "format": "odd"}, status=422)


def test_more_than_one_waits_for_is_left_to_a_job(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from appliance.features.exports import api

    monkeypatch.setattr(api, "SMALL", 1)
    office.bring(entity="people", file=office.upload("email\na@example.org\nb@example.org\n"))
    assert office.client.get("/api/exports/people.csv").status_code == 409
