"""WebSocket connections that have left waitress, from the handshake until the hub takes them or they end.

Each runs in its own thread through the whole application (session, login, permissions), so the route can still refuse
with a plain 401, 403 or 404."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from wsproto.frame_protocol import CloseReason

from appliance.http.sockets.line import Line

_log = logging.getLogger(__name__)
_NO_BODY = ("connection", "content-length", "transfer-encoding")


class Upgrades:
    """The open ones of one server. `full`: no more for now, or the server is stopping."""

    def __init__(self, at_most: int = 200):
        self._at_most = at_most
        self._lines: set[Line] = set()
        self._closing = False

    @property
    def full(self) -> bool:
        return self._closing or len(self._lines) >= self._at_most

    def __len__(self) -> int:
        return len(self._lines)

    def begin(
        self,
        sock: socket.socket,
        environ: dict[str, Any],
        application: Any,
        done: Callable[[], None],
        closed: Callable[[], None],
    ) -> None:
        """Serve the handshake in a new thread. `done()` is called at its end, `closed()` once the socket is closed, by whomever:
        the hub may hold it for days."""
        line = Line(sock, closed=closed)
        self._lines.add(line)
        arguments = (line, environ, application, done)
        try:
            threading.Thread(target=self._serve, args=arguments, name="websocket", daemon=True).start()
        except RuntimeError:  # the system gives no more threads; we are in the loop, which must go on
            _log.exception("websocket")
            self._lines.discard(line)
            line.cut()
            line.close(0)
            done()

    def stop(self, seconds: float) -> None:
        """Close all with 1001; those that have not ended after `seconds` are cut."""
        self._closing = True
        for line in list(self._lines):
            if line.websocket is not None:
                # in threads: each waits for its client's answer
                threading.Thread(target=_say_goodbye, args=(line,), daemon=True).start()
        until = time.monotonic() + seconds
        while self._lines and time.monotonic() < until:
            time.sleep(0.02)
        for line in list(self._lines):
            line.cut()

    def _serve(self, line: Line, environ: dict[str, Any], application: Any, done: Callable[[], None]) -> None:
        try:
            _converse(line, environ, application)
        except OSError:
            _log.debug("websocket %s: the client has gone", environ.get("PATH_INFO"))
        except Exception:
            _log.exception("websocket %s", environ.get("PATH_INFO"))
            with contextlib.suppress(OSError):
                if not line.written:
                    _answer(line, "500 Internal Server Error", [], [])
        finally:
            line.close()
            self._lines.discard(line)  # only now: a thread that waits for its client to read is one of those allowed
            done()


def _say_goodbye(line: Line) -> None:
    try:
        line.websocket.close(CloseReason.GOING_AWAY)
    except Exception:  # closed already, or broken
        line.cut()


def _converse(line: Line, environ: dict[str, Any], application: Any) -> None:
    environ["werkzeug.socket"] = line  # where simple-websocket looks for it
    # without compression: 110 KB per connection, and not safe in threads
    environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
    if environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13" or not environ.get("HTTP_SEC_WEBSOCKET_KEY"):
        _answer(line, "426 Upgrade Required", [("Sec-WebSocket-Version", "13")], [])
        return
    status, written = "500 Internal Server Error", list[bytes]()
    headers: list[tuple[str, str]] = []

    def start_response(s: str, h: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], None]:
        nonlocal status, headers
        status, headers = s, h
        return written.append

    parts = application(environ, start_response)
    try:
        if not line.written:
            body = [*parts]  # start_response may only be called here
            _answer(line, status, headers, [*written, *body])
    finally:
        if hasattr(parts, "close"):
            parts.close()


def _answer(line: Line, status: str, headers: Iterable[tuple[str, str]], body: list[bytes]) -> None:
    """A plain HTTP answer instead of the handshake; the connection ends after it."""
    content = b"".join(body)
    kept = [f"{name}: {value}" for name, value in headers if name.lower() not in _NO_BODY]
    head = [f"HTTP/1.1 {status}", *kept, f"Content-Length: {len(content)}", "Connection: close", "", ""]
    line.send("\r\n".join(head).encode("latin-1") + content)
