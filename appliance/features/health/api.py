"""/healthz, /readyz and /metrics: for supervisors, load balancers and Prometheus. Strangers learn that the server is alive, and
in one word how it does."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from flask import Blueprint, Flask, Response, request

from appliance.base.errors import IngotError, NotSignedIn
from appliance.base.text import say
from appliance.features.health.exposition import expose
from appliance.http import requests
from appliance.http.route_policy import ANYBODY, RoutePolicy, declare
from appliance.records import scopes

Components = Callable[[], Mapping[str, Mapping[str, Any]]]
"""name -> {"state": ok | degraded | down, "reason": a sentence, "since": wire time or not there}."""
Gauges = Callable[[], Mapping[str, float]]


class Traffic:
    """Counts answers by status class, and the seconds they took. A WSGI layer: cheaper than Flask's own hooks."""

    def __init__(self) -> None:
        self.answers: Counter[str] = Counter()
        self.seconds = 0.0

    def totals(self) -> dict[str, float]:
        """What only grows: for whoever draws it over time."""
        errors = self.answers["5"]
        return {"requests": float(sum(self.answers.values())), "errors": float(errors), "busy": self.seconds}

    def watch(self, app: Flask) -> None:
        inner = app.wsgi_app

        def counted(environ: Any, start_response: Any) -> Any:
            began = time.perf_counter()

            def start(status: str, headers: Any, exc_info: Any = None) -> Any:
                self.answers[status[0]] += 1
                self.seconds += time.perf_counter() - began
                return start_response(status, headers, exc_info)

            return inner(environ, start)

        app.wsgi_app = counted  # type: ignore[method-assign]


def make_health(
    components: Components, gauges: Gauges, traffic: Traffic, closed: Callable[[], bool] = lambda: False
) -> Blueprint:
    """`gauges` are further numbers for /metrics; `closed`: is the box closed for maintenance?"""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def alive() -> Response:
        return Response(b'{"status":"ok"}', content_type="application/json")

    @health.get("/readyz")
    def ready() -> Response:
        found = components()
        status = "maintenance" if closed() else overall(found)
        body = orjson.dumps({"status": status, "components": found} if may_look_inside() else {"status": status})
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        return Response(body, 503 if status in ("down", "maintenance") else 200, headers)

    @health.get("/metrics")
    def metrics() -> Response:
        if not may_look_inside():
            raise NotSignedIn(
                say("Metrics are for administrators, and for tokens of theirs with the scope health:read.")
            )
        samples = {f'ingot_http_answers_total{{status="{s}xx"}}': float(n) for s, n in sorted(traffic.answers.items())}
        samples["ingot_http_seconds_total"] = traffic.seconds
        samples["ingot_maintenance"] = float(closed())
        for name, one in components().items():
            samples[f'ingot_component_up{{component="{name}"}}'] = float(one["state"] != "down")
        return Response(expose({**samples, **gauges()}), content_type="text/plain; version=0.0.4; charset=utf-8")

    return declare(health, RoutePolicy(ANYBODY))


def may_look_inside() -> bool:
    """Administrators, tokens of theirs with health:read, and programs on this very machine; strangers get one word."""
    if request.environ.get(requests.DIRECT):
        return True
    try:
        actor = requests.maybe_actor()
    except IngotError:  # whoever is wrong about who they are is a stranger here
        return False
    return actor is not None and (actor.admin or (actor.administers and scopes.allow(actor.scopes, "health", "read")))


NOT_SERVING = {"backups"}
"""Parts without which everybody can still work: down, they are red where they are shown, and no reason to send nobody here."""


def overall(components: Mapping[str, Mapping[str, Any]]) -> str:
    """The worst of them."""
    states = {
        "degraded" if one["state"] == "down" and name in NOT_SERVING else one["state"]
        for name, one in components.items()
    }
    return "down" if "down" in states else "degraded" if "degraded" in states else "ok"
