"""SQLite: one file in the home folder, WAL, and a gate that lets one writer in at a time, across threads and processes.

SQLite's own busy handler polls and is unfair: p99 of a write 331 ms against ~50 with the gate (decisions.md)."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import peewee

from appliance.base.errors import DatabaseDamaged, DatabaseMissing
from appliance.base.text import say, told
from appliance.engines.database.damage import damage_in, is_damage
from appliance.engines.database.group_sync import GroupSync
from appliance.engines.database.threads import ThreadedDatabase, log

try:
    import fcntl
except ImportError:  # Windows: other processes wait by SQLite's own busy handler
    fcntl = None  # type: ignore[assignment]


_STEPS = 50_000
"""Instructions of SQLite's machine between two looks at the clock: about a millisecond."""


_LEAST_ROOM = 64 * 1024
"""Bytes: one step of SQLite's shared memory is 32 KB."""


class Gate:
    """A thread lock and a file lock, taken in this order. Fair between processes: the kernel wakes the waiter."""

    def __init__(self, path: Path):
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)

    def acquire(self) -> None:
        self._lock.acquire()
        try:
            if fcntl:
                fcntl.flock(self._file, fcntl.LOCK_EX)
        except BaseException:
            self._lock.release()
            raise

    def release(self) -> None:
        if fcntl:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._lock.release()


