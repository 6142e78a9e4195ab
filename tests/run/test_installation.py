"""A home that had a database never becomes a new installation by itself, whatever happened to the database; one that had none
does."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import requests
import warm
from box import Box
from private_postgres import PrivatePostgres

from appliance import assembly
from appliance.apart import open_database, open_files
from appliance.base.errors import StartRefused
from appliance.base.paths import Home
from appliance.base.settings import Settings, load
from appliance.run import installation
from appliance.run.backup import taking
from appliance.run.client import ControlClient
from appliance.run.exit_codes import DATABASE_DAMAGED, DATABASE_MISSING

ROOT = Path(__file__).resolve().parents[2]
Spoil = Callable[[Path], object]


def drop(root: Path) -> None:
    for file in root.glob("ingot.db*"):
        file.unlink()


def empty(root: Path) -> None:
    drop(root)
    (root / "ingot.db").touch()


def without_tables(root: Path) -> None:
    drop(root)
    with closing(sqlite3.connect(root / "ingot.db")) as database:
        database.execute("PRAGMA journal_mode = wal")
        database.execute("CREATE TABLE x (y)")
        database.execute("DROP TABLE x")


def folder(root: Path) -> None:
    drop(root)
    (root / "ingot.db").mkdir()


def link_to_nothing(root: Path) -> None:
    drop(root)
    (root / "ingot.db").symlink_to(root.parent / "not mounted" / "ingot.db")


def of_another_program(root: Path) -> None:
    drop(root)
    with closing(sqlite3.connect(root / "ingot.db")) as database:
        database.execute("CREATE TABLE bookmarks (url)")


def overwrite(start: int, length: int | None = None, filling: bytes = b"\xa5") -> Spoil:
    def spoil(root: Path) -> None:
        file = root / "ingot.db"
        size = file.stat().st_size
        with file.open("r+b") as opened:
            opened.seek(start)
            opened.write(filling * ((length or size) if start + (length or 0) <= size else size - start))

    return spoil


def cut(part: float) -> Spoil:
    return lambda root: os.truncate(root / "ingot.db", int((root / "ingot.db").stat().st_size * part))


SPOILED: dict[str, tuple[Spoil, int]] = {
    "gone": (drop, DATABASE_MISSING),
    "empty": (empty, DATABASE_MISSING),
    "a database without tables": (without_tables, DATABASE_MISSING),
    "a link to what is not there": (link_to_nothing, DATABASE_MISSING),
    "a folder": (folder, DATABASE_DAMAGED),
    "of another program": (of_another_program, DATABASE_DAMAGED),
    "garbage": (overwrite(0), DATABASE_DAMAGED),
    "zeros": (overwrite(0, filling=b"\0"), DATABASE_DAMAGED),
    "the header alone is whole": (overwrite(100), DATABASE_DAMAGED),
    "cut in half": (cut(0.5), DATABASE_DAMAGED),
    "cut to a page": (cut(0.02), DATABASE_DAMAGED),
    "cut inside the header": (lambda root: os.truncate(root / "ingot.db", 50), DATABASE_DAMAGED),
}


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with records and one backup, closed in good order."""
    root = tmp_path_factory.mktemp("lived") / "home"
    settings = load(root, environment={})
    house = assembly.open_house(settings)
    house.database.close()
    taking.take(settings, open_files(settings), None, "test", kind="automatic")
    return root


@pytest.fixture
def spoiled(lived_in: Path, tmp_path: Path) -> Settings:
    shutil.copytree(lived_in, tmp_path / "home")
    return load(tmp_path / "home", environment={})


def tree(root: Path) -> dict[str, int]:
    """What lies there, but for what any look at a SQLite file may leave beside it."""
    passing = ("-shm", "-wal", ".gate")
    return {
        str(p.relative_to(root)): p.lstat().st_size
        for p in root.rglob("*")
        if not p.is_dir() and not p.name.endswith(passing)
    }


@pytest.mark.parametrize("existing", [False, True])
@pytest.mark.parametrize("what", SPOILED)
def test_a_home_that_had_a_database_is_never_made_anew(spoiled: Settings, what: str, existing: bool) -> None:
    spoil, code = SPOILED[what]
    spoil(spoiled.home.root)
    before = tree(spoiled.home.root)
    with pytest.raises(StartRefused) as refused:
        assembly.open_house(spoiled, existing=existing)
    assert refused.value.exit_code == code, refused.value.message
    backup = next(spoiled.home.backups.glob("*.ingot"))
    assert f"ingot restore {backup}" in str(refused.value.message)
    assert tree(spoiled.home.root) == before


@pytest.mark.parametrize("trace", ["installation", "index/0.store", "files/private/ab/cd/x", "backups/ingot-1.ingot",
                                   "backups/before-0002_jobs-1.db", "previous/ingot.db"])  # fmt: skip
def test_each_trace_alone_is_enough(tmp_path: Path, trace: str) -> None:
    settings = load(tmp_path / "home", environment={})
    place = settings.home.root / trace
    place.parent.mkdir(parents=True)
    place.write_bytes(b"x")
    with pytest.raises(StartRefused) as refused:
        assembly.open_house(settings)
    assert refused.value.exit_code == DATABASE_MISSING
    assert "no good backup" in str(refused.value.message)


def test_settings_and_empty_folders_are_no_trace(tmp_path: Path) -> None:
    settings = load(tmp_path / "home", environment={})
    settings.home.create()
    settings.home.settings.write_text("port = 0\n")
    (settings.home.root / "ingot.db").touch()  # a first start that was killed
    assembly.open_house(settings)
    assert installation.kept_id(settings.home)


