"""What can be done in the background: a name, a body, and how patient we are with it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from appliance.base.errors import BadRequest, IngotError, Invalid, NotAllowed, NotFound, TooLarge, Unsupported
from appliance.base.text import Text

Body = Callable[..., Any]
"""`body(run, **arguments) -> JSON or None`. It may run twice (the process can die after the work and before the note
of it), so it says what should be, not what to add."""

HOUR = 3600.0
GRACE = 5.0
"""Seconds that a body may outlive its time limit, or being cancelled, before it is given up."""
_HOPELESS = (BadRequest, Invalid, NotAllowed, NotFound, TooLarge, Unsupported)


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job. Nothing registers itself: assembly hands all kinds to `Jobs`.

    `attempts` counts failures, not deaths of the process. `retry_delay` is in seconds and doubles with every failure.
    `time_limit` (seconds) ends a body at its next `run.progress`; one that stays silent for GRACE more counts as failed,
    and its thread is replaced. Nothing can end that thread: it keeps its memory, its connection and, if it computes, its
    share of the interpreter until the process ends, and what it still does in the world happens; a body that may hang
    belongs in a heavy kind. A kind with `every` (seconds) or `crontab` ("minute hour day month weekday", by the box's
    zone) also runs by the clock, without arguments; people may plan a `schedulable` one themselves.

    A `heavy` body runs in the helper process: a function at the top of a module that imports no web framework, called with
    a run that has job_id, actor, attempt, log, context, progress and check. It is killed when it outlives its time limit,
    is cancelled and goes on, and a crash of it is a failure like others. Raises ValueError when it cannot be imported."""

    name: str
    body: Body
    attempts: int = 5
    lane: str = "default"
    time_limit: int | None = None
    label: Text | str = ""
    priority: int | str = 0  # or a name of priority.NAMES
    retry_delay: float = 5.0
    every: float | None = None
    crontab: str | None = None
    heavy: bool = False
    schedulable: bool = False

    def __post_init__(self) -> None:
        if self.heavy and ("<" in self.body.__qualname__ or self.body.__module__ == "__main__"):
            raise ValueError(f"{self.name}: a heavy body must be a function at the top of a module")

    def wait_before_retry(self, failures: int) -> float:
        """Seconds: doubling, an hour at most, and spread by half so that jobs that failed together return apart."""
        delay: float = min(self.retry_delay * 2 ** (failures - 1), HOUR)
        return delay * random.uniform(0.75, 1.25)


def hopeless(error: BaseException) -> bool:
    """Would trying again change nothing? So it is when we refused the input ourselves."""
    if isinstance(error, BodyFailed):
        return error.hopeless
    return isinstance(error, IngotError) and isinstance(error, _HOPELESS)


class Interrupted(BaseException):
    """Raised by `run.progress` to end a body. Not an Exception: the `except Exception` around a bad row of an import
    must not swallow it. `finally` and `with` work as ever."""


class Cancelled(Interrupted):
    """Somebody cancelled the job."""


class OutOfTime(Interrupted):
    """The job's time limit is over. It counts as a failure, so the job may be tried again."""


class Stopping(Interrupted):
    """The process ends: the job goes back to the queue and starts anew in the next one."""


class BodyFailed(Exception):
    """A body failed in the helper process: `text` is its traceback there."""

    def __init__(self, message: str, text: str, hopeless: bool):
        super().__init__(message)
        self.text, self.hopeless = text, hopeless


class LostLease(Exception):
    """Another worker has taken the job over; whatever this one still wants to note down is void."""
