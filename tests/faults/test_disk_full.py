"""A disk that is full is said as such by every write, and space that comes back is used without a restart."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from box import Box, eventually

from appliance import assembly
from appliance.apart import open_files
from appliance.base.disk import is_disk_full
from appliance.base.errors import DiskFull, IngotError
from appliance.base.settings import load
from appliance.engines.database.damage import is_damage
from appliance.engines.database.sqlite import SqliteDatabase
from appliance.run import settings_door
from appliance.run.backup import taking

SMALL = "120m"
ROOT = os.name == "posix" and os.geteuid() == 0


def test_what_says_full_and_what_does_not() -> None:
    assert is_disk_full(OSError(errno.ENOSPC, "No space left on device"))
    assert is_disk_full(OSError(errno.EDQUOT, "Quota exceeded"))
    assert is_disk_full(DiskFull())
    assert not is_disk_full(OSError(errno.EACCES, "no")) and not is_disk_full(ValueError("disk is full of air"))
    try:
        try:
            raise OSError(errno.ENOSPC, "x")
        except OSError as error:
            raise RuntimeError("could not be rolled back") from error
    except RuntimeError as wrapped:
        assert is_disk_full(wrapped)


def test_the_database_says_so_keeps_nothing_half_and_goes_on(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "x.db")
    database.run("CREATE TABLE t (a TEXT)")
    with database.write():
        pages = database.rows("PRAGMA page_count")[0][0]
        database.run(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(DiskFull), database.write():
        for _ in range(100):
            database.run("INSERT INTO t VALUES (?)", ("x" * 5_000,))
    assert database.rows("SELECT count(*) FROM t") == [(0,)]
    assert not database.faults.first, "a full disk is no damage"
    with database.write():
        database.run("PRAGMA max_page_count = 100000")
    with database.write():
        database.run("INSERT INTO t VALUES ('fits')")
    database.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.skipif(not ROOT, reason="a small disk can be mounted by root alone")
def test_every_write_of_a_server_says_so_until_there_is_room_again(small_disk: Path) -> None:
    box = Box(small_disk / "home", INGOT_LOG_LEVEL="error")
    box.start()
    box.sign_in()
    entity = {"name": "note", "plural": "notes", "fields": [{"name": "text", "kind": "long_text"}]}
    box.send("POST", "/api/entities", {"data": {"type": "entities", "attributes": entity}}, 201)
    note = {"data": {"type": "notes", "attributes": {"text": "x" * 300}}}
    first = box.send("POST", "/api/notes", note, 201)["data"]["id"]
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(b"\0" * 65_536)
    try:
        big = {"data": {"type": "notes", "attributes": {"text": "y" * 400_000}}}
        answer = box.session.post(box.url("/api/notes"), json=big, timeout=30)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (507, "disk_full"), answer.text
        upload = box.session.post(
            box.url("/api/files?name=a.bin"), data=b"z" * 500_000,
            headers={"Content-Type": "application/octet-stream"}, timeout=30,
        )  # fmt: skip
        assert (upload.status_code, upload.json()["errors"][0]["code"]) == (507, "disk_full"), upload.text
        change = {"data": {"type": "notes", "id": first, "attributes": {"text": "z" * 400_000}}}
        assert box.session.patch(box.url(f"/api/notes/{first}"), json=change, timeout=30).status_code == 507
        assert box.get(f"/api/notes/{first}")["data"]["attributes"]["text"] == "x" * 300, "reading goes on"
        ready = box.session.get(box.url("/readyz"), timeout=10).text
        assert "damaged" not in ready
    finally:
        ballast.unlink()
    eventually(lambda: box.session.post(box.url("/api/notes"), json=big, timeout=30).status_code == 201)
    box.stop()


@pytest.mark.skipif(not ROOT, reason="a small disk can be mounted by root alone")
def test_a_backup_and_a_change_of_settings_say_so_and_lose_nothing(small_disk: Path) -> None:
    settings = load(small_disk / "home", environment={})
    assembly.open_house(settings).database.close()
    file = settings.home.settings
    broken = '# ours\nport = 8499\nhost = "\n' + "# long\n" * 2_000
    file.write_text(broken)
    with (small_disk / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(b"\0" * 4_096)
    with pytest.raises(IngotError) as refused:
        settings_door.change(settings, {"workers": 5}, {}, dry_run=False)
    assert refused.value.code == "disk_full"
    assert file.read_text() == broken, "a file in pieces goes aside whole, or stays"
    with pytest.raises(IngotError) as refused:
        taking.take(settings, open_files(settings), None, "test")
    assert refused.value.code == "disk_full"
    assert [p.name for p in settings.home.root.iterdir() if p.name.startswith((".", "settings"))] == [file.name]
    assert not list(settings.home.backups.iterdir())
    (small_disk / "ballast").unlink()
    assert settings_door.change(settings, {"workers": 5}, {}, dry_run=False)["written"]
    assert taking.take(settings, open_files(settings), None, "test").exists()


def test_full_is_no_damage() -> None:
    assert not is_damage(OSError(errno.ENOSPC, "No space left on device"))
