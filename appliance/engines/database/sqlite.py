"""SQLite: one file in the home folder, WAL, and a gate that lets one writer in at a time, across threads and processes.

SQLite's own busy handler polls and is unfair: p99 of a write 331 ms against ~50 with the gate (research/data.md 1.2)."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path
from typing import Any

import peewee

from appliance.engines.database.threads import ThreadedDatabase

try:
    import fcntl
except ImportError:  # Windows: other processes wait by SQLite's own busy handler
    fcntl = None  # type: ignore[assignment]


class Gate:
    """A thread lock and a file lock, taken in this order. Fair between processes: the kernel wakes the waiter."""

    def __init__(self, path: Path):
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        self._owner: int | None = None

    def acquire(self) -> None:
        self._lock.acquire()
        try:
            if fcntl:
                fcntl.flock(self._file, fcntl.LOCK_EX)
        except BaseException:
            self._lock.release()
            raise
        self._owner = threading.get_ident()

    def release(self) -> None:
        """Safe to call twice: commit() and then rollback() both end a transaction whose COMMIT failed."""
        if self._owner == threading.get_ident():
            self._owner = None
            if fcntl:
                fcntl.flock(self._file, fcntl.LOCK_UN)
            self._lock.release()


class GatedSqlite(peewee.SqliteDatabase):
    """peewee's SQLite whose write transactions pass the gate. Deferred (read) transactions do not."""

    def init(self, database: str, **options: Any) -> None:
        super().init(database, **options)
        self.gate = Gate(Path(str(database) + ".gate"))

    def begin(self, lock_type: str | None = None) -> None:
        self.gate.acquire()
        try:
            super().begin(lock_type)
        except BaseException:
            self.gate.release()
            raise

    def commit(self) -> Any:
        # A COMMIT that raises keeps the gate: peewee rolls back next, and that releases it.
        result = super().commit()
        self.gate.release()
        return result

    def rollback(self) -> Any:
        try:
            return super().rollback()
        finally:
            self.gate.release()


class SqliteDatabase(ThreadedDatabase):
    """See protocol.Database. With synchronous=full every acknowledged write survives a power cut."""

    dialect = "sqlite"
    like = "LIKE"

    def __init__(self, path: Path, synchronous: str = "full"):
        super().__init__()
        self.path = path
        self.peewee = GatedSqlite(
            str(path),
            lock_type="IMMEDIATE",
            timeout=20,
            check_same_thread=False,
            cached_statements=512,
            pragmas={
                "journal_mode": "wal",
                "synchronous": synchronous,
                "foreign_keys": 1,
                "cache_size": -32000,
                "mmap_size": 256 * 1024 * 1024,
                "temp_store": 2,
            },
        )

    def reserve_ids(self, table: str, count: int) -> range:
        # AUTOINCREMENT keeps the highest id ever given in sqlite_sequence, also when ids are set by hand
        last = self.rows("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,))
        first = (last[0][0] if last else 0) + 1
        return range(first, first + count)

    def change_mark(self) -> Any:
        return self.connection().execute("PRAGMA data_version").fetchone()[0]

    def check(self) -> tuple[str, str]:
        try:
            self.rows("SELECT 1 FROM sqlite_master LIMIT 1")
        except Exception as error:
            return "down", str(error)
        # https://sqlite.org/wal.html#walresetbug: two connections that checkpoint at once. Ours checkpoint inside a
        # commit, and commits pass the gate one by one.
        return "ok", f"SQLite {sqlite3.sqlite_version}, checkpoints one at a time"