def _lower(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


class SqliteDatabase(ThreadedDatabase):
    """See protocol.Database. With synchronous=full every acknowledged write survives a power cut.

    All of a process's writes run on one connection, handed from thread to thread under the gate: a connection throws its
    cached pages away when another one commits, and reading them again took as long as the write itself."""

    dialect = "sqlite"
    like = "LIKE"
    lower: str | None = "ingot_lower"

    def __init__(self, path: Path, synchronous: str = "full", *, make: bool = True):
        """Without `make` the file must be there: SQLite itself would put an empty one in the place of one that is gone."""
        super().__init__()
        self._make, self._file = make, None
        path = self.path = path.resolve()  # of a link: SQLite keeps its files beside what that leads to
        self.peewee = peewee.SqliteDatabase(
            str(path),
            lock_type="IMMEDIATE",
            timeout=20,
            check_same_thread=False,
            cached_statements=512,
            pragmas={
                "journal_mode": "wal",
                "synchronous": "normal",  # with full, GroupSync does the rest
                "foreign_keys": 1,
                "cache_size": -32000,
                "mmap_size": 256 * 1024 * 1024,
                "temp_store": 2,
            },
        )
        self._register()
        self._gate = Gate(Path(f"{path}.gate"))
        self._writer: Any = None
        self._sync: GroupSync | None = GroupSync(Path(f"{path}-wal")) if synchronous == "full" else None

    _make, _file = True, cast("tuple[int, int] | None", None)
    """May a file be made? And the one that was opened: device and number; None until there is something in it."""

    def connection(self) -> Any:
        if self.peewee.is_closed():
            self._check_there()
        return super().connection()

    def _check_there(self) -> None:
        """Does the path still lead to what was opened? The kernel keeps a deleted file for whoever has it open: writes go on, are
        acknowledged, and are gone with the process. Raises DatabaseMissing. A few microseconds."""
        try:
            found = self.path.stat()
        except OSError:
            if self._file is None and self._make:
                return
            raise DatabaseMissing() from None
        if not found.st_size:
            if self._file is None and self._make:
                return
        elif self._file in (None, (found.st_dev, found.st_ino)):
            self._file = (found.st_dev, found.st_ino)
            return
        raise DatabaseMissing()

    def _opened(self, connection: Any) -> None:
        connection.set_progress_handler(self._is_over, _STEPS)

    def _is_over(self) -> bool:
        return self._held.limits.over

    def _says_no_space(self, error: BaseException) -> bool:
        """SQLite says I/O error where it cannot make its shared memory larger."""
        if not hasattr(os, "statvfs") or not is_damage(error):
            return False
        disk = os.statvfs(self.path.parent)
        return disk.f_bavail * disk.f_frsize < _LEAST_ROOM

    def _interrupted(self, error: BaseException) -> bool:
        return isinstance(error, sqlite3.OperationalError | peewee.OperationalError) and "interrupted" in str(error)

    def _register(self) -> None:
        # Only called for patterns beyond ASCII: a call into Python for each row is slow, SQLite's own LIKE is not.
        self.peewee.register_function(_lower, self.lower, 1, deterministic=True)  # type: ignore[attr-defined]

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        self._gate.acquire()
        try:
            self._check_there()
            state: Any = self.peewee._state  # type: ignore[attr-defined]
            own = self.connection()
            if self._writer is None:
                self.peewee.close()
                self._writer = self.connection()
                state.reset()
                own = self.connection()
            # peewee keeps a connection for each thread; for the length of this transaction, this thread's is the writer
            state.set_connection(self._writer)
            try:
                yield
            finally:
                state.set_connection(own)
        finally:
            self._gate.release()

    def _committed(self) -> int:
        return self._sync.committed() if self._sync else 0

    def _make_durable(self, ticket: int) -> None:
        if self._sync:
            self._sync.wait(ticket)

    def close(self) -> None:
        self._write_back()
        super().close()
        if self._sync:
            self._sync.close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _write_back(self) -> None:
        """What stands in the write-ahead log goes into the file, so that whoever copies that alone after a stop has all of it.
        Connections of other threads may still be open: then SQLite does not do it at the last close."""
        if self._writer is None:
            return
        try:
            self._gate.acquire()
            try:
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                self._gate.release()
        except (OSError, sqlite3.Error) as error:  # it stays in the log, which is as good
            log.warning("The write-ahead log was not written back: %s", error)

    def reserve_ids(self, table: str, count: int) -> range:
        # AUTOINCREMENT keeps the highest id ever given in sqlite_sequence, also when ids are set by hand
        last = self.rows("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,))
        first = (last[0][0] if last else 0) + 1
        return range(first, first + count)

    def change_mark(self) -> Any:
        return self.connection().execute("PRAGMA data_version").fetchone()[0]

    def check(self) -> tuple[str, str]:
        try:
            self._check_there()
            self.rows("SELECT 1 FROM sqlite_master LIMIT 1")
        except DatabaseMissing as missing:
            return "down", told(missing.message)
        except Exception as error:
            return "down", str(damage_in(error) or error)
        # https://sqlite.org/wal.html#walresetbug: two connections that checkpoint at once. Ours checkpoint inside a
        # commit, and commits pass the gate one by one.
        return "ok", told(say("SQLite {version}, checkpoints one at a time", version=sqlite3.sqlite_version))

    def inspect(self, tick: Callable[[], object] = lambda: None, *, quick: bool = False) -> list[str]:
        raised: list[BaseException] = []

        def ticked() -> int:
            try:
                tick()
            except BaseException as error:  # through SQLite's C it would be lost
                raised.append(error)
            return len(raised)

        connection = self.connection()
        connection.set_progress_handler(ticked, 100_000)
        try:
            # https://sqlite.org/pragma.html#pragma_integrity_check: one row "ok", or a row for each fault
            word = "quick_check" if quick else "integrity_check"
            found = [row[0] for row in self.rows(f"PRAGMA {word}(100)") if row[0] != "ok"]
            if quick:
                return found
            for table, row_id, parent, _ in self.rows("PRAGMA foreign_key_check")[:100]:
                found.append(f"row {row_id} of {table} points to a row of {parent} that is not there")
            return found
        except (sqlite3.DatabaseError, DatabaseDamaged) as error:
            if raised:
                raise raised[0] from None
            return [str(damage_in(error) or error)]  # too broken to be looked at
        finally:
            self._opened(connection)

    def size(self) -> int:
        """The file, and what waits beside it to be written back."""
        return sum(p.stat().st_size for p in (self.path, Path(f"{self.path}-wal")) if p.exists())
