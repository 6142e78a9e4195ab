"""One backup at a time in a home, and nothing left of one that was killed. Whoever holds the lock knows that every half-written
file in backups/ is nobody's."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.base.paths import Home
from appliance.run.home_lock import lock_file

_HALF = re.compile(
    r"\.[0-9a-f]{16}\.db(-journal|-wal|-shm)?"  # the copy of the database
    r"|\..+\.ingot\.[0-9a-f]{16}"  # the archive beside its place
    r"|\.verdicts\.json\.\d+"
)


@contextmanager
def alone(home: Home, *, patient: bool = True) -> Iterator[bool]:
    """Hold the lock of backups; False, and not held, when another process does and one is not `patient`."""
    place = home.root / "run" / "backup.lock"
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        held = _held(file)
        while patient and not held:
            time.sleep(0.2)
            held = _held(file)
        yield held
    finally:
        os.close(file)


def _held(file: int) -> bool:
    try:
        lock_file(file, shared=False)
    except OSError:
        return False
    return True


def remove(folder: Path, older_than: float = 0) -> list[Path]:
    """Delete what a killed backup left in a folder; returns what went. Call it with the lock held. `older_than` (seconds) is for
    a folder that is not the home's own, where another installation may be at work."""
    gone, before = [], time.time() - older_than
    with contextlib.suppress(OSError):
        for file in folder.iterdir():
            if _HALF.fullmatch(file.name) and file.is_file() and file.stat().st_mtime <= before:
                file.unlink(missing_ok=True)
                gone.append(file)
    return gone


def remove_at_start(home: Home) -> list[Path]:
    """Unless a backup is being made at this moment."""
    with alone(home, patient=False) as held:
        return remove(home.backups) if held else []
