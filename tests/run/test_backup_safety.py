"""Around a backup and a restore: leftovers, room on the disk, snapshots, another engine, jobs that must not run again, and that a
refusal leaves nothing behind."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest
from box import Box

from appliance import assembly
from appliance.apart import open_files
from appliance.base import clock
from appliance.base.errors import Conflict, IngotError, NotFound, StartRefused
from appliance.base.paths import Home
from appliance.base.settings import Settings, load
from appliance.jobs.row import DEAD, NEW, RUNNING
from appliance.jobs.schedule import Schedules
from appliance.run import installation, migrating
from appliance.run.backup import archive, held_jobs, leftovers, listing, restoring, snapshots, taking, verdicts
from appliance.run.exit_codes import DATABASE_TOO_NEW, DISK_FULL, MIGRATION_FAILED


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a record of a file, a job that waits and one that was under way."""
    settings = load(tmp_path_factory.mktemp("made") / "home", environment={})
    house = assembly.open_house(settings)
    Schedules(house.jobs).settle()
    with house.database.write():  # a backup of last year
        house.database.run("UPDATE ingot_schedule SET next_run = '2026-01-01T00:00:00.000Z'")
    first = house.jobs.enqueue("house.sweep", key="sweep")
    second = house.jobs.enqueue("house.sweep", after=first)
    third = house.jobs.enqueue("notices.sweep")
    with house.database.write():
        house.database.run("UPDATE ingot_job SET state = 'running', attempts = 1 WHERE id = ?", (third,))
    assert [house.jobs.get(n).state for n in (second, third)] == [NEW, RUNNING]
    house.database.close()
    return settings.home.root


@pytest.fixture
def settings(made: Path, tmp_path: Path) -> Settings:
    shutil.copytree(made, tmp_path / "home")
    return load(tmp_path / "home", environment={})


def take(settings: Settings, target: Path | None = None, kind: listing.Kind = "manual") -> Path:
    return taking.take(settings, open_files(settings), target, "test", kind=kind)


def names(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.name not in ("backup.lock", "lock")}


# ---- leftovers


def test_what_killed_backups_left_goes_before_the_next_and_at_a_start(settings: Settings) -> None:
    backups = settings.home.backups
    precious = [backups / name for name in ("monday.ingot", ".hidden-of-mine", "before-0001_x-1.db", "ingot-1.ingot")]
    half = [backups / name for name in (".0123456789abcdef.db", ".0123456789abcdef.db-journal",
                                        ".ingot-20260101-000000.ingot.0123456789abcdef")]  # fmt: skip
    for again in (lambda: take(settings), lambda: leftovers.remove_at_start(settings.home)):
        for file in precious + half:
            file.write_bytes(b"x")
        again()
        assert not any(file.exists() for file in half) and all(file.exists() for file in precious)


def test_a_backup_killed_in_the_middle_leaves_nothing_after_the_next(settings: Settings, tmp_path: Path) -> None:
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom appliance.apart import open_files\n"
        "from appliance.base.settings import load\nfrom appliance.run.backup import archive, taking\n"
        "archive.check = lambda place: os._exit(9)\n"
        "settings = load(Path(sys.argv[1]), environment={})\ntaking.take(settings, open_files(settings), None, 'x')\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(settings.home.root)], timeout=60)
    assert done.returncode == 9
    assert len([p for p in settings.home.backups.iterdir() if p.name.startswith(".")]) == 2
    place = take(settings)
    assert {p.name for p in settings.home.backups.iterdir()} == {place.name, verdicts.NAME}


# ---- room


