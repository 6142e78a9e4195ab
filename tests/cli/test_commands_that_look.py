"""Every command of the tree either changes something or only looks; those that look make, migrate and write nothing, say so where
there is no home, and answer where a home can only be read. A command that is in neither table is a red test."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest
from box import Box
from click.testing import CliRunner

from appliance import assembly
from appliance.base.settings import load
from appliance.cli import main
from appliance.features.identity import accounts
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM
from appliance.run.backup import taking

LOOK = {
    "check": [], "status": None, "logs": [], "maintenance": ["show"],
    "entity list": [], "entity show": ["note"], "entity export": ["note"],
    "export": ["note"], "user list": [], "jobs list": [], "jobs show": ["1"], "backup": ["--list"],
}  # fmt: skip
"""Arguments of each; None: it asks a running server alone."""
WITHOUT_A_HOME = {"verify", "pack list"}
RECORDED = {"export"}
"""What leaves the house is noted among the security events, and nowhere else."""
CHANGE = {
    "serve", "init", "stop", "panel", "reindex", "restore", "import", "user add", "user change-email",
    "user disable", "user reset-password",
    "token create", "pack install", "jobs retry", "jobs discard", "jobs cancel",
}  # fmt: skip


def tables(home: Path) -> dict[str, list[object]]:
    """All there is but the security events."""
    with closing(sqlite3.connect(home / "ingot.db")) as database:
        names = [r[0] for r in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        shown = [n for n in names if n != "ingot_security_event" and not n.startswith("sqlite_")]
        return {n: sorted(map(repr, database.execute(f'SELECT * FROM "{n}"'))) for n in shown}


def commands(group: click.Group = main, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def test_every_command_is_in_one_of_the_tables() -> None:
    assert set(commands()) == set(LOOK) | WITHOUT_A_HOME | CHANGE


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an entity, a job, a log and a backup, closed in good order."""
    settings = load(tmp_path_factory.mktemp("made") / "home", environment={})
    house = assembly.open_house(settings)
    with house.records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity({"name": "note", "plural": "notes", "fields": [{"name": "text"}]})])
    with house.records.work(SYSTEM) as work:
        work.create("note", {"text": "hello"})
    with house.records.work(SYSTEM) as work:
        accounts.add_user(work, "a@example.org", name="A", roles=None, password=None)
    house.jobs.enqueue("house.sweep")
    house.database.close()
    taking.take(settings, house.files, None, "test")
    (settings.home.logs / "ingot.log").write_text("a line\n")
    return settings.home.root


def snapshot(root: Path) -> dict[str, tuple[int, str]]:
    if not root.exists():
        return {}
    return {
        str(p.relative_to(root)): (
            p.stat().st_mtime_ns,
            hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() else "",
        )
        for p in [root, *root.rglob("*")]
    }


def run(words: str, home: Path, *more: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, [*words.split(), *more, "--home", str(home)])
    if done.exception and not isinstance(done.exception, SystemExit):
        return -1, repr(done.exception)
    return done.exit_code, done.output


@pytest.mark.parametrize("words", LOOK)
def test_where_there_is_no_home_it_says_so_and_makes_none(tmp_path: Path, words: str) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for home in (tmp_path / "none", empty):
        code, said = run(words, home, *(LOOK[words] or []))
        database = words not in ("status", "logs", "maintenance", "backup")
        assert code == 12 or (home == empty and not database), said
        assert "Ingot" in said or str(home) in said or home == empty
    assert not (tmp_path / "none").exists() and not list(empty.iterdir())


@pytest.mark.parametrize("words", [words for words in LOOK if LOOK[words] is not None])
def test_it_writes_nothing(made: Path, tmp_path: Path, words: str) -> None:
    home = tmp_path / "home"
    shutil.copytree(made, home, copy_function=shutil.copy2)
    before = snapshot(home)
    code, said = run(words, home, *(LOOK[words] or []))
    assert code == 0 and said, said
    import gc

    gc.collect()
    after = snapshot(home)
    left = {name for name in after if name not in before and not name.endswith(("-shm", "-wal"))}
    if words in RECORDED:
        left -= {"ingot.db.gate"}
        before = {name: value for name, value in before.items() if not name.startswith("ingot.db")}
        assert tables(home) == tables(made)
    assert not left and all(after[name] == value for name, value in before.items() if name != ".")


