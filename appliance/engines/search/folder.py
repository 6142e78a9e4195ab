"""Which of the index folders is the valid one: a pointer file that is replaced atomically, stamped with the format.
An index is a cache, so whatever the pointer does not name may be deleted."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import IO

from appliance.base import ids
from appliance.base.errors import Unavailable
from appliance.base.text import say

try:
    import fcntl
except ImportError:  # Windows: there tantivy's own lock has to do
    fcntl = None  # type: ignore[assignment]

POINTER = "current"


class IndexFolder:
    def __init__(self, root: Path, stamp: str):
        self.root, self.stamp = root, stamp
        self._lock: IO[bytes] | None = None

    def lock(self) -> None:
        """Become the only writer. The kernel lets go when the process dies. Raises Unavailable when it is taken."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (self.root / "writer.lock").open("ab")
        if fcntl:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                raise Unavailable(say("Another process already writes this search index.")) from None
        self._lock = lock

    def unlock(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None

    def current(self) -> Path | None:
        """None when there is no index, or one of another format."""
        try:
            stamp, _, name = (self.root / POINTER).read_text("utf-8").strip().partition("\n")
        except (OSError, ValueError):
            return None
        usable = stamp == self.stamp and name and Path(name).name == name and (self.root / name).is_dir()
        return self.root / name if usable else None

    def fresh(self) -> Path:
        path = self.root / f"index-{ids.short()}"
        path.mkdir(mode=0o700, parents=True)
        return path

    def point_to(self, path: Path) -> None:
        """From now on, even after a power cut, `path` is the index."""
        new = self.root / f"{POINTER}.new"
        with new.open("w", encoding="utf-8") as file:
            file.write(f"{self.stamp}\n{path.name}\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.root / POINTER)
        if os.name == "posix":
            folder = os.open(self.root, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def sweep(self, *spared: Path) -> None:
        """Delete the other indexes: damaged, outdated, or left by a rebuild that crashed."""
        keep = {self.current(), *spared}
        for path in self.root.glob("index-*"):
            if path not in keep:
                shutil.rmtree(path, ignore_errors=True)
