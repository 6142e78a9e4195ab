"""How the process did over the last minutes and hours: measured every two seconds, kept in memory in three grains."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from appliance.base import clock
from appliance.run.services import Health

EVERY = 2.0
LOOK_EVERY = 5  # samples between looks at every part's health
SPANS = {"2m": (2, 60), "1h": (30, 120), "24h": (600, 144)}
"""Name -> (seconds between points, points kept). A point of a longer span is the mean of the samples since the last one."""
Counters = Callable[[], Mapping[str, float]]


class Sampler:
    """A service. `totals` only grow (requests, errors, seconds of work) and are shown as what they grew by per second; `levels`
    are as they are (jobs that wait); `look` is called every ten seconds."""

    name = "sampler"

    def __init__(self, root: Path, totals: Counters, levels: Counters, look: Callable[[], object] = lambda: None):
        self._root, self._totals, self._levels, self._look = root, totals, levels, look
        self._points: dict[str, deque[dict[str, Any]]] = {n: deque(maxlen=kept) for n, (_, kept) in SPANS.items()}
        self._gathered: dict[str, list[dict[str, float]]] = {n: [] for n in SPANS}
        self._wake, self._before = threading.Event(), self._read_totals()
        self._at = time.monotonic()
        self._trouble = ""
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)
        self._thread.start()

    def stop(self, deadline_seconds: float) -> None:
        self._wake.set()
        if self._thread:
            self._thread.join(deadline_seconds)

    def health(self) -> Health:
        return Health("degraded", self._trouble) if self._trouble else Health()

    def history(self, span: str) -> list[dict[str, Any]]:
        """The points of a span, oldest first; each has `at` and its numbers. Empty for a span nobody knows."""
        return list(self._points.get(span, ()))

    def sample(self) -> None:
        """Measure now; the thread does it every two seconds."""
        now, totals = time.monotonic(), self._read_totals()
        passed = max(now - self._at, 0.001)
        found = {name: max(0.0, (value - self._before.get(name, 0)) / passed) for name, value in totals.items()}
        self._before, self._at = totals, now
        found |= {**self._levels(), "memory_bytes": float(_memory()), "disk_free_bytes": float(_free(self._root))}
        for name, (seconds, _) in SPANS.items():
            gathered = self._gathered[name]
            gathered.append(found)
            if len(gathered) * EVERY >= seconds:
                means = {key: sum(g.get(key, 0.0) for g in gathered) / len(gathered) for key in found}
                self._points[name].append({"at": clock.wire_now(), **{k: round(v, 4) for k, v in means.items()}})
                gathered.clear()

    def _read_totals(self) -> dict[str, float]:
        times = os.times()
        return {"cpu": times.user + times.system + times.children_user + times.children_system, **self._totals()}

    def _run(self) -> None:
        turn = 0
        while not self._wake.wait(EVERY):
            turn += 1
            try:
                self.sample()
                if turn % LOOK_EVERY == 0:
                    self._look()
                self._trouble = ""
            except Exception as error:  # a database that is away must not end the measurements for good
                self._trouble = str(error) or type(error).__name__


def _memory() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return 0


def _free(root: Path) -> int:
    try:
        return shutil.disk_usage(root).free
    except OSError:
        return 0
