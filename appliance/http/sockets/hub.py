"""One thread that holds all idle WebSockets: 8 KB each instead of two threads each.

Every method may be called from any thread; the work is done in the hub's own."""

from __future__ import annotations

import collections
import contextlib
import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from wsproto.events import CloseConnection
from wsproto.frame_protocol import CloseReason

from appliance.http.sockets.connection import BROKEN, Connection, Gone, TooSlow, text_frame
from appliance.http.sockets.websocket import WebSocket

_log = logging.getLogger(__name__)
_PING = b"\x89\x00"

OnMessage = Callable[[Connection, str | bytes], None]
OnClose = Callable[[Connection], None]


class Hub:
    """`max_unsent` bytes may wait for one client: a slower reader is dropped, never waited for. `max_message` bounds
    what a client may send (it is closed with 1009). Silent clients are pinged and dropped after two intervals."""

    def __init__(self, max_unsent: int = 1 << 20, max_message: int = 1 << 16, ping_seconds: float = 25.0):
        self._max_unsent, self._max_message, self._ping_seconds = max_unsent, max_message, ping_seconds
        self._selector = selectors.DefaultSelector()
        self._connections: set[Connection] = set()
        self._todo: collections.deque[tuple[Callable[..., None], tuple[Any, ...]]] = collections.deque()
        self._bell, self._listen = socket.socketpair()
        self._bell.setblocking(False)
        self._listen.setblocking(False)
        self._selector.register(self._listen, selectors.EVENT_READ, None)
        self._lock = threading.Lock()  # over the set of connections and `_open`
        self._open = True
        self._stop_by: float | None = None
        self._thread = threading.Thread(target=self._run, name="hub", daemon=True)
        self.dropped = 0  # slow, silent or broken clients so far

    # ---- any thread

    def start(self) -> None:
        self._thread.start()

    def stop(self, deadline_seconds: float) -> None:
        """Send everybody a Close 1001 (going away) and wait for their answers, `deadline_seconds` at most."""
        if self._thread.is_alive():
            self._ask(self._begin_stop, deadline_seconds)
            self._thread.join(deadline_seconds + 1)

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    @property
    def connections(self) -> tuple[Connection, ...]:
        """Who is connected at this moment; for choosing whom to publish to."""
        with self._lock:
            return tuple(self._connections)

    def adopt(
        self, ws: WebSocket, on_message: OnMessage | None = None, on_close: OnClose | None = None, user: Any = None
    ) -> Connection:
        """Take a socket over from its route, which returns then. `on_message(connection, message)` and
        `on_close(connection)`, called once whatever the reason, run in the hub's thread: they must be quick.
        On a hub that stops the client gets 1001, and `on_close` runs right here."""
        line, protocol = ws.give()
        connection = Connection(line.take(), protocol, on_message, on_close, user, line.closed)
        with self._lock:
            taken = self._open
            if taken:
                self._ask(self._add, connection)
        if not taken:
            with contextlib.suppress(*BROKEN):
                connection.sock.send(protocol.send(CloseConnection(CloseReason.GOING_AWAY)))
            connection.end()
            self._tell_closed(connection)
        return connection

    def publish(self, text: str, to: Callable[[Connection], bool] | Iterable[Connection]) -> None:
        """Send a text to the connections in `to`, or to those for which `to(connection)` holds (asked in the hub's
        thread). The frame is built once. Never waits; a client that has gone meanwhile is passed over."""
        self._ask(self._publish, text_frame(text), to if callable(to) else tuple(to))

    def send(self, connection: Connection, text: str) -> None:
        """Send a text to one client. Never waits, and a client that has gone is no error."""
        self.publish(text, (connection,))

    def close(self, connection: Connection, code: int = CloseReason.NORMAL_CLOSURE) -> None:
        """Send a Close with `code`, after what was published before."""
        self._ask(self._close, connection, code)

    def _ask(self, do: Callable[..., None], *arguments: Any) -> None:
        self._todo.append((do, arguments))
        with contextlib.suppress(OSError):  # full: it will wake up anyway; closed: nobody is left to wake
            self._bell.send(b"x")

    # ---- the hub's thread

    def _run(self) -> None:
        next_ping = time.monotonic() + self._ping_seconds
        while self._stop_by is None or (self._connections and time.monotonic() < self._stop_by):
            closing = any(c.close_by for c in self._connections)
            wait = 0.05 if closing or self._stop_by else max(0.0, next_ping - time.monotonic())
            for key, events in self._selector.select(wait):
                if key.data is None:
                    with contextlib.suppress(BlockingIOError):
                        self._listen.recv(65536)
                else:
                    self._guarded(key.data, self._serve, events)
            while self._todo:
                do, arguments = self._todo.popleft()
                try:
                    do(*arguments)
                except Exception:  # a predicate that fails must not take everybody's socket with it
                    _log.exception("hub: %s", do.__name__)
            now = time.monotonic()
            if closing:
                for late in [c for c in self._connections if c.close_by and now > c.close_by]:
                    self._drop(late)
            if now >= next_ping:
                next_ping = now + self._ping_seconds
                self._ping_all()
        self._end()

    def _guarded(self, connection: Connection, do: Callable[..., None], *arguments: Any) -> None:
        """Do something with one connection; whatever goes wrong is its own end and nobody else's."""
        if connection not in self._connections:
            return
        try:
            do(connection, *arguments)
            self._watch(connection)
        except (TooSlow, *BROKEN):
            self._drop(connection, counted=True)
        except Gone:
            self._drop(connection)
        except Exception:
            _log.exception("hub: a WebSocket handler failed")
            self._close(connection, CloseReason.INTERNAL_ERROR)

    def _watch(self, connection: Connection) -> None:
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.waiting else 0)
        if self._selector.get_key(connection.sock).events != wanted:
            self._selector.modify(connection.sock, wanted, connection)

    def _serve(self, connection: Connection, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            connection.flush()
        if events & selectors.EVENT_READ:
            for message in connection.read(self._max_message, self._max_unsent):
                if connection.on_message:
                    connection.on_message(connection, message)

    def _add(self, connection: Connection) -> None:
        with self._lock:
            self._connections.add(connection)
        self._selector.register(connection.sock, selectors.EVENT_READ, connection)
        if self._stop_by is not None:
            self._close(connection, CloseReason.GOING_AWAY)

    def _publish(self, frame: bytes, to: Callable[[Connection], bool] | tuple[Connection, ...]) -> None:
        for connection in [c for c in self._connections if to(c)] if callable(to) else to:
            if connection.close_by is None:
                self._guarded(connection, Connection.queue, frame, self._max_unsent)

    def _close(self, connection: Connection, code: int) -> None:
        self._guarded(connection, Connection.close, code, self._max_unsent)

    def _ping_all(self) -> None:
        for connection in list(self._connections):
            if not connection.alive:
                self._drop(connection, counted=True)
            else:
                connection.alive = False
                self._guarded(connection, Connection.queue, _PING, self._max_unsent)

    def _drop(self, connection: Connection, counted: bool = False) -> None:
        with self._lock:
            self._connections.discard(connection)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(connection.sock)
        connection.end()
        self.dropped += counted
        self._tell_closed(connection)

    def _tell_closed(self, connection: Connection) -> None:
        try:
            if connection.on_close:
                connection.on_close(connection)
        except Exception:
            _log.exception("hub: on_close failed")

    def _begin_stop(self, seconds: float) -> None:
        self._stop_by = time.monotonic() + seconds
        for connection in list(self._connections):
            self._close(connection, CloseReason.GOING_AWAY)

    def _end(self) -> None:
        with self._lock:
            self._open = False  # whoever comes now is sent away in adopt()
        for do, arguments in self._todo:
            if do == self._add:  # came in while the last answers were awaited
                self._add(*arguments)
        for connection in list(self._connections):
            self._drop(connection)
        self._selector.close()
        self._bell.close()
        self._listen.close()
