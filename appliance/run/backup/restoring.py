"""Putting a backup in place of a home's present state. Everything is verified and laid out beside first; then a handful of
renames swaps it in, and the state before is kept whole, one step back. A crash in between is finished at the next start."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from appliance.base.errors import Conflict, IngotError, NotFound
from appliance.base.paths import Home
from appliance.base.reasons import why
from appliance.base.settings import Settings
from appliance.base.text import say
from appliance.engines.database.damage import first_words
from appliance.run import installation
from appliance.run.backup import archive, held_jobs, listing, signed_in
from appliance.run.backup.archive import Damaged, Manifest
from appliance.run.migrating import known_migrations

PREVIOUS, LAYING, STAGED, LEAVING = "previous", ".laying-out", ".restoring", ".leaving"
ITEMS = ("ingot.db", "ingot.db-wal", "ingot.db-shm", "files", "settings.toml", "tls", installation.FILE)
CACHES = ("index", "cache")
"""What is made anew from the database: it must not outlive another one."""


def check_engine(settings: Settings) -> None:
    """A backup holds a SQLite database. Raises Conflict for a home whose records lie in another one."""
    if settings.database != "sqlite":
        text = say(
            "The folder {home} keeps its records in a PostgreSQL database (setting `database`), and a backup holds an SQLite "
            "one: nothing was restored. Restore into another folder (--home FOLDER), or take `database` out of the settings "
            "first.",
            home=settings.home.root,
        )  # fmt: skip
        raise Conflict(text, code="other_engine")


def restore(home: Home, place: Path, manifest: Manifest | None = None) -> Manifest:
    """The home becomes what the backup holds; of a snapshot (a database alone) its database becomes that, and the rest stays. The
    caller holds the home's lock. Raises Damaged, and IngotError for a backup of a newer program or a disk without room, before
    anything changes. `manifest`: what `verify` has just answered for it."""
    manifest = manifest or verify(place)
    laying = home.root / LAYING
    _clear(laying)
    _make_way(home)
    free = shutil.disk_usage(home.root).free
    if free < manifest.size:
        text = say("The disk that holds {home} has no room for the restore: {free} MB are free, {need} MB are needed.",
                   home=home.root, free=free // 1_000_000, need=manifest.size // 1_000_000 + 1)  # fmt: skip
        raise IngotError(text, code="disk_full")
    laying.mkdir(mode=0o700)
    try:
        if listing.is_database(place):
            _lay_out_snapshot(home, place, laying)
        else:
            _lay_out(place, laying)
        if (
            not (laying / "tls").exists() and (home.root / "tls").is_dir()
        ):  # it had none; browsers know the one of today
            shutil.copytree(home.root / "tls", laying / "tls")
        _begin_lineage(home, laying)
        laying.rename(home.root / STAGED)  # whole from here on: a crash is finished forward
    except OSError as error:
        raise IngotError(say("The backup could not be laid out: {why}", why=why(error))) from error
    finally:
        _clear(laying)
    _swap_in(home)
    return manifest


def verify(place: Path) -> Manifest:
    """Every byte; of a snapshot, which has no checksum, what SQLite itself can check. Raises NotFound, Damaged, or IngotError for
    a newer program's."""
    if not place.is_file():
        raise NotFound(say("There is no file {file}.", file=place))
    try:
        manifest = _verify_database(place) if listing.is_database(place) else archive.check(place)
    except OSError as error:
        raise Damaged(say("{file} cannot be read: {why}", file=place.name, why=why(error))) from error
    if newer := sorted(set(manifest.migrations) - known_migrations()):
        raise Damaged(say("This backup was written by a newer Ingot ({version}); use that one.", version=newer[-1]))
    return manifest


def _verify_database(place: Path) -> Manifest:
    try:
        manifest = listing.manifest_of_database(place)
        whole = listing.sound(place)
    except sqlite3.Error:
        whole = False
    if not whole:
        raise Damaged(say("{file} is no database of Ingot, or it is damaged.", file=place.name))
    return manifest


@contextmanager
def nothing_left_behind(home: Home) -> Iterator[None]:
    """Make the home's folders for what happens inside; when that fails, those that were not there before go again."""
    wanted = [home.root, home.backups, home.logs, home.root / "run", home.files, home.index, home.cache]
    made = [folder for folder in wanted if not folder.exists()]
    home.create()
    try:
        yield
    except BaseException:
        if home.root in made or home.root / "run" in made:
            home.lock.unlink(missing_ok=True)
        for folder in reversed(made):
            with contextlib.suppress(OSError):  # not empty: somebody else's
                folder.rmdir()
        raise


def back(home: Home) -> None:
    """Swap the present state and the one before the last restore. NotFound when there is none."""
    if not can_go_back(home):
        raise NotFound(say("There is no earlier state to go back to."))
    number = installation.kept_id(home)
    if number and not (home.root / PREVIOUS / installation.FILE).exists():  # an older release set it aside
        installation.keep_id(home.root / PREVIOUS / installation.FILE, number)
    signed_in.leave_out_where_it_can_be_read(home.root / PREVIOUS / archive.DATABASE)
    _make_way(home)
    (home.root / PREVIOUS).rename(home.root / STAGED)
    _swap_in(home)


def can_go_back(home: Home) -> bool:
    """Is there a state before the last restore? A folder without a database is none."""
    return _has_database(home.root / PREVIOUS)


def _has_database(folder: Path) -> bool:
    try:
        return any(
            (folder / name).is_file() and (folder / name).stat().st_size for name in ("ingot.db", "ingot.db-wal")
        )
    except OSError:
        return False


