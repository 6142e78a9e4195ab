"""A second, smaller composition root: what the helper process of heavy jobs opens, without a web framework. Also the
engines that both roots make of their URLs."""

from __future__ import annotations

import functools
from functools import lru_cache
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from appliance.base.errors import IngotError, StartRefused
from appliance.base.settings import SETTINGS_WRONG, Settings, load
from appliance.base.text import say
from appliance.engines.database.postgres import PostgresDatabase
from appliance.engines.database.protocol import Database
from appliance.engines.database.sqlite import SqliteDatabase
from appliance.engines.database.sqlite_reader import SqliteReader
from appliance.engines.files.local import LocalFiles
from appliance.engines.files.protocol import FileStore
from appliance.features.identity import last_administrator
from appliance.features.identity.actors import Actors
from appliance.features.imports import jobs as imports
from appliance.features.imports.inspection import FileInspector, answer
from appliance.features.security_events import access_changes
from appliance.features.undo.jobs import undo_body
from appliance.jobs.bounds import bounded
from appliance.jobs.helping import HelperRun
from appliance.jobs.kind import Body
from appliance.records.records import Records
from appliance.run.backup import listing, taking
from appliance.run.backup.health import NEWEST
from appliance.run.backup.listing import Kind
from appliance.run.backup.marking import verify_and_mark


def open_database(
    settings: Settings, url: str | None = None, *, read_only: bool = False, make: bool = False
) -> Database:
    """`url`: another one than the settings', to try it. `read_only`: nothing is written. A file must be there, unless `make`."""
    url = url or str(settings.database)
    if url == "sqlite":
        if read_only:
            return SqliteReader(settings.home.database)
        return SqliteDatabase(settings.home.database, settings.synchronous, make=make)
    if url.startswith(("postgresql://", "postgres://")):
        return PostgresDatabase(url, read_only=read_only)
    raise unknown("database", url, "sqlite, postgresql://...")


def open_files(settings: Settings, *, create: bool = True) -> FileStore:
    if settings.files == "local":
        return LocalFiles(settings.home.files, create=create)
    raise unknown("files", settings.files, "local")


def unknown(name: str, value: str, known: str) -> StartRefused:
    text = say("The setting {name} is {value}; it can be: {known}.", name=name, value=value, known=known)
    return StartRefused(text, SETTINGS_WRONG)


@lru_cache(maxsize=1)
def _opened(home: str) -> tuple[Records, FileStore]:
    settings = load(Path(home))
    records = Records(open_database(settings))
    # What holds in the server holds for what the helper undoes and imports: somebody remains administrator, and each change
    # of who gets in leaves its security event.
    records.guard("user", last_administrator.check)
    access_changes.watch(records)
    return records, open_files(settings)


@lru_cache(maxsize=1)
def _imports(home: str) -> tuple[Body, Body]:
    records, files = _opened(home)
    return imports.bodies(records, files, Actors(records).of_job)


def undo(run: HelperRun, **asked: Any) -> Any:
    """The body of `undo.run`: what a job or a long transaction did is taken back."""
    records, _ = _opened(run.context["home"])
    return undo_body(records, Actors(records).of_job)(run, **asked)


def back_up(run: HelperRun, kind: Kind = "automatic") -> dict[str, Any]:
    """The body of `house.backup`: a backup in the home, read back; automatic ones that are kept no longer go."""
    settings = load(Path(run.context["home"]))
    version, warn = installed_version("ingot"), functools.partial(run.log.warning, "%s")
    place = taking.take(settings, open_files(settings), None, version, run.progress, kind=kind, warn=warn)
    gone = taking.prune(settings.home, taking.policy(settings)) if settings.backups else []
    return {"file": place.name, "bytes": place.stat().st_size, "deleted": [old.name for old in gone]}


def verify_backups(run: HelperRun) -> dict[str, Any]:
    """The body of `house.verify-backups`: the newest are read again, byte by byte, and marked with what was found."""
    settings = load(Path(run.context["home"]))
    newest = [one for one in listing.listed(settings.home) if one.kind != "snapshot"][:NEWEST]
    damaged = []
    for number, one in enumerate(newest):
        run.progress(number, len(newest), one.place.name)
        try:
            verify_and_mark(settings, one.place)
        except IngotError as error:
            run.log.error("%s: %s", one.place.name, error.message)
            damaged.append(one.place.name)
    return {"verified": len(newest), "damaged": damaged}


def run_import(run: HelperRun, **asked: Any) -> Any:
    """The body of `imports.run`, in the helper process, within the memory that reading a file may take."""
    with bounded(memory=imports.MEMORY):
        return _imports(run.context["home"])[0](run, **asked)


def undo_import(run: HelperRun, **asked: Any) -> Any:
    """The body of `imports.undo`."""
    return _imports(run.context["home"])[1](run, **asked)


def inspect_file(run: HelperRun, what: str, asked: dict[str, Any]) -> dict[str, Any]:
    """What a RemoteInspector asks, in a process of its pool."""
    records, files = _opened(run.context["home"])
    return answer(FileInspector(records, files), Actors(records).of_job, what, asked)
