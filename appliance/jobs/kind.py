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
_HOPELESS = (BadRequest, Invalid, NotAllowed, NotFound, TooLarge, Unsupported)


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job. Nothing registers itself: assembly hands all kinds to `Jobs`.

    `attempts` counts failures, not deaths of the process. `retry_delay` is in seconds and doubles with every failure.
    `time_limit` (seconds) is kept by the body's calls of `run.progress`. A kind with `every` (seconds) or `crontab`
    ("minute hour day month weekday", in UTC) also runs by the clock, without arguments."""

    name: str
    body: Body
    attempts: int = 5
    lane: str = "default"
    time_limit: int | None = None
    label: Text | str = ""
    priority: int = 0
    retry_delay: float = 5.0
    every: float | None = None
    crontab: str | None = None
    heavy: bool = False  # a seam: such bodies will run in a helper process; today they run in a thread like all others

    def wait_before_retry(self, failures: int) -> float:
        """Seconds: doubling, an hour at most, and spread by half so that jobs that failed together return apart."""
        return min(self.retry_delay * 2 ** (failures - 1), HOUR) * random.uniform(0.75, 1.25)


def hopeless(error: BaseException) -> bool:
    """Would trying again change nothing? So it is when we refused the input ourselves."""
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


class LostLease(Exception):
    """Another worker has taken the job over; whatever this one still wants to note down is void."""
