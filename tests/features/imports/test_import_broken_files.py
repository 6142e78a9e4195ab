"""A file that is broken somewhere: what stands above that place is imported, counted and can be taken back; the job ends
as failed with a sentence that says where."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from import_office import Office

from appliance.features.imports import running
from appliance.features.imports.layout import BROKEN
from appliance.features.imports.reading import detect, rows
from appliance.records.declaration import read_entity

PEOPLE = {
    "name": "person",
    "plural": "people",
    "fields": [{"name": "code"}, {"name": "name"}],
}


@pytest.fixture
def office(office_at_the_door: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(running, "CHUNK", 4)
    with office_at_the_door.records.change_schema(office_at_the_door.actors["root"]) as schema:
        schema.create_entities([read_entity(PEOPLE)])
    return office_at_the_door


def bring(office: Office, content: bytes, name: str, **options: Any) -> dict[str, Any]:
    """The import, when its job has ended: attributes, and under `rejects` the text of the refused rows."""
    file = office.upload(content, name)
    job = office.ask("POST", "/api/imports", {"file": file, "entity": "people", "options": options}, status=202)
    while not office.ask("GET", f"/api/jobs/{job['id']}")["attributes"]["finished_at"]:
        pass
    found = office.ask("GET", f"/api/imports/{job['id']}")
    rejects = found["relationships"]["rejects"]["data"]
    text = office.client.get(f"/files/{rejects['id']}").text if rejects else ""
    return {**found["attributes"], "id": job["id"], "rejects": text}


def people(office: Office) -> list[str]:
    return [p["attributes"]["name"] for p in office.ask("GET", "/api/people?sort=code&page[size]=100")]


LISTED = [{"code": f"{n:02d}", "name": f"P{n}"} for n in range(10)]


def sheet() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["code", "name"])  # type: ignore[union-attr]
    for each in LISTED:
        book.active.append(list(each.values()))  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def broken_sheet() -> bytes:
    """One whose table stops in the middle of a row."""
    whole, out = zipfile.ZipFile(io.BytesIO(sheet())), io.BytesIO()
    with zipfile.ZipFile(out, "w") as other:
        for name in whole.namelist():
            content = whole.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content[: content.index(b'<row r="8"') + 20]
            other.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "stored"),
    [
        ("a.json", json.dumps(LISTED)[:-1].encode() + b', {"code": "99", ', 10),
        ("a.json", (json.dumps(LISTED[:6])[:-1] + ', 7, {"code": "99"}]').encode(), 6),
        ("a.xlsx", broken_sheet(), 6),
    ],
)
def test_what_stands_above_the_break_is_imported_and_can_be_taken_back(
    office: Office, name: str, content: bytes, stored: int
) -> None:
    done = bring(office, content, name)
    assert done["state"] == "failed"
    assert (done["report"]["rows"], done["report"]["created"]) == (stored, stored)
    assert done["report"]["broken"] and people(office) == [f"P{n}" for n in range(stored)]
    assert "Traceback" not in done["report"]["broken"]
    office.done(office.ask("POST", f"/api/imports/{done['id']}/undo", status=202))
    assert people(office) == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv.gz", gzip.compress(b"code,name\n" + b"1,x\n" * 5_000, mtime=0)[:-9], "packed, and broken"),
        ("a.xlsx", sheet()[:-100], "not an XLSX file"),
        ("a.json", b'[{"code": ', "cannot be read after row 0"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "this is a picture"),
        ("a.csv", b"\x01\x02\x03\0\0\x04\x05" * 99, "not a text file"),
    ],
)
def test_what_cannot_be_read_at_all_fails_with_a_report_of_nothing(
    office: Office, name: str, content: bytes, words: str
) -> None:
    done = bring(office, content, name)
    assert done["state"] == "failed" and done["finished_at"]
    assert done["report"]["rows"] == 0 and words in done["report"]["broken"]
    assert people(office) == []


def test_bytes_that_are_not_of_the_encoding_spoil_their_row_alone(
    office: Office,
) -> None:
    content = "code,name\n1,Ada\n2,Zoë\n".encode() + "3,Jörg\n".encode("cp1252") + b"4,Bob\n5,Cyd\n"
    done = bring(office, content, "a.csv", encoding="utf-8")
    assert done["state"] == "success" and people(office) == ["Ada", "Zoë", "Bob", "Cyd"]
    assert done["report"]["rejected"] == 1 and "J\\udcf6rg" in done["rejects"]


def test_a_row_that_csv_cannot_read_stops_nothing(tmp_path: Path) -> None:
    content = b'code,name\n1,Ada\n2,"' + b"x" * (10 * 1024 * 1024 + 10) + b'"\n3,Bob\n'
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    found = list(rows(path, detect(path)))
    assert [(n, BROKEN in row) for n, row in found] == [(2, False), (3, True), (4, False)]
    assert len(found[1][1][""]) > 10 * 1024 * 1024
