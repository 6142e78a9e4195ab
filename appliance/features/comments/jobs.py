"""What happens to comments by night."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from appliance.base import clock
from appliance.base.text import say
from appliance.features.comments.comments import purge
from appliance.jobs.kind import JobKind
from appliance.records.records import Records


def purge_kind(records: Records, trash_days: int) -> JobKind:
    """Comments of records that have been gone for so long; those of younger ones come back with their record."""

    def body(run: Any) -> dict[str, int]:
        before = clock.micros() - int(timedelta(days=trash_days).total_seconds() * 1_000_000)
        return {"deleted": purge(records, before)}

    return JobKind("comments.purge", body, label=say("Delete comments of records that are gone"), crontab="50 2 * * *")
