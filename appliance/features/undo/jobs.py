"""The job behind an undo that is too long for one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from appliance.base.text import say
from appliance.features.undo.tracing import trace_of_job
from appliance.features.undo.undoing import undo_traced
from appliance.jobs.kind import Body, JobKind
from appliance.records.permissions import Actor
from appliance.records.records import Records
from appliance.records.steps import Steps

KIND = "undo.run"


def undo_kind(body: Body, *, heavy: bool = False) -> JobKind:
    """`body` is that of `undo_body`; a `heavy` one is a function of appliance/apart.py, which runs beside the server. Killed
    half-way, it goes on behind the last chunk that was taken back."""
    return JobKind(KIND, body, lane="import", label=say("Undo"), attempts=3, heavy=heavy)


def undo_body(records: Records, actor_of: Callable[[str, list[str]], Actor]) -> Body:
    """What the job does, bound to what a process has opened. It acts with the rights its requester has when it runs."""

    def body(run: Any, name: str, scopes: list[str]) -> Any:
        steps = Steps(records.database, f"job:{run.job_id}")
        actor = actor_of(run.actor, scopes)
        return undo_traced(records, actor, name, trace_of_job(run.job_id), run.progress, steps).shown()

    return body
