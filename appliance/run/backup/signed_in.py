"""What lets somebody in, and is left out wherever a database goes back in time: sessions with their CSRF secrets, the claim link,
and the counts and places of sign-ins. Whoever was signed out since must not be signed in again by a restore."""

from __future__ import annotations

import contextlib
import sqlite3
from contextlib import closing
from pathlib import Path

TABLES = ("ingot_session", "ingot_sign_in_failure", "ingot_known_place")


def leave_out(copy: Path) -> None:
    """Overwritten, not only unlinked from the pages of the copy."""
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        with connection:
            delete(connection)


def leave_out_where_it_can_be_read(database: Path) -> None:
    """One that is damaged stays as it is: nobody signs in to it."""
    with contextlib.suppress(sqlite3.Error):
        leave_out(database)


def delete(connection: sqlite3.Connection) -> None:
    """Inside the caller's transaction; a backup of an older release may lack tables."""
    known = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table in TABLES:
        if table in known:
            connection.execute(f"DELETE FROM {table}")
    if "ingot_meta" in known:
        connection.execute("DELETE FROM ingot_meta WHERE key = 'claim'")
