"""How one start of a job ended, judged before anything is written down."""

from __future__ import annotations

import traceback
from dataclasses import dataclass

from appliance.base.errors import IngotError
from appliance.jobs import row
from appliance.jobs.kind import BodyFailed, Cancelled, Stopping, hopeless
from appliance.jobs.result import result_text
from appliance.jobs.run import Run
from appliance.jobs.table import storable

ERROR_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state to go to; `delay` (seconds) belongs to `retrying`."""

    state: str
    result: str | None = None
    error: str | None = None
    message: str | None = None
    delay: float | None = None


def of(run: Run, failures_left: int) -> Outcome:
    """Run the body and judge. Never raises, whatever the body does."""
    try:
        value = run.work()
    except Cancelled:
        return Outcome(row.CANCELLED)
    except Stopping:
        return Outcome(row.WAITING)
    except BaseException as error:  # SystemExit and the like too: a body must not end our thread
        return failed(run, error, failures_left)
    try:
        return Outcome(row.SUCCESS, result_text(value))
    except (TypeError, ValueError) as error:
        return Outcome(row.FAILED, error=f"The work was done, but its result is not JSON: {error}")


def told(error: BaseException) -> str:
    """What a job keeps of its error: of one that is raised on purpose the sentence, its traceback is for the log alone."""
    return str(error.message) if isinstance(error, IngotError) else "".join(traceback.format_exception(error))


def failed(run: Run, error: BaseException, failures_left: int, text: str = "") -> Outcome:
    """Judge a failure; `text` stands in for the error's own."""
    if isinstance(error, BodyFailed):
        text = error.text
    text = storable(text or told(error))[-ERROR_LIMIT:]
    message = storable(str(error.message if isinstance(error, IngotError) else error)) or type(error).__name__
    if failures_left > 0 and not hopeless(error):
        failures = max(run.kind.attempts - failures_left, 1)
        return Outcome(row.RETRYING, error=text, message=message, delay=run.kind.wait_before_retry(failures))
    state = row.FAILED if hopeless(error) or run.kind.attempts <= 1 else row.DEAD
    run.log.error("Job %s (%s) is %s: %s", run.job_id, run.kind.name, state, message, exc_info=error)
    return Outcome(state, error=text, message=message)
