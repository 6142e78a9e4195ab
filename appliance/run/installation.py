"""Which installation a home holds. Its id lies in the home and in the database, so that each can tell when the other is gone:
a home that had a database never becomes a new installation by itself.

A restore begins another lineage: what is written after it is no continuation of the backups that were made before."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import traceback
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from appliance.base import clock, ids
from appliance.base.errors import StartRefused
from appliance.base.paths import Home, command
from appliance.base.settings import Settings
from appliance.base.settings import read as settings_of
from appliance.base.text import Text, say
from appliance.engines.database.damage import damage_in, first_words
from appliance.engines.database.protocol import Database
from appliance.run.backup import listing
from appliance.run.exit_codes import DATABASE_DAMAGED, DATABASE_MISSING
from appliance.run.migrating import known_migrations

log = logging.getLogger(__name__)
ID, LINEAGE, LINEAGE_AT = "installation:id", "installation:lineage", "installation:lineage_at"
"""Keys of ingot_meta."""
FILE = "installation"


@dataclass(frozen=True, slots=True)
class Installation:
    id: str
    lineage: str
    lineage_at: str


# ---- what lies in the folder


def id_file(home: Home) -> Path:
    return home.root / FILE


def kept_id(home: Home) -> str:
    """The id that the home keeps; empty where there is none."""
    try:
        return id_file(home).read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""


def keep_id(place: Path, number: str) -> None:
    """Write the id file, whole or not at all. What lies at its place and is no file goes aside."""
    if place.is_dir():
        place.rename(place.with_name(f"{place.name}-{ids.short()}"))
    beside = place.with_name(f".{place.name}.{ids.short()}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{number}\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)


def traces(home: Home) -> list[Text]:
    """What says that this folder had a database. settings.toml alone does not: the panel writes it before the first start."""
    found = []
    if id_file(home).exists():
        found.append(say("the installation's id"))
    if _any_file(home.index):
        found.append(say("the search index"))
    if any(_any_file(home.files / area) for area in ("private", "public")):
        found.append(say("uploaded files"))
    if listing.listed(home):
        found.append(say("backups"))
    if any(_any_file(home.root / name) for name in ("previous", ".restoring", ".leaving")):
        found.append(say("the state before a restore"))
    if not home.database.exists() and _size(Path(f"{home.database}-wal")):
        found.append(say("a write-ahead log"))
    return found


def _any_file(folder: Path) -> bool:
    return any(files for _, _, files in os.walk(folder))


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def is_there(settings: Settings) -> bool:
    """Is there, or was there ever, an installation in this folder? One on a database server may have left nothing else."""
    home = settings.home
    return home.root.is_dir() and (
        settings.database != "sqlite" or os.path.lexists(home.database) or bool(traces(home))
    )


def expect(settings: Settings) -> None:
    """There must be an installation. Raises StartRefused (exit code 12) and makes nothing, when the folder is gone or empty: a
    disk that is not mounted leaves it so."""
    home = settings.home.root
    if not home.is_dir():
        raise StartRefused(
            say("The folder {home} is gone. Is its disk mounted? Nothing was made.", home=home), DATABASE_MISSING
        )
    if not is_there(settings):
        raise StartRefused(
            say(
                "There is no Ingot in {home}. Is the right disk mounted? Nothing was made. A new one is made by: {command}",
                home=home,
                command=command("init", home),
            ),
            DATABASE_MISSING,
        )


# ---- the database beside it


def nothing_there(home: Home) -> StartRefused:
    return StartRefused(say("There is no Ingot in {home}.", home=home.root), DATABASE_MISSING)


def check_file(home: Home, *, inside: bool = True) -> None:
    """Before SQLite opens the database, and would make a new one. Raises StartRefused: 12 when it is gone or empty where there
    was one, 13 when it is there and no database that can be read. Without looking `inside`, SQLite is not asked."""
    file = home.database
    if os.path.lexists(file) and not file.exists():
        raise missing(home, say("The database {file} is a link to what is not there", file=file))
    if not file.exists():
        if traces(home):
            raise missing(home, say("The database {file} is gone", file=file))
        return
    if not file.is_file():
        raise damaged(home, say("it is a folder, not a file"))
    if not _size(file) and not _size(Path(f"{file}-wal")):
        if traces(home):
            raise missing(home, say("The database {file} is empty", file=file))
        return
    if _size(file) and not _read_by(os.access(file, os.R_OK), file):
        raise damaged(home, say("it is no SQLite database"))
    if not inside:
        return
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=20)) as database:
            tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            filled = (
                "ingot_migration" in tables and database.execute("SELECT 1 FROM ingot_migration LIMIT 1").fetchone()
            )
    except UnicodeDecodeError as error:  # a table's own text, quoted in the message of what is wrong with it
        raise damaged(home, error) from error
    except sqlite3.Error as error:
        if damage_in(error) is not None:
            raise damaged(home, error) from error
        return  # busy, or closed to us: who opens it in earnest says so
    if not filled and (refused := _not_ours(home, tables)):
        raise refused


def _not_ours(home: Home, tables: Collection[str]) -> StartRefused | None:
    """Why a database that no migration was ever applied to is not taken for a new one."""
    if tables and "ingot_migration" not in tables:
        return damaged(home, say("it is a database of another program"))
    return missing(home, say("The database {file} is empty", file=home.database)) if traces(home) else None


def not_filled(database: Database, home: Home) -> StartRefused:
    """What a command that only looks says of a database that no migration was ever applied to."""
    if database.dialect != "sqlite":
        return _empty_server(home) if traces(home) else nothing_there(home)
    tables = [row[0] for row in database.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return _not_ours(home, tables) or nothing_there(home)


def _read_by(allowed: bool, file: Path) -> bool:
    try:
        return not allowed or listing.is_database(file)
    except OSError:
        return True  # who opens it in earnest says why


def check_server(database: Database, home: Home, *, existing: bool) -> None:
    """The same for a database on a server, which is asked. Raises StartRefused (exit code 12)."""
    if filled(database):
        held, kept = _meta(database).get(ID, ""), kept_id(home)
        if held and kept and held != kept:
            text = say(
                "The database that the setting names belongs to another installation than the folder {home}. Nothing was "
                "changed: put the setting `database` right, or choose another folder with --home.", home=home.root,
            )  # fmt: skip
            raise StartRefused(text, DATABASE_MISSING)
        return
    if existing or traces(home) or home.database.exists():
        raise _empty_server(home)


def _empty_server(home: Home) -> StartRefused:
    text = say(
        "The database that the setting names is empty, and Ingot kept records with the folder {home}. Nothing was made or "
        "changed: restore its dump (pg_restore), or put the setting `database` right. A change of that setting moves no "
        "records.",
        home=home.root,
    )  # fmt: skip
    return StartRefused(text, DATABASE_MISSING)


def filled(database: Database) -> bool:
    """Has a migration ever been applied?"""
    database.rows("SELECT 1")  # one that does not answer says so in our words, which peewee's own look does not
    return database.peewee.table_exists("ingot_migration") and bool(
        database.rows("SELECT 1 FROM ingot_migration LIMIT 1")
    )


def settle(database: Database, home: Home) -> Installation:
    """Give the migrated database and the home their id and lineage where they lack them. The home's id stays its own: a
    database that somebody copied in by hand takes it over, and begins a lineage."""
    found, kept = _meta(database), kept_id(home)
    held, number = found.get(ID, ""), kept or found.get(ID, "") or ids.short()
    copied_in = bool(held and held != number)
    if copied_in:
        log.warning("The database comes from another installation (%s); it is part of %s from here on", held, number)
    wanted = {ID: number}
    if copied_in or LINEAGE not in found:
        wanted |= new_lineage()
    if any(found.get(key) != value for key, value in wanted.items()):
        sql = database.sql(
            "INSERT INTO ingot_meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        )
        with database.write():
            for key, value in wanted.items():
                database.run(sql, (key, value))
    if kept != number:
        keep_id(id_file(home), number)
    found |= wanted
    return Installation(found[ID], found[LINEAGE], found.get(LINEAGE_AT, ""))


def read(database: Database) -> Installation:
    """As it stands in the database; empty words where it was never opened by a release that has them."""
    found = _meta(database)
    return Installation(found.get(ID, ""), found.get(LINEAGE, ""), found.get(LINEAGE_AT, ""))


def new_id() -> str:
    return ids.short()


def new_lineage() -> dict[str, str]:
    return {LINEAGE: ids.short(), LINEAGE_AT: clock.wire_now()}


def _meta(database: Database) -> dict[str, str]:
    return dict(database.rows(f"SELECT key, value FROM ingot_meta WHERE key IN ('{ID}', '{LINEAGE}', '{LINEAGE_AT}')"))


# ---- what is said


def missing(home: Home, what: Text) -> StartRefused:
    text = say(
        "{what}, and {home} holds what Ingot keeps beside it: {traces}. Nothing was made or changed. {remedy}",
        what=what, home=home.root, traces=_listed(traces(home)), remedy=remedy(home),
    )  # fmt: skip
    return StartRefused(text, DATABASE_MISSING)


def damaged(home: Home, why: Text | BaseException, *, changed: bool = False) -> StartRefused:
    """`changed`: may what met the damage have changed something before?"""
    what = why if isinstance(why, Text) else first_words(str(damage_in(why) or why)).rstrip(".")
    if elsewhere(home):
        text = say("The database that the setting names is damaged: {why}. {remedy}", why=what, remedy=ON_A_SERVER)
    elif changed:
        text = say("The database {file} is damaged: {why}. {remedy}", file=home.database, why=what, remedy=remedy(home))
    else:
        text = say(
            "The database {file} is damaged: {why}. Nothing was changed. {remedy}",
            file=home.database, why=what, remedy=remedy(home),
        )  # fmt: skip
    return StartRefused(text, DATABASE_DAMAGED)


ON_A_SERVER = say("Restore its last sound dump (pg_restore).")


def elsewhere(home: Home) -> bool:
    """Do the settings name a database on a server?"""
    settings, wrong = settings_of(home.root)
    return wrong is None and settings.database != "sqlite"


@dataclass(frozen=True, slots=True)
class WayBack:
    """The newest good backup, or the snapshot from before an update, and the command that restores it; `stop` ends the server
    first."""

    backup: Path
    stop: str
    command: str


def way_back(home: Home) -> WayBack | None:
    """None when there is no good one. It may read backups through: seconds."""
    newest = listing.newest_good(home, known_migrations())
    return WayBack(newest, command("stop", home.root), command("restore", home.root, newest)) if newest else None


def remedy(home: Home, found: WayBack | None = None) -> Text:
    """The sentence that names the newest good backup and the command that restores it."""
    found = found or way_back(home)
    if found is None:
        return say(
            "There is no good backup in {folder}. If you have one elsewhere, restore it: {command}",
            folder=home.backups,
            command=command("restore", home.root, "FILE"),
        )
    return say("Restore the newest good backup: {command}", command=found.command)


def _listed(traces: list[Text]) -> Text:
    if not traces:
        return say("nothing")
    first, *rest = traces
    return say("{first}, {second}", first=first, second=_listed(rest)) if rest else first


@contextmanager
def damage_refuses(home: Home) -> Iterator[None]:
    """A start that meets damage anywhere ends with the sentence and the exit code for it, never with a traceback."""
    try:
        yield
    except Exception as error:
        refused = isinstance(error, StartRefused) and error.exit_code in (DATABASE_DAMAGED, DATABASE_MISSING)
        if refused or damage_in(error) is None:
            raise
        log.info("The database is damaged", extra={"error": traceback.format_exc()})  # for the log alone
        raise damaged(home, error) from error


def forget_leftovers(home: Home) -> None:
    """Half-written id files of a process that was killed."""
    for file in home.root.glob(f".{FILE}.*"):
        with contextlib.suppress(OSError):
            file.unlink()
