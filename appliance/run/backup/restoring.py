"""Putting a backup in place of a home's present state. Everything is verified and laid out beside first; then a handful of
renames swaps it in, and the state before is kept whole, one step back. A crash in between is finished at the next start."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from appliance.base.errors import IngotError, NotFound
from appliance.base.paths import Home
from appliance.base.text import say
from appliance.run.backup import archive
from appliance.run.backup.archive import Damaged, Manifest
from appliance.run.migrating import FOLDER

PREVIOUS, LAYING, STAGED, LEAVING = "previous", ".laying-out", ".restoring", ".leaving"
ITEMS = ("ingot.db", "ingot.db-wal", "ingot.db-shm", "files", "settings.toml", "tls")
CACHES = ("index", "cache")
"""What is made anew from the database: it must not outlive another one."""


def restore(home: Home, place: Path) -> Manifest:
    """The home becomes what the backup holds. The caller holds the home's lock. Raises Damaged, and IngotError for a backup of
    a newer program, before anything changes."""
    manifest = verify(place)
    laying = home.root / LAYING
    shutil.rmtree(laying, ignore_errors=True)
    laying.mkdir(mode=0o700)
    try:
        _lay_out(place, laying)
        if (
            not (laying / "tls").exists() and (home.root / "tls").is_dir()
        ):  # it had none; browsers know the one of today
            shutil.copytree(home.root / "tls", laying / "tls")
    except OSError as error:
        raise IngotError(say("The backup could not be laid out: {why}", why=error.strerror or error)) from error
    else:
        laying.rename(home.root / STAGED)  # whole from here on: a crash is finished forward
        _swap(home)
    finally:
        shutil.rmtree(laying, ignore_errors=True)
    return manifest


def verify(place: Path) -> Manifest:
    """Every byte, and the database inside as SQLite itself checks it. Raises Damaged, or IngotError for a newer program's."""
    if not place.is_file():
        raise NotFound(say("There is no file {file}.", file=place))
    manifest = archive.check(place)
    known = {file.stem for file in FOLDER.glob("0*.py")}
    if newer := sorted(set(manifest.migrations) - known):
        raise Damaged(say("This backup was written by a newer Ingot ({version}); use that one.", version=newer[-1]))
    return manifest


def back(home: Home) -> None:
    """Swap the present state and the one before the last restore. NotFound when there is none."""
    if not (home.root / PREVIOUS).is_dir():
        raise NotFound(say("There is no earlier state to go back to."))
    (home.root / PREVIOUS).rename(home.root / STAGED)
    _swap(home)


def recover(home: Home) -> bool:
    """Finish a swap that a crash broke off; at every start, under the home's lock. A layout that was never finished is
    thrown away: the home is still what it was. True when there was something to do."""
    shutil.rmtree(home.root / LAYING, ignore_errors=True)
    if broken_off(home):
        _swap(home)
        return True
    return False


def broken_off(home: Home) -> bool:
    """Is the home half one state, half another?"""
    return (home.root / STAGED).is_dir() or (home.root / LEAVING).is_dir()


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
    with closing(sqlite3.connect(staged / archive.DATABASE)) as database:
        found = database.execute("PRAGMA integrity_check").fetchone()[0]
        if found != "ok":
            raise Damaged(say("The database in the backup is damaged: {why}", why=found))


def _swap(home: Home) -> None:
    """Renames alone, each of which may already be done: `.leaving` exists from the first to the last of them."""
    root, staged, leaving = home.root, home.root / STAGED, home.root / LEAVING
    leaving.mkdir(mode=0o700, exist_ok=True)
    if staged.is_dir():
        for name in ITEMS:
            if (root / name).exists() and not (leaving / name).exists() and not _arrived(staged, leaving, name):
                (root / name).rename(leaving / name)
        (leaving / "gone").touch()  # from here on, what lies in the root is the new state
        for name in ITEMS:
            if (staged / name).exists():
                (staged / name).rename(root / name)
        shutil.rmtree(staged)
    for name in CACHES:
        shutil.rmtree(root / name, ignore_errors=True)
    (leaving / "gone").unlink(missing_ok=True)
    shutil.rmtree(root / PREVIOUS, ignore_errors=True)
    leaving.rename(root / PREVIOUS)


def _arrived(staged: Path, leaving: Path, name: str) -> bool:
    """After a crash behind the mark: an item in the root that is not staged any more is the new one."""
    return (leaving / "gone").exists() and not (staged / name).exists()
