"""kill -9 in the middle of an import, of the helper process that runs it and of the whole server: it goes on where it was,
and every row is there once."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from box import Box, eventually

ROWS = 24_000
FIELDS = [{"name": "code"}, {"name": "name", "searchable": 1}, {"name": "count", "kind": "integer"}]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the helper process in /proc")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    box = Box(tmp_path / "home")
    box.start()
    box.sign_in()
    box.send(
        "POST",
        "/api/entities",
        {"data": {"type": "entities", "attributes": {"name": "thing", "plural": "things", "fields": FIELDS}}},
        201,
    )
    yield box
    box.kill()


def helpers(box: Box) -> list[int]:
    """The processes that the server has started."""
    assert box.process
    found = Path(f"/proc/{box.process.pid}/task").glob("*/children")
    return [int(pid) for file in found for pid in file.read_text().split()]


def begin(box: Box) -> str:
    """Every tenth row cannot be stored."""
    lines = [f"C{n:06d},Name {n},{n if n % 10 else 'many'}" for n in range(ROWS)]
    text = "\n".join(["code,name,count", *lines])
    answer = box.session.post(
        box.url("/api/imports?entity=things"), data=text.encode(), headers={"Content-Type": "text/csv"}, timeout=60
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["data"]["id"])


def stored(box: Box) -> int:
    with sqlite3.connect(f"file:{box.home / 'ingot.db'}?mode=ro", uri=True, timeout=20) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE name LIKE '%thing%'")]
        table = next(name for name in tables if name in ("thing", "things", "e_thing") or name.endswith("thing"))
        return int(database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])


def ended(box: Box, job: str) -> dict[str, object]:
    def look() -> dict[str, object] | None:
        found = box.get(f"/api/jobs/{job}")["data"]["attributes"]
        return found if found["finished_at"] else None

    return dict(eventually(look, 60))


def is_whole(box: Box, job: str) -> None:
    done = ended(box, job)
    assert done["state"] == "success", str(done["error"])[-1500:]
    report = box.get(f"/api/imports/{job}")["data"]["attributes"]["report"]
    counts = {k: report[k] for k in ("rows", "created", "updated", "unchanged", "rejected")}
    assert counts == {"rows": ROWS, "created": ROWS * 9 // 10, "updated": 0, "unchanged": 0, "rejected": ROWS // 10}
    rejects = box.get(f"/api/imports/{job}")["data"]["relationships"]["rejects"]["data"]["id"]
    refused = box.session.get(box.url(f"/files/{rejects}"), timeout=20).text.splitlines()
    assert [line.split(",")[0] for line in refused[1:]] == [f"C{n:06d}" for n in range(0, ROWS, 10)]
    with sqlite3.connect(f"file:{box.home / 'ingot.db'}?mode=ro", uri=True, timeout=20) as database:
        log = database.execute("SELECT count(*), count(DISTINCT record) FROM ingot_log WHERE entity = 'thing'")
        assert log.fetchone() == (ROWS * 9 // 10, ROWS * 9 // 10)
    assert stored(box) == ROWS * 9 // 10
    total = box.get("/api/things?page[totals]=true&page[size]=1")["meta"]["page"]["total"]
    assert total == ROWS * 9 // 10


def test_an_import_whose_helper_process_is_killed_goes_on_and_stores_every_row_once(box: Box) -> None:
    job = begin(box)
    killed = 0
    for goal in (2_000, 8_000):
        eventually(lambda goal=goal: stored(box) >= goal, 30)
        for pid in helpers(box):
            os.kill(pid, signal.SIGKILL)
            killed += 1
        eventually(lambda: box.get(f"/api/jobs/{job}")["data"]["attributes"]["state"] != "running", 20)
        assert stored(box) < ROWS * 9 // 10
        box.send(
            "PATCH", f"/api/jobs/{job}", {"data": {"type": "jobs", "id": job, "attributes": {"state": "waiting"}}}, 200
        )
    assert killed == 2
    is_whole(box, job)
    assert box.get(f"/api/jobs/{job}")["data"]["attributes"]["attempts"] == 3


@pytest.mark.slow
def test_an_import_whose_server_is_killed_goes_on_in_the_next_and_can_be_undone(box: Box) -> None:
    job = begin(box)
    for goal in (2_000, 8_000):
        eventually(lambda goal=goal: stored(box) >= goal, 30)
        old = helpers(box)
        box.kill()
        assert stored(box) < ROWS * 9 // 10
        eventually(lambda old=old: not any(Path(f"/proc/{pid}").exists() for pid in old), 10)
        box.start()
    is_whole(box, job)
    undo = box.session.post(box.url(f"/api/imports/{job}/undo"), timeout=20)
    assert undo.status_code == 202, undo.text
    assert ended(box, undo.json()["data"]["id"])["state"] == "success"
    assert stored(box) == 0
