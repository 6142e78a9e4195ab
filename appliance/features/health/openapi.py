"""/healthz, /readyz and /metrics: for supervisors and Prometheus, without an actor."""

from __future__ import annotations

from appliance.http.openapi.entities import Paths
from appliance.http.openapi.parts import PLAIN, Operation, ok, operation
from appliance.http.openapi.schemas import Schema, obj
from appliance.http.openapi.shorthand import TEXT, one_of


def paths() -> Paths:
    alive = obj({"status": {"const": "ok"}}, ("status",))
    state = one_of("ok", "degraded", "down")
    component = obj({"state": state, "reason": TEXT, "since": TEXT}, ("state", "reason"))
    status = one_of("ok", "degraded", "down", "maintenance")
    every: Schema = {"type": "object", "additionalProperties": component}
    ready = obj({"status": status, "components": every}, ("status", "components"))
    return {
        "/healthz": {"get": _open("healthz", "Is the process alive?", {200: ok("It is.", alive, media=(PLAIN,))})},
        "/readyz": {
            "get": _open(
                "readyz",
                "Can it work?",
                {
                    200: ok("It can; a component may be degraded.", ready, media=(PLAIN,)),
                    503: ok("A component is down, or the box is closed for maintenance.", ready, media=(PLAIN,)),
                },
            )
        },
        "/metrics": {
            "get": _open("metrics", "Numbers for Prometheus", {200: ok("Text.", TEXT, media=("text/plain",))})
        },
    }


def _open(id_: str, summary: str, answers: dict[int, Schema]) -> Operation:
    return {**operation("health", id_, summary, answers, (421,)), "security": []}
