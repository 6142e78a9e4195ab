"""How far the log of changes had come when Ingot last ran, kept beside the database: one that is older now has lost its
write-ahead log, or an old copy was put in its place. Both start without a word otherwise."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from appliance.base.paths import Home
from appliance.base.text import Text, say
from appliance.engines.database.protocol import Database
from appliance.run import installation


@dataclass(frozen=True, slots=True)
class LastPosition:
    """`lineage` is the one it was in: after a restore there is nothing to compare."""

    place: Path
    database: Database
    lineage: str

    @classmethod
    def of(cls, home: Home, database: Database) -> LastPosition:
        return cls(home.root / "run" / "last-position", database, installation.read(database).lineage)

    def note(self) -> None:
        """Now; never fails: a full disk is told of by its own check."""
        beside = self.place.with_name(f".{self.place.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            beside.write_text(f"{self.lineage} {self._now()}\n")
            beside.replace(self.place)

    def lost(self) -> Text | None:
        """What is missing since the last run, as a sentence; None when nothing is, or nobody knows."""
        try:
            lineage, position = self.place.read_text("utf-8").split()
            before = int(position)
        except (OSError, ValueError):
            return None
        now = self._now()
        if lineage != self.lineage or now >= before:
            return None
        return say(
            "The database is older than when Ingot last ran: {count} changes are missing ({now} of {before}). Its write-ahead "
            "log (ingot.db-wal) was removed, or an old copy was put in its place. If you have the right one, stop Ingot and put "
            "it back.",
            count=before - now, now=now, before=before,
        )  # fmt: skip

    def _now(self) -> int:
        return int(self.database.rows("SELECT coalesce(max(position), 0) FROM ingot_log")[0][0])