def recover(home: Home) -> bool:
    """Finish a swap that a crash broke off; at every start, under the home's lock. A layout that was never finished is
    thrown away: the home is still what it was. True when there was something to do."""
    _clear(home.root / LAYING)
    if broken_off(home):
        _swap(home)
        return True
    return False


def broken_off(home: Home) -> bool:
    """Is the home half one state, half another? What only has the name of a state laid out is none: without a database, and with
    no swap begun, it never takes the place of what is there."""
    staged, leaving = home.root / STAGED, home.root / LEAVING
    return leaving.is_dir() or (staged.is_dir() and _has_database(staged))


def _make_way(home: Home) -> None:
    """What has the name of a state laid out, and is none after `recover`, goes aside."""
    if os.path.lexists(home.root / STAGED):
        _put_aside(home.root / STAGED)


def _put_aside(place: Path) -> None:
    place.rename(place.with_name(f"set-aside-{time.strftime('%Y%m%d-%H%M%S')}-{installation.new_id()[:4]}"))


def _clear(place: Path) -> None:
    """Whatever has that name, and be it a file or a link."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            place.unlink(missing_ok=True)


def _lay_out(place: Path, staged: Path) -> None:
    with archive.reading(place) as opened:
        for name in archive.manifest_of(opened).members:
            if name.startswith(archive.FILES):
                sha = name.removeprefix(archive.FILES)
                target = staged / "files" / "private" / sha[:2] / sha[2:4] / sha
            else:
                target = staged / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with opened.open(name) as source, target.open("xb") as file:
                shutil.copyfileobj(source, file, archive.CHUNK)
            target.chmod(0o600)
    (staged / "files").mkdir(mode=0o700, exist_ok=True)
    try:
        with closing(sqlite3.connect(staged / archive.DATABASE)) as database:
            found = str(database.execute("PRAGMA integrity_check").fetchone()[0])
    except sqlite3.Error as error:
        found = str(error)
    if found != "ok":
        raise Damaged(say("The database in the backup is damaged: {why}", why=first_words(found)))


def _lay_out_snapshot(home: Home, place: Path, staged: Path) -> None:
    """Its database, beside the files, the settings and the certificates that the home has: contents of files never change, so
    they are linked where that can be done."""
    with place.open("rb") as source, (staged / archive.DATABASE).open("xb") as file:
        shutil.copyfileobj(source, file, archive.CHUNK)
    (staged / archive.DATABASE).chmod(0o600)
    if home.settings.exists():
        shutil.copy2(home.settings, staged / archive.SETTINGS)
    if home.files.is_dir():
        shutil.copytree(home.files, staged / "files", copy_function=_link)
    (staged / "files").mkdir(mode=0o700, exist_ok=True)


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def _begin_lineage(home: Home, staged: Path) -> None:
    """What is laid out belongs to this home, begins a lineage of its own, and its unfinished jobs wait for a person."""
    with closing(sqlite3.connect(staged / archive.DATABASE)) as database:
        try:
            row = database.execute("SELECT value FROM ingot_meta WHERE key = ?", (installation.ID,)).fetchone()
            number = installation.kept_id(home) or (row[0] if row else "") or installation.new_id()
            for key, value in {installation.ID: number, **installation.new_lineage()}.items():
                database.execute("INSERT OR REPLACE INTO ingot_meta (key, value) VALUES (?, ?)", (key, value))
            held_jobs.hold(database)
            signed_in.delete(database)
            database.commit()
        except sqlite3.Error as error:
            raise Damaged(say("The database in the backup is damaged: {why}", why=error)) from error
    installation.keep_id(staged / installation.FILE, number)


def _swap_in(home: Home) -> None:
    try:
        _swap(home)
    except OSError as error:
        text = say("The restore was broken off: {why}. The next start finishes it: ingot serve", why=why(error))
        raise IngotError(text) from error


def _swap(home: Home) -> None:
    """Renames alone, each of which may already be done: `.leaving` exists from the first to the last of them."""
    root, staged, leaving = home.root, home.root / STAGED, home.root / LEAVING
    if not leaving.is_dir():
        _clear(leaving)
    leaving.mkdir(mode=0o700, exist_ok=True)
    if staged.is_dir() and (_has_database(staged) or (leaving / "gone").exists()):
        for name in ITEMS:
            if (
                os.path.lexists(root / name)
                and not os.path.lexists(leaving / name)
                and not _arrived(staged, leaving, name)
            ):
                (root / name).rename(leaving / name)
        (leaving / "gone").touch()  # from here on, what lies in the root is the new state
        for name in ITEMS:
            if (staged / name).exists():
                (staged / name).rename(root / name)
        shutil.rmtree(staged)
    for name in CACHES:
        shutil.rmtree(root / name, ignore_errors=True)
    (leaving / "gone").unlink(missing_ok=True)
    _set_aside(root, leaving)


def _set_aside(root: Path, leaving: Path) -> None:
    """The state before becomes the one step back. One without a database is none: it never takes the place of a better one, and
    goes where nothing is in it."""
    if _has_database(leaving):
        _clear(root / PREVIOUS)
        leaving.rename(root / PREVIOUS)
    elif any(files for _, _, files in os.walk(leaving)):
        _put_aside(leaving)
    else:
        shutil.rmtree(leaving)


def _arrived(staged: Path, leaving: Path, name: str) -> bool:
    """After a crash behind the mark: an item in the root that is not staged any more is the new one."""
    return (leaving / "gone").exists() and not (staged / name).exists()
