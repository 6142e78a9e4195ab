"""/trust: how to make a phone or a computer trust this box, and the file it needs for that. Open to everybody, also in plain
HTTP: what stands here is no secret, and whoever comes has no trust yet."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request

from appliance.base.errors import NotFound
from appliance.base.text import say
from appliance.features.trust.files import Trust, file
from appliance.http.pages.rendering import page
from appliance.http.route_policy import ANYBODY, RoutePolicy, declare

SYSTEMS = ("windows", "macos", "ios", "android", "linux", "firefox")
_MARKS = (
    ("Firefox", "firefox"),  # has a store of its own on most systems; on Android and iOS it takes the system's
    ("iPhone", "ios"), ("iPad", "ios"), ("Windows", "windows"), ("Macintosh", "macos"), ("Linux", "linux"),
)  # fmt: skip


def make_pages(trust: Callable[[], Trust | None], secure_port: Callable[[], int]) -> Blueprint:
    """`trust()` is None where there is nothing to install: https is off, or the certificate is the office's own."""
    pages = Blueprint("trust", __name__)

    @pages.get("/trust")
    def explain() -> Response:
        host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
        address = f"https://{host}:{secure_port()}/"
        mine = system(request.headers.get("User-Agent", ""))
        ordered = sorted(SYSTEMS, key=lambda name: name != mine)  # the reader's own first
        return page(
            "pages/trust.html", trust=trust(), address=address, mine=mine, systems=ordered, secure=request.is_secure
        )

    @pages.get("/trust/ingot.<kind>")
    def download(kind: str) -> Response:
        known = trust()
        found = file(known, kind) if known else None
        if found is None:
            raise NotFound(say("There is nothing at this address."))
        headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="ingot.{kind}"'}
        return Response(found.body, mimetype=found.mime, headers=headers)

    return declare(pages, RoutePolicy(ANYBODY))


def system(agent: str) -> str:
    """Whose steps to open, by the browser's User-Agent."""
    if "Android" in agent:
        return "android"
    return next((name for mark, name in _MARKS if mark in agent), "")
