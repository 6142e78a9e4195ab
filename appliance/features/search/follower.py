"""The index follows the log: what was committed is found within a second. A service with a thread of its own."""

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
from appliance.records.records import Records

log = logging.getLogger(__name__)

POLL = 0.1  # seconds between looks for commits of other processes; our own ring a bell
LOOK_ANYWAY = 5.0  # an index that somebody deleted or exchanged rings no bell
COLLECT = 0.2  # a commit of the index costs some 20 ms: what happens within this time shares one
FAR = 200_000  # entries behind: from here on making the index anew may be quicker than following
WEIGH = 60.0  # seconds until the records are counted again, of which there may be millions
LATE = 10.0  # seconds behind before health says so
_AGAIN = 1.0


class _Stopped(Exception):
    """The process ends in the middle of a rebuild."""


class IndexFollower:
    """One process writes the index. With `writer=False` this one only reads it: then nothing runs here."""

    name = "search index"

    def __init__(self, database: Database, records: Records, engine: SearchEngine, *, writer: bool = True):
        self._database, self._records, self._engine, self._writer = database, records, engine, writer
        self._feeding = Feeding(database, records, engine)
        self._order = threading.Lock()  # between a put and its commit the index must not be exchanged
        self._bell = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._failure = ""
        self._progress: tuple[int, int] | None = None
        self._fresh_at = time.monotonic()
        self._weigh_at = 0.0

    # ------------------------------------------------------------------ the service

    def start(self) -> None:
        if not self._writer:
            return
        self._database.on_commit(self._bell.set)
        self._thread = threading.Thread(target=self._run, name="search-index", daemon=True)
        self._thread.start()

    def stop(self, deadline_seconds: float) -> None:
        """What is not in the index yet is put there at the next start: the position says where to go on."""
        self._stopping.set()
        self._bell.set()
        if self._thread:
            self._thread.join(deadline_seconds)

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
            self._bell.set()

    # ------------------------------------------------------------------ the thread

    def _run(self) -> None:
        mark, behind, first, look_at = None, True, True, 0.0
        while not self._stopping.is_set():
            rung = behind or self._bell.wait(POLL)
            try:
                now = self._database.change_mark()
                if rung or now != mark or time.monotonic() > look_at:
                    if not behind:
                        self._stopping.wait(COLLECT)
                    self._bell.clear()  # before reading: who rings from now on is heard in the next turn
                    mark, look_at = now, time.monotonic() + LOOK_ANYWAY
                    behind = self._turn(first)
                    first = False
                self._failure = ""
            except _Stopped:
                break
            except (Unavailable, Conflict) as error:  # the engine has lost what was not committed
                behind = self._fail(str(error))
            except Exception as error:
                log.exception("The search index cannot follow; it tries again")
                behind = self._fail(str(error) or type(error).__name__)
        self._database.release()

    def _fail(self, reason: str) -> bool:
        self._failure = reason
        self._feeding.forget()
        self._stopping.wait(_AGAIN)
        return True

    def _turn(self, first: bool) -> bool:
        """One step; True when there is more to do at once."""
        if self._heal(first):
            return True
        with self._order:
            more = self._feeding.step()
        if not more:
            self._fresh_at = time.monotonic()
        return more

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
        return lag > sum(self._database.rows(f'SELECT count(*) FROM "{t.entity.table}"')[0][0] for t in tables)

    def _check(self, done: int, total: int) -> None:
        if self._stopping.is_set():
            raise _Stopped