def test_a_process_of_its_own_leaves_not_even_what_sqlite_keeps_beside(made: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(made, home, copy_function=shutil.copy2)
    names = {str(p) for p in home.rglob("*")}
    box = Box(home)
    assert "note" in box.ingot("entity", "list")
    box.ingot("check")
    assert {str(p) for p in home.rglob("*")} == names


@pytest.mark.parametrize("state", ["stopped", "killed", "killed, its shared memory gone"])
def test_on_a_home_that_can_only_be_read_they_answer(made: Path, state: str) -> None:
    """As another user than the one who may write; in a child that gives up being root."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        home = root / "home"
        shutil.copytree(made, home)
        keep = None
        if state != "stopped":
            keep = _as_if_killed(home)
            if "gone" in state:
                (home / "ingot.db-shm").unlink()
        wanted = [(words, LOOK[words] or []) for words in LOOK if LOOK[words] is not None and words != "check"]
        for place in [root, *root.rglob("*")]:
            place.chmod(0o555 if place.is_dir() else 0o444)
        before = snapshot(home)
        answers = _as_somebody_else(home, [*wanted, ("check", ["--json"])])
        after = snapshot(home)
        for place in [root, *root.rglob("*")]:
            place.chmod(0o755 if place.is_dir() else 0o644)
        if keep:
            keep.close()
    for (words, _), (code, said) in zip(wanted, answers, strict=False):
        assert code == 0, (words, said)
    code, said = answers[-1]
    found = json.loads(said)
    assert found["home"]["state"] == "down" and found["database"]["state"] == "ok" and code == 1
    assert after == before


def _as_if_killed(home: Path) -> sqlite3.Connection:
    """Something in the write-ahead log, and nobody who has it open: the connection that is returned works on a copy's twin."""
    twin = home.with_name("twin.db")
    shutil.copy(home / "ingot.db", twin)
    connection = sqlite3.connect(twin)
    connection.execute("PRAGMA journal_mode = wal")
    connection.execute("UPDATE ingot_user SET name = name")
    connection.execute("INSERT INTO ingot_meta (key, value) VALUES ('in the log', 'x')")
    connection.commit()
    for end in ("", "-wal", "-shm"):
        shutil.copy(f"{twin}{end}", home / f"ingot.db{end}")
    return connection


def _as_somebody_else(home: Path, wanted: list[tuple[str, list[str]]]) -> list[tuple[int, str]]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            os.environ["TMPDIR"] = "/tmp"
            tempfile.tempdir = None
            answers = [run(words, home, *more) for words, more in wanted]
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(answers, pipe)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answers: list[tuple[int, str]] = pickle.load(pipe)
    os.waitpid(child, 0)
    return answers


def test_they_never_migrate(made: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(made, home)
    with closing(sqlite3.connect(home / "ingot.db")) as database:
        newest = database.execute("SELECT max(name) FROM ingot_migration").fetchone()[0]
        database.execute("DELETE FROM ingot_migration WHERE name = ?", (newest,))
        database.commit()
    code, said = run("entity list", home)
    assert code == 1 and "older Ingot" in said
    with closing(sqlite3.connect(home / "ingot.db")) as database:
        assert not database.execute("SELECT 1 FROM ingot_migration WHERE name = ?", (newest,)).fetchone()
    assert not list((home / "backups").glob("before-*"))


def test_check_names_a_damaged_database_and_the_backup_to_restore(made: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(made, home)
    with closing(sqlite3.connect(home / "ingot.db")) as database:
        page, size = (
            database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'note'").fetchone()[0],
            database.execute("PRAGMA page_size").fetchone()[0],
        )
    with (home / "ingot.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)
    code, said = run("check", home)
    assert code == 13 and "ingot restore" in said and "ok" not in said.split("database")[1].split("ingot restore")[0]
