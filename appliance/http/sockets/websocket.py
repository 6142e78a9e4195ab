"""What a flask-sock route gets: simple-websocket's server with its known defects mended.

A route that talks (`while True: ws.receive()`) holds two threads. One that only listens for news hands its socket to
the hub instead: `hub.adopt(ws, ...)`, and returns."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import flask_sock
import simple_websocket

from appliance.http.sockets.line import Line

MAX_MESSAGE = 1 << 20
_QUEUED = 64  # messages a handler may lag behind before its client is no longer read


class _LazyThread(threading.Thread):
    """simple-websocket starts its reader in the constructor. Ours waits for the first `receive()`: a socket that goes
    to the hub never needs one. A daemon, or every open socket would keep the process alive."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs, daemon=True)

    def start(self) -> None:
        pass

    def start_now(self) -> None:
        super().start()


class WebSocket(simple_websocket.Server):
    """`send`, `receive` and `close` raise simple_websocket.ConnectionClosed when the client has gone; `send` raises
    TimeoutError when it does not read. Messages over 1 MiB end the connection with 1009."""

    sock: Line
    thread: _LazyThread

    def __init__(self, environ: dict[str, Any], **options: Any):
        # Every state change of wsproto and the bytes it produced leave together: else the reader's pong could land
        # inside a message, and two senders could corrupt the protocol's state.
        self._order = threading.RLock()
        self._room = threading.Condition()
        self._reading = False
        super().__init__(environ, **{"max_message_size": MAX_MESSAGE, **options, "thread_class": _LazyThread})
        self.sock.websocket = self

    def send(self, data: str | bytes) -> None:
        with self._order:
            super().send(data)

    def receive(self, timeout: float | None = None) -> str | bytes | None:
        if not self._reading:
            self._reading = True
            self.thread.start_now()
        message: str | bytes | None = super().receive(timeout)
        with self._room:
            self._room.notify()
        return message

    def close(self, reason: int | None = None, message: str | None = None) -> None:
        try:
            with self._order:
                super().close(reason, message)
        finally:
            self.event.set()  # wakes a handler that waits in receive()
            if self._reading and threading.current_thread() is not self.thread:
                self.thread.join(1)  # the client's answer: closing before it turns a clean 1000 into 1006

    def give(self) -> tuple[Line, Any]:
        """The line and the protocol state, for the hub; this object is closed afterwards. Raises RuntimeError after a
        `receive()`, for then a thread is reading already."""
        if self._reading:
            raise RuntimeError("a WebSocket that was received from cannot move to the hub")
        self.connected = False  # makes flask-sock's own ws.close() a no-op
        return self.sock, self.ws

    def _handle_events(self) -> bool:
        with self._order:
            more = super()._handle_events()
        if not more:  # it sets the event before `connected` falls: a handler could go back to sleep for ever
            self.connected = False
            self.event.set()
        with self._room:
            while self.connected and len(self.input_buffer) >= _QUEUED:
                self._room.wait(1)
        return bool(more)


flask_sock.Server = WebSocket  # flask-sock takes no server class; it looks this name up at each connection


def same_origin(environ: Mapping[str, Any]) -> bool:
    """Whether a handshake comes from our own pages. Browsers send cookies along with WebSockets of foreign pages, so
    a route that trusts the session cookie must ask. A client that sends no Origin is no browser: True."""
    origin = environ.get("HTTP_ORIGIN")
    if not origin:
        return True
    scheme = environ.get("wsgi.url_scheme", "http")
    return _place(origin) == _place(f"{scheme}://{environ.get('HTTP_HOST', '')}")


def _place(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:  # a port that is no number; equal to nothing we serve
        return url, None, None
