"""What reads the change log on a thread of its own: the thread, how it is woken, and what happens when it fails. The position is
the subclass's affair: in memory, in the database beside what it writes, or in the index that it feeds."""

from __future__ import annotations

import logging
import math
import threading
import time
from abc import ABC, abstractmethod

from appliance.engines.database.protocol import Database

log = logging.getLogger(__name__)


class Follower(ABC):
    """A service. A subclass says how to read on, in `step`, which is called when somebody commits: in this process at once, in
    another within `poll` seconds. A step that raises is reported by `health` and tried again after `retry` seconds: a follower
    that fails falls behind alone, and after a kill the next process goes on from the position."""

    name = "follower"
    poll = 0.2
    """Seconds between looks for the commits of other processes."""
    retry = 1.0
    look_anyway = math.inf
    """Seconds after which it reads on though nobody has committed."""

    def __init__(self, database: Database):
        self._database = database
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._failure = ""

    @abstractmethod
    def step(self) -> bool:
        """Read on from where it stands; True when there is more to do at once. Called on the follower's thread alone. May raise
        anything; EndOfFollowing ends the thread."""

    def gather(self) -> None:  # noqa: B027 - most have nothing to wait for
        """Called before a step that is not the continuation of another: wait here for more commits, so that they share it."""

    def failed(self, error: Exception) -> None:
        """Called on the thread after a step raised, before it waits."""
        log.exception("%s: it cannot follow the log and tries again", self.name)

    def start(self) -> None:
        self._database.on_commit(self._wake.set)
        self._thread = threading.Thread(target=self._run, name=self.name.replace(" ", "-"), daemon=True)
        self._thread.start()

    def stop(self, deadline_seconds: float) -> None:
        """What was not read yet is read after the next start."""
        self._stopping.set()
        self._wake.set()
        if self._thread:
            self._thread.join(deadline_seconds)

    def health(self) -> tuple[str, str]:
        """("ok" | "degraded" | "down", reason)."""
        return ("degraded", self._failure) if self._failure else ("ok", "")

    def _run(self) -> None:
        mark, behind, look_at = None, True, 0.0
        while not self._stopping.is_set():
            woken = behind or self._wake.wait(self.poll)
            try:
                now = self._database.change_mark()
                if woken or now != mark or time.monotonic() > look_at:
                    if not behind:
                        self.gather()
                    self._wake.clear()  # before reading: who commits from now on is heard in the next turn
                    mark, look_at = now, time.monotonic() + self.look_anyway
                    behind = self.step()
                self._failure = ""
            except EndOfFollowing:
                break
            except Exception as error:
                self._failure = str(error) or type(error).__name__
                self.failed(error)
                behind = True
                self._stopping.wait(self.retry)
        self._database.release()


class EndOfFollowing(Exception):
    """The process ends in the middle of a step."""
