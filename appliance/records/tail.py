"""The tail of the log: a thread that hands new entries to listeners as they are committed, here or in another process.

Listeners are volatile (live notices, version counters of other processes); what must not miss an entry keeps a position of
its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from appliance.engines.database.protocol import Database
from appliance.records.log import Entry
from appliance.records.records import PROCESS, Records

log = logging.getLogger(__name__)
POLL = 0.05
"""Seconds between looks for commits of other processes; our own commits ring a bell."""
GATHER = 0.01
"""Seconds to wait for more when the last turn has only just ended."""


class Tail:
    """A service. `listen` before start."""

    name = "log tail"

    def __init__(self, database: Database, records: Records):
        self._database, self._records = database, records
        self._listeners: list[Callable[[list[Entry]], None]] = []
        self._bell = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self.position = 0
        self._failure = ""

    def listen(self, listener: Callable[[list[Entry]], None]) -> None:
        self._listeners.append(listener)

    def start(self) -> None:
        self.position = self._records.log.last()
        self._database.on_commit(self._bell.set)
        self._thread = threading.Thread(target=self._run, name="log-tail", daemon=True)
        self._thread.start()

    def stop(self, deadline: float) -> None:
        self._stopping = True
        self._bell.set()
        if self._thread:
            self._thread.join(deadline)

    def health(self) -> tuple[str, str]:
        return ("degraded", self._failure) if self._failure else ("ok", "")

    def _run(self) -> None:
        mark, busy = None, 0.0
        while not self._stopping:
            rung = self._bell.wait(POLL)
            if rung and time.monotonic() - busy < 2 * GATHER:
                time.sleep(GATHER)  # commits come thick: take several in one turn
            self._bell.clear()
            try:
                now = self._database.change_mark()
                if rung or now != mark:
                    mark = now
                    self._turn()
                    busy = time.monotonic()
                self._failure = ""
            except Exception as error:
                self._failure = str(error)
                log.exception("The log's tail failed; it tries again")
                self._bell.wait(1)
        self._database.release()

    def _turn(self) -> None:
        while entries := self._records.log.after(self.position, 1_000):
            self.position = entries[-1].position
            foreign = {e.entity for e in entries if not e.transaction.startswith(PROCESS)}
            if foreign:
                if foreign & {"entity", "field"}:
                    self._records.refresh()
                self._records.versions.bump(foreign)
            for listener in self._listeners:
                listener(entries)
