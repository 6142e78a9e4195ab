"""How the backups do: was the last one made, are the newest whole, is there room for the next? And the two jobs about them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from appliance.base import clock
from appliance.base.settings import Settings
from appliance.base.text import Text, say, told
from appliance.jobs.jobs import Jobs
from appliance.jobs.row import DEAD, FAILED, RETRYING, SUCCESS
from appliance.run.backup import listing, taking
from appliance.run.backup.listing import Backup
from appliance.run.services import Health

BACKUP, VERIFY = "house.backup", "house.verify-backups"
NEWEST = 3
"""So many are read again each week, and so many must be whole."""
_LISTED, _MEASURED = (
    20.0,
    600.0,
)  # seconds that a look holds: it reads each one's list of contents, or adds up all files


class BackupHealth:
    """`check` is cheap enough to be asked every few seconds."""

    def __init__(self, settings: Settings, jobs: Jobs):
        self._settings, self._jobs = settings, jobs
        self._lock = threading.Lock()
        self._found: Health | None = None
        self._until = self._room_until = 0.0
        self._room: Text | None = None

    def check(self) -> Health:
        with self._lock:
            if self._found is None or time.monotonic() > self._until:
                self._found = self._look()
                self._until = time.monotonic() + _LISTED
            return self._found

    def _look(self) -> Health:
        try:
            return self._judged()
        except Exception as error:  # what is read for it may be what is damaged: a health never raises
            return Health("down", told(say("Whether backups are made cannot be read: {why}", why=str(error))))

    def _judged(self) -> Health:
        if (closed := _closed(self._settings.home.backups)) is not None:
            return Health("down", told(closed))
        backups = [one for one in listing.listed(self._settings.home) if one.kind != "snapshot"]
        good = next((one for one in backups if not one.damaged), None)
        trouble = self._last_job(clock.wire(good.created) if good else "")
        if trouble is not None and trouble[0] == "down":
            return Health("down", told(trouble[1]))
        if (bad := _damaged(backups)) is not None:
            return Health("down", told(bad))
        if trouble is not None:
            return Health("degraded", told(trouble[1]))
        if (room := self._lack_of_room()) is not None:
            return Health("degraded", told(room))
        if good is not None and good.manifest is not None and good.manifest.lost:
            return Health("degraded", told(_lost(good.manifest.lost)))
        return Health(
            "ok", told(say("the last one: {when} UTC", when=_moment(good.created)) if good else say("none yet"))
        )

    def _last_job(self, good: str) -> tuple[str, Text] | None:
        """`good`: when the newest good backup was made; one made at the shell leaves no job."""
        for job in self._jobs.list(kind=BACKUP, limit=20):
            if job.state == SUCCESS or (job.finished_at and job.finished_at < good):
                return None
            why = (job.message or job.error or job.state).strip().splitlines()[-1]
            if job.state in (DEAD, FAILED) and job.attempts:  # one held back by a restore was never tried here
                return "down", say("The last backup could not be made: {why}", why=why.rstrip("."))
            if job.state == RETRYING:
                return "degraded", say("The backup is tried again: {why}", why=why.rstrip("."))
        return None

    def _lack_of_room(self) -> Text | None:
        """Said before the next one deletes what is in its way."""
        if time.monotonic() > self._room_until:
            files = self._jobs.database.rows("SELECT coalesce(sum(size), 0) FROM ingot_file")
            self._room, self._room_until = _room(self._settings, int(files[0][0])), time.monotonic() + _MEASURED
        return self._room


def _lost(count: int) -> Text:
    return say(
        "The last backup lacks {count} contents of files, which were gone or damaged before. An earlier one may have them.",
        count=count,
    )


def _closed(folder: Path) -> Text | None:
    """A folder that cannot be read looks like one without backups."""
    if not folder.exists() or os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return None
    return say("Ingot may not read and write in the folder of the backups, {folder}: none can be made.", folder=folder)


def _room(settings: Settings, stored: int) -> Text | None:
    try:
        victims, lacking = taking.short_of_room(settings.home, stored)
    except OSError:
        return None  # the home's own check tells of it
    if lacking:
        return say(
            "The disk has no room for the next backup: {need} MB more are needed.", need=lacking // 1_000_000 + 1
        )
    return taking.going_first(victims) if victims else None


def _damaged(backups: Sequence[Backup]) -> Text | None:
    bad = next((one for one in backups[:NEWEST] if one.damaged), None)
    return say("The backup {file} is damaged: delete it, and make a new one.", file=bad.place.name) if bad else None


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
