"""Who changed: job ids and states, told to listeners of this process after the commit."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from appliance.engines.database.protocol import Database

Listener = Callable[[int, str], None]
log = logging.getLogger(__name__)


class Changes:
    """A bell with words. What a rolled-back transaction told rings at the thread's next commit: false, and harmless."""

    def __init__(self, database: Database):
        self._database = database
        self._listeners: list[Listener] = []
        self._thread = threading.local()
        database.on_commit(self.ring)

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def tell(self, job_id: int, state: str) -> None:
        """Ring with the commit of this thread's transaction; at once when none is open."""
        if not hasattr(self._thread, "changed"):
            self._thread.changed = {}
        self._thread.changed[job_id] = state
        if not self._database.writing():
            self.ring()

    def ring(self) -> None:
        changed, self._thread.changed = getattr(self._thread, "changed", {}), {}
        for job_id, state in changed.items():
            for listener in self._listeners:
                try:
                    listener(job_id, state)
                except Exception:
                    log.exception("A listener to jobs failed")
