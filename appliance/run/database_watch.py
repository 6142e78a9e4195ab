"""Looks after the database while the process runs: its quick check after the start, and whatever damage a request, a follower
or a job meets. From then on the database is `down`, in words and with what to do, until the process ends; administrators hear
of it."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable

from appliance.base.errors import IngotError, Unavailable
from appliance.base.paths import Home
from appliance.base.text import say, told
from appliance.engines.database.damage import says_damage
from appliance.engines.database.protocol import Database
from appliance.jobs.jobs import Jobs
from appliance.jobs.row import DEAD, FAILED, RETRYING
from appliance.run import installation
from appliance.run.last_position import LastPosition
from appliance.run.services import Health

EVERY = 15.0
_log = logging.getLogger(__name__)


class _Ending(Exception):
    """The process stops: the check is broken off."""


class DatabaseWatch:
    """A service. `troubles` are the healths to watch beside the database's own; `tell(name)` writes the notice for one that went
    down, once."""

    name = "database watch"

    def __init__(
        self, database: Database, home: Home, jobs: Jobs, tell: Callable[[str], object],
        troubles: dict[str, Callable[[], Health]],
    ):  # fmt: skip
        self._database, self._home, self._jobs, self._tell = database, home, jobs, tell
        self._troubles = {"database": self.database, **troubles}
        self._told: set[str] = set()
        sqlite, self._remedy_found = database.dialect == "sqlite", False
        self._remedy = say("Restore the newest good backup.") if sqlite else installation.ON_A_SERVER
        self._gone = False
        self.way_back: installation.WayBack | None = None
        """From damage on, as soon as the backups have been read through: what restores the newest good one."""
        self._last = LastPosition.of(home, database)
        self._lost = self._last.lost()
        self._since = jobs.list(limit=1)[0].id if jobs.list(limit=1) else 0
        self._ended, self._met = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        database.faults.on_first(self._first)

    def start(self) -> None:
        if self._lost:
            _log.error("%s", self._lost)
        self._thread = threading.Thread(target=self._run, name="database-watch", daemon=True)
        self._thread.start()

    def stop(self, deadline_seconds: float) -> None:
        self._ended.set()
        self._met.set()
        if self._thread:
            self._thread.join(deadline_seconds)

    def health(self) -> Health:
        return Health() if self._thread is None or self._thread.is_alive() else Health("degraded", "it has ended")

    def database(self) -> Health:
        """The database's own word, and what was met in it."""
        if not self._database.faults.first:
            health = Health(*self._database.check())  # type: ignore[arg-type]
            self._gone = health.state == "down" and self._database.dialect == "sqlite"
            if self._gone:
                if not self._remedy_found:
                    self._met.set()
                what = getattr(health.reason, "text", health.reason)
                return Health("down", told(say("{what} {remedy}", what=what, remedy=self._remedy)))
            return Health("degraded", told(self._lost)) if self._lost and health.state == "ok" else health
        what = self._database.faults.first.rstrip(".")
        text = say("The database is damaged: {why}. Stop Ingot. {remedy}", why=what, remedy=self._remedy)
        return Health("down", told(text))

    def _find_remedy(self) -> None:
        """In our own thread: it reads backups through, and whoever asks for a status shall not wait for that."""
        wanted = self._database.faults.first or self._gone
        if wanted and not self._remedy_found and self._database.dialect == "sqlite":
            self.way_back = installation.way_back(self._home)
            self._remedy, self._remedy_found = installation.remedy(self._home, self.way_back), True

    def _first(self, what: str) -> None:
        _log.error("The database is damaged: %s", what)
        self._met.set()

    def _run(self) -> None:
        try:
            self._check()
            while not self._ended.is_set():
                self._look()
                self._met.wait(EVERY)
                self._met.clear()
        except _Ending:
            pass
        except Exception:
            _log.exception("database watch")
        finally:
            self._note_last()
            self._database.release()

    def _note_last(self) -> None:
        with contextlib.suppress(Exception):  # whatever ails the database is told of elsewhere
            self._last.note()

    def _check(self) -> None:
        def tick() -> None:
            if self._ended.is_set():
                raise _Ending

        try:
            found = self._database.inspect(tick, quick=True)
        except Unavailable:  # it is away: its own health says so, and this thread is needed until it is back
            return
        if found:
            self._database.faults.note(found[0])

    def _look(self) -> None:
        """What the helper process met, and what went down since the last look."""
        self._find_remedy()
        for name in list(self._troubles):
            try:
                if name == "database":
                    self._last.note()
                    self._read_jobs()
                down = self._troubles[name]().state == "down"
                if down and name not in self._told:
                    self._told.add(name)
                    self._tell(name)
                elif not down:
                    self._told.discard(name)
            except Exception as error:  # the notice goes into the database that is in trouble
                _log.warning("%s: %s", name, error if isinstance(error, IngotError) else repr(error))

    def _read_jobs(self) -> None:
        for job in self._jobs.list(state=(DEAD, FAILED, RETRYING), limit=10):
            if job.id > self._since and job.attempts and says_damage(job.error or ""):
                self._database.faults.note((job.error or "").strip().splitlines()[-1])
