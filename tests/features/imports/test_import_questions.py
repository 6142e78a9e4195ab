"""What cannot be known of a file is asked: its encoding and whether it names its columns, by API and pages; an import does not
begin before it is said. What makes an analysis refuse a file makes the import refuse it, too."""

from __future__ import annotations

import time
from typing import Any

import bombs
import pytest
from import_office import Office

from appliance.records.declaration import read_entity

DOS = "name;ort\nMüller;Köln\nGroß;Würzburg\n".encode("cp850")


@pytest.fixture
def office(office_at_the_door: Office) -> Office:
    with office_at_the_door.records.change_schema(office_at_the_door.actors["root"]) as schema:
        schema.create_entities(
            [read_entity({"name": "person", "plural": "people", "fields": [{"name": "name"}, {"name": "ort"}]})]
        )
    return office_at_the_door


def analysis(office: Office, file: str, **options: Any) -> dict[str, Any]:
    asked = {"file": file, "entity": "people", "options": options}
    return dict(office.ask("POST", "/api/imports/analysis", asked)["attributes"])


def ended(office: Office, **attributes: Any) -> dict[str, Any]:
    job = office.ask("POST", "/api/imports", {"entity": "people", **attributes}, status=202)
    deadline = time.monotonic() + 60
    while not office.ask("GET", f"/api/jobs/{job['id']}")["attributes"]["finished_at"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return dict(office.ask("GET", f"/api/imports/{job['id']}")["attributes"])


def test_an_encoding_that_is_not_sure_is_asked_with_the_lines_it_would_give(office: Office) -> None:
    file = office.upload(DOS)
    found = analysis(office, file)
    assert (found["encoding"], found["encoding_sure"]) == ("cp850", False)
    assert {"line": 2, "text": "Müller;Köln"} in found["encodings"][0]["odd_lines"]
    done = ended(office, file=file)
    assert done["state"] == "failed" and "several encodings" in done["report"]["broken"]
    found = analysis(office, file, encoding="cp850")
    assert (found["encoding_sure"], "encodings" in found, found["odd_lines"][0]["text"]) == (True, False, "Müller;Köln")
    assert ended(office, file=file, options={"encoding": "cp850"})["report"]["created"] == 2
    assert [p["attributes"]["ort"] for p in office.ask("GET", "/api/people?sort=id")] == ["Köln", "Würzburg"]


def test_the_pages_ask_in_the_readers_language(office: Office) -> None:
    file = office.upload(DOS)
    for address in (f"/people/import?file={file}", f"/import?file={file}"):
        _, page = office.page(address, language="de")
        assert "Welche Buchstaben stimmen?" in page and "Müller;Köln" in page and "encoding=cp850" in page
        _, page = office.page(f"{address}&encoding=cp850")
        assert "Which letters are right?" not in page and "Read as cp850" in page
    file = office.upload("1,Ada,30\n2,Bea,41\n3,Cyd,22\n")
    for address in (f"/people/import?file={file}", f"/import?file={file}"):
        _, page = office.page(address)
        assert "Does the file name its columns?" in page and "header_row=0" in page
        _, page = office.page(f"{address}&header_row=0")
        assert "Does the file name its columns?" not in page and "Column 3" in page


def test_a_file_without_a_header_gives_all_its_rows(office: Office) -> None:
    file = office.upload("1,Ada,30\n2,Bea,41\n3,Cyd,22\n")
    found = analysis(office, file)
    assert (found["header_sure"], found["header_row"], len(found["sample"])) == (False, 0, 3)
    done = ended(office, file=file, mapping={"name": "Column 2"}, options={"header_row": 0})
    assert done["report"]["created"] == 3


@pytest.mark.parametrize(
    "what", ["lines without end", "columns", "one line of a GiB", "entities", "keys", "a sheet of nothing", "styles"]
)
def test_the_bounds_hold_in_the_import_too(office: Office, what: str) -> None:
    name, make, _ = bombs.BOMBS[what]
    done = ended(office, file=office.upload(make(), name))
    assert (done["state"], done["report"]["created"]) == ("failed", 0)
    assert done["report"]["broken"] and "Traceback" not in done["report"]["broken"]
