"""Bringing Ingot's own tables up to date: one process at a time, a snapshot first, each step in a transaction."""

from __future__ import annotations

import logging
import shutil
from importlib.metadata import version as installed_version
from pathlib import Path

from playhouse.migrations import Runner

import appliance
from appliance.base.errors import IngotError, StartRefused
from appliance.base.paths import Home, command
from appliance.base.reasons import why
from appliance.base.text import say
from appliance.engines.database.damage import is_damage
from appliance.engines.database.protocol import Database
from appliance.run.backup import listing, snapshots
from appliance.run.exit_codes import DATABASE_TOO_NEW, DISK_FULL, MIGRATION_FAILED

FOLDER = Path(appliance.__file__).parent / "migrations"
TABLE = "ingot_migration"
SPARE = 50_000_000
"""Bytes that must be left beside the snapshot: the migration itself writes."""
log = logging.getLogger(__name__)


def known_migrations() -> set[str]:
    """What this program can read."""
    return {file.stem for file in FOLDER.glob("0*.py")}


def migrate(database: Database, home: Home) -> list[str]:
    """Apply what is pending; returns the names. Raises StartRefused (exit code 6): the failed step has left nothing, and
    the snapshot of SQLite from before lies in backups/. A disk without room for that is exit code 10, and damage passes on."""
    runner = Runner(database.peewee, str(FOLDER), table_name=TABLE)
    try:
        pending = _pending(runner, home)
        if not pending:
            return []
        if runner.applied() and database.dialect == "sqlite":
            _snapshot(home, pending[0])
        with database.write():  # a second process waits here, and then finds nothing left to do
            done: list[str] = Runner(database.peewee, str(FOLDER), table_name=TABLE).up()
    except StartRefused:
        raise
    except Exception as error:
        if is_damage(error):
            raise
        log.exception("migration failed")
        raise StartRefused(
            say("The database could not be brought up to date: {why}", why=error), MIGRATION_FAILED
        ) from error
    snapshots.prune(home)
    return done


def check_current(database: Database, home: Home) -> None:
    """For whoever only looks, and so migrates nothing. Raises StartRefused for a database of a newer release, IngotError for one
    of an older."""
    pending = _pending(Runner(database.peewee, str(FOLDER), table_name=TABLE), home)
    if pending:
        raise IngotError(
            say(
                "The database in {home} was written by an older Ingot: start it once (ingot serve), which brings it up to date.",
                home=home.root,
            ),
            code="database_too_old",
        )


def _pending(runner: Runner, home: Home) -> list[str]:
    status = runner.status()
    if newer := [m.name for m in status if m.path is None]:
        raise StartRefused(
            say(
                "This database was written by a newer Ingot ({name}), and this is {version}: nothing was changed. Install that "
                "version again, or restore the backup from before the update: {command}",
                name=newer[-1], version=installed_version("ingot"), command=_way_back(home),
            ),
            DATABASE_TOO_NEW,
        )  # fmt: skip
    return [m.name for m in status if m.applied is None]


def _way_back(home: Home) -> str:
    """The command that restores the newest that this program can read: the snapshot from before the update, else a backup."""
    known = known_migrations()
    newest = listing.newest_good(home, known, lambda one: one.kind == "snapshot") or listing.newest_good(home, known)
    return command("restore", home.root, newest or "FILE")


def _snapshot(home: Home, step: str) -> None:
    """Unless there is one of this very state: a start that fails again and again writes one, not one each time."""
    if (there := snapshots.of_this_state(home, step)) is not None:
        log.info("The snapshot before migration is there: %s", there)
        return
    need, free = snapshots.size(home) + SPARE, shutil.disk_usage(home.backups).free
    if free < need:
        raise StartRefused(
            say(
                "The database is copied before it is brought up to date, and the disk that holds {folder} has no room for that: "
                "{free} MB are free, {need} MB are needed. Nothing was changed.",
                folder=home.backups, free=free // 1_000_000, need=need // 1_000_000,
            ),
            DISK_FULL,
        )  # fmt: skip
    try:
        log.info("Snapshot before migration: %s", snapshots.take(home, step))
    except OSError as error:
        raise StartRefused(
            say("The database could not be copied before the update: {why}", why=why(error)), MIGRATION_FAILED
        ) from error
