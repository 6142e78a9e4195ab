"""What every page is handed: the one client, the one watcher, the one launcher, the one service."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gui.backup_commands import BackupCommands
from gui.client import ControlClient
from gui.launcher import Launcher, ingot
from gui.looks import Looks
from gui.service import Service
from gui.watcher import Watcher


@dataclass(frozen=True)
class Desk:
    home: Path
    client: ControlClient
    watcher: Watcher
    launcher: Launcher
    service: Service
    backups: BackupCommands
    looks: Looks | None = None


def open_desk(home: Path, looks: Looks | None = None) -> Desk:
    client = ControlClient(home)
    watcher = Watcher(client)
    program, arguments = ingot("serve", "--existing", "--home", str(home))
    service = Service(home, [program, *arguments])
    service.look()
    return Desk(home, client, watcher, Launcher(client, watcher, service), service, BackupCommands(home), looks)
