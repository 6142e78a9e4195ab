"""Beside https, a small door in plain HTTP: it hands out the authority's certificate with a page that says how to trust it, and
sends everybody else on to https. Whoever does not trust the box yet could read neither there without a warning."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from appliance.base.errors import StartRefused
from appliance.base.text import Text, say, told
from appliance.run import ports
from appliance.run.http_loop import HttpLoop
from appliance.run.services import Health

_log = logging.getLogger(__name__)
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::\d+)?")


class OnlyTrust:
    """A WSGI application that lets `open_paths` of another one through, nameless and for reading, and redirects the rest."""

    def __init__(self, inner: Any, https_port: Callable[[], int], open_paths: Sequence[str]):
        self._inner, self._port, self._open = inner, https_port, tuple(open_paths)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        path, reads = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"] in ("GET", "HEAD")
        if reads and any(path == place or path.startswith(place.rstrip("/") + "/") for place in self._open):
            for name in ("HTTP_COOKIE", "HTTP_AUTHORIZATION"):  # what came in the clear opens nothing
                environ.pop(name, None)
            return self._inner(environ, start_response)
        host = _HOST.fullmatch(environ.get("HTTP_HOST", ""))
        if not reads or not host:
            body = b"This is HTTPS only: use https:// in the address.\n"
            start_response("400 Bad Request", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
            return [body]
        start_response(
            "308 Permanent Redirect",
            [
                ("Location", f"https://{host[1]}:{self._port()}{_asked(environ)}"),
                ("Content-Length", "0"),
                ("Cache-Control", "no-store"),  # https may be switched off again
            ],
        )
        return [b""]


def _asked(environ: dict[str, Any]) -> str:
    """The path and query as they were asked for: latin-1 in WSGI, and nothing in it can end a header's line."""
    path = quote(environ.get("PATH_INFO", "/").encode("latin-1"), safe="/:@!$&'()*+,;=~-._")
    query = environ.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path


class PlainDoor:
    """The service. A port that is taken stops nobody: people can also be given the file by other ways."""

    name = "plain door"

    def __init__(self, application: Any, host: str, port: int):
        self._application, self._host, self._port = application, host, port
        self._loop: HttpLoop | None = None
        self._problem: Text | None = None
        self.addresses: list[str] = []

    def start(self) -> None:
        sockets: list[socket.socket] = []
        try:
            sockets = ports.listen(self._host, self._port)
        except StartRefused as refused:
            self._problem = say(
                "The page on how to trust this box cannot be had in plain HTTP. {why} The setting http_port names another port.",
                why=refused.message,
            )
            _log.warning("%s", self._problem)
            return
        self.addresses = ports.addresses(sockets)
        self._loop = HttpLoop(self._application, sockets, name="plain-door", threads=1, max_body=0)
        self._loop.start()

    def stop(self, deadline_seconds: float) -> None:
        if self._loop:
            self._loop.stop(min(1.0, deadline_seconds))

    def health(self) -> Health:
        if self._problem:
            return Health("degraded", told(self._problem))
        trouble = self._loop.trouble if self._loop else "not started"
        return Health("down", trouble) if trouble else Health()
