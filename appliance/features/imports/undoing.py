"""A whole import is taken back, by the room that takes back whatever was done: features/undo/."""

from __future__ import annotations

from appliance.features.imports.history import Import
from appliance.features.undo.taking_back import Undone
from appliance.features.undo.tracing import trace_of_job
from appliance.features.undo.undoing import Progress, undo_traced
from appliance.records.permissions import Actor
from appliance.records.records import Records
from appliance.records.steps import Steps


def undo_import(
    records: Records, actor: Actor, done: Import, progress: Progress | None = None, steps: Steps | None = None
) -> Undone:
    """See `undo_traced`. What the undo did can be taken back in its turn: it leaves the trace of its job."""
    by = trace_of_job(done.undo_job) if done.undo_job is not None else f"undo:{done.id}"
    return undo_traced(records, actor, done.trace, by, progress, steps)
