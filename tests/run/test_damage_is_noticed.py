"""Damage on the disk turns every place red where somebody may look, in words and with the restore beside them; nothing says that
all is well while a list cannot be read."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import warm
from box import Box, eventually

from appliance import assembly
from appliance.base.errors import DatabaseDamaged, DatabaseMissing, StartRefused
from appliance.base.paths import Home
from appliance.base.settings import load
from appliance.engines.database.damage import is_damage
from appliance.engines.database.protocol import Database
from appliance.engines.database.sqlite import SqliteDatabase
from appliance.records.permissions import SYSTEM
from appliance.run import run_file
from appliance.run.backup import listing, taking
from appliance.run.backup.health import BACKUP, BackupHealth
from appliance.run.client import ControlClient
from appliance.run.database_watch import DatabaseWatch
from appliance.run.exit_codes import DATABASE_DAMAGED

NOTE = {"name": "note", "plural": "notes", "fields": [{"name": "text"}]}


def ruin(file: Path, table: str) -> None:
    """The root page of a table is overwritten, as by a disk that forgot it."""
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
        size = database.execute("PRAGMA page_size").fetchone()[0]
    with file.open("r+b") as opened:
        opened.seek((page - 1) * size)
        opened.write(b"\xa5" * size)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """With one note and one good backup."""
    box = Box(tmp_path / "home")
    box.start()
    box.sign_in()
    box.send("POST", "/api/entities", {"data": {"type": "entities", "attributes": NOTE}}, 201)
    box.send("POST", "/api/notes", {"data": {"type": "notes", "attributes": {"text": "x"}}}, 201)
    box.ingot("backup")
    yield box
    if box.process and box.process.poll() is None:
        box.kill()


def components(box: Box) -> dict[str, Any]:
    return ControlClient(Home(box.home)).status()["health"]


def test_a_table_that_cannot_be_read_turns_everything_red(box: Box) -> None:
    backup = listing.listed(Home(box.home))[0].place
    box.stop()
    ruin(box.home / "ingot.db", "note")
    box.start()  # what can be read can be used: other entities, settings, the panel
    found = eventually(
        lambda: (one := components(box)["database"])["state"] == "down" and "ingot restore" in one["reason"] and one
    )
    assert f"ingot restore {backup}" in found["reason"]
    ready = box.get("/readyz", 503)
    assert ready["status"] == "down"
    assert "ingot restore" in box.ingot("status")
    checked = json.loads(box.ingot("check", "--json", status=13).rpartition("}")[0] + "}")
    assert checked["database"]["state"] == "down" and str(backup) in checked["database"]["reason"]
    page = box.session.get(box.url("/health"), timeout=20).text
    assert "tint-red" in page
    for line in (f"ingot stop --home {box.home}", f"ingot restore {backup} --home {box.home}"):
        assert f'<code class="secret">{line}</code>' in page, "the restore stands beside the damage, to be copied"
    change = {"data": {"type": "notes", "id": "1", "attributes": {"text": "y"}}}
    for method, path in (
        ("GET", "notes"), ("GET", "notes/1"), ("PATCH", "notes/1"), ("GET", "exports/notes.csv"), ("GET", "exports/notes.jsonl"),
    ):  # fmt: skip
        answer = box.session.request(method, box.url(f"/api/{path}"), data=json.dumps(change), timeout=20)
        error = answer.json()["errors"][0]
        assert (answer.status_code, error["code"]) == (503, "database_damaged"), path
        assert "restores the newest good backup" in error["detail"]
    said = box.ingot("export", "notes", status=DATABASE_DAMAGED)
    assert f"ingot restore {backup}" in said and "Traceback" not in said
    notices = eventually(lambda: box.get("/api/notices")["data"])
    assert [(n["attributes"]["kind"], n["attributes"]["title"]) for n in notices] == [("trouble", "database")]
    said = box.ingot("backup", status=1)
    assert "damaged" in said and "Traceback" not in said
    ControlClient(Home(box.home)).call("backup")
    down = eventually(lambda: (one := components(box)["backups"])["state"] == "down" and one, 60)
    assert "last backup could not be made" in down["reason"] and "ingot restore" in down["reason"]
    assert [one.place for one in listing.listed(Home(box.home))] == [backup]
    box.stop()
    box.ingot("restore", str(backup))
    box.start()
    assert box.get("/api/notes")["data"]
    assert components(box)["database"]["state"] == "ok"
    box.stop()


@pytest.mark.parametrize("table", ["ingot_user", "ingot_job"])
def test_a_start_that_meets_damage_at_its_very_end_is_refused_like_any_other(box: Box, table: str) -> None:
    box.stop()
    ruin(box.home / "ingot.db", table)
    said = box.ingot("serve", "--port", "0", status=DATABASE_DAMAGED)
    assert "ingot restore" in said and "Traceback" not in said
    process = warm.start("serve", "--port", "0", "--stay", "--home", str(box.home), environment=box.environment)
    client = ControlClient(Home(box.home))
    eventually(lambda: run_file.read(Home(box.home)) and client.status()["state"] == "blocked")
    status = client.status()
    assert (status["code"], status["addresses"], status["health"].get("web")) == ("database_damaged", [], None)
    process.terminate()
    assert process.wait(10) == DATABASE_DAMAGED


GONE: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink, "emptied": lambda file: os.truncate(file, 0),
    "another": lambda file: shutil.copy(file, f"{file}.new") and Path(f"{file}.new").replace(file),
}  # fmt: skip


@pytest.mark.parametrize("how", GONE)
def test_nothing_is_acknowledged_that_goes_into_a_file_that_is_gone(tmp_path: Path, how: str) -> None:
    """The kernel keeps it for whoever has it open, and drops it with the process."""
    settings = load(tmp_path / "home", environment={})
    house = assembly.open_house(settings)
    taking.take(settings, house.files, None, "test")
    GONE[how](settings.home.database)
    for make in (house.jobs.enqueue, lambda _: house.records.work(SYSTEM).__enter__()):
        with pytest.raises(DatabaseMissing):
            make(BACKUP)
    threads: list[object] = []
    reader = threading.Thread(target=lambda: threads.append(house.database.check()))
    reader.start()  # with no connection of its own yet: SQLite would make a new file
    reader.join()
    watch = DatabaseWatch(house.database, settings.home, house.jobs, lambda _: None, {})
    watch.start()
    eventually(lambda: "ingot restore" in str(watch.database().reason))
    assert watch.database().state == "down" and "down" in str(threads[0])
    watch.stop(5)
    assert how != "deleted" or not settings.home.database.exists()


def test_a_file_that_was_moved_back_is_used_again(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "x.db")
    with database.write():
        database.run("CREATE TABLE t (n INTEGER)")
    (tmp_path / "x.db").rename(tmp_path / "y.db")
    with pytest.raises(DatabaseMissing), database.write():
        pytest.fail("no transaction")
    (tmp_path / "y.db").rename(tmp_path / "x.db")
    with database.write():
        database.run("INSERT INTO t VALUES (1)")
    assert database.check()[0] == "ok"
    database.close()


@pytest.mark.slow
def test_a_damaged_backup_is_found_marked_and_told(box: Box) -> None:
    place = listing.listed(Home(box.home))[0].place
    client = ControlClient(Home(box.home))
    client.call("verify", file=place.name)
    assert client.query("backups")["backups"][0]["verified"]["whole"]
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 1
    place.write_bytes(content)
    box.stop()
    box.start()
    box.send(
        "POST", "/api/schedules",
        {"data": {"type": "schedules", "attributes": {"name": "now", "kind": "house.verify-backups", "every": 2}}}, 201,
    )  # fmt: skip
    eventually(lambda: client.query("backups")["backups"][0]["damaged"], 30)
    found = eventually(lambda: (one := components(box)["backups"])["state"] == "down" and one, 30)
    assert place.name in found["reason"]
    assert box.get("/readyz")["status"] == "degraded", "everybody can still work"
    box.stop()


# ---- in process: what counts as damage, and who hears of it


@pytest.mark.parametrize("table", ["numbers", "words"])
def test_every_way_of_reading_and_writing_meets_it(tmp_path: Path, table: str) -> None:
    for way in ("rows", "run", "many", "write"):
        place = tmp_path / f"{way}.db"
        database = SqliteDatabase(place)
        with database.write():
            database.run("CREATE TABLE numbers (n INTEGER)")
            database.run("CREATE TABLE words (n TEXT)")
        database.close()
        ruin(place, table)
        database = SqliteDatabase(place)
        told: list[str] = []
        database.faults.on_first(told.append)
        with pytest.raises(DatabaseDamaged, match="malformed"):
            if way == "rows":
                database.rows(f"SELECT * FROM {table}")
            elif way == "many":
                with database.write():
                    database.many(f"INSERT INTO {table} VALUES (?)", [(1,)])
            else:
                with database.write():
                    database.run(f"INSERT INTO {table} VALUES (1)")
        assert len(told) == 1 and "malformed" in database.faults.first
        database.close()


def test_other_errors_are_no_damage(database: Database) -> None:
    for wrong in ("SELECT * FROM nowhere", "SELEKT", "SELECT 1 / 0 FROM ingot_meta, nowhere"):
        with pytest.raises(Exception) as raised:
            database.rows(wrong)
        assert not is_damage(raised.value)
    assert not database.faults.first
    assert not is_damage(OSError(28, "No space left on device")) and not is_damage(None)
    assert is_damage(RuntimeError("x")) is False


def test_text_that_is_none_is_damage(tmp_path: Path) -> None:
    """Bytes that changed inside a text: SQLite hands them out, and Python cannot read them."""
    database = SqliteDatabase(tmp_path / "x.db")
    with pytest.raises(DatabaseDamaged, match="UTF-8"):
        database.rows("SELECT CAST(x'ff41' AS TEXT)")
    database.close()


def test_a_schema_that_cannot_even_be_quoted_is_damage(tmp_path: Path) -> None:
    settings = load(tmp_path / "home", environment={})
    assembly.open_house(settings).database.close()
    content = settings.home.database.read_bytes()
    settings.home.database.write_bytes(content.replace(b"CREATE INDEX", b"CREATE \xce\xceDEX"))
    for open_ in (assembly.open_house, assembly.look_at):
        with pytest.raises(StartRefused) as refused:
            open_(settings)
        assert refused.value.exit_code == DATABASE_DAMAGED, refused.value.message


def test_a_watch_that_stops_ends_its_check(tmp_path: Path) -> None:
    settings = load(tmp_path / "home", environment={})
    house = assembly.open_house(settings)
    told: list[str] = []
    watch = DatabaseWatch(house.database, settings.home, house.jobs, told.append, {})
    watch.start()
    watch.stop(5)
    assert watch._thread and not watch._thread.is_alive() and not told
    house.database.close()


def test_a_backup_that_failed_is_forgotten_when_one_was_made_by_hand(tmp_path: Path) -> None:
    settings = load(tmp_path / "home", environment={})
    house = assembly.open_house(settings)
    job = house.jobs.enqueue(BACKUP)
    with house.database.write():
        house.database.run(
            "UPDATE ingot_job SET state = 'dead', attempts = 2, message = 'The disk is full.', finished_at = ? WHERE id = ?",
            ("2026-01-01T00:00:00.000Z", job),
        )
    found = BackupHealth(settings, house.jobs).check()
    assert found.state == "down" and "The disk is full" in str(found.reason)
    taking.take(settings, house.files, None, "test")
    assert BackupHealth(settings, house.jobs).check().state == "ok"
    house.database.close()


@pytest.mark.parametrize("table", ["ingot_job", "ingot_file", "ingot_meta"])
def test_a_health_never_raises_whatever_table_is_damaged(tmp_path: Path, table: str) -> None:
    settings = load(tmp_path / "home", environment={})
    house = assembly.open_house(settings)
    watch = DatabaseWatch(house.database, settings.home, house.jobs, lambda _: None, {})
    house.database.close()
    ruin(settings.home.database, table)
    health = BackupHealth(settings, house.jobs)
    assert health.check().state in ("down", "ok") and watch.database().state in ("down", "ok")
    if table == "ingot_file":  # which is read for it; of an empty ingot_job the index alone
        assert health.check().state == "down" and watch.database().state == "down"
    house.database.close()
