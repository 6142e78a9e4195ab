"""The one helper process for heavy bodies, as the worker's threads see it. Started at first use, by a fresh interpreter
that imports neither our main module nor Flask; killed when a body does not end in time, and started anew for the next."""

from __future__ import annotations

import json
import logging
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from appliance.jobs import kind as kinds
from appliance.jobs.kind import BodyFailed, Cancelled, OutOfTime, Stopping

if TYPE_CHECKING:
    from appliance.jobs.run import Run

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from appliance.jobs.helping import main; "
    "sys.argv = ['ingot-helper']; main()"
)
_LOOK = 0.1  # seconds between looks at the clock and at cancellations
_LINES = 200  # of what it wrote to stderr, kept for the error of a crash
log = logging.getLogger(__name__)


class Helper:
    """`context` (JSON) is handed to every heavy body as `run.context`: how it finds the database, say."""

    def __init__(self) -> None:
        self.context: Mapping[str, Any] = {}
        self._lock = threading.Lock()
        self._process: HelperProcess | None = None

    def run(self, run: Run) -> Any:
        """Run a heavy body to its end and return its result. Waits while another one is at it: that time does not
        count. Raises what `Run.check` raises, and BodyFailed for an error or a crash there."""
        while not self._lock.acquire(timeout=_LOOK):
            run.started = time.monotonic()
            run.check()
        try:
            run.started = time.monotonic()
            process = self._ready()
            body = run.kind.body
            process.send({
                "run": f"{body.__module__}:{body.__qualname__}", "arguments": run.row.arguments, "job": run.job_id,
                "actor": run.actor, "attempt": run.attempt, "time_limit": run.row.time_limit, "context": dict(self.context),
            })  # fmt: skip
            return self._follow(run, process)
        finally:
            self._lock.release()

    def _ready(self) -> HelperProcess:
        if self._process is None or self._process.ended():
            self._process = HelperProcess()
        return self._process

    def _follow(self, run: Run, process: HelperProcess) -> Any:
        given_up: float | None = None
        watched = time.monotonic()
        while True:
            word = process.hear(_LOOK) or {}
            if "log" in word:
                level, name, message = word["log"]
                logging.getLogger(name).log(level, "%s", message)
                continue
            if "done" in word:
                return word["done"]
            if "end" in word:
                raise _end(run, word["end"])
            if "failed" in word:
                raise BodyFailed(**word["failed"])
            if "gone" in word:
                self._process = None
                if why := run.interrupted:  # killed because the worker stops
                    process.finish()
                    raise why
                raise _crash(process)
            try:
                if "progress" in word:
                    self._progress(run, word["progress"])
                if time.monotonic() - watched >= _LOOK:
                    watched = time.monotonic()
                    given_up = self._watch(run, process, given_up)
            except BaseException:
                self.stop()
                raise

    def _watch(self, run: Run, process: HelperProcess, given_up: float | None) -> float | None:
        """Is it too late, should it end? Raises when it is to be killed."""
        if run.overdue_by(1.0):  # by itself it would have ended at its first word after the limit
            raise _end(run, "late")
        why = run.interrupted
        if why is None and run.due_to_look():
            try:
                run.flush()  # was it cancelled in another process?
            except Cancelled:
                run.cancel()
                why = Cancelled
        if why is None:
            return None
        if given_up is None:
            process.send({"job": run.job_id, "end": "cancelled" if why is Cancelled else "stopping"})
            return time.monotonic() + kinds.GRACE
        if time.monotonic() > given_up:
            raise why
        return given_up

    def _progress(self, run: Run, told: list[Any]) -> None:
        try:
            run.progress(*told)
        except Cancelled:  # the body hears of it at its next word
            run.cancel()
        except (Stopping, OutOfTime):
            log.debug("job %s is about to be ended", run.job_id)

    def stop(self) -> None:
        """Kill the process, if there is one."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()


def _command() -> list[str]:
    if getattr(sys, "frozen", False):  # no interpreter there: the program knows a word (packaging/bundle/server.py)
        return [sys.executable, "ingot-helper"]
    return [sys.executable, "-c", _START, json.dumps(sys.path)]


class HelperProcess:
    """A process that runs bodies, one after the other: see helping.py for what is said over its pipes."""

    def __init__(self) -> None:
        self._words: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.complaints: deque[str] = deque(maxlen=_LINES)
        self._popen = subprocess.Popen(
            _command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._threads = [
            threading.Thread(target=target, name="jobs-helper", daemon=True) for target in (self._listen, self._collect)
        ]
        for thread in self._threads:
            thread.start()

    def _listen(self) -> None:
        assert self._popen.stdout
        for line in self._popen.stdout:
            self._words.put(json.loads(line))
        self._words.put({"gone": True})

    def _collect(self) -> None:
        assert self._popen.stderr
        for line in self._popen.stderr:
            self.complaints.append(line.decode("utf-8", "replace"))

    def send(self, order: dict[str, Any]) -> None:
        assert self._popen.stdin
        try:
            self._popen.stdin.write(json.dumps(order).encode() + b"\n")
            self._popen.stdin.flush()
        except OSError:
            log.debug("the helper process is gone; its last word is on the way")

    def hear(self, seconds: float) -> dict[str, Any] | None:
        try:
            return self._words.get(timeout=seconds)
        except queue.Empty:
            return None

    def ended(self) -> bool:
        return self._popen.poll() is not None

    def kill(self) -> None:
        self._popen.kill()
        self.finish()

    def finish(self) -> int:
        """Wait for its end, close the pipes; the exit code."""
        code = self._popen.wait()
        for thread in self._threads:
            thread.join(1.0)
        for pipe in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            if pipe:
                try:
                    pipe.close()
                except OSError:
                    log.debug("a pipe of the helper process was broken")
        return code


def _end(run: Run, why: str) -> BaseException:
    if why == "late":
        return OutOfTime(f"the time limit of {run.row.time_limit} s is over")
    return Cancelled() if why == "cancelled" else Stopping()


def _crash(process: HelperProcess) -> BodyFailed:
    code = process.finish()
    try:
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    except ValueError:
        how = f"by signal {-code}"
    message = f"the helper process ended {how}"
    return BodyFailed(message, f"{message}\n{''.join(process.complaints)}", hopeless=False)
