"""What lies in a home and is not what its name says: a start, `ingot check` and a restore say so in one sentence, with the exit
code for it, and lose nothing."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import warm

from appliance import assembly
from appliance.apart import open_files
from appliance.base.errors import IngotError, StartRefused, Unavailable
from appliance.base.paths import Home
from appliance.base.settings import Settings, load
from appliance.cli import checking
from appliance.features.files.storing import Kept, add_file
from appliance.records.permissions import SYSTEM
from appliance.run import preflight
from appliance.run.backup import archive, listing, restoring, snapshots, taking
from appliance.run.backup.archive import Damaged
from appliance.run.backup.health import BackupHealth
from appliance.run.client import ControlClient
from appliance.run.exit_codes import DATABASE_DAMAGED, DATABASE_MISSING, HOME_UNUSABLE


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a session, a file and a backup."""
    settings = load(tmp_path_factory.mktemp("made") / "home", environment={})
    house = assembly.open_house(settings)
    stored = house.files.put(io.BytesIO(b"content"))
    with house.records.work(SYSTEM) as work:
        add_file(work, Kept("a.txt", "text/plain", 7, stored.sha256))
        user = work.create("user", {"email": "ada@example.org", "name": "Ada"})[0]
    house.sessions.open(user, "", "")
    house.claim.open()
    house.database.close()
    taking.take(settings, open_files(settings), None, "test")
    return settings.home.root


@pytest.fixture
def settings(made: Path, tmp_path: Path) -> Settings:
    shutil.copytree(made, tmp_path / "home")
    return load(tmp_path / "home", environment={})


def check(settings: Settings) -> tuple[dict[str, Any], int]:
    return checking.look(settings, ControlClient(settings.home))


def instead(name: str, make: Callable[[Path], object]) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        place = root / name
        if place.exists():
            place.rename(root.parent / "was")
        make(place)

    return spoil


IN_THE_WAY = [
    *(instead(name, Path.touch) for name in ("files", "backups", "index", "cache", "logs", "run")),
    *(instead(name, lambda place: place.symlink_to("/not mounted")) for name in ("files", "index")),
    *(instead(f"ingot.db{end}", Path.mkdir) for end in ("-wal", "-shm", ".gate")),
    instead("logs/ingot.log", Path.mkdir),
]


@pytest.mark.parametrize("spoil", IN_THE_WAY)
def test_a_check_says_what_a_start_is_refused_for(settings: Settings, spoil: Callable[[Path], None]) -> None:
    spoil(settings.home.root)
    with pytest.raises(StartRefused) as refused:
        preflight.prepare(settings.home)
    assert refused.value.exit_code == HOME_UNUSABLE
    found, code = check(settings)
    assert code and found["home"].state == "down"
    assert str(refused.value.message) in found["home"].reason


