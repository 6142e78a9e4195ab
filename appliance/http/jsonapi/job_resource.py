"""A job as a resource, and the answer to who has just asked for one."""

from __future__ import annotations

import re
from typing import Any

from flask import Response

from appliance.http.jsonapi.answers import answer
from appliance.http.jsonapi.document import VERSION
from appliance.jobs import priority
from appliance.jobs.row import JobRow
from appliance.records import scopes
from appliance.records.permissions import Actor

_SECRET = re.compile(r"password|secret|token|key$", re.IGNORECASE)


def job_actor(actor: Actor) -> str:
    """How a job remembers on whose behalf it runs: the person, also when a token asked."""
    return f"user:{actor.user}" if actor.user is not None else actor.key


def covers(actor: Actor, row: JobRow) -> bool:
    """May the actor's token, if it has scopes, steer this job and read what it worked with? It needs what the job needed."""
    needed = row.arguments.get("scopes", ()) if isinstance(row.arguments, dict) else ()
    return scopes.include(actor.scopes, needed)


def job_resource(row: JobRow, actor: Actor | None = None) -> dict[str, Any]:
    """A job as a resource; secrets in its arguments are masked, and for an actor whose scopes are less than the job's, its
    arguments, its result and its error are left out. Without an actor: for who has just asked for it."""
    attributes = {
        "kind": row.kind, "state": row.state, "actor": row.actor, "lane": row.lane,
        "priority": priority.name(row.priority), "arguments": masked(row.arguments),
        "progress": {"done": row.progress_done, "total": row.progress_total, "message": row.message},
        "attempts": row.attempts, "error": row.error, "result": row.result, "created_at": row.created_at,
        "run_after": row.run_after, "expires_at": row.expires_at, "started_at": row.started_at,
        "finished_at": row.finished_at, "time_limit": row.time_limit, "unique_key": row.unique_key,
        "cancel_requested": row.cancel_requested, "children": {"total": row.children, "open": row.open_children},
    }  # fmt: skip
    if actor is not None and not covers(actor, row):
        attributes |= {"arguments": None, "result": None, "error": None}
    relationships = {
        n: {"data": {"type": "jobs", "id": str(i)} if i else None}
        for n, i in (("parent", row.parent), ("root", row.root))
    }
    return {
        "type": "jobs",
        "id": str(row.id),
        "attributes": attributes,
        "relationships": relationships,
        "links": {"self": f"/api/jobs/{row.id}"},
    }


def masked(value: Any) -> Any:
    """The same without what looks like a secret by its name, at any depth."""
    if isinstance(value, dict):
        return {k: "••••" if _SECRET.search(k) else masked(v) for k, v in value.items()}
    return [masked(each) for each in value] if isinstance(value, list) else value


def accepted(row: JobRow) -> Response:
    """202: the work will be done, and here is where to watch it."""
    return answer({"jsonapi": VERSION, "data": job_resource(row)}, 202, location=f"/api/jobs/{row.id}")
