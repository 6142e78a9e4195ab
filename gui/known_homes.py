"""The installations that this panel has seen, kept in its own settings: so that a home whose disk is not there is told from one
that never was, and nobody makes a new installation in its place."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PySide6.QtCore import QSettings

from gui import places
from gui.texts import say


class KnownHomes:
    """Without settings it remembers as long as the panel runs."""

    def __init__(self, settings: QSettings | None = None):
        self._settings, self._seen = settings, dict[Path, str]()

    def remember(self, home: Path) -> None:
        """What lies there now, if it is an installation."""
        number = places.installation(home)
        if number and number != self.id_of(home):
            self._seen[home] = number
            if self._settings:
                self._settings.setValue(_key(home), number)

    def id_of(self, home: Path) -> str:
        """The installation that was last seen in this folder; empty when none ever was."""
        kept = self._settings.value(_key(home)) if self._settings else ""
        return self._seen.get(home) or str(kept or "")

    def gone(self, home: Path) -> str:
        """Why the installation that was there cannot be there now, as a sentence; empty when all is as it was."""
        if not self.id_of(home) or places.installation(home):
            return ""
        if not home.is_dir():
            return say(
                "The folder where your Ingot was, {home}, is gone. Is its disk switched on and mounted?", home=home
            )
        if places.lived_in(home):
            return ""  # something of it is left: the server says what is missing
        return say("The folder where your Ingot was, {home}, is empty. Is its disk switched on and mounted?", home=home)


def _key(home: Path) -> str:
    return "installations/" + hashlib.sha256(str(home).encode()).hexdigest()[:24]
