"""SQLite for whoever only looks: nothing is made, migrated or written, not even the files that SQLite keeps beside a database;
and a home that can only be read is read all the same.

A database in WAL mode wants to write beside itself even when it is read (https://sqlite.org/wal.html#readonly), so there are four
ways in."""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import peewee

from appliance.base.errors import IngotError
from appliance.base.text import say
from appliance.engines.database.sqlite import SqliteDatabase
from appliance.engines.database.threads import ThreadedDatabase


class SqliteReader(SqliteDatabase):
    """See protocol.Database. The file must be there. `write()` raises IngotError."""

    def __init__(self, path: Path):
        ThreadedDatabase.__init__(self)
        self.path = path
        pragmas = {"query_only": 1, "cache_size": -32000, "temp_store": 2}
        self.peewee = peewee.SqliteDatabase(
            way_in(path), uri=True, timeout=20, check_same_thread=False, pragmas=pragmas
        )
        self._register()
        self._writer, self._sync = None, None
        atexit.register(self.close)  # the last connection to go takes away what SQLite put beside the file

    @contextmanager
    def write(self) -> Iterator[None]:
        raise IngotError(say("This command only looks, and may not write."), code="read_only")
        yield


def way_in(path: Path) -> str:
    """The URI to open. With nothing in the write-ahead log: plainly, where SQLite can make its files and takes them away again;
    as a file that does not change, where it cannot. With something in it: beside whoever wrote it; of a copy, where
    that fails."""
    file = path.absolute().as_uri()
    logged = _size(Path(f"{path}-wal"))
    if os.access(path.parent, os.W_OK) and os.access(path, os.W_OK):
        return f"{file}?mode=ro" if logged else f"{file}?mode=rw"
    if not logged:
        return f"{file}?mode=ro&immutable=1"
    if _opens(f"{file}?mode=ro"):
        return f"{file}?mode=ro"
    return f"{_copied(path).as_uri()}?mode=rw"


def _opens(uri: str) -> bool:
    try:
        with closing(sqlite3.connect(uri, uri=True)) as database:
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        return False
    return True


def _copied(path: Path) -> Path:
    """Database and log, where both can be written; until the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="ingot-look-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for end in ("", "-wal"):
        shutil.copyfile(f"{path}{end}", folder / f"{path.name}{end}")
    return folder / path.name


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
