"""Watches the server: its run file, its process, its answers. The one place that knows how it is; all others hear of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from gui import places
from gui.client import ControlClient, Trouble
from gui.known_homes import KnownHomes
from gui.state import Condition, Seen, judge

EVERY, AT_REST = 700, 2500  # ms between looks, while somebody looks and while nobody does
PATIENCE = 2000  # ms until a silent server is called frozen; with EVERY that is under three seconds


class Watcher(QObject):
    """`changed` when its condition is another one; `told` at each look, with its status or None."""

    changed = Signal(object)
    told = Signal(object)

    def __init__(self, client: ControlClient, parent: QObject | None = None, known: KnownHomes | None = None):
        super().__init__(parent)
        self.client, self.known = client, known or KnownHomes()
        self.condition = Condition()
        self.status: dict[str, Any] | None = None
        self.since = time.monotonic()
        self._seen_pid: int | None = None
        self._silent = self._refused = self._asking = self._launching = False
        self._launched_pid, self._complaint = 0, ""
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        self._timer.start(EVERY)
        self.look()

    def stop(self) -> None:
        self._timer.stop()

    def rest(self, nobody_looks: bool) -> None:
        """Look less often while the window is hidden."""
        self._timer.setInterval(AT_REST if nobody_looks else EVERY)

    @property
    def launching(self) -> bool:
        return self._launching

    def launched(self, pid: int) -> None:
        """A start of ours is under way: until it is there, or its process is gone."""
        self._launching, self._launched_pid, self._complaint = True, pid, ""
        self._refused = self._silent = False
        self.look()

    def not_launched(self, why: str) -> None:
        self._launching, self._complaint = False, why
        self.look()

    def waited(self) -> float:
        """Seconds since the condition became what it is."""
        return time.monotonic() - self.since

    def look(self) -> None:
        run = places.run_file(self.home)
        alive = self._alive(run)
        if run is None or run.pid != self._seen_pid:
            self._seen_pid = run.pid if run else None
            self.status, self._silent, self._refused = None, False, False
        if self._launching and (alive or not places.alive(self._launched_pid)):
            self._complaint = "" if alive else places.complaint(self.home)
            self._launching = False
        if alive:
            self._ask()
            self.known.remember(self.home)
        else:
            self.status = None
        self._tell(run, alive)

    @property
    def home(self) -> Path:
        return self.client.home

    def _ask(self) -> None:
        if not self._asking:
            self._asking = True
            self.client.ask("status", self._answered, self._unanswered, patience=PATIENCE)

    def _answered(self, status: Any) -> None:
        self._asking = False
        if not isinstance(status, dict) or status.get("pid") != self._seen_pid:
            return
        first, was_silent = self.status is None, self._silent
        self.status, self._silent, self._refused, self._complaint = status, False, False, ""
        if first or was_silent or status["state"] != "ready":
            self._again()

    def _unanswered(self, trouble: Trouble) -> None:
        self._asking = False
        before = (self._silent, self._refused)
        self._silent = trouble.code == "silent"
        self._refused = trouble.code == "nobody"
        self.status = None
        if before != (self._silent, self._refused):
            self._again()

    def _again(self) -> None:
        """What was learned counts now, not at the next look."""
        run = places.run_file(self.home)
        self._tell(run, self._alive(run))

    def _alive(self, run: places.RunFile | None) -> bool:
        return run is not None and places.alive(run.pid) and places.held(self.home)

    def _tell(self, run: places.RunFile | None, alive: bool) -> None:
        gone = "" if alive else self.known.gone(self.home)
        complaint, launching = gone or self._complaint, self._launching and not gone
        found = judge(Seen(run, alive, self.status, self._silent, self._refused, launching, complaint))
        if found != self.condition:
            if found.kind != self.condition.kind:
                self.since = time.monotonic()
            self.condition = found
            self.changed.emit(found)
        self.told.emit(self.status)
