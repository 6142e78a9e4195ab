"""The backups that lie in a home's backups/, what each says of itself, and which of them is the newest good one."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import time
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from appliance.base import clock
from appliance.base.errors import IngotError
from appliance.base.paths import Home
from appliance.run.backup import archive, verdicts
from appliance.run.backup.archive import ENDING, Manifest
from appliance.run.backup.verdicts import Verdict

Kind = Literal["manual", "automatic", "snapshot", "unknown"]
"""By hand; by night; the database alone, from before a migration; from a release that did not write it down."""
AUTOMATIC = "ingot-auto-"
SNAPSHOT = "before-"
_MOMENT = re.compile(r"(\d{8})-(\d{6})")
_SQLITE = b"SQLite format 3\x00"


@dataclass(frozen=True, eq=False)
class Backup:
    """`manifest` is None where it cannot be read. `lineage` is empty in those of older releases."""

    place: Path
    kind: Kind
    created: datetime
    manifest: Manifest | None
    verdict: Verdict | None = None

    @property
    def lineage(self) -> str:
        return self.manifest.lineage if self.manifest else ""

    @property
    def damaged(self) -> bool:
        return self.manifest is None or (self.verdict is not None and not self.verdict.whole)

    def shown(self) -> dict[str, Any]:
        found = {"file": self.place.name, "bytes": size_of(self.place), "kind": self.kind}
        if self.manifest:
            found |= self.manifest.shown() | {"kind": self.kind}
        return found | {"damaged": self.damaged, "verified": self.verdict.shown() if self.verdict else None}


def size_of(place: Path) -> int:
    try:
        return place.stat().st_size
    except OSError:
        return 0


def listed(home: Home) -> list[Backup]:
    """Newest first. Nothing is read but each one's list of contents."""
    known = verdicts.read(home)
    found = [read_one(place, known.get(place)) for place in _files(home)]
    return sorted(found, key=lambda one: (one.created, one.place.name), reverse=True)


def _files(home: Home) -> list[Path]:
    try:
        places = list(home.backups.iterdir())
    except OSError:
        return []
    return [p for p in places if not p.name.startswith(".") and p.is_file() and (p.suffix == ENDING or is_snapshot(p))]


def is_snapshot(place: Path) -> bool:
    return place.name.startswith(SNAPSHOT) and place.suffix == ".db"


def read_one(place: Path, verdict: Verdict | None = None) -> Backup:
    manifest: Manifest | None = None
    with contextlib.suppress(IngotError, OSError, sqlite3.Error):
        if is_database(place):
            manifest = manifest_of_database(place)
        else:
            with archive.reading(place) as opened:
                manifest = archive.manifest_of(opened)
    return Backup(place, _kind(place, manifest), _created(place, manifest), manifest, verdict)


def _kind(place: Path, manifest: Manifest | None) -> Kind:
    if is_snapshot(place):
        return "snapshot"
    if manifest and manifest.kind in ("manual", "automatic"):
        return manifest.kind  # type: ignore[return-value]
    return "automatic" if place.name.startswith(AUTOMATIC) else "unknown"


def _created(place: Path, manifest: Manifest | None) -> datetime:
    if manifest:
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(manifest.created_at)
    with contextlib.suppress(ValueError):
        if found := _MOMENT.search(place.name):
            return datetime.strptime("".join(found.groups()), "%Y%m%d%H%M%S").astimezone(UTC)
    try:
        return datetime.fromtimestamp(place.stat().st_mtime, UTC)
    except OSError:
        return datetime.fromtimestamp(0, UTC)


# ---- a database alone, as a migration leaves one


def is_database(place: Path) -> bool:
    with place.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def manifest_of_database(place: Path) -> Manifest:
    """What an archive's manifest would say. Raises sqlite3.Error for a file that cannot be read or is not Ingot's."""
    with closing(sqlite3.connect(f"{place.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        migrations = [row[0] for row in database.execute("SELECT name FROM ingot_migration ORDER BY name")]
        position = database.execute("SELECT coalesce(max(position), 0) FROM ingot_log").fetchone()[0]
        meta: dict[str, str] = {}
        with contextlib.suppress(sqlite3.Error):  # made later than the first tables
            meta = dict(database.execute("SELECT key, value FROM ingot_meta WHERE key LIKE 'installation:%'"))
    stat = place.stat()
    return Manifest(
        "", migrations, clock.wire(datetime.fromtimestamp(stat.st_mtime, UTC)), position,
        {archive.DATABASE: (stat.st_size, "")}, kind="snapshot", lineage=meta.get("installation:lineage", ""),
        lineage_at=meta.get("installation:lineage_at", ""), installation=meta.get("installation:id", ""),
    )  # fmt: skip


def sound(place: Path) -> bool:
    """As quickly as it can be said for sure: an archive's digest, a database's own quick check."""
    try:
        if is_database(place):
            with closing(sqlite3.connect(f"{place.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
                return bool(database.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
        archive.check_digest(place)
    except (IngotError, OSError, sqlite3.Error):
        return False
    return True


def newest_good(
    home: Home,
    known: Collection[str] | None = None,
    wanted: Callable[[Backup], bool] = lambda _: True,
    seconds: float = 20,
) -> Path | None:
    """The newest that is what was written, whole backups before bare databases. `known`: the migrations of the program that
    shall read it. After `seconds` of reading, one is believed for its list of contents."""
    until = time.monotonic() + seconds
    listing = [one for one in listed(home) if not one.damaged and wanted(one)]
    listing.sort(key=lambda one: one.kind == "snapshot")  # stable: each half stays newest first
    for one in listing:
        if known is not None and one.manifest and not set(one.manifest.migrations) <= set(known):
            continue
        if time.monotonic() > until or sound(one.place):
            return one.place
    return None
