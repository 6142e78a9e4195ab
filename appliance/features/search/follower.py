"""The index follows the log: what was committed is found within a second."""

from __future__ import annotations

import logging
import threading
import time

from appliance.base.errors import Conflict, Unavailable
from appliance.base.text import say, told
from appliance.engines.database.protocol import Database
from appliance.engines.search.protocol import SearchEngine
from appliance.features.search.feeding import Feeding
from appliance.features.search.rebuild import Progress, rebuild
from appliance.records.follower import EndOfFollowing, Follower
from appliance.records.records import Records

log = logging.getLogger(__name__)

COLLECT = 0.2  # a commit of the index costs some 20 ms: what happens within this time shares one
FAR = 200_000  # entries behind: from here on making the index anew may be quicker than following
WEIGH = 60.0  # seconds until the records are counted again, of which there may be millions
LATE = 10.0  # seconds behind before health says so


class IndexFollower(Follower):
    """One process writes the index. With `writer=False` this one only reads it: then nothing runs here."""

    name = "search index"
    poll = 0.1
    look_anyway = 5.0  # an index that somebody deleted or exchanged wakes nobody

    def __init__(self, database: Database, records: Records, engine: SearchEngine, *, writer: bool = True):
        super().__init__(database)
        self._records, self._engine, self._writer = records, engine, writer
        self._feeding = Feeding(database, records, engine)
        self._order = threading.Lock()  # between a put and its commit the index must not be exchanged
        self._first = True
        self._progress: tuple[int, int] | None = None
        self._fresh_at = time.monotonic()
        self._weigh_at = 0.0

    def start(self) -> None:
        if self._writer:
            super().start()

    def lag(self) -> int:
        """How many log entries the index is behind."""
        return max(0, self._records.log.last() - self._engine.position())

    def health(self) -> tuple[str, str]:
        """("ok" | "degraded" | "down", reason)."""
        if self._writer and not (self._thread and self._thread.is_alive()):
            return "down", told(say("not running"))
        lag = self.lag()
        if self._progress:
            done, total = self._progress
            return "degraded", told(say("the index is made anew: {done} of {total} records", done=done, total=total))
        if self._failure:
            return "degraded", told(say("{count} changes behind: {why}", count=lag, why=self._failure))
        if lag and self._writer and time.monotonic() - self._fresh_at > LATE:
            return "degraded", told(say("{count} changes behind", count=lag))
        return "ok", told(say("{count} changes behind", count=lag) if lag else say("up to date"))

    def rebuild(self, progress: Progress) -> int:
        """Make the index anew now, from any thread, while the old one answers and is still fed; returns the number of
        records. Raises Conflict while another rebuild is under way, Unavailable in a process that is not the writer,
        and what `progress(done, total)` raises: then the old index stays."""

        def note(done: int, total: int) -> None:
            self._progress = (done, total)
            progress(done, total)

        try:
            return rebuild(self._database, self._records, self._engine, note, self._order)
        finally:
            self._progress = None
            self._wake.set()

    # ------------------------------------------------------------------ following

    def gather(self) -> None:
        self._stopping.wait(COLLECT)

    def step(self) -> bool:
        healed = self._heal(self._first)
        self._first = False
        if healed:
            return True
        with self._order:
            more = self._feeding.step()
        if not more:
            self._fresh_at = time.monotonic()
        return more

    def failed(self, error: Exception) -> None:
        """The engine has lost what was not committed."""
        if not isinstance(error, Unavailable | Conflict):
            super().failed(error)
        self._feeding.forget()

    def _heal(self, first: bool) -> bool:
        """Make the index anew when following the log would not, or hardly, bring it up to date."""
        position, last = self._engine.position(), self._records.log.last()
        if position == last and not (first and position == 0):
            return False
        if position and position <= last and not self._far(last - position):
            return False
        log.info("The search index is made anew: it stands at %s, the log at %s", position, last)
        self.rebuild(self._check)
        return True

    def _far(self, lag: int) -> bool:
        """Is following more work than beginning anew? Not while a large import runs: then the records that are missing are
        fewer than all there are, and an index made anew would be as far behind when it is ready."""
        if lag <= FAR or time.monotonic() < self._weigh_at:
            return False
        self._weigh_at = time.monotonic() + WEIGH
        tables = self._records.refresh().tables.values()
        return lag > sum(int(self._database.rows(f'SELECT count(*) FROM "{t.entity.table}"')[0][0]) for t in tables)

    def _check(self, done: int, total: int) -> None:
        if self._stopping.is_set():
            raise EndOfFollowing
