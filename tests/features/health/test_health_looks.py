"""What the health page's long looks find: contents nobody needs, files that lost theirs, a damaged database. Numbers for
Prometheus are in the form its own tool wants."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from private_databases import POSTGRES_ALONE

from appliance.engines.database.protocol import Database
from appliance.engines.database.sqlite import SqliteDatabase
from appliance.engines.files.local import LocalFiles
from appliance.features.files.storing import add_file, keep, sweep
from appliance.features.health.looks import missing, orphans
from appliance.jobs.helping import HelperRun
from appliance.jobs.kind import Cancelled
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records


def quiet_run() -> HelperRun:
    order = {"job": 1, "actor": "system", "attempt": 1, "context": {}, "time_limit": None}
    return HelperRun(order, lambda word: None)


def test_orphans_are_counted_before_they_are_removed_and_missing_files_are_named(
    records: Records, tmp_path: Path
) -> None:
    store, database = LocalFiles(tmp_path / "files"), records.database
    kept = [
        keep(store, io.BytesIO(text), limit=None, name=f"{text.decode()}.txt") for text in (b"one", b"two", b"three")
    ]
    with records.work(SYSTEM) as work:
        rows = [add_file(work, one) for one in kept[:2]]
    assert orphans(database, store, 0, quiet_run()) == {"contents": 0, "orphaned": 0, "orphaned_bytes": 0}, "too young"
    found = orphans(database, store, 0, quiet_run(), -1)
    assert found == {"contents": 3, "orphaned": 1, "orphaned_bytes": 5}
    assert store.exists(kept[2].sha), "looking deletes nothing"
    assert sweep(database, store, 0, -1) == 1 and not store.exists(kept[2].sha)
    assert missing(database, store, quiet_run()) == {"files": 2, "missing": 0, "named": []}
    store.delete(kept[1].sha)
    assert missing(database, store, quiet_run()) == {
        "files": 2,
        "missing": 1,
        "named": [{"id": rows[1][0], "name": "two.txt"}],
    }


def test_a_sound_database_has_no_faults_and_a_size(database: Database) -> None:
    assert database.inspect() == []
    assert database.size() > 10_000


@POSTGRES_ALONE  # SQLite has no unfinished indexes
def test_an_index_that_was_not_finished_is_a_fault(database: Database) -> None:
    database.run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = (SELECT min(indexrelid) FROM pg_index i "
                 "JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname LIKE 'ingot%%')")  # fmt: skip
    (fault,) = database.inspect()
    assert "REINDEX INDEX ingot" in fault


def test_flipped_bytes_in_a_page_of_sqlite_are_found(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "one.db")
    database.run("CREATE TABLE t (id INTEGER PRIMARY KEY, words TEXT)")
    database.run("CREATE INDEX t_words ON t (words)")
    database.many("INSERT INTO t (words) VALUES (?)", [[f"word {n:05d}"] for n in range(5_000)])
    database.run("PRAGMA wal_checkpoint(TRUNCATE)")
    assert database.inspect() == []
    database.close()
    data = bytearray((tmp_path / "one.db").read_bytes())
    place = data.index(b"word 02500")
    data[place : place + 10] = b"WORD 99999"
    (tmp_path / "two.db").write_bytes(data)
    assert SqliteDatabase(tmp_path / "two.db").inspect()
    data[4096:] = bytes(len(data) - 4096)
    (tmp_path / "three.db").write_bytes(data)
    assert SqliteDatabase(tmp_path / "three.db").inspect()


def test_a_look_that_is_cancelled_ends(database: Database) -> None:
    database.peewee.execute_sql("CREATE TABLE many (n INTEGER)")
    database.many(database.sql("INSERT INTO many (n) VALUES (?)"), [[n] for n in range(30_000)])

    def enough() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        database.inspect(enough)
    assert database.inspect() == [], "and the next one is whole again"
