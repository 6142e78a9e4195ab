"""The tail of the log: a follower that hands new entries to listeners as they are committed, here or in another process.

Listeners are volatile (live notices, version counters of other processes); what must not miss an entry keeps a position of
its own."""

from __future__ import annotations

import time
from collections.abc import Callable

from appliance.engines.database.protocol import Database
from appliance.records.follower import Follower
from appliance.records.log import Entry
from appliance.records.records import PROCESS, Records

GATHER = 0.01
"""Seconds to wait for more when the last turn has only just ended."""


class Tail(Follower):
    """`listen` before start."""

    name = "log tail"
    poll = 0.05

    def __init__(self, database: Database, records: Records):
        super().__init__(database)
        self._records = records
        self._listeners: list[Callable[[list[Entry]], None]] = []
        self.position = 0
        self._busy = 0.0

    def listen(self, listener: Callable[[list[Entry]], None]) -> None:
        self._listeners.append(listener)

    def start(self) -> None:
        self.position = self._records.log.last()
        super().start()

    def gather(self) -> None:
        if time.monotonic() - self._busy < 2 * GATHER:
            time.sleep(GATHER)  # commits come thick: take several in one turn

    def step(self) -> bool:
        while entries := self._records.log.after(self.position, 1_000):
            self.position = entries[-1].position
            foreign = {e.entity for e in entries if not e.transaction.startswith(PROCESS)}
            if foreign:
                if foreign & {"entity", "field"}:
                    self._records.refresh()
                self._records.versions.bump(foreign)
            for listener in self._listeners:
                listener(entries)
        self._busy = time.monotonic()
        return False
