"""What jobs and schedules look like."""

from __future__ import annotations

from appliance.http.openapi.parts import ok
from appliance.http.openapi.schemas import Schema, document, nullable, obj, ref
from appliance.jobs.priority import NAMES
from appliance.jobs.row import STATES

_TEXT: Schema = {"type": "string"}
_WHOLE: Schema = {"type": "integer", "minimum": 0}
_TIME: Schema = {"type": "string", "format": "date-time"}
_STATE: Schema = {"type": "string", "enum": list(STATES)}
_MAYBE: Schema = nullable(_TEXT)
_ONE: Schema = obj({"type": {"const": "jobs"}, "id": _TEXT}, ("type", "id"))
_LINK: Schema = obj({"data": {"anyOf": [_ONE, {"type": "null"}]}})

_JOB: Schema = {
    "kind": _TEXT,
    "state": _STATE,
    "actor": _TEXT,
    "lane": _TEXT,
    "priority": {"type": "string", "enum": list(NAMES)},
    "arguments": {"type": "object", "description": "what looks like a secret by its name is masked"},
    "progress": obj({"done": _WHOLE, "total": nullable(_WHOLE), "message": _MAYBE}),
    "attempts": _WHOLE,
    "error": _MAYBE,
    "result": {},
    "created_at": _TIME,
    **dict.fromkeys(("run_after", "expires_at", "started_at", "finished_at"), nullable(_TIME)),
    "time_limit": nullable({"type": "number", "description": "seconds"}),
    "unique_key": _MAYBE,
    "cancel_requested": {"type": "boolean"},
    "children": obj(
        {
            "total": _WHOLE,
            "open": _WHOLE,
            "states": {"type": "object", "additionalProperties": _WHOLE, "description": "of one job alone"},
        }
    ),
}
_SCHEDULE: Schema = {
    "kind": _TEXT,
    "arguments": {"type": "object"},
    "crontab": _MAYBE,
    "every": nullable({"type": "number", "description": "seconds"}),
    "timezone": _MAYBE,
    "actor": _TEXT,
    "paused": {"type": "boolean"},
    "built_in": {"type": "boolean"},
    **dict.fromkeys(("next_run", "last_run", "created_at"), nullable(_TIME)),
    "last_state": nullable(_STATE),
    "last_seconds": nullable({"type": "number"}),
    "last_message": _MAYBE,
    "last_result": {},
}


def _resource(type_: str, attributes: Schema, relationships: Schema) -> Schema:
    properties = {
        "type": {"const": type_},
        "id": _TEXT,
        "attributes": obj(attributes, tuple(attributes), closed=True),
        "relationships": obj(relationships, closed=True),
        "links": ref("Links"),
    }
    return obj(properties, ("type", "id", "attributes"))


_AFTER: Schema = obj({"data": {"type": "array", "items": _ONE}})
JOB_SCHEMAS: dict[str, Schema] = {
    "Job": _resource("jobs", _JOB, {"parent": _LINK, "root": _LINK, "after": _AFTER}),
    "JobDocument": document(ref("Job")),
    "JobList": document({"type": "array", "items": ref("Job")}),
    "Schedule": _resource("schedules", _SCHEDULE, {"last_job": _LINK}),
    "ScheduleDocument": document(ref("Schedule")),
    "ScheduleList": document({"type": "array", "items": ref("Schedule")}),
}

JOB = ref("JobDocument")
ACCEPTED = {202: ok("It will be done; Location says where to watch it.", JOB, "Location")}
"""Of what is done by a job."""
