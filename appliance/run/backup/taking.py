"""Taking a backup of a home on SQLite while people work: `VACUUM INTO` copies the database as of one moment in a read
transaction (writers go on; the chunked backup API never ends under writes: decisions.md), then the contents of files,
which never change once they are there."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from appliance.base import clock, ids
from appliance.base.disk import is_disk_full
from appliance.base.errors import Conflict, IngotError
from appliance.base.paths import Home
from appliance.base.reasons import why
from appliance.base.settings import Settings
from appliance.base.text import Text, say
from appliance.engines.database.damage import is_damage
from appliance.engines.files.protocol import FileStore
from appliance.run import installation
from appliance.run.backup import archive, leftovers, listing, retention, signed_in, verdicts
from appliance.run.backup.archive import ENDING, Damaged
from appliance.run.backup.listing import AUTOMATIC, Backup, Kind
from appliance.run.backup.retention import Policy

DAY, FULL = 86_400.0, "disk_full"
log = logging.getLogger(__name__)
Tell = Callable[[int, int | None, str], object]
"""(done, of how many, what): progress."""
Warn = Callable[[Text], object]
"""Hears what is about to be deleted, before it is."""


def take(
    settings: Settings, files: FileStore, target: Path | None, version: str, tell: Tell | None = None,
    *, kind: Kind = "manual", warn: Warn = lambda text: log.warning("%s", text),
) -> Path:  # fmt: skip
    """Write a backup and read it back; returns where it lies (the home's backups/ when no target is given). Raises Conflict
    for a database elsewhere, Damaged when the database cannot be copied whole, IngotError when the disk is too full or the
    target is there already. Nothing half-written stays; what a killed one left goes first."""
    if settings.database != "sqlite":
        raise Conflict(say("This server keeps its records in PostgreSQL: back that up with pg_dump."), code="elsewhere")
    home, tell = settings.home, tell or (lambda done, total, what: None)
    with leftovers.alone(home):
        place = target or home.backups / name_now(home, kind)
        if place.exists():
            raise Conflict(say("There is a file {file} already.", file=place), code="taken")
        leftovers.remove(home.backups)
        if place.absolute().parent != home.backups.absolute():
            leftovers.remove(place.absolute().parent, DAY)
        return _take(settings, files, place, version, tell, kind, warn)


def _take(settings: Settings, files: FileStore, place: Path, version: str, tell: Tell, kind: Kind, warn: Warn) -> Path:
    home = settings.home
    # beside its target: the home may be where nothing can be written any more
    copy = place.absolute().with_name(f".{ids.short()}.db")
    beside = place.with_name(f".{place.name if place.suffix == ENDING else place.name + ENDING}.{ids.short()}")
    try:
        _make_room(home, place, warn)
        tell(0, None, "database")
        copy_database(home.database, copy)
        check_copy(home, copy)
        with beside.open("xb") as file:
            beside.chmod(0o600)
            lost = _write(file, copy, settings, files, version, tell, kind)
            file.flush()
            os.fsync(file.fileno())
        archive.check(beside)
        beside.replace(place)
        verdicts.note(home, place, None)
        if lost:
            warn(
                say(
                    "The backup is whole, but {count} contents of files were gone or damaged before: see `ingot check`.",
                    count=lost,
                )
            )
    except OSError as error:
        text = say("The backup could not be written: {why}", why=why(error))
        raise IngotError(text, code=FULL if is_disk_full(error) else None) from error
    except sqlite3.Error as error:
        if is_damage(error):
            raise _database_damaged(home, str(error)) from error
        text = say("The backup could not be written: {why}", why=error)
        raise IngotError(text, code=FULL if is_disk_full(error) else None) from error
    finally:
        copy.unlink(missing_ok=True)
        beside.unlink(missing_ok=True)
    return place


def copy_database(source: Path, target: Path) -> None:
    """The committed state as of one moment, as a database of its own."""
    copy_into(source, target)
    target.chmod(0o600)
    signed_in.leave_out(target)


def copy_into(source: Path, target: Path) -> None:
    """`source` must be there: SQLite would make an empty one."""
    with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=20)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


def check_copy(home: Home, copy: Path) -> None:
    """A backup is made of a whole database or not at all. Raises Damaged."""
    with closing(sqlite3.connect(copy)) as database:
        found = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise _database_damaged(home, str(found))


def _database_damaged(home: Home, what: str) -> Damaged:
    text = say("The database is damaged, so no backup was made of it: {why}. {remedy}", why=what.rstrip("."),
               remedy=installation.remedy(home))  # fmt: skip
    return Damaged(text, code="database_damaged")


def _write(
    file: BinaryIO, copy: Path, settings: Settings, files: FileStore, version: str, tell: Tell, kind: Kind
) -> int:
    """How many contents of files were not there, or not what was once stored: what was lost before cannot be saved."""
    lost = 0
    with archive.writing(file) as writer, closing(sqlite3.connect(copy)) as database:
        with copy.open("rb") as stream:
            writer.add(archive.DATABASE, stream)
        for name in (archive.SETTINGS, *archive.AUTHORITY):
            if (place := settings.home.root / name).exists():
                with place.open("rb") as stream:
                    writer.add(name, stream)
        wanted = sorted(contents(database))
        for number, sha in enumerate(wanted):
            found = ""
            if files.exists(sha):
                with files.open(sha) as stream:
                    found = writer.add(archive.FILES + sha, stream)
            lost += found != sha
            tell(number + 1, len(wanted), "files")
        migrations = [row[0] for row in database.execute("SELECT name FROM ingot_migration ORDER BY name")]
        position = database.execute("SELECT coalesce(max(position), 0) FROM ingot_log").fetchone()[0]
        facts = {"version": version, "migrations": migrations, "created_at": clock.wire_now(), "position": position}
        writer.manifest(facts | {"kind": kind, "lost": lost} | _origin(database))
    return lost


def contents(database: sqlite3.Connection) -> set[str]:
    """The digests of all contents that a record of a file names."""
    return {row[0] for row in database.execute("SELECT DISTINCT sha FROM ingot_file WHERE sha IS NOT NULL")}


def _origin(database: sqlite3.Connection) -> dict[str, Any]:
    """Of which installation and lineage it is."""
    keys = {"installation": installation.ID, "lineage": installation.LINEAGE, "lineage_at": installation.LINEAGE_AT}
    meta = dict(database.execute("SELECT key, value FROM ingot_meta WHERE key LIKE 'installation:%'"))
    return {name: meta.get(key, "") for name, key in keys.items()}


# ---- room on the disk


def needed(home: Home, stored: int | None = None) -> int:
    """Bytes: the database twice (as a copy, and packed) and the files once. `stored`: the bytes of the files, where somebody
    knows them without a walk over all."""
    tables = sum(listing.size_of(Path(f"{home.database}{end}")) for end in ("", "-wal"))
    if stored is None:
        files = (f for area in ("private", "public") for f in (home.files / area).rglob("*") if f.is_file())
        stored = sum(f.stat().st_size for f in files)
    return 2 * tables + stored


def short_of_room(home: Home, stored: int | None = None) -> tuple[list[Backup], int]:
    """The automatic backups that go before the next one can be made, and the bytes that are missing even then."""
    lacking = needed(home, stored) - shutil.disk_usage(home.backups).free
    victims: list[Backup] = []
    for one in retention.first_to_go(listing.listed(home), present_lineage(home), clock.now()):
        if lacking <= 0:
            break
        victims.append(one)
        lacking -= listing.size_of(one.place)
    return victims, max(lacking, 0)


def _make_room(home: Home, place: Path, warn: Warn) -> None:
    """Said before anything is written or deleted; when it would not be enough, nothing is deleted."""
    folder = place.absolute().parent
    if shutil.disk_usage(folder).free >= needed(home):
        return
    same_disk = folder.stat().st_dev == home.backups.stat().st_dev
    victims, lacking = short_of_room(home) if same_disk else ([], 1)
    if lacking:
        raise IngotError(say("The disk at {folder} is too full for a backup.", folder=folder), code=FULL)
    warn(going_first(victims))
    for one in victims:
        one.place.unlink(missing_ok=True)


def going_first(victims: list[Backup]) -> Text:
    names = ", ".join(one.place.name for one in victims)
    return say(
        "The disk has no room for the next backup: the oldest automatic ones are deleted first: {names}.", names=names
    )


# ---- those that are there


def name_now(home: Home, kind: Kind = "manual") -> str:
    """By the clock; automatic ones say so."""
    name = f"{AUTOMATIC if kind == 'automatic' else 'ingot-'}{time.strftime('%Y%m%d-%H%M%S')}"
    return f"{name}-{ids.short()}{ENDING}" if (home.backups / f"{name}{ENDING}").exists() else name + ENDING


def policy(settings: Settings) -> Policy:
    return Policy(settings.backups, settings.backups_weekly, settings.backups_monthly)


def present_lineage(home: Home) -> str:
    """That of the database of now; of the newest backup where it cannot be read."""
    try:
        with closing(sqlite3.connect(f"{home.database.absolute().as_uri()}?mode=ro", uri=True, timeout=20)) as database:
            rows = database.execute("SELECT value FROM ingot_meta WHERE key = ?", (installation.LINEAGE,)).fetchall()
            if rows:
                return str(rows[0][0])
    except sqlite3.Error:
        log.warning("The lineage of the database cannot be read")
    return next((one.lineage for one in listing.listed(home) if one.lineage), "")


def prune(home: Home, policy: Policy) -> list[Path]:
    """Delete what the policy keeps no longer; returns what went. See retention."""
    gone = retention.surplus(listing.listed(home), present_lineage(home), policy, clock.now())
    for place in gone:
        place.unlink(missing_ok=True)
    return gone
