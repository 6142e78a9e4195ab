"""Old security events go by night; and a backup that a job made is one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from appliance.base import clock
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.features.security_events.security_events import SecurityEvents
from appliance.features.security_events.table import SecurityEventTable
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import JobKind
from appliance.jobs.row import SUCCESS, JobRow


def sweep_kind(database: Database, days: int) -> JobKind:
    def body(run: Any) -> dict[str, int]:
        with database.write():
            return {"deleted": SecurityEventTable(database).sweep(clock.wire(clock.now() - timedelta(days=days)))}

    return JobKind("security_events.sweep", body, label=say("Delete old security events"), crontab="35 3 * * *")


def tell_of_backups(events: SecurityEvents, jobs: Jobs, kind: str) -> None:
    def ended(job: JobRow, state: str) -> None:
        if job.kind == kind and state == SUCCESS:
            file = job.result.get("file") if isinstance(job.result, dict) else None
            events.tell("backup", job=job.id, asked_for_by=job.actor, **({"file": file} if file else {}))

    jobs.on_end(ended)
