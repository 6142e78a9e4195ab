"""/healthz, /readyz and /metrics: for supervisors, load balancers and Prometheus. They say nothing of the records, so they
need no actor."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from flask import Blueprint, Flask, Response

from appliance.features.health.exposition import expose

State = tuple[str, str]
Components = Callable[[], Mapping[str, State]]
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


def make_health(components: Components, gauges: Gauges, traffic: Traffic) -> Blueprint:
    """`components` answers (ok | degraded | down, reason) by name; `gauges` further numbers for /metrics."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def alive() -> Response:
        return Response(b'{"status":"ok"}', content_type="application/json")

    @health.get("/readyz")
    def ready() -> Response:
        found = components()
        down = any(state == "down" for state, _ in found.values())
        body = {
            "status": "down" if down else "degraded" if any(s != "ok" for s, _ in found.values()) else "ok",
            "components": {name: {"state": state, "reason": reason} for name, (state, reason) in found.items()},
        }
        return Response(
            orjson.dumps(body), 503 if down else 200, {"Content-Type": "application/json", "Cache-Control": "no-store"}
        )

    @health.get("/metrics")
    def metrics() -> Response:
        samples = {f'ingot_http_answers_total{{status="{s}xx"}}': float(n) for s, n in sorted(traffic.answers.items())}
        samples["ingot_http_seconds_total"] = traffic.seconds
        samples |= {f'ingot_component_up{{component="{n}"}}': float(s != "down") for n, (s, _) in components().items()}
        return Response(expose({**samples, **gauges()}), content_type="text/plain; version=0.0.4; charset=utf-8")

    return health
