"""A job as it stands in the table, and the words for its state."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any

NEW = "new"  # not in the queue: waits for other jobs to end, or stands for children none of which has begun
WAITING = "waiting"  # its message is in the queue
RUNNING = "running"  # its body, or after that what is left of its tree
RETRYING = "retrying"  # failed, and will be tried again at run_after
SUCCESS = "success"
FAILED = "failed"  # and no retry was allowed or would have helped
DEAD = "dead"  # failed as often as allowed; its error is kept and a person may retry it
CANCELLED = "cancelled"
STALE = "stale"  # nobody started it before it expired

STATES = (NEW, WAITING, RUNNING, RETRYING, SUCCESS, FAILED, DEAD, CANCELLED, STALE)
FINAL = frozenset({SUCCESS, FAILED, DEAD, CANCELLED, STALE})


@dataclass(frozen=True, slots=True)
class JobRow:
    """One row of ingot_job. Times are UTC text as `clock.wire` writes it; arguments and result are JSON values."""

    id: int
    kind: str
    state: str
    actor: str
    lane: str
    priority: int
    root: int | None
    parent: int | None
    unique_key: str | None
    arguments: dict[str, Any]
    progress_done: int
    progress_total: int | None
    message: str | None
    attempts: int  # how often it was started since it was asked for (or retried by a person)
    cancel_requested: bool
    error: str | None
    result: Any
    task: str | None  # the message in charge: others that name this job are leftovers
    time_limit: int | None
    created_at: str
    run_after: str | None
    expires_at: str | None
    started_at: str | None
    finished_at: str | None
    own_state: str | None  # how its own part ended; it ends itself when its last child has
    children: int
    open_children: int

    @property
    def final(self) -> bool:
        return self.state in FINAL

    @classmethod
    def read(cls, stored: tuple[Any, ...]) -> JobRow:
        values = dict(zip(COLUMNS, stored, strict=True))
        values["arguments"] = json.loads(values["arguments"])
        values["result"] = None if values["result"] is None else json.loads(values["result"])
        values["cancel_requested"] = bool(values["cancel_requested"])
        return cls(**values)


COLUMNS = tuple(field.name for field in fields(JobRow))
