"""The public door while the box is closed for maintenance: a page for people, an error for programs, and for those who watch
over the box their addresses as ever. Before it closes, pages say when."""

from __future__ import annotations

from datetime import datetime

from flask import Flask, Response, request

from appliance.base import clock
from appliance.base.errors import Unavailable
from appliance.base.text import Text, say, verbatim
from appliance.features.maintenance.plan import Plan, Plans
from appliance.http.app import wants_page
from appliance.http.pages.rendering import page

OPEN = ("/healthz", "/readyz", "/metrics", "/favicon.ico")
"""What answers all the time, beside the pages' own styles and scripts."""
USUAL_WAIT = 60  # seconds, where nobody said until when; and at least, for what was planned is often late


class Closed(Unavailable):
    code = "maintenance"


def guard(app: Flask, plans: Plans) -> None:
    """To be called before the first request. Nobody gets past it, administrators neither: who maintains works at the box."""

    @app.before_request
    def closed() -> Response | None:
        plan = plans.current
        if not plan.on or not plan.closed() or request.path in OPEN or request.path.startswith("/static/"):
            return None
        wait = retry_after(plan)
        if not wants_page():
            raise Closed(_sentence(plan), retry_after=wait)
        answer = page("pages/maintenance.html", 503, plan=plan)
        answer.headers.update({"Retry-After": str(wait), "Cache-Control": "no-store"})
        return answer

    app.jinja_env.globals["announced"] = lambda: plans.current if plans.current.announced() else None


def retry_after(plan: Plan) -> int:
    if plan.until is None:
        return USUAL_WAIT
    left = (datetime.fromisoformat(plan.until) - clock.now()).total_seconds()
    return max(USUAL_WAIT, int(left))


def _sentence(plan: Plan) -> Text:
    if plan.message:
        return say("Closed for maintenance: {message}", message=verbatim(plan.message))
    return say("Closed for maintenance. Try again later.")
