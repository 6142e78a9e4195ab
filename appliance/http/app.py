"""The public door: a Flask application made of blueprints that features hand over. It knows no feature."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Flask, Response, g, request
from flask.sessions import NullSession, SessionInterface
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter

from appliance.base import digits, logs, origin
from appliance.base.errors import NotAllowed, NotSignedIn
from appliance.base.text import say
from appliance.http import requests, route_policy
from appliance.http.errors import shorten_pointers, translate
from appliance.http.hosts import Hosts
from appliance.http.jsonapi.document import VERSION
from appliance.http.jsonapi.media import MEDIA
from appliance.http.pages.rendering import page
from appliance.http.requests import SAFE, Authenticate
from appliance.http.sockets.websocket import same_origin
from appliance.records.permissions import Actor


class NoSessions(SessionInterface):
    def open_session(self, app: Flask, request: Any) -> NullSession:
        return _NO_SESSION

    def is_null_session(self, obj: object) -> bool:
        return True


_NO_SESSION = NullSession()

# No Strict-Transport-Security, on purpose. With the box's own authority it would turn the warning that people without its
# certificate get into a wall; it holds for every port of the host, so the plain page that explains how to trust the box could
# not be reached; and whoever switches https off again would lock everybody out. Under a public name it would bind other
# services of that host too: a proxy in front may send it, where somebody has decided so.
SECURITY = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
    (
        "Content-Security-Policy",
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
)


class RecordId(IntegerConverter):
    """Werkzeug's takes digits of every script, as many as there are; what is no id of ours is no address (base/digits.py)."""

    regex = f"[1-9][0-9]{{0,{digits.MOST - 1}}}"


class Door(Flask):
    """Flask without what no view here uses: sessions of its own (ours are rows), and views that are coroutines, about
    which it would ask at each step of each request."""

    session_interface = NoSessions()
    request_class = requests.IncomingRequest

    rehearsal: Callable[[], AbstractContextManager[None]] = nullcontext
    """Around a view that is asked with dry-run=true: takes back all that it writes."""

    def ensure_sync(self, func: Any) -> Any:
        return func

    limited: Callable[[], AbstractContextManager[None]] = nullcontext
    """Around every view: what one request may cost."""

    def dispatch_request(self) -> Any:
        with self.limited():
            return self._dispatched()

    def _dispatched(self) -> Any:
        if not route_policy.is_dry_run():
            return super().dispatch_request()
        with self.rehearsal():
            response = self.make_response(super().dispatch_request())
        response.headers["Ingot-Dry-Run"] = "true"
        response.headers.pop("Ingot-Transaction", None)
        return response


def create_app(
    *,
    blueprints: Iterable[Blueprint],
    authenticate: Authenticate,
    hosts: Hosts,
    templates: Path,
    max_body: int,
    rehearsal: Callable[[], AbstractContextManager[None]] = nullcontext,
    limited: Callable[[], AbstractContextManager[None]] = nullcontext,
    refused: Callable[[Actor | None, str, str, str], None] = lambda *_: None,
    furnish: Callable[[Flask], None] | None = None,
    extend: Callable[[Flask], None] | None = None,
) -> Flask:
    """The application. `authenticate` says who sent a request; `rehearsal` takes back what is written inside, `limited`
    bounds what a view may cost; `refused` hears of each 403 and 421: who asked, the code, method and path; `furnish` gives
    the templates what they share (pages/rendering.py); `extend` may add what is no blueprint (flask-sock)."""
    app = Door("ingot", static_folder=None, template_folder=str(templates))
    app.rehearsal, app.limited = rehearsal, limited
    app.config["MAX_CONTENT_LENGTH"] = max_body
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.url_map.converters["int"] = RecordId
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False

    @app.before_request
    def arrive() -> Response | None:
        g.authenticate = authenticate
        if not hosts.knows(request.headers.get("Host")):
            text = say("This box does not answer to that name. An administrator can add it to the setting `hosts`.")
            refused(None, "foreign_host", request.method, request.path)
            document = {
                "errors": [{"status": "421", "code": "foreign_host", "title": "Misdirected", "detail": str(text)}]
            }
            return Response(orjson.dumps(document), 421, {"Content-Type": MEDIA})
        if request.method not in SAFE and not _from_our_pages():
            raise NotAllowed(say("This address takes what our own pages send."), code="foreign_origin")
        requests.bound_body(open_to_strangers=route_policy.is_open())
        route_policy.check_route()
        return None

    @app.errorhandler(Exception)
    def fail(error: Exception) -> Response | tuple[str, int]:
        status, errors, headers = translate(error, requests.language())
        if status == 403:
            refused(g.get("actor"), errors[0]["code"], request.method, request.path)
        if wants_page():
            if isinstance(error, NotSignedIn):
                return Response(status=303, headers={"Location": sign_in_address()})
            answer = page("pages/error.html", status, number=status, errors=errors)
            answer.headers.update(headers)
            return answer
        if isinstance(error, HTTPException) and error.code and error.code < 400:
            return error.get_response()  # type: ignore[return-value]
        if "document" in g:
            shorten_pointers(errors, g.document)
        document = {"jsonapi": VERSION, "errors": errors}
        return Response(orjson.dumps(document), status, {"Content-Type": MEDIA, "Vary": "Accept", **headers})

    if furnish:
        furnish(app)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    if extend:
        extend(app)

    @app.before_request
    def know_who_writes() -> None:
        """Last of all, behind what `extend` adds: who may not write is told so before the request's form is judged."""
        if request.method not in SAFE and request.path.startswith("/api/"):
            requests.actor()

    app.wsgi_app = Guarded(app.wsgi_app)  # type: ignore[method-assign]
    return app


class Guarded:
    """Adds the security headers an answer does not set itself, and the request's id, which the log's lines carry too. As
    WSGI: through Flask's own it costs 50 µs a request."""

    def __init__(self, inner: Any):
        self._inner = inner

    def __call__(self, environ: Any, start_response: Any) -> Any:
        origin.from_request(environ)
        own = ("X-Request-ID", logs.about_request(logs.tidy_request(environ.get("HTTP_X_REQUEST_ID"))).request)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            present = {name for name, _ in headers}
            more = [pair for pair in SECURITY if pair[0] not in present]
            return start_response(status, [*headers, *more, own], exc_info)

        return self._inner(environ, start)


def _from_our_pages() -> bool:
    """Does an unsafe request come from a page of ours, or from no browser at all? A foreign page could sign somebody in to an
    account of its own, where no session and so no CSRF token is asked for. A token in the header is no browser's doing."""
    if request.headers.get("Authorization"):
        return True
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site not in (None, "same-origin", "none"):
        return False
    if not origin or same_origin(request.environ):
        return True
    # Behind a proxy that ends TLS and is not named in `proxies` the scheme differs; the browser itself says the page is ours.
    return site == "same-origin" and origin.partition("://")[2].lower() == request.headers.get("Host", "").lower()


def sign_in_address() -> str:
    """Where to sign in, and come back from to the page that was asked for."""
    if request.method != "GET" or request.path == "/":
        return "/sign-in"
    return "/sign-in?" + urlencode({"next": request.full_path.rstrip("?")})


def wants_page() -> bool:
    """Is a person with a browser at the other end, outside the API?"""
    return not request.path.startswith("/api") and "text/html" in request.headers.get("Accept", "")
