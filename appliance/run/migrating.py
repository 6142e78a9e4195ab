"""Bringing Ingot's own tables up to date: one process at a time, a snapshot first, each step in a transaction."""

from __future__ import annotations

import logging
import time
from importlib.metadata import version as installed_version
from pathlib import Path

from playhouse.migrations import Runner

import appliance
from appliance.base.errors import StartRefused
from appliance.base.paths import Home
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.run.exit_codes import DATABASE_TOO_NEW, MIGRATION_FAILED

FOLDER = Path(appliance.__file__).parent / "migrations"
log = logging.getLogger(__name__)


def migrate(database: Database, home: Home) -> list[str]:
    """Apply what is pending; returns the names. Raises StartRefused (exit code 6): the failed step has left nothing, and
    the snapshot of SQLite from before lies in backups/."""
    runner = Runner(database.peewee, str(FOLDER), table_name="ingot_migration")
    try:
        _check_not_newer(runner)
        pending = [m.name for m in runner.status() if m.applied is None]
        if not pending:
            return []
        if runner.applied() and database.dialect == "sqlite":
            target = home.backups / f"before-{pending[0]}-{int(time.time())}.db"
            database.run("VACUUM INTO ?", (str(target),))
            log.info("Snapshot before migration: %s", target)
        with database.write():  # a second process waits here, and then finds nothing left to do
            return Runner(database.peewee, str(FOLDER), table_name="ingot_migration").up()
    except StartRefused:
        raise
    except Exception as error:
        log.exception("migration failed")
        raise StartRefused(
            say("The database could not be brought up to date: {why}", why=error), MIGRATION_FAILED
        ) from error


def _check_not_newer(runner: Runner) -> None:
    newer = [m.name for m in runner.status() if m.path is None]
    if newer:
        raise StartRefused(
            say(
                "This database was written by a newer Ingot ({name}), and this is {version}: nothing was changed. Install that "
                "version again, or restore the backup from before the update: ingot restore FILE.",
                name=newer[-1],
                version=installed_version("ingot"),
            ),
            DATABASE_TOO_NEW,
        )
