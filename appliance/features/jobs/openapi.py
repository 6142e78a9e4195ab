"""The paths of /api/jobs."""

from __future__ import annotations

from appliance.http.openapi.entities import Paths
from appliance.http.openapi.job_schemas import JOB
from appliance.http.openapi.parts import READ, WRITE, body, ok, operation, query, shared, some_of
from appliance.http.openapi.schemas import Schema, obj, ref
from appliance.http.openapi.shorthand import POSITION, TEXT, one_of
from appliance.jobs.listing import SORTS
from appliance.jobs.priority import NAMES
from appliance.jobs.row import STATES

_TIME: Schema = {"type": "string", "format": "date-time"}


def paths() -> Paths:
    data = obj(
        {
            "type": {"description": "jobs"},
            "id": {},
            "attributes": {
                **obj({"state": one_of("cancelled", "waiting"), "priority": one_of(*NAMES)}, closed=True),
                "minProperties": 1,
            },
        },
        ("attributes",),
    )
    change = body(obj({"data": data}, ("data",)))
    one, now = {200: ok("It.", JOB)}, {200: ok("As it is now.", JOB)}
    page = {200: ok("A page; for administrators `meta.counts` says how many there are of each state.", ref("JobList"))}
    done = {200: ok("`meta` says how many, and whether there are more.", obj({"meta": {"type": "object"}}, ("meta",)))}
    many = [p for p in _job_listing() if not p["name"].startswith(("sort", "page"))]
    about = (
        "`cancelled` cancels it with all below it. `waiting` tries one that has ended again, and starts one now that is "
        "delayed, waits for others or for its retry. `priority` moves it in the queue."
    )
    return {
        "/api/jobs": {
            "get": operation(
                "jobs", "list_jobs", "Background work", page, READ, parameters=_job_listing(),
                description="Administrators see all jobs, others their own.",
            )
        },
        "/api/jobs/{id}": {
            "parameters": shared("Id"),
            "get": operation("jobs", "get_job", "One job, with the states of its children", one, READ),
            "patch": operation(
                "jobs", "change_job", "Cancel a job, try it again, move it", now, WRITE, request=change, description=about
            ),
        },
        "/api/jobs/retry": {
            "post": operation(
                "jobs", "retry_jobs", "Try many again", done, WRITE, parameters=many,
                description="Those that the filters find, the dead ones without any; 5,000 at once.",
            )
        },
        "/api/jobs/discard": {
            "post": operation(
                "jobs", "discard_jobs", "Give many up", done, WRITE, parameters=many,
                description="They become cancelled and keep their errors.",
            )
        },
    }  # fmt: skip


def _job_listing() -> list[Schema]:
    texts: Schema = {"type": "array", "items": TEXT}
    kinds = {**query("filter[kind]", "only these kinds, with commas between", texts), "style": "form", "explode": False}
    found = [some_of("filter[state]", list(STATES), "only these states, with commas between"), kinds]
    found += [query(f"filter[{n}]", "only these") for n in ("lane", "actor")]
    found += [query("filter[parent]", "the children of this job", POSITION)]
    found += [query("filter[root]", "all that lies below this job", POSITION)]
    found += [query(f"filter[created_at][{o}]", "by when it was asked for", _TIME) for o in ("gte", "gt", "lt", "lte")]
    return [
        *found,
        query("sort", "-id is usual: newest first", one_of(*(sign + n for n in SORTS for sign in ("", "-")))),
        query("page[size]", "jobs of a page; more than 500 is taken as 500", {**POSITION, "default": 50}),
        query("page[number]", "from 1", {"type": "integer", "minimum": 1}),
        query("page[after]", "the id of the last job you have: older ones follow; with the order -id alone", POSITION),
    ]
