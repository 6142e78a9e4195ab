"""What the control API answers about the backups that lie in the home, also when nothing else could be opened: a list of them,
and whether one is whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.base.errors import BadRequest
from appliance.base.settings import Settings
from appliance.base.text import say
from appliance.run.backup import listing
from appliance.run.backup.marking import verify_and_mark
from appliance.run.process import Process


@dataclass(frozen=True)
class BackupControl:
    settings: Settings
    process: Process

    def furnish(self) -> None:
        """Add it to what the process's control API knows."""
        self.process.queries |= {"backups": lambda _: {"backups": self._listed()}}
        self.process.commands |= {"verify": self._verify}

    def _listed(self) -> list[dict[str, Any]]:
        return [one.shown() for one in listing.listed(self.settings.home)]

    def _verify(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Of one of the home's own, by name. What is found is marked."""
        name = asked.get("file")
        if not isinstance(name, str) or not name.strip():
            raise BadRequest(say("{name} is missing.", name="file"))
        place = self.settings.home.backups / Path(name.strip()).name
        return verify_and_mark(self.settings, place)
