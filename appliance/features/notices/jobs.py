"""Jobs and notices: who asked for a job is told when it has ended; old notices go by night."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from appliance.base import clock
from appliance.base.digits import is_id
from appliance.base.text import say
from appliance.features.notices.table import JOB, JOB_DONE, KEPT_DAYS, Notices
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import JobKind
from appliance.jobs.row import JobRow


def tell_of_jobs(notices: Notices, jobs: Jobs) -> None:
    """Tell whoever asked, in the transaction in which a job ends: none is lost, none comes twice. Jobs below another and those
    by the clock tell nobody. One that is tried again and ends again is news again."""

    def ended(job: JobRow, state: str) -> None:
        kind, _, number = job.actor.partition(":")
        if kind == "user" and is_id(number) and job.parent is None:
            row = (int(number), JOB_DONE, JOB, job.id, f"{job.kind} {state}", 1, None, clock.wire_now(), job.id)
            notices.add([row], again=True)

    jobs.on_end(ended)


def sweep_kind(notices: Notices) -> JobKind:
    def body(run: Any) -> dict[str, int]:
        return {"deleted": notices.sweep(clock.wire(clock.now() - timedelta(days=KEPT_DAYS)))}

    return JobKind("notices.sweep", body, label=say("Delete old notices"), crontab="55 2 * * *")
