"""`<home>/run/ingot.json`: where the running process can be reached. Written by it alone, read by the command line and
the panel. A process that was killed leaves it behind: only the lock (home_lock.py) proves that somebody is there."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Literal

from appliance.base.paths import Home

State = Literal["starting", "ready", "stopping", "blocked"]


@dataclass(frozen=True, slots=True)
class RunInfo:
    """`reason` says why it is blocked, `code` the same in a word (exit_codes.WORDS). Control door: a Unix socket, or where
    there are none a loopback address
    (http://127.0.0.1:PORT) with a token."""

    pid: int
    state: State
    version: str
    started_at: str
    reason: str = ""
    code: str = ""
    addresses: list[str] = field(default_factory=list)
    control_socket: str | None = None
    control_address: str | None = None
    control_token: str | None = field(default=None, repr=False)


ROLES = ("web", "worker")


def homes(root: Path) -> list[Home]:
    """The places where a run file of this installation may lie: the whole process's, and one per role."""
    return [Home(root), *(Home(root, role) for role in ROLES)]


def path(home: Home) -> Path:
    return home.run / "ingot.json"


def write(home: Home, info: RunInfo) -> None:
    """Atomic, and readable by the owner alone: it may hold the control door's token."""
    place = path(home)
    fresh = place.with_suffix(".new")
    fresh.unlink(missing_ok=True)  # or its old mode would stay
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(info), file, indent=1)
    for attempt in range(20):
        try:
            fresh.replace(place)
            return
        except PermissionError:  # Windows, while somebody reads it
            if attempt == 19:
                raise
            time.sleep(0.01)


def read(home: Home) -> RunInfo | None:
    """None when there is none, or it cannot be understood."""
    try:
        written = json.loads(path(home).read_text("utf-8"))
        known = {f.name for f in fields(RunInfo)}  # a later version may have written more
        return RunInfo(**{name: value for name, value in written.items() if name in known})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def remove(home: Home) -> None:
    path(home).unlink(missing_ok=True)
