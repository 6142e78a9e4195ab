"""The public door as a service: pages, API and WebSockets on one port."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

from appliance.http.sockets.hub import Hub
from appliance.run import ports
from appliance.run.forwarded import Forwarded
from appliance.run.http_loop import HttpLoop, Tls
from appliance.run.services import Health
from appliance.run.upgrades import Upgrades


class WebServer:
    """`application` is any WSGI application; its flask-sock routes work. `max_body` in bytes: larger requests get a
    413 before the application is asked, and so do those beyond `stranger_body` that show neither token nor cookie.
    `proxies` are addresses of peers that may say for whom they ask. Starts and stops the hub with it."""

    name = "web"

    def __init__(
        self,
        application: Any,
        host: str,
        port: int,
        threads: int = 4,
        hub: Hub | None = None,
        *,
        max_body: int = 10 * 1024 * 1024,
        tls: Tls | None = None,
        proxies: Sequence[str] = (),
        stranger_body: int | None = None,
    ):
        self._application, self._host, self._port, self._threads = Forwarded(application, proxies), host, port, threads
        self._hub, self._max_body, self._tls, self._proxies = hub, max_body, tls, tuple(proxies)
        self._stranger_body = stranger_body
        self._sockets: list[socket.socket] = []
        self._upgrades = Upgrades()
        self._loop: HttpLoop | None = None
        self.addresses: list[str] = []

    @property
    def address(self) -> str:
        """The first of `addresses`, `http://127.0.0.1:8400`; empty before `bind`."""
        return self.addresses[0] if self.addresses else ""

    def bind(self) -> None:
        """Take the port without answering yet. `start` does it too; calling this first, before anything slow, tells
        early when the port is taken. Raises StartRefused (exit code 5, or 4 for an impossible host)."""
        if not self._sockets:
            self._sockets = ports.listen(self._host, self._port)
            self.addresses = ports.addresses(self._sockets, "https" if self._tls else "http")

    def unbind(self) -> None:
        """Let the port go when it will not come to `start`."""
        if self._loop is None:
            for sock in self._sockets:
                sock.close()
            self._sockets = []

    def start(self) -> None:
        self.bind()
        self._loop = HttpLoop(
            self._application,
            self._sockets,
            name="web",
            threads=self._threads,
            max_body=self._max_body,
            tls=self._tls,
            upgrades=self._upgrades,
            exempt=self._application.trusts,
            forwarded=self._application.client_ip if self._proxies else None,
            stranger_body=self._stranger_body,
        )
        if self._hub:
            self._hub.start()
        self._loop.start()

    def stop(self, deadline_seconds: float) -> None:
        """WebSockets get a Close 1001, requests in flight their answer; new connections are refused meanwhile."""
        half = min(2.0, deadline_seconds / 4)
        if self._hub:
            self._hub.stop(half)
        self._upgrades.stop(half)
        if self._loop:
            self._loop.stop(deadline_seconds - 2 * half)
        self._sockets = []

    def health(self) -> Health:
        if self._loop is None:
            return Health("down", "not started")
        if self._loop.trouble:
            return Health("down", self._loop.trouble)
        if self._hub and not self._hub.running:
            return Health("degraded", "the hub's thread has ended: no live updates")
        return Health()