def test_when_space_is_short_the_oldest_automatic_go_first_and_it_is_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, middle, by_hand = (take(settings, kind="automatic"), take(settings, kind="automatic"), take(settings))
    newest = take(settings, kind="automatic")
    for n, place in enumerate((old, middle)):
        _backdate(place, n)
    usage = shutil.disk_usage(settings.home.root)
    free = [taking.needed(settings.home) - old.stat().st_size // 2]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=free[0]))
    said: list[tuple[str, bool]] = []
    taking.take(settings, open_files(settings), None, "test", kind="automatic",
                warn=lambda text: said.append((str(text), old.exists())))  # fmt: skip
    assert len(said) == 1 and old.name in said[0][0] and said[0][1], "said while it was still there"
    assert not old.exists() and middle.exists() and by_hand.exists()
    free[0] = 0
    with pytest.raises(IngotError, match="too full"):
        take(settings, kind="automatic")
    assert middle.exists() and newest.exists(), "what would not be enough anyway is not deleted"


def _backdate(place: Path, n: int) -> None:
    """An archive that says it was made on another day."""
    with archive.reading(place) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    facts = orjson.loads(members.pop(archive.MANIFEST))
    facts["created_at"] = f"2020-01-0{n + 1}T00:00:00.000Z"
    place.unlink()
    with place.open("xb") as file, archive.writing(file) as writer:
        for name, content in members.items():
            writer.add(name, io.BytesIO(content))
        writer.manifest({k: v for k, v in facts.items() if k not in ("members", "format")})


# ---- lineage, jobs, engine


def test_a_restore_begins_a_lineage_and_its_jobs_wait_for_a_person(settings: Settings) -> None:
    backup = take(settings)
    before = listing.read_one(backup)
    number = installation.kept_id(settings.home)
    restoring.restore(settings.home, backup)
    with closing(sqlite3.connect(settings.home.database)) as database:
        assert {row[0] for row in database.execute("SELECT next_run FROM ingot_schedule")} == {held_jobs.FAR}
    house = assembly.open_house(settings, existing=True)
    Schedules(house.jobs).settle()
    now = clock.now()
    for (planned,) in house.database.rows("SELECT next_run FROM ingot_schedule"):
        assert now < datetime.fromisoformat(planned) < now + timedelta(days=40), "planned anew, nothing made up for"
    found = installation.read(house.database)
    assert found.lineage != before.lineage and found.id == number == installation.kept_id(settings.home)
    rows = house.jobs.list(limit=10)
    assert len(rows) == 3 and {row.state for row in rows} == {DEAD}
    assert all("administrator" in (row.message or "") for row in rows)
    assert house.jobs.queue.depth()["ready"] == 0 and not house.jobs.queue.ready()
    assert house.jobs.enqueue("house.sweep", key="sweep") not in {row.id for row in rows}, "its key is free again"
    again = house.jobs.retry(rows[0].id)
    assert not again.final, "a person may run it"
    house.database.close()
    assert listing.read_one(take(settings)).lineage == found.lineage
    restoring.back(settings.home)
    house = assembly.open_house(settings, existing=True)
    assert installation.read(house.database).lineage == before.lineage
    house.database.close()


def test_a_restore_into_a_home_on_another_engine_says_what_to_do(settings: Settings, tmp_path: Path) -> None:
    backup = take(settings, tmp_path / "kept.ingot")
    box = Box(tmp_path / "elsewhere")
    box.home.mkdir()
    (box.home / "settings.toml").write_text('database = "postgresql://u@127.0.0.1:1/x"\n')
    before = names(box.home)
    said = box.ingot("restore", str(backup), status=1)
    assert "PostgreSQL" in said and "--home" in said and names(box.home) == before
    with pytest.raises(Conflict):
        restoring.check_engine(load(box.home, environment={}))


# ---- nothing left behind, nothing empty to go back to


@pytest.mark.parametrize("there", [False, True])
def test_a_refused_restore_leaves_nothing_behind(settings: Settings, tmp_path: Path, there: bool) -> None:
    whole = bytearray(take(settings).read_bytes())
    whole[len(whole) // 3] ^= 1
    flipped, text = tmp_path / "flipped.ingot", tmp_path / "text.ingot"
    flipped.write_bytes(whole)
    text.write_text("no backup at all\n" * 100)
    box = Box(tmp_path / "new")
    if there:
        box.home.mkdir()
    for file in (flipped, text, tmp_path / "not there.ingot", tmp_path):
        box.ingot("restore", str(file), status=1)
        assert box.home.exists() == there and (not there or not list(box.home.iterdir()))
    box.ingot("restore", "--back", status=1)
    assert box.home.exists() == there and (not there or not list(box.home.iterdir()))


def test_onto_an_empty_home_there_is_no_step_back(settings: Settings, tmp_path: Path) -> None:
    backup = take(settings, tmp_path / "kept.ingot")
    new = Home(tmp_path / "new").create()
    new.settings.write_text("port = 0\n")
    restoring.restore(new, backup)
    assert not (new.root / "previous").exists() and not restoring.can_go_back(new)
    with pytest.raises(NotFound):
        restoring.back(new)
    assert new.database.exists()
    assert installation.kept_id(new) == installation.kept_id(settings.home), "it moved here"


def test_a_state_without_a_database_never_replaces_one_that_one_can_go_back_to(settings: Settings) -> None:
    """Restored yesterday, lost the database today, restored again: yesterday's step back and today's files are still there."""
    backup = take(settings)
    restoring.restore(settings.home, backup)
    for file in settings.home.root.glob("ingot.db*"):
        file.unlink()
    (settings.home.files / "private").mkdir()
    (settings.home.files / "private" / "precious").write_bytes(b"x")
    restoring.restore(settings.home, backup)
    assert restoring.can_go_back(settings.home)
    aside = list(settings.home.root.glob("set-aside-*/files/private/precious"))
    assert len(aside) == 1


# ---- snapshots before a migration


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A program with one migration more, which fails."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrating.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "0999_test.py").write_text("def up(migrator, db):\n    raise RuntimeError('no')\n")
    monkeypatch.setattr(migrating, "FOLDER", folder)
    return folder / "0999_test.py"


def test_failed_starts_write_one_snapshot_and_the_downgrade_names_the_command_that_works(
    settings: Settings, failing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = settings.home.files / "private" / "kept"
    content.write_bytes(b"uploaded")
    settings.home.settings.write_text("port = 8401\n")
    for _ in range(3):
        with pytest.raises(StartRefused) as refused:
            assembly.open_house(settings)
        assert refused.value.exit_code == MIGRATION_FAILED
    assert len(list(settings.home.backups.glob("before-0999_test-*.db"))) == 1
    failing.write_text("def up(migrator, db):\n    db.execute_sql('CREATE TABLE of_the_new_release (x TEXT)')\n")
    house = assembly.open_house(settings)
    with house.database.write():
        house.database.run("UPDATE ingot_user SET name = name")
    house.database.close()
    monkeypatch.undo()
    with pytest.raises(StartRefused) as refused:
        assembly.open_house(settings)
    assert refused.value.exit_code == DATABASE_TOO_NEW
    words = shlex.split(str(refused.value.message).rpartition("ingot restore ")[2])
    assert words[1:] == ["--home", str(settings.home.root)], "pasted as it stands, it must not touch the usual home"
    snapshot = Path(words[0])
    assert snapshot.name.startswith("before-0999_test-")
    restoring.restore(settings.home, snapshot)
    assembly.open_house(settings, existing=True).database.close()
    assert content.read_bytes() == b"uploaded" and settings.home.settings.read_text() == "port = 8401\n"
    with closing(sqlite3.connect(settings.home.database)) as database:
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    assert "of_the_new_release" not in tables and "ingot_log" in tables
    assert restoring.can_go_back(settings.home)


def test_snapshots_are_listed_verified_and_pruned(settings: Settings) -> None:
    for n in range(5):
        snapshots.take(settings.home, f"000{n}_x")
        os.utime(next(settings.home.backups.glob(f"before-000{n}_x-*.db")), (time.time() + n, time.time() + n))
    listed = listing.listed(settings.home)
    assert [one.kind for one in listed] == ["snapshot"] * 5 and not any(one.damaged for one in listed)
    snapshots.prune(settings.home)
    left = listing.listed(settings.home)
    assert [one.place for one in left] == [one.place for one in listed[:3]]
    place = left[0].place
    assert restoring.verify(place).kind == "snapshot"
    os.truncate(place, place.stat().st_size // 2)
    with pytest.raises(archive.Damaged):
        restoring.verify(place)


def test_there_must_be_room_for_the_snapshot(
    settings: Settings, failing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(settings.home.root)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10_000_000))
    with pytest.raises(StartRefused) as refused:
        assembly.open_house(settings)
    assert refused.value.exit_code == DISK_FULL and not list(settings.home.backups.iterdir())


# ---- a damaged database


def test_no_backup_is_made_of_a_damaged_database(settings: Settings) -> None:
    good = take(settings)
    ruin_a_table(settings.home.database)
    box = Box(settings.home.root)
    said = box.ingot("backup", status=1)
    assert "damaged" in said and f"ingot restore {good}" in said and "Traceback" not in said
    assert [one.place for one in listing.listed(settings.home)] == [good]


def ruin_a_table(file: Path, table: str = "ingot_notice") -> None:
    """Its root page is overwritten, as by a disk that forgot it."""
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
        size = database.execute("PRAGMA page_size").fetchone()[0]
    with file.open("r+b") as opened:
        opened.seek((page - 1) * size)
        opened.write(b"\xa5" * size)
