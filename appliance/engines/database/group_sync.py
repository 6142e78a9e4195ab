"""One fsync for several commits. SQLite's synchronous=FULL syncs the write-ahead log inside each COMMIT, while every other
writer waits at the gate. Here commits pass without, and whoever must be sure waits for a sync that began after his
commit; the threads that wait share it (decisions.md).

Why it is enough: in WAL mode FULL differs from NORMAL by this one sync of the -wal file after a commit; what orders
checkpoints is the same in both (sqlite.org/pragma.html#pragma_synchronous). Nothing is locked on the -wal file, so a
descriptor of our own on it disturbs no lock of SQLite's."""

from __future__ import annotations

import os
import threading
from pathlib import Path


class GroupSync:
    """`committed()` under the gate after each commit gives a ticket; `wait(ticket)` returns when that commit is on disk.
    Raises OSError when the disk refuses: the write must then not be acknowledged."""

    def __init__(self, wal: Path):
        self._wal = wal
        self._file: int | None = None
        self._turn = threading.Condition()
        self._last = self._synced = 0
        self._busy = False

    def committed(self) -> int:
        self._last += 1
        return self._last

    def wait(self, ticket: int) -> None:
        with self._turn:
            while self._synced < ticket:
                if self._busy:
                    self._turn.wait()
                    continue
                self._busy = True
                target = self._last
                self._turn.release()
                try:
                    self._sync()
                except BaseException:
                    self._turn.acquire()
                    raise
                else:
                    self._turn.acquire()
                    self._synced = max(self._synced, target)
                finally:
                    self._busy = False
                    self._turn.notify_all()

    def _sync(self) -> None:
        if self._file is None:
            self._file = os.open(self._wal, os.O_RDWR)  # it exists: a commit has just written to it
        (os.fdatasync if hasattr(os, "fdatasync") else os.fsync)(self._file)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
