"""The nightly sweep: ended sessions, old counts of wrong passwords, kept answers, and what has lain in the trash long enough."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Protocol

from appliance.base import clock
from appliance.base.text import say
from appliance.http.jsonapi.idempotency import Idempotency
from appliance.jobs.kind import JobKind
from appliance.jobs.run import Run
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records


class Sweepable(Protocol):
    def sweep(self) -> None: ...


def sweep_kind(records: Records, kept: Sequence[Sweepable], trash_days: int) -> JobKind:
    """A periodic job; safe to run at any time, and twice."""

    def body(run: Run) -> dict[str, Any]:
        for one in kept:
            one.sweep()
        with records.database.write():
            answers = Idempotency(records).sweep()
        before = clock.wire(clock.now() - timedelta(days=trash_days))
        with records.change_schema(SYSTEM) as schema:
            gone = schema.empty_trash(before)
        return {"answers": answers, "trash": gone}

    return JobKind("house.sweep", body, crontab="17 3 * * *", schedulable=True, label=say("Nightly sweep"))
