"""/api/schedules: jobs by the clock as resources, for administrators. The id is the schedule's name."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from appliance.base.errors import BadRequest, Conflict, NotAllowed
from appliance.base.text import say
from appliance.http import requests
from appliance.http.jsonapi.answers import answer, check_accept, no_content
from appliance.http.jsonapi.document import VERSION
from appliance.http.jsonapi.incoming import read_data
from appliance.http.jsonapi.job_resource import accepted, job_actor, masked
from appliance.http.jsonapi.media import check_content_type
from appliance.http.route_policy import RoutePolicy, declare
from appliance.jobs.jobs import Jobs
from appliance.jobs.planning import Planning
from appliance.jobs.schedule_table import Schedule
from appliance.records.permissions import Actor

TYPE = "schedules"


def make_api(jobs: Jobs) -> Blueprint:
    api = Blueprint("schedules", __name__, url_prefix="/api")
    planning = Planning(jobs)

    @api.get("/schedules")
    def list_schedules() -> Response:
        administrator()
        for name in request.args:
            raise BadRequest(say("There is no parameter {name} here.", name=name[:100]), parameter=name[:100])
        kinds = [{"kind": k.name, "label": str(k.label)} for k in jobs.kinds.values() if k.schedulable]
        return answer(
            {
                "jsonapi": VERSION,
                "data": [resource(schedule) for schedule in planning.all()],
                "links": {"self": "/api/schedules"},
                "meta": {"timezone": jobs.timezone, "kinds": kinds},
            }
        )

    @api.post("/schedules")
    def create_schedule() -> Response:
        actor = administrator()
        return shown(planning.create(attributes(None), job_actor(actor)), 201)

    @api.get("/schedules/<name>")
    def get_schedule(name: str) -> Response:
        administrator()
        return shown(planning.get(name))

    @api.patch("/schedules/<name>")
    def change_schedule(name: str) -> Response:
        administrator()
        planning.get(name)
        return shown(planning.change(name, attributes(name)))

    @api.delete("/schedules/<name>")
    def delete_schedule(name: str) -> Response:
        administrator()
        planning.delete(name)
        return no_content()

    @api.post("/schedules/<name>/runs")
    def run_schedule(name: str) -> Response:
        """202 with the job; one that is still active is answered instead of a second."""
        administrator()
        return accepted(jobs.get(planning.run_now(name)))

    return declare(api, RoutePolicy("schedule"))


def administrator() -> Actor:
    actor = requests.actor()
    if not (actor.admin or (actor.scopes and actor.administers)):  # that its scopes cover schedules was asked before
        raise NotAllowed(say("Only administrators may see and change schedules."))
    return actor


def attributes(name: str | None) -> dict[str, Any]:
    """What the document in the body says. Raises BadRequest for its form, Conflict for another type or id."""
    check_content_type(request.headers.get("Content-Type", ""))
    check_accept()
    data = read_data(requests.body_object())
    if data.get("type") != TYPE:
        raise Conflict(say("This address takes {type} only.", type=TYPE), code="type", pointer="/data/type")
    if name is not None and data.get("id") != name:
        raise Conflict(say("The id in the document is not that of the address."), code="id", pointer="/data/id")
    given = data.get("attributes", {})
    if not isinstance(given, dict):
        raise BadRequest(say("attributes must be an object."), pointer="/data/attributes")
    return given


def shown(schedule: Schedule, status: int = 200) -> Response:
    path = f"/api/schedules/{schedule.name}"
    document = {"jsonapi": VERSION, "data": resource(schedule), "links": {"self": path}}
    return answer(document, status, location=path if status == 201 else None)


def resource(schedule: Schedule) -> dict[str, Any]:
    path = f"/api/schedules/{schedule.name}"
    job = {"type": "jobs", "id": str(schedule.last_job)} if schedule.last_job else None
    return {
        "type": TYPE,
        "id": schedule.name,
        "attributes": {
            "kind": schedule.kind, "arguments": masked(schedule.arguments), "crontab": schedule.crontab,
            "every": schedule.every, "timezone": schedule.timezone, "actor": schedule.actor, "paused": schedule.paused,
            "built_in": schedule.built_in, "next_run": None if schedule.paused else schedule.next_run,
            "last_run": schedule.last_run, "last_state": schedule.last_state, "last_seconds": schedule.last_seconds,
            "last_message": schedule.last_message, "last_result": masked(schedule.last_result),
            "created_at": schedule.created_at,
        },
        "relationships": {"last_job": {"data": job}},
        "links": {"self": path},
    }  # fmt: skip
