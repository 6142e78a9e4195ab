"""/api/jobs: background work as resources. PATCH with state `cancelled` cancels with all below, with state `waiting` tries
an ended one again and starts one that is delayed, waits for others or for its retry; with `priority` it moves one.
POST /api/jobs/retry and /api/jobs/discard steer all that the filters of the list find: ?filter[state]=dead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, request

from appliance.base.digits import is_id
from appliance.base.errors import Invalid, NotAllowed, NotFound, Problem
from appliance.base.text import say
from appliance.features.jobs.asking import read_listing, read_sweep
from appliance.http import requests
from appliance.http.jsonapi.answers import answer, check_accept
from appliance.http.jsonapi.document import VERSION
from appliance.http.jsonapi.incoming import read_data
from appliance.http.jsonapi.job_resource import covers, job_actor, job_resource
from appliance.http.jsonapi.media import check_content_type
from appliance.http.jsonapi.parameters import write_query
from appliance.http.route_policy import RoutePolicy, declare
from appliance.jobs.jobs import Jobs
from appliance.jobs.row import CANCELLED, NEW, JobRow
from appliance.jobs.steering import WRONG, Swept
from appliance.records import scopes

AT_ONCE = 5_000
"""Jobs that one request steers: some seconds. `meta.more` says that others are left."""


def make_api(jobs: Jobs) -> Blueprint:
    """An administrator sees all jobs, others their own."""
    api = Blueprint("jobs", __name__, url_prefix="/api")

    @api.get("/jobs")
    def list_jobs() -> Response:
        actor = requests.actor()
        wanted = read_listing(request.args)
        if not actor.admin:
            wanted["actor"] = job_actor(actor)
        rows = jobs.list(**wanted)
        document = {"jsonapi": VERSION, "data": [job_resource(r, actor) for r in rows], "links": _links(wanted, rows)}
        if actor.admin:  # how much there is of others' work is theirs to know
            document["meta"] = {"counts": jobs.counts()}
        return answer(document)

    @api.get("/jobs/<id_>")
    def get_job(id_: str) -> Response:
        return whole(mine(id_))

    @api.patch("/jobs/<id_>")
    def change_job(id_: str) -> Response:
        check_content_type(request.headers.get("Content-Type", ""))
        check_accept()
        row = mine(id_)
        if not covers(requests.actor(), row):
            raise NotAllowed(say("This job needed more than the scopes of this token allow."), code="scope")
        attributes = read_data(requests.body_object()).get("attributes")
        if not isinstance(attributes, dict) or not attributes or set(attributes) - {"state", "priority"}:
            raise Invalid([Problem("state", say("state and priority can be changed, nothing else"), "unknown")])
        if attributes.get("state", "waiting") not in ("waiting", "cancelled"):
            raise Invalid([Problem("state", say("can be set to cancelled, or to waiting to try again"), "choice")])
        if "priority" in attributes:
            row = jobs.set_priority(row.id, str(attributes["priority"]))
        if "state" in attributes:
            row = steer(row, attributes["state"])
        return whole(row)

    @api.post("/jobs/retry")
    def retry_all() -> Response:
        """All that the filters find, the dead ones where they name no state: those it was done to are counted in meta."""
        return swept(jobs.retry_all, (*WRONG, CANCELLED))

    @api.post("/jobs/discard")
    def discard_all() -> Response:
        return swept(jobs.discard_all, WRONG)

    def swept(step: Callable[..., Swept], states: Sequence[str]) -> Response:
        check_accept()
        actor = requests.actor()
        if not scopes.include(actor.scopes, ()):
            raise NotAllowed(say("These jobs may need more than the scopes of this token allow."), code="scope")
        wanted = read_sweep(request.args, states)
        if not actor.admin:
            wanted["actor"] = job_actor(actor)
        found = step(most=AT_ONCE, **wanted)
        refused = [{"job": str(i), "detail": str(error.message)} for i, error in list(found.refused.items())[:100]]
        meta = {"count": len(found.done), "refused": len(found.refused), "reasons": refused, "more": found.more}
        return answer({"jsonapi": VERSION, "meta": meta})

    def steer(row: JobRow, state: Any) -> JobRow:
        if state == "cancelled":
            return jobs.cancel(row.id)
        return jobs.retry(row.id) if row.final else jobs.run_now(row.id)

    def whole(row: JobRow) -> Response:
        """With what is counted for one alone."""
        resource = job_resource(row, requests.actor())
        if row.children:
            resource["attributes"]["children"] |= {"states": jobs.children(row.id)}
        needs = [{"type": "jobs", "id": str(i)} for i in jobs.tree.needs(row.id)] if row.state == NEW else []
        resource["relationships"]["after"] = {"data": needs}
        return answer({"jsonapi": VERSION, "data": resource})

    def mine(id_: str) -> JobRow:
        actor = requests.actor()
        missing = NotFound(say("There is no job {id}.", id=id_[:30]))
        if not is_id(id_):
            raise missing
        row = jobs.get(int(id_))
        if not actor.admin and row.actor != job_actor(actor):
            raise missing
        return row

    return declare(
        api,
        RoutePolicy("job"),
        list_jobs=RoutePolicy("job", None),
        retry_all=RoutePolicy("job", None),
        discard_all=RoutePolicy("job", None),
    )


def _links(wanted: dict[str, Any], rows: list[JobRow]) -> dict[str, str | None]:
    """self, and next when there may be more: by the last id in the usual order, by number in any other."""
    path, args = "/api/jobs", request.args.to_dict()
    links: dict[str, str | None] = {"self": _link(path, args), "next": None}
    if rows and len(rows) == wanted["limit"]:
        if wanted.get("sort", "-id") == "-id" and "page[number]" not in args:
            links["next"] = _link(path, args | {"page[after]": str(rows[-1].id)})
        else:
            links["next"] = _link(path, args | {"page[number]": str(int(args.get("page[number]", "1")) + 1)})
    return links


def _link(path: str, args: dict[str, str]) -> str:
    return path + write_query(args.items())
