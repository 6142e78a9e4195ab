"""The database as it was before a migration, alone in backups/before-STEP-TIME.db: made in seconds, restored like a backup (the
files, the settings and the certificates of the home stay), and cleared away when later ones are there."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from appliance.base import ids
from appliance.base.paths import Home
from appliance.run.backup import leftovers, listing, signed_in
from appliance.run.backup.listing import SNAPSHOT

KEPT = 3
_STATE = (
    "SELECT coalesce(max(position), 0) FROM ingot_log",
    "SELECT count(*) || ' ' || coalesce(max(id), 0) || ' ' || coalesce(max(finished_at), '') FROM ingot_job",
)
"""What tells one state of the database from another: nothing that people write goes by without an entry in the log."""


def size(home: Home) -> int:
    """Bytes that a copy takes at most."""
    return sum(p.stat().st_size for p in (home.database, Path(f"{home.database}-wal")) if p.exists())


def take(home: Home, step: str) -> Path:
    """Copy the database as of now. A copy that is broken off leaves nothing that looks like one."""
    target = home.backups / f"{SNAPSHOT}{step}-{int(time.time())}.db"
    beside = home.backups / f".{ids.short()}.db"
    try:
        with (
            leftovers.alone(home),
            closing(
                sqlite3.connect(f"{home.database.absolute().as_uri()}?mode=rw", uri=True, timeout=20)
            ) as connection,
        ):
            connection.execute("VACUUM INTO ?", (str(beside),))
        beside.chmod(0o600)
        signed_in.leave_out(beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return target


def of_this_state(home: Home, step: str) -> Path | None:
    """The snapshot before the same step that holds what the database holds now."""
    now = _state(home.database)
    for place in sorted(home.backups.glob(f"{SNAPSHOT}{step}-*.db"), reverse=True):
        if now and _state(place) == now and listing.sound(place):
            return place
    return None


def _state(place: Path) -> list[str]:
    """Empty when it cannot be read."""
    try:
        with closing(sqlite3.connect(f"{place.absolute().as_uri()}?mode=ro", uri=True, timeout=20)) as database:
            return [str(database.execute(statement).fetchone()[0]) for statement in _STATE]
    except sqlite3.Error:
        return []


def prune(home: Home) -> list[Path]:
    """Delete all but the newest KEPT; returns what went."""
    gone = [one.place for one in listing.listed(home) if one.kind == "snapshot"][KEPT:]
    for place in gone:
        place.unlink(missing_ok=True)
    return gone