def test_a_database_that_lies_on_another_disk_is_used_there(settings: Settings, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.db"
    settings.home.database.rename(elsewhere)
    settings.home.database.symlink_to(elsewhere)
    house = assembly.open_house(settings)
    with house.records.work(SYSTEM) as work:
        work.create("user", {"email": "ben@example.org", "name": "Ben"})
    house.database.close()
    assert settings.home.database.is_symlink()
    assert check(settings)[1] == 0


def of_another_program(root: Path) -> None:
    (root / "ingot.db").unlink()
    with closing(sqlite3.connect(root / "ingot.db")) as database:
        database.execute("CREATE TABLE bookmarks (url)")


def without_tables(root: Path) -> None:
    of_another_program(root)
    with closing(sqlite3.connect(root / "ingot.db")) as database:
        database.execute("DROP TABLE bookmarks")


@pytest.mark.parametrize(
    ("spoil", "code"), [(of_another_program, DATABASE_DAMAGED), (without_tables, DATABASE_MISSING)]
)
def test_whoever_looks_hears_what_a_start_would_say(
    settings: Settings, spoil: Callable[[Path], None], code: int
) -> None:
    spoil(settings.home.root)
    said = []
    for open_ in (assembly.open_house, assembly.look_at):
        with pytest.raises(StartRefused) as refused:
            open_(settings)
        assert refused.value.exit_code == code
        said.append(str(refused.value.message))
    assert said[0] == said[1] and "ingot restore" in said[0]


def test_a_start_that_is_refused_makes_no_folder(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "installation").write_text("0123456789abcdef\n")
    done = warm.run("serve", "--existing", "--home", str(home), environment=dict(os.environ))
    assert (done.returncode, [p.name for p in home.iterdir()]) == (DATABASE_MISSING, ["installation"]), done.stderr


def test_contents_that_are_gone_are_named_and_a_backup_says_that_it_lacks_them(settings: Settings) -> None:
    file = next(p for p in settings.home.files.rglob("*") if p.is_file())
    file.unlink()
    found, code = check(settings)
    assert code == 0 and found["files"].state == "degraded" and "a.txt" in found["files"].reason
    warned: list[str] = []
    place = taking.take(settings, open_files(settings), None, "test", warn=lambda text: warned.append(str(text)))
    assert listing.read_one(place).shown()["lost"] == 1 and "1 contents" in warned[0]
    house = assembly.look_at(settings)
    assert BackupHealth(settings, house.jobs).check().state == "degraded"
    house.database.close()


def test_a_folder_of_files_that_goes_while_we_run_is_told_and_not_made_anew(settings: Settings) -> None:
    ground, store = preflight.prepare(settings.home), open_files(settings)
    ground.mark()
    assert ground.health()["home"].state == "ok"
    settings.home.files.rename(settings.home.root / "unmounted")
    assert ground.health()["home"].state == "down"
    with pytest.raises(Unavailable, match="mounted"):
        store.put(io.BytesIO(b"x"))
    assert not settings.home.files.exists()


# ---- a restore


JUNK = ("previous", ".restoring", ".leaving", ".laying-out")


@pytest.mark.parametrize("kind", ["file", "folder", "filled", "link"])
@pytest.mark.parametrize("name", JUNK)
def test_what_only_has_a_name_of_the_restores_is_in_nobodys_way(settings: Settings, name: str, kind: str) -> None:
    home, place = settings.home, settings.home.root / name
    make: dict[str, Callable[[], object]] = {
        "file": place.touch, "folder": place.mkdir, "link": lambda: place.symlink_to("/nowhere"),
        "filled": lambda: (place.mkdir(), (place / "note.txt").touch()),
    }  # fmt: skip
    make[kind]()
    before = home.database.read_bytes()
    restoring.recover(home)
    assert home.database.read_bytes() == before, "a start takes nothing away for it"
    restoring.restore(home, listing.listed(home)[0].place)
    assert not restoring.broken_off(home) and restoring.can_go_back(home)
    restoring.back(home)
    assert assembly.look_at(settings).records.registry.entities


def rebuilt(source: Path, target: Path, members: dict[str, bytes], **facts: Any) -> Path:
    """A backup with a right checksum and other contents."""
    with zipfile.ZipFile(source) as opened:
        found = {name: opened.read(name) for name in opened.namelist()} | members
    manifest = json.loads(found.pop(archive.MANIFEST)) | facts
    with target.open("xb") as file, archive.writing(file) as writer:
        for name, content in found.items():
            writer.add(name, io.BytesIO(content))
        writer.manifest({k: v for k, v in manifest.items() if k not in ("members", "format")})
    return target


@pytest.mark.parametrize(
    "wrong", [{"migrations": 5}, {"position": []}, {"created_at": "2026-01-01"}, {"lineage_at": "soon"}]
)
def test_a_list_of_contents_that_is_none_is_damage_and_never_a_crash(
    settings: Settings, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    source = listing.listed(settings.home)[0].place
    place = rebuilt(source, settings.home.backups / "odd.ingot", {}, **wrong)
    with pytest.raises(Damaged):
        restoring.verify(place)
    assert len(listing.listed(settings.home)) == 2, "the others are listed beside it"


def test_a_database_in_a_backup_that_is_none_ends_the_restore_with_a_sentence(
    settings: Settings, tmp_path: Path
) -> None:
    source = listing.listed(settings.home)[0].place
    place = rebuilt(source, tmp_path / "x.ingot", {archive.DATABASE: os.urandom(90_000)}, kind="snapshot")
    before = sorted(settings.home.root.iterdir())
    with pytest.raises(IngotError, match="damaged"):
        restoring.restore(settings.home, place)
    assert sorted(settings.home.root.iterdir()) == before


def signed_in(file: Path) -> list[int]:
    with closing(sqlite3.connect(file)) as database:
        return [
            database.execute("SELECT count(*) FROM ingot_session").fetchone()[0],
            database.execute("SELECT count(*) FROM ingot_meta WHERE key = 'claim'").fetchone()[0],
        ]


def test_nobody_is_signed_in_by_going_back_in_time(settings: Settings) -> None:
    home: Home = settings.home
    assert signed_in(home.database) == [1, 1]
    snapshot = snapshots.take(home, "0099_step")
    assert signed_in(snapshot) == [0, 0]
    backup = next(one.place for one in listing.listed(home) if one.kind == "manual")
    restoring.restore(home, backup)
    assert signed_in(home.root / "previous" / "ingot.db") == [1, 1], "the state before is kept as it was"
    restoring.back(home)
    assert signed_in(home.database) == [0, 0]
