"""A real WebServer with a small Flask application, for the tests of this room."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import flask
import flask_sock

from appliance.http.sockets.hub import Hub
from appliance.run.http_loop import HttpLoop
from appliance.run.web import WebServer


def until(holds: Callable[[], Any], seconds: float = 15.0) -> Any:
    """Wait for something to become true; the deadline is generous, for it only matters when the test fails."""
    end = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)
    return value


@dataclass
class Site:
    server: WebServer
    hub: Hub
    gate: threading.Event  # /held waits for it
    parts: queue.Queue[str | None]  # /stream sends what is put here
    entered: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))  # a handler has begun
    heard: list[Any] = field(default_factory=list)
    closed: list[Any] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.server.address.rpartition(":")[2])

    @property
    def loop(self) -> HttpLoop:
        assert self.server._loop
        return self.server._loop

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"


def make_site(hub: Hub | None = None, **options: Any) -> Site:
    app, hub, gate, parts = flask.Flask("site"), hub or Hub(), threading.Event(), queue.Queue[str | None]()
    sock = flask_sock.Sock(app)
    site = Site(WebServer(app, "127.0.0.1", 0, hub=hub, **options), hub, gate, parts)

    @app.get("/hello")
    def hello() -> str:
        return "hello"

    @app.get("/thinking")
    def thinking() -> flask.Response:
        def body() -> Iterator[bytes]:
            yield b"1"
            site.entered.release()
            gate.wait(30)
            yield b"2"

        return flask.Response(body(), headers={"Content-Length": "2"})

    @app.post("/size")
    def size() -> str:
        return str(len(flask.request.get_data()))

    @app.get("/held")
    def held() -> str:
        site.entered.release()
        gate.wait(30)
        return "done"

    @app.get("/big")
    def big() -> flask.Response:
        return flask.Response(b"x" * 20_000_000)

    @app.get("/stream")
    def stream() -> flask.Response:
        return flask.Response(iter(parts.get, None), mimetype="text/plain")

    @sock.route("/echo")
    def echo(ws: Any) -> None:
        while True:
            ws.send(ws.receive())

    @sock.route("/deaf")
    def deaf(ws: Any) -> None:
        ws.receive()
        gate.wait(30)

    @app.before_request
    def guard() -> Any:
        return ("not for you", 403) if flask.request.path == "/secret" else None

    @sock.route("/secret")
    def secret(ws: Any) -> None:
        raise AssertionError("never reached")

    @sock.route("/hub/<name>")
    def to_hub(ws: Any, name: str) -> None:
        def on_message(connection: Any, message: Any) -> None:
            if message == "crash":
                raise ValueError("as asked")
            site.heard.append((connection.user, message))
            hub.send(connection, f"{name} said {message!r}")

        hub.adopt(ws, on_message, lambda connection: site.closed.append(connection.user), user=name)

    return site
