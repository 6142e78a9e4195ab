"""Taking a backup of a home on SQLite while people work: `VACUUM INTO` copies the database as of one moment in a read
transaction (writers go on; the chunked backup API never ends under writes, research/data.md), then the contents of files,
which never change once they are there."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from appliance.base import clock, ids
from appliance.base.errors import Conflict, IngotError
from appliance.base.paths import Home
from appliance.base.settings import Settings
from appliance.base.text import say
from appliance.engines.files.protocol import FileStore
from appliance.run.backup import archive
from appliance.run.backup.archive import ENDING, Manifest

TRANSIENT = ("ingot_session", "ingot_sign_in_failure", "ingot_known_place")
Tell = Callable[[int, int | None, str], object]
"""(done, of how many, what): progress."""


def take(settings: Settings, files: FileStore, target: Path | None, version: str, tell: Tell | None = None) -> Path:
    """Write a backup and read it back; returns where it lies (the home's backups/ when no target is given). Raises Conflict
    for a database elsewhere, IngotError when the disk is too full or the target is there already. Nothing half-written stays."""
    if settings.database != "sqlite":
        raise Conflict(say("This box keeps its records in PostgreSQL: back that up with pg_dump."), code="elsewhere")
    home, tell = settings.home, tell or (lambda done, total, what: None)
    place = target or home.backups / name_now(home)
    if place.exists():
        raise Conflict(say("There is a file {file} already.", file=place), code="taken")
    copy = home.backups / f".{ids.short()}.db"
    beside = place.with_name(f".{place.name}.{ids.short()}")
    try:
        _check_space(home, place)
        tell(0, None, "database")
        copy_database(home.database, copy)
        with beside.open("xb") as file:
            beside.chmod(0o600)
            _write(file, copy, settings, files, version, tell)
            file.flush()
            os.fsync(file.fileno())
        archive.check(beside)
        beside.replace(place)
    except OSError as error:
        raise IngotError(say("The backup could not be written: {why}", why=error.strerror or error)) from error
    finally:
        copy.unlink(missing_ok=True)
        beside.unlink(missing_ok=True)
    return place


def copy_database(source: Path, target: Path) -> None:
    """The committed state as of one moment, as a database of its own."""
    with closing(sqlite3.connect(source, timeout=20)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
    target.chmod(0o600)
    _leave_out_secrets(target)


def _leave_out_secrets(copy: Path) -> None:
    """What lets somebody in, or would after a restore: sessions with their CSRF secrets, the claim link, and the counts and
    places of sign-ins. Overwritten, not only unlinked from the pages of the copy."""
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        known = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        with connection:
            for table in TRANSIENT:
                if table in known:
                    connection.execute(f"DELETE FROM {table}")
            if "ingot_meta" in known:
                connection.execute("DELETE FROM ingot_meta WHERE key = 'claim'")


def _write(file: BinaryIO, copy: Path, settings: Settings, files: FileStore, version: str, tell: Tell) -> None:
    with archive.writing(file) as writer, closing(sqlite3.connect(copy)) as database:
        with copy.open("rb") as stream:
            writer.add(archive.DATABASE, stream)
        for name in (archive.SETTINGS, *archive.AUTHORITY):
            if (place := settings.home.root / name).exists():
                with place.open("rb") as stream:
                    writer.add(name, stream)
        wanted = sorted(contents(database))
        for number, sha in enumerate(wanted):
            if files.exists(sha):  # bytes that were lost before cannot be saved; `ingot check` names them
                with files.open(sha) as stream:
                    writer.add(archive.FILES + sha, stream)
            tell(number + 1, len(wanted), "files")
        migrations = [row[0] for row in database.execute("SELECT name FROM ingot_migration ORDER BY name")]
        position = database.execute("SELECT coalesce(max(position), 0) FROM ingot_log").fetchone()[0]
        facts = {"version": version, "migrations": migrations, "created_at": clock.wire_now(), "position": position}
        writer.manifest(facts)


def contents(database: sqlite3.Connection) -> set[str]:
    """The digests of all contents that a record of a file names."""
    return {row[0] for row in database.execute("SELECT DISTINCT sha FROM ingot_file WHERE sha IS NOT NULL")}


def _check_space(home: Home, place: Path) -> None:
    """The database twice (as a copy, and packed) and the files once must fit; said before anything is written."""
    tables = home.database.stat().st_size
    stored = sum(
        f.stat().st_size for area in ("private", "public") for f in (home.files / area).rglob("*") if f.is_file()
    )
    free = os.statvfs(place.parent).f_bavail * os.statvfs(place.parent).f_frsize if hasattr(os, "statvfs") else None
    if free is not None and free < 2 * tables + stored:
        raise IngotError(say("The disk at {folder} is too full for a backup.", folder=place.parent))


def name_now(home: Home) -> str:
    """By the clock; names in order of time are in order of letters."""
    name = f"ingot-{time.strftime('%Y%m%d-%H%M%S')}"
    return f"{name}-{ids.short()}{ENDING}" if (home.backups / f"{name}{ENDING}").exists() else name + ENDING


def listed(home: Home) -> list[Path]:
    """The home's own backups, newest first."""
    return sorted(home.backups.glob(f"ingot-*{ENDING}"), reverse=True)


def prune(home: Home, keep: int) -> list[Path]:
    """Delete the oldest of the home's own backups beyond `keep`; returns what went. Backups with other names are left."""
    gone = listed(home)[max(keep, 1) :]
    for place in gone:
        place.unlink(missing_ok=True)
    return gone


def known(home: Home) -> Iterator[tuple[Path, Manifest | None]]:
    """Each of the home's backups with what it says of itself; None for one that cannot be read."""
    for place in listed(home):
        try:
            with archive.reading(place) as opened:
                yield place, archive.manifest_of(opened)
        except (IngotError, OSError):
            yield place, None
