# ruff: noqa: E501 - requests, one a line
"""A real server: what parses an upload is a process of its own, and the server neither grows nor stops over a bomb; a large file
is looked at by a job that API and page follow, also while an import runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import bombs
import pytest
import requests
from box import Box, eventually

from appliance.features.imports import inspection

ROOM = 50 << 20
"""Bytes that the server may grow by."""
CHOSEN = (
    "one line of a GiB", "lines without end", "columns", "a million columns", "gzip of many members", "shared texts", "a row far below",
    "a row of many cells", "entities", "many sheets", "many entries", "styles", "deep JSON", "keys", "deep XML",
)  # fmt: skip


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    found = Box(tmp_path_factory.mktemp("apart") / "home")
    found.sign_in()
    found.start()
    yield found
    found.kill()


def look(box: Box, content: bytes, name: str) -> requests.Response:
    kind = {
        "gz": "application/gzip",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "vcf": "text/vcard",
    }
    headers = {"Content-Type": kind.get(name.rpartition(".")[2], "text/csv")}
    return box.session.post(
        box.url("/api/imports/analysis"), params={"name": name}, data=content, headers=headers, timeout=120
    )


def memory(box: Box) -> int:
    assert box.process
    status = Path(f"/proc/{box.process.pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.slow
def test_bombs_are_refused_and_the_server_does_not_grow(box: Box) -> None:
    for _ in range(12):  # each thread has its buffers and its connection
        assert look(box, b"name,n\n" + b"Ada,1\n" * 400_000, "a.csv").status_code == 200
    for what in CHOSEN:
        name, make, codes = bombs.BOMBS[what]
        content, before = make(), memory(box)
        answer = look(box, content, name)
        found = [e["code"] for e in answer.json().get("errors", [])] or [""]
        assert (400 <= answer.status_code < 500 or "" in codes) and set(found) <= codes, (what, answer.text)
        assert memory(box) - before <= ROOM, what
    assert look(box, b"name,n\nAda,1\nBob,2\n", "a.csv").status_code == 200


@pytest.mark.slow
def test_a_large_file_is_looked_at_by_a_job_while_an_import_runs(box: Box) -> None:
    rows = b"".join(b"%d,Name %d,a note that says little of number %d\n" % (n, n, n) for n in range(250_000))
    content = b"code,name,note\n" + rows
    assert len(content) > 10 << 20
    box.send("POST", "/api/entities", {"data": {"type": "entities", "attributes": {
        "name": "thing", "plural": "things", "fields": [{"name": "code"}, {"name": "name"}, {"name": "note"}]}}}, 201)  # fmt: skip
    importing = box.session.post(
        box.url("/api/imports?entity=things"), data=content, headers={"Content-Type": "text/csv"}, timeout=60
    ).json()["data"]["id"]
    answer = look(box, content, "large.csv")
    assert answer.status_code == 202, answer.text
    job = answer.json()["data"]
    assert (job["attributes"]["kind"], answer.headers["Location"]) == ("imports.analyse", f"/api/jobs/{job['id']}")
    done = eventually(lambda: _ended(box, job["id"]), 60)
    assert done["state"] == "success", done["error"]
    assert [c["name"] for c in done["result"]["columns"]] == ["code", "name", "note"]
    assert not box.get(f"/api/jobs/{importing}")["data"]["attributes"]["finished_at"]
    again = box.send("POST", "/api/imports/analysis", {"data": {"attributes": {"file": _file(box)}}}, 200)
    assert again["data"]["attributes"]["proposed_entity"]["fields"][0]["name"] == "code"
    box.send(
        "PATCH",
        f"/api/jobs/{importing}",
        {"data": {"type": "jobs", "id": importing, "attributes": {"state": "cancelled"}}},
        200,
    )


def test_a_large_file_that_cannot_be_read_is_refused_by_its_job_and_then_at_once(box: Box) -> None:
    content = b"a," * 1_500 + b"a\n" + b"1,2\n" * 3_000_000
    job = look(box, content, "wide.csv").json()["data"]
    done = eventually(lambda: _ended(box, job["id"]), 60)
    assert done["state"] == "failed" and "1501 columns" in done["progress"]["message"]
    refused = box.send("POST", "/api/imports/analysis", {"data": {"attributes": {"file": _file(box)}}}, 413)
    assert refused["errors"][0]["code"] == "too_many_columns"


def test_the_clock_ends_a_slow_analysis_before_the_bound_of_the_processor_does() -> None:
    """Else a slow file would be refused as one that breaks its reader, and not become a job."""
    for bounds in (inspection.IN_REQUEST, inspection.IN_JOB):
        assert bounds.processor > bounds.seconds


@pytest.mark.slow
def test_a_page_waits_for_a_large_file(box: Box) -> None:
    content = b"n,name\n" + b"1,a name of some words\n" * 600_000
    uploaded = look(box, content, "paged.csv")
    assert uploaded.status_code == 202
    box.send(
        "PATCH",
        f"/api/jobs/{uploaded.json()['data']['id']}",
        {"data": {"type": "jobs", "attributes": {"state": "cancelled"}}},
        200,
    )
    uploaded = _file(box)
    page = box.session.get(box.url("/import"), params={"file": uploaded}, timeout=60)
    assert page.status_code == 202 and "is being looked at" in page.text
    found = eventually(lambda: _page(box, uploaded), 60)
    assert "How the file is written" in found or "A new kind of records" in found


def _page(box: Box, file: str) -> str | None:
    page = box.session.get(box.url("/import"), params={"file": file}, timeout=60)
    assert page.status_code in (200, 202), page.text
    return page.text if page.status_code == 200 else None


def _ended(box: Box, job: str) -> dict[str, object] | None:
    found = dict(box.get(f"/api/jobs/{job}")["data"]["attributes"])
    return found if found["finished_at"] else None


def _file(box: Box) -> str:
    """The file that came last."""
    return str(box.get("/api/files?sort=-id&page[size]=1")["data"][0]["id"])
