"""The paths of /api/schedules."""

from __future__ import annotations

from typing import Any

from appliance.http.openapi.entities import Paths
from appliance.http.openapi.job_schemas import ACCEPTED
from appliance.http.openapi.parts import NOTHING, READ, WRITE, body, ok, operation
from appliance.http.openapi.schemas import Schema, nullable, obj, ref
from appliance.http.openapi.shorthand import DELETE, TEXT, in_path

_NAME: Schema = {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,59}$"}
_TIMING: Schema = {
    "crontab": nullable({**TEXT, "description": "five fields, `17 3 * * *`; either this or `every`"}),
    "every": nullable({"type": "number", "minimum": 1, "maximum": 366 * 86_400, "description": "seconds"}),
    "timezone": nullable({**TEXT, "description": "like Europe/Berlin; null: that of the box"}),
    "arguments": {"type": "object"},
    "paused": {"type": "boolean"},
}


def paths() -> Paths:
    made = {"name": _NAME, "kind": {**TEXT, "description": "one of `meta.kinds` of the list"}, **_TIMING}
    creating = obj({"type": {"const": "schedules"}, "attributes": obj(made, ("name", "kind"), closed=True)})
    changing = obj({"type": {"const": "schedules"}, "id": _NAME, "attributes": obj(_TIMING, closed=True)})
    creating["required"], changing["required"] = ["type", "attributes"], ["type", "id"]
    one = ref("ScheduleDocument")

    def does(id_: str, summary: str, answers: dict[int, Schema], errors: tuple[int, ...], **more: Any) -> Any:
        return operation(
            "schedules", id_, summary, answers, errors, **{"description": "For administrators alone.", **more}
        )

    listed = {200: ok("All of them; `meta.kinds` can be planned.", ref("ScheduleList"))}
    created = {201: ok("Planned.", one, "Location")}
    path = in_path("id", _NAME, "its name")
    once = (
        "One that is still active is answered instead of a second. The schedule's times stay. For administrators alone."
    )
    errors = (401, 403, 404, 406, 409, 421, 503)
    return {
        "/api/schedules": {
            "get": does("list_schedules", "Jobs by the clock", listed, READ),
            "post": does(
                "create_schedule", "Plan a job", created, WRITE, request=body(obj({"data": creating}, ("data",)))
            ),
        },
        "/api/schedules/{id}": {
            "parameters": [path],
            "get": does("get_schedule", "One schedule", {200: ok("It.", one)}, READ),
            "patch": does(
                "change_schedule", "Change or pause it", {200: ok("As it is now.", one)}, WRITE,
                request=body(obj({"data": changing}, ("data",))),
            ),
            "delete": does(
                "delete_schedule", "Delete it", {204: NOTHING}, DELETE,
                description="One that comes with Ingot can be paused only: 409. For administrators alone.",
            ),
        },
        "/api/schedules/{id}/runs": {
            "parameters": [path],
            "post": does("run_schedule", "Run it now", ACCEPTED, errors, description=once),
        },
    }  # fmt: skip