def test_the_newest_backup_that_is_named_is_a_good_one(spoiled: Settings) -> None:
    good = next(spoiled.home.backups.glob("*.ingot"))
    flipped = bytearray(good.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    (spoiled.home.backups / "ingot-99990101-000000.ingot").write_bytes(flipped)
    drop(spoiled.home.root)
    with pytest.raises(StartRefused) as refused:
        assembly.open_house(spoiled)
    assert str(refused.value.message).endswith(f"ingot restore {good} --home {spoiled.home.root}")


def test_home_and_database_share_an_id_that_survives(spoiled: Settings) -> None:
    kept = installation.kept_id(spoiled.home)
    database = assembly.open_house(spoiled, existing=True).database
    first = installation.read(database)
    assert first.id == kept and first.lineage
    database.close()
    installation.id_file(spoiled.home).unlink()
    database = assembly.open_house(spoiled, existing=True).database
    assert installation.kept_id(spoiled.home) == kept and installation.read(database) == first
    database.close()


def test_a_database_that_somebody_copied_in_becomes_the_homes_and_begins_a_lineage(spoiled: Settings) -> None:
    database = open_database(spoiled)
    before = installation.read(database)
    database.close()
    installation.keep_id(installation.id_file(spoiled.home), "another")
    database = assembly.open_house(spoiled).database
    after = installation.read(database)
    assert after.id == "another" and after.lineage != before.lineage
    database.close()


def test_an_older_database_or_one_without_its_write_ahead_log_is_told(tmp_path: Path) -> None:
    """What was lost beside the file is nowhere in it: the position that Ingot last ran at tells."""
    box = Box(tmp_path / "home")
    box.start()
    box.stop()
    older = (box.home / "ingot.db").read_bytes()
    box.start()
    box.sign_in()
    box.stop()
    box.start()
    assert ControlClient(Home(box.home)).status()["health"]["database"]["state"] == "ok"
    box.kill()
    drop(box.home)
    (box.home / "ingot.db").write_bytes(older)
    box.start()
    found = ControlClient(Home(box.home)).status()["health"]["database"]
    assert found["state"] == "degraded" and "changes are missing" in found["reason"]
    assert requests.get(box.url("/readyz"), timeout=10).json()["status"] == "degraded"
    box.stop()


def serve(home: Path, *options: str) -> tuple[int, str]:
    done = warm.run("serve", "--home", str(home), "--port", "0", *options, environment=dict(os.environ))
    return done.returncode, done.stderr


def test_existing_makes_nothing_where_the_disk_is_not_mounted(tmp_path: Path) -> None:
    gone, mount_point, configured = tmp_path / "gone", tmp_path / "empty", tmp_path / "configured"
    mount_point.mkdir()
    configured.mkdir()
    (configured / "settings.toml").write_text("port = 0\n")
    for home in (gone, mount_point, configured):
        code, said = serve(home, "--existing")
        assert code == DATABASE_MISSING and str(home) in said, said
        assert serve(home, "--existing", "--stay")[0] == DATABASE_MISSING
    assert not gone.exists() and not list(mount_point.iterdir())
    assert [p.name for p in configured.iterdir()] == ["settings.toml"]


def test_the_server_exits_with_a_sentence_and_no_traceback(spoiled: Settings) -> None:
    overwrite(4096)(spoiled.home.root)
    code, said = serve(spoiled.home.root)
    assert code == DATABASE_DAMAGED and "ingot restore " in said and "Traceback" not in said
    drop(spoiled.home.root)
    code, said = serve(spoiled.home.root)
    assert code == DATABASE_MISSING and "ingot restore " in said


def test_init_makes_one_once_and_never_over_one_that_was(tmp_path: Path) -> None:
    box = Box(tmp_path / "home")
    assert "A new Ingot" in box.ingot("init")
    kept = installation.kept_id(Home(box.home))
    assert "already" in box.ingot("init") and installation.kept_id(Home(box.home)) == kept
    drop(box.home)
    box.ingot("init", status=DATABASE_MISSING)


@pytest.mark.parametrize(
    "unit", ["packaging/systemd/ingot.service", "packaging/systemd/ingot-user.service", "gui/autostart.py"]
)
def test_service_managers_do_not_try_again_what_restarting_cannot_mend(unit: str) -> None:
    text = (ROOT / unit).read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith("RestartPreventExitStatus="))
    assert {"12", "13"} <= set(line.partition("=")[2].split())
    if unit.endswith(".service"):
        assert " serve --existing" in text


@pytest.mark.postgres
def test_an_empty_database_server_beside_a_home_with_an_id_is_refused(
    tmp_path: Path, postgres_server: PrivatePostgres
) -> None:
    def settings(url: str, home: str = "home") -> Settings:
        return load(tmp_path / home, {"database": url}, {})

    first, second = postgres_server.url(), postgres_server.url()
    house = assembly.open_house(settings(first))
    number = installation.read(house.database).id
    assert number and number == installation.kept_id(settings(first).home)
    house.database.close()
    with pytest.raises(StartRefused) as refused:
        assembly.open_house(settings(second))
    assert refused.value.exit_code == DATABASE_MISSING and "empty" in str(refused.value.message)
    with pytest.raises(StartRefused) as refused:
        assembly.open_house(settings("sqlite"))
    assert refused.value.exit_code == DATABASE_MISSING, "records do not move by changing the setting"
    with pytest.raises(StartRefused):
        assembly.open_house(settings(second, "new"), existing=True)
    other = assembly.open_house(settings(second, "other"))
    other.database.close()
    with pytest.raises(StartRefused) as refused:
        assembly.open_house(settings(second))
    assert "another installation" in str(refused.value.message)
    node = assembly.open_house(settings(first, "second node"))
    assert installation.kept_id(settings(first, "second node").home) == number
    node.database.close()
