"""/api/jobs: background work as resources. PATCH with state `cancelled` cancels, with state `waiting` tries again."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, request

from appliance.base.errors import BadRequest, Invalid, NotFound, Problem
from appliance.base.text import say
from appliance.http import requests
from appliance.http.jsonapi.answers import answer
from appliance.http.jsonapi.document import VERSION
from appliance.http.jsonapi.incoming import read_data
from appliance.http.jsonapi.media import check_content_type
from appliance.jobs.jobs import Jobs
from appliance.jobs.row import STATES, JobRow
from appliance.records.permissions import Actor

_SECRET = re.compile(r"password|secret|token|key$", re.IGNORECASE)


def make_api(jobs: Jobs) -> Blueprint:
    """An administrator sees all jobs, others their own."""
    api = Blueprint("jobs", __name__, url_prefix="/api")

    @api.get("/jobs")
    def list_jobs() -> Response:
        actor = requests.actor()
        wanted: dict[str, Any] = {}
        for name, value in request.args.items():
            if name in ("filter[state]", "filter[kind]") and (name != "filter[state]" or value in STATES):
                wanted[name[7:-1]] = value
            elif name in ("page[size]", "page[after]") and value.isascii() and value.isdigit() and len(value) < 18:
                wanted["limit" if name == "page[size]" else "before"] = (
                    min(int(value), 500) if name == "page[size]" else int(value)
                )
            else:
                raise BadRequest(
                    say("There is no parameter {name} here, or not with this value.", name=name[:100]),
                    parameter=name[:100],
                )
        if not actor.admin:
            wanted["actor"] = job_actor(actor)
        rows = jobs.list(**wanted)
        links: dict[str, Any] = {"self": request.full_path.rstrip("?")}
        if rows:
            links["next"] = f"/api/jobs?page[after]={rows[-1].id}"
        return answer(
            {
                "jsonapi": VERSION,
                "data": [job_resource(r) for r in rows],
                "links": links,
                "meta": {"counts": jobs.counts()},
            }
        )

    @api.get("/jobs/<id_>")
    def get_job(id_: str) -> Response:
        return answer({"jsonapi": VERSION, "data": job_resource(mine(id_))})

    @api.patch("/jobs/<id_>")
    def change_job(id_: str) -> Response:
        check_content_type(request.headers.get("Content-Type", ""))
        row = mine(id_)
        attributes = read_data(requests.body_object()).get("attributes")
        state = attributes.get("state") if isinstance(attributes, dict) else None
        if state == "cancelled":
            row = jobs.cancel(row.id)
        elif state == "waiting":
            row = jobs.retry(row.id)
        else:
            raise Invalid([Problem("state", say("can be set to cancelled, or to waiting to try again"), "choice")])
        return answer({"jsonapi": VERSION, "data": job_resource(row)})

    def mine(id_: str) -> JobRow:
        actor = requests.actor()
        missing = NotFound(say("There is no job {id}.", id=id_[:30]))
        if not (id_.isascii() and id_.isdigit() and len(id_) < 18):
            raise missing
        row = jobs.get(int(id_))
        if not actor.admin and row.actor != job_actor(actor):
            raise missing
        return row

    return api


def job_actor(actor: Actor) -> str:
    """How a job remembers on whose behalf it runs: the person, also when a token asked."""
    return f"user:{actor.user}" if actor.user is not None else actor.key


def job_resource(row: JobRow) -> dict[str, Any]:
    """A job as a resource; secrets in its arguments are masked."""
    attributes = {
        "kind": row.kind, "state": row.state, "actor": row.actor, "lane": row.lane, "priority": row.priority,
        "arguments": {k: "••••" if _SECRET.search(k) else v for k, v in row.arguments.items()},
        "progress": {"done": row.progress_done, "total": row.progress_total, "message": row.message},
        "attempts": row.attempts, "error": row.error, "result": row.result, "created_at": row.created_at,
        "run_after": row.run_after, "started_at": row.started_at, "finished_at": row.finished_at,
    }  # fmt: skip
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


def accepted(row: JobRow) -> Response:
    """202: the work will be done, and here is where to watch it."""
    return answer({"jsonapi": VERSION, "data": job_resource(row)}, 202, location=f"/api/jobs/{row.id}")
