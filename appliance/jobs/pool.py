"""A few helper processes for work that somebody waits for: apart from the one that heavy jobs share, so that a long import
makes nobody wait, and never more than a few, so that many requests cannot take the machine."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from appliance.base.errors import TooManyRequests
from appliance.base.text import say
from appliance.jobs.helper import HelperProcess
from appliance.jobs.kind import BodyFailed

PLACES = 2
IDLE = 60.0
"""Seconds after which a process that nobody needs is ended."""
RETRY_AFTER = 5
_LOOK = 0.2
log = logging.getLogger(__name__)


class TookTooLong(Exception):
    """The call was ended, with its process, when its time was over."""


class ProcessEnded(Exception):
    """The process of a call ended: killed by the system, by its bounds or by a crash."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """`seconds` of the clock; `processor` seconds of one core and `memory` in bytes, as `bounds.bounded` takes them."""

    seconds: float
    processor: int
    memory: int


class HelperPool:
    """`context` (JSON) is handed to each body as `run.context`. Safe to use from all threads."""

    def __init__(self, context: Mapping[str, Any], places: int = PLACES):
        self._context, self._places = dict(context), threading.BoundedSemaphore(places)
        self._lock = threading.Lock()
        self._idle: list[tuple[float, HelperProcess]] = []
        self._busy: set[HelperProcess] = set()
        self._numbers = itertools.count(1)
        self._closed = False

    def call(
        self,
        body: str,
        arguments: Mapping[str, Any],
        bounds: Bounds,
        *,
        wait: float = 0.5,
        check: Callable[[], None] | None = None,
    ) -> Any:
        """What `body` ("module:function", called with a run and the arguments) returns. TooManyRequests when no place is free
        within `wait` seconds; TookTooLong, ProcessEnded; BodyFailed for an error there. With `check`, which may raise to end
        it, it waits for a place as long as it takes."""
        self._take_place(wait, check)
        try:
            return self._call(body, arguments, bounds, check)
        finally:
            self._places.release()

    def _take_place(self, wait: float, check: Callable[[], None] | None) -> None:
        while not self._places.acquire(timeout=wait):
            if check is None:
                text = say("Other files are being read right now. Try again in {seconds} s.", seconds=RETRY_AFTER)
                raise TooManyRequests(text, retry_after=RETRY_AFTER)
            check()

    def _call(self, body: str, arguments: Mapping[str, Any], bounds: Bounds, check: Callable[[], None] | None) -> Any:
        process, number = self._process(), next(self._numbers)
        try:
            process.send({
                "run": body, "arguments": dict(arguments), "job": number, "actor": "", "attempt": 1, "time_limit": None,
                "context": self._context, "bounds": {"memory": bounds.memory, "processor": bounds.processor},
            })  # fmt: skip
            found = self._follow(process, time.monotonic() + bounds.seconds, check)
        except BodyFailed:
            self._give_back(process)
            raise
        except BaseException:
            self._drop(process)
            raise
        self._give_back(process)
        return found

    def _follow(self, process: HelperProcess, deadline: float, check: Callable[[], None] | None) -> Any:
        while True:
            word = process.hear(_LOOK) or {}
            if "log" in word:
                level, name, message = word["log"]
                logging.getLogger(name).log(level, "%s", message)
            elif "done" in word:
                return word["done"]
            elif "failed" in word:
                raise BodyFailed(**word["failed"])
            elif "gone" in word:
                raise ProcessEnded(f"exit code {process.finish()}: {''.join(process.complaints)[-2_000:]}")
            if time.monotonic() > deadline:
                raise TookTooLong
            if check is not None:
                check()

    def _process(self) -> HelperProcess:
        with self._lock:
            while self._idle:
                _, process = self._idle.pop()
                if not process.ended():
                    break
                process.finish()
            else:
                process = HelperProcess()
            self._busy.add(process)
        return process

    def _give_back(self, process: HelperProcess) -> None:
        with self._lock:
            self._busy.discard(process)
            if not self._closed:
                self._idle.append((time.monotonic(), process))
                timer = threading.Timer(IDLE + 1, self._end_idle)
                timer.daemon = True
                timer.start()
                return
        process.kill()

    def _drop(self, process: HelperProcess) -> None:
        with self._lock:
            self._busy.discard(process)
        process.kill()

    def _end_idle(self) -> None:
        before = time.monotonic() - IDLE
        with self._lock:
            old = [p for since, p in self._idle if since <= before]
            self._idle = [(since, p) for since, p in self._idle if since > before]
        for process in old:
            process.kill()

    def close(self) -> None:
        """Ends all processes; calls that wait for one end as ProcessEnded."""
        with self._lock:
            self._closed = True
            all_ = [p for _, p in self._idle] + list(self._busy)
            self._idle.clear()
        for process in all_:
            process.kill()
