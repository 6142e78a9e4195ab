"""What every page is handed: the one client, the one watcher, the one launcher."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gui.client import ControlClient
from gui.launcher import Launcher
from gui.looks import Looks
from gui.watcher import Watcher


@dataclass(frozen=True)
class Desk:
    home: Path
    client: ControlClient
    watcher: Watcher
    launcher: Launcher
    looks: Looks | None = None


def open_desk(home: Path, looks: Looks | None = None) -> Desk:
    client = ControlClient(home)
    watcher = Watcher(client)
    return Desk(home, client, watcher, Launcher(client, watcher), looks)
