"""Which lanes a free thread may serve, so that no kind of work keeps the others waiting.

With N threads: mail and default may use all N; index, import and analysis, whose jobs are long, N - 2 each (one at least) and
N - 1 together. Between lanes with something ready turns are taken: the one with the fewest running, then the one served longest
ago. Within a lane the queue's order holds. With two threads or more a long import never keeps a mail waiting; with three
or more it does not keep an index waiting either. The limits are those of one process."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable

LANES = ("default", "mail", "import", "index", "analysis")
LONG = frozenset({"import", "index", "analysis"})


class LaneBook:
    """Counts what runs in each lane. Safe to use from all threads of a worker."""

    def __init__(self, threads: int = 1, lanes: Iterable[str] | None = None):
        self.threads = threads
        self.lanes = tuple(lanes) if lanes is not None else LANES
        self.bound = lanes is not None  # then messages in lanes we do not know are none of our business
        self._running: Counter[str] = Counter()
        self._served = dict.fromkeys(self.lanes, 0)
        self._turn = 0
        self._lock = threading.Lock()

    def know(self, lane: str) -> None:
        """Serve this lane as well, unless the worker is bound to certain ones."""
        if not self.bound and lane not in self.lanes:
            self.lanes = (*self.lanes, lane)

    def open(self) -> tuple[str, ...]:
        """Lanes with room for one more job, the one whose turn it is first."""
        with self._lock:
            free = [lane for lane in self.lanes if self._room(lane)]
            return tuple(sorted(free, key=lambda lane: (self._running[lane], self._served.get(lane, 0))))

    def _room(self, lane: str) -> bool:
        if lane not in LONG:
            return True
        if self._running[lane] >= max(1, self.threads - 2):
            return False
        return sum(self._running[each] for each in LONG) < max(1, self.threads - 1)

    def enter(self, lane: str) -> bool:
        """Take a place. False when another thread took the last one since `open`."""
        with self._lock:
            if not self._room(lane):
                return False
            self._turn += 1
            self._running[lane] += 1
            self._served[lane] = self._turn
            return True

    def leave(self, lane: str) -> None:
        with self._lock:
            self._running[lane] -= 1

    def running(self) -> dict[str, int]:
        with self._lock:
            return {lane: self._running[lane] for lane in self.lanes}
