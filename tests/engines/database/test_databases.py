"""The contract of a database: one writer at a time, nothing half-written, bells only after the commit."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from appliance.engines.database.protocol import Database
from appliance.engines.database.sqlite import SqliteDatabase


@pytest.fixture
def numbers(database: Database) -> Database:
    with database.write():
        database.run("CREATE TABLE numbers (id INTEGER PRIMARY KEY, n INTEGER)")
        database.run("INSERT INTO numbers (id, n) VALUES (1, 0)")
    return database


def n_of(database: Database) -> int:
    return database.rows("SELECT n FROM numbers WHERE id = 1")[0][0]


def test_an_exception_takes_back_what_was_written(numbers: Database) -> None:
    with pytest.raises(RuntimeError), numbers.write():
        numbers.run("UPDATE numbers SET n = 5")
        raise RuntimeError
    assert n_of(numbers) == 0
    assert not numbers.writing()


def test_an_inner_write_fails_alone_and_the_outer_one_goes_on(numbers: Database) -> None:
    with numbers.write():
        numbers.run("UPDATE numbers SET n = 1")
        with pytest.raises(RuntimeError), numbers.write():
            numbers.run("UPDATE numbers SET n = 2")
            raise RuntimeError
        assert n_of(numbers) == 1
    assert n_of(numbers) == 1


def test_readers_see_the_last_commit_and_never_wait_for_a_writer(numbers: Database) -> None:
    seen: list[int] = []
    with numbers.write():
        numbers.run("UPDATE numbers SET n = 9")
        reader = threading.Thread(target=lambda: (seen.append(n_of(numbers)), numbers.release()))
        reader.start()
        reader.join(10)
    assert seen == [0]


def test_read_then_write_from_many_threads_loses_no_update(numbers: Database) -> None:
    def add() -> None:
        for _ in range(25):
            with numbers.write():
                n = n_of(numbers)
                numbers.run(numbers.sql("UPDATE numbers SET n = ?"), (n + 1,))
        numbers.release()

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert n_of(numbers) == 200


def test_bells_ring_after_the_commit_and_not_for_a_rollback(numbers: Database) -> None:
    heard: list[int] = []
    numbers.on_commit(lambda: heard.append(n_of(numbers)))
    with numbers.write():
        with numbers.write():
            numbers.run("UPDATE numbers SET n = 3")
        assert heard == []
    with pytest.raises(RuntimeError), numbers.write():
        raise RuntimeError
    assert heard == [3]


def test_a_bell_that_raises_harms_nobody(numbers: Database) -> None:
    def broken() -> None:
        raise RuntimeError("bell")

    heard: list[bool] = []
    numbers.on_commit(broken)
    numbers.on_commit(lambda: heard.append(True))
    with numbers.write():
        numbers.run("UPDATE numbers SET n = 4")
    assert heard == [True]
    assert n_of(numbers) == 4


WRITER = """
import sys
from pathlib import Path
from appliance.engines.database.sqlite import SqliteDatabase
database = SqliteDatabase(Path(sys.argv[1]))
for _ in range(50):
    with database.write():
        n = database.rows("SELECT n FROM numbers")[0][0]
        database.run("UPDATE numbers SET n = ?", (n + 1,))
"""


def test_writers_in_several_processes_lose_no_update(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "x.db")
    with database.write():
        database.run("CREATE TABLE numbers (id INTEGER PRIMARY KEY, n INTEGER)")
        database.run("INSERT INTO numbers (id, n) VALUES (1, 0)")
    before = database.change_mark()
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "x.db")]) for _ in range(3)]
    assert [w.wait(60) for w in writers] == [0, 0, 0]
    assert n_of(database) == 150
    assert database.change_mark() != before


def test_commits_wait_for_the_disk_and_share_the_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs: list[int] = []

    def slow(file: int) -> None:
        time.sleep(0.01)
        syncs.append(file)

    database = SqliteDatabase(tmp_path / "x.db")
    with database.write():
        database.run("CREATE TABLE t (n INTEGER)")
    monkeypatch.setattr(os, "fdatasync", slow)

    def write() -> None:
        for n in range(10):
            before = len(syncs)
            with database.write():
                database.run("INSERT INTO t VALUES (?)", (n,))
            assert len(syncs) > before  # a sync ended between the commit and now
        database.release()

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert database.rows("SELECT count(*) FROM t") == [(80,)]
    assert len(syncs) < 60


def test_a_disk_that_refuses_to_sync_fails_the_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = SqliteDatabase(tmp_path / "x.db")
    with database.write():
        database.run("CREATE TABLE t (n INTEGER)")

    def refuse(file: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fdatasync", refuse)
    with pytest.raises(OSError, match="no space"), database.write():
        database.run("INSERT INTO t VALUES (1)")
    monkeypatch.undo()
    with database.write():
        database.run("INSERT INTO t VALUES (2)")


def test_a_rehearsal_is_read_back_inside_and_taken_back_at_its_end(numbers: Database) -> None:
    heard: list[int] = []
    numbers.on_commit(lambda: heard.append(1))
    with numbers.rehearsal():
        assert not numbers.writing()
        with numbers.write():
            numbers.run("UPDATE numbers SET n = 1")
        with pytest.raises(RuntimeError), numbers.write():
            numbers.run("UPDATE numbers SET n = 2")
            raise RuntimeError
        assert n_of(numbers) == 1
    assert n_of(numbers) == 0
    assert not numbers.writing() and heard == []
    with numbers.write():  # and nothing is left of it
        numbers.run("UPDATE numbers SET n = 3")
    assert n_of(numbers) == 3


@pytest.mark.parametrize("late", [False, True])
def test_what_ends_a_rehearsal_early_passes_on_and_leaves_nothing(numbers: Database, late: bool) -> None:
    with pytest.raises(RuntimeError), numbers.rehearsal():
        if late:
            with numbers.write():
                numbers.run("UPDATE numbers SET n = 1")
        raise RuntimeError
    assert n_of(numbers) == 0
    with numbers.write():
        numbers.run("UPDATE numbers SET n = 4")
    assert n_of(numbers) == 4


def test_nobody_waits_for_a_rehearsal_that_has_not_written_yet(numbers: Database) -> None:
    def write() -> None:
        with numbers.write():
            numbers.run("UPDATE numbers SET n = 7")
        numbers.release()

    with numbers.rehearsal():
        n_of(numbers)
        other = threading.Thread(target=write)
        other.start()
        other.join(20)
        assert not other.is_alive() and n_of(numbers) == 7
