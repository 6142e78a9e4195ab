"""Inside the helper process: runs one heavy body at a time and talks in JSON lines over the pipes it was started with.

In: {"run": "module:function", "arguments", "job", "actor", "attempt", "time_limit", "context"} and maybe "bounds" (see
bounds.py), {"end": "cancelled"}.
Out: {"progress": [done, total, message]}, {"log": [level, logger, message]}, and at last {"done": value}, {"end": why} or
{"failed": ...}."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from appliance.base.errors import IngotError
from appliance.base.loading import load
from appliance.jobs.bounds import bounded
from appliance.jobs.kind import Cancelled, Interrupted, OutOfTime, Stopping, hopeless
from appliance.jobs.outcome import told

ENDS: dict[str, type[Interrupted]] = {"cancelled": Cancelled, "stopping": Stopping, "late": OutOfTime}
_BETWEEN = 0.2  # seconds between two words about progress


class HelperRun:
    """What a heavy body gets. The methods promise the same as those of `run.Run`."""

    def __init__(self, order: Mapping[str, Any], tell: Callable[[dict[str, Any]], None]):
        self.job_id, self.actor, self.attempt = int(order["job"]), str(order["actor"]), int(order["attempt"])
        self.context: Mapping[str, Any] = order["context"]
        self.log = logging.LoggerAdapter(logging.getLogger("appliance.jobs.heavy"), {"job": self.job_id})
        self.end: str | None = None
        self._tell = tell
        limit = order["time_limit"]
        self._deadline = None if limit is None else time.monotonic() + limit
        self._last: tuple[int, int | None, str | None] | None = None
        self._next = 0.0

    def progress(self, done: int, total: int | None = None, message: str | None = None) -> None:
        self._last = (done, total, message)
        self.check()
        if time.monotonic() >= self._next:
            self.flush()

    def flush(self) -> None:
        self._next = time.monotonic() + _BETWEEN
        if self._last:
            self._tell({"progress": self._last})
            self._last = None

    def check(self) -> None:
        if self.end:
            raise ENDS[self.end]
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise OutOfTime


class Helping:
    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO):
        self._incoming, self._outgoing = incoming, outgoing
        self._orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._run: HelperRun | None = None
        self._lock = threading.Lock()

    def listen(self) -> None:
        for line in self._incoming:
            order = json.loads(line)
            if "run" in order:
                self._orders.put(order)
            elif self._run is not None and self._run.job_id == order["job"]:
                self._run.end = order["end"]
        os._exit(0)  # whoever started us is gone: nobody waits for the rest

    def serve(self) -> None:
        while True:
            order = self._orders.get()
            self._run = HelperRun(order, self.tell)
            self.tell(self._answer(order, self._run))
            self._run = None

    def _answer(self, order: Mapping[str, Any], run: HelperRun) -> dict[str, Any]:
        try:
            body = load(order["run"])
            with bounded(**order.get("bounds", {})):
                value = body(run, **order["arguments"])
            run.flush()
            json.dumps(value, allow_nan=False)  # here, where it is only this job's failure
            return {"done": value}
        except Interrupted as end:
            return {"end": next(name for name, kind in ENDS.items() if isinstance(end, kind))}
        except BaseException as error:  # SystemExit too: the next job wants this process
            message = str(error.message if isinstance(error, IngotError) else error) or type(error).__name__
            if isinstance(error, IngotError):
                logging.getLogger(__name__).info("%s", message, exc_info=True)
            return {"failed": {"message": message, "text": told(error), "hopeless": hopeless(error)}}

    def tell(self, word: dict[str, Any]) -> None:
        line = json.dumps(word).encode() + b"\n"
        with self._lock:
            self._outgoing.write(line)
            self._outgoing.flush()


class ToTheLog(logging.Handler):
    """Lines for the one log there is: whoever started us writes them, with the job's id."""

    def __init__(self, tell: Callable[[dict[str, Any]], None]):
        super().__init__(logging.INFO)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell({"log": [record.levelno, record.name, self.format(record)]})


def main() -> None:
    """Serve until the other end closes. What a body prints goes to stderr, not between our lines."""
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    faulthandler.enable()  # a crash in C says where
    with contextlib.suppress(AttributeError, OSError):
        os.nice(5)  # those who wait for a page go first
    helping = Helping(incoming, outgoing)
    logging.basicConfig(handlers=[ToTheLog(helping.tell)], level=logging.INFO, format="%(message)s")
    threading.Thread(target=helping.listen, name="orders", daemon=True).start()
    helping.serve()
