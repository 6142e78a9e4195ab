"""waitress's channel, extended where ours differs: WebSockets leave it, streams are flushed per chunk, a refused upload can read
its answer, half-filled buffers do not spin the loop, no line of a chunked body is endless, a request's head has its time, and
the table of connections knows of it. Leans on inner parts of waitress 3.0.2 (pinned).

secure_channel.py puts TLS under it."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver
from waitress.task import WSGITask
from waitress.utilities import BadRequest, RequestEntityTooLarge

from appliance.http.requests import KNOWN_AS
from appliance.run.connections import MOST
from appliance.run.refusals import Refusal, TooManyConnections, Unavailable

LINGER_SECONDS = 5.0
REFUSED_SECONDS = 5.0
HEAD_SECONDS = 20.0
_LINE = 8192
_FOLDED = re.compile(rb"\n[ \t]")


class Task(WSGITask):
    """One request in the application."""

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[KNOWN_AS] = self.channel.known_as
        return environ

    def build_response_header(self) -> bytes:
        if self.channel.server.stopping:
            self.set_close_on_finish()  # tells a keep-alive client not to send its next request here
        return bytes(super().build_response_header())

    def write(self, data: bytes) -> None:
        super().write(data)
        # A body of unknown length is a stream: somebody waits for each part. (Else `send_bytes` holds parts back.)
        if data and self.content_length is None:
            self.channel.flush_stream()


class Parser(HTTPRequestParser):
    """A chunked body's line of size, and what may follow the body, have no limit in waitress 3.0.2, and are copied whole at each
    arrival: a body that only claims to be chunked would keep the loop busy for minutes."""

    completed: bool

    def parse_header(self, header_plus: bytes) -> None:
        """RFC 9112 5.2 and 6.3: what two readers could read differently is refused, and the connection ends."""
        if _FOLDED.search(header_plus):
            raise ParsingError("a header is folded")
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length beside Transfer-Encoding")
        if self.proxy_netloc and self.proxy_netloc.lower() != self.headers.get("HOST", "").lower():
            raise ParsingError("another host in the request's target than in Host")

    def received(self, data: bytes) -> int:
        consumed = int(super().received(data))
        body = self.body_rcv
        if isinstance(body, ChunkedReceiver) and not self.completed and _overlong(body):
            self.error, self.completed = BadRequest("chunk"), True
        if self.headers_finished and self.error is None and self._is_large_for_a_stranger():
            self.error, self.completed = RequestEntityTooLarge("nobody is named"), True
        return consumed

    def _is_large_for_a_stranger(self) -> bool:
        """Bodies are taken in whole before the application sees them: without this, a hundred connections of somebody who shows
        nothing would fill the disk of temporary files."""
        most = getattr(self.adj, "stranger_body", None)
        if most is None or "AUTHORIZATION" in self.headers or "COOKIE" in self.headers:
            return False
        return bool(max(self.content_length, self.body_bytes_received) > most)


def _overlong(body: ChunkedReceiver) -> bool:
    return len(body.control_line) > _LINE or len(body.trailer) > _LINE


class Channel(HTTPChannel):
    """One connection. Its server carries `upgrades` (None: no WebSockets here) and `stopping`; see HttpLoop."""

    parser_class = Parser
    task_class = Task
    error_task_class = Refusal

    connected: bool
    socket: Any
    _head_by: float | None = None
    streaming = False  # the running request's answer has no known length
    refused = False  # answered by Refusal, perhaps before its body was read
    _linger_until: float | None = None
    _flushing = False
    _over_share = False  # more than its client IP or its account may hold
    _handed_over = False  # a WebSocket now, which is a connection like any other until its socket is closed

    def __init__(self, server: Any, sock: socket.socket, addr: Any, adj: Any, map: Any = None):
        super().__init__(server, sock, addr, adj, map=map)
        if not server.connections.admit(self):
            self._refuse()

    def _refuse(self) -> None:
        """Its request is answered by 429, for a client that is answered before it has asked never reads why. While very many are
        refused there is no time for that."""
        self._over_share, self._head_by = True, time.monotonic() + REFUSED_SECONDS
        if len(self.server.active_channels) > MOST + 50:
            self.handle_close()

    # ---- for the table of connections

    @property
    def idle(self) -> bool:
        """It has asked for nothing that is not answered."""
        return self.waiting and self.request is None

    @property
    def waiting(self) -> bool:
        """Nothing whole has been asked for: the application does not know of it."""
        return not self.requests and not self.total_outbufs_len and not self._handed_over

    def known_as(self, account: str) -> bool:
        """The request at hand came from this account; False when that has its share of connections."""
        return bool(self.server.connections.recognise(self, account))

    def del_channel(self, map: Any = None) -> None:
        if not self._handed_over:
            self.server.connections.leave(self)
        super().del_channel(map)

    # ---- worker threads

    def service(self) -> None:
        request = self.requests[0]
        self.streaming = False
        if self._over_share or (self.server.forwarded is not None and self.server.connections.is_over_share(self)):
            request.error = TooManyConnections("")
        if not request.error and "UPGRADE" in request.headers:
            if self._can_hand_over(request):
                # From here on the socket is touched in the loop's thread alone: it cannot race with poll(). The
                # channel keeps the request meanwhile, so nothing more is read from the socket.
                self.server.trigger.pull_trigger(self._hand_over)
                return
            # An Upgrade may be ignored: the application sees an ordinary request then, and says what it thinks of it.
            request.headers.pop("UPGRADE", None)
        super().service()
        if self.server.forwarded is not None and not self.requests:
            self.server.connections.has_spoken(self)

    def _can_hand_over(self, request: Any) -> bool:
        wanted = {word.strip().lower() for word in request.headers.get("CONNECTION", "").split(",")}
        with self.requests_lock:  # received() rings for a worker while the request is still in its hands
            pipelined = (
                len(self.requests) > 1 or self.request is not None
            )  # bytes after the handshake were read already
        if (
            self.server.upgrades is None
            or request.command != "GET"
            or request.version != "1.1"
            or request.headers["UPGRADE"].lower() != "websocket"
            or "upgrade" not in wanted
            or pipelined
            or self.total_outbufs_len  # an earlier answer is still on its way
        ):
            return False
        if self.server.upgrades.full:
            request.error = Unavailable("")
            return False
        return True

    def _flush_some(self, do_close: bool = True) -> bool:
        # While a worker writes, the loop would find the socket ready and the lock taken, again and again; it is rung for
        # when the worker leaves something behind.
        self._flushing = True
        try:
            return bool(super()._flush_some(do_close=do_close))
        finally:
            self._flushing = False

    def flush_stream(self) -> None:
        """Send what is there; the loop goes on with what the client does not take at once."""
        self.streaming = True
        with self.outbuf_lock:
            self._flush_exception(self._flush_some, do_close=False)
            if self.total_outbufs_len or self.will_close:
                self.server.pull_trigger()

    # ---- the loop's thread

    def _hand_over(self) -> None:
        """The socket leaves waitress and goes on in a thread of its own; the table knows of it until it is closed."""
        if not self.connected:
            return
        self._handed_over = True
        self.del_channel()
        sock, self.socket, self.connected = self.socket, None, False
        request, table = self.requests.pop(), self.server.connections
        environ = Task(self, request).get_environment()
        self.server.upgrades.begin(sock, environ, self.server.application, request.close, lambda: table.leave(self))

    def send_continue(self) -> None:
        """Nobody is invited to send a body that is refused already; waitress would also forget the refusal."""
        if self.request.error is None:
            super().send_continue()

    def received(self, data: bytes) -> bool:
        before = len(self.requests)
        done = bool(super().received(data))
        if self.server.forwarded is not None:
            # From the end of its head on: a body may take its time, and counts with whom it comes from meanwhile.
            asking = self.requests[-1] if len(self.requests) > before else self.request
            if asking is not None and asking.headers_finished:
                asked = asking.headers.get("X_FORWARDED_FOR", "")
                self.server.connections.speaks_for(self, self.server.forwarded(self.addr[0], asked))
        begun = self.request is not None and not self.request.headers_finished
        if begun:
            self._head_by = self._head_by or time.monotonic() + HEAD_SECONDS
        elif not self._over_share or self.requests:
            self._head_by = None
        return done

    def readable(self) -> bool:
        if self._head_by is not None and time.monotonic() > self._head_by:
            self._head_by, self.will_close = None, True
        if self._linger_until is None:
            return bool(super().readable())
        if time.monotonic() > self._linger_until:
            self.will_close = True
        return not self.will_close

    def writable(self) -> bool:
        if self._linger_until is not None or self.will_close or self.close_when_flushed:
            return self.will_close or self.close_when_flushed
        if self.requests and not self.streaming:
            # waitress would say yes for any byte, and handle_write() do nothing below send_bytes: a spinning loop
            # for as long as the application thinks between two parts of its answer
            return bool(self.total_outbufs_len >= self.adj.send_bytes) and not self._flushing
        return bool(self.total_outbufs_len)

    def handle_write(self) -> None:
        if self.streaming and self.requests:
            self._flush_exception(self._flush_some_if_lockable)
        if self.refused and self.close_when_flushed and not self.will_close:
            self._flush_exception(self._flush_some)
            if self.connected and not self.total_outbufs_len and not self.will_close:
                self._begin_lingering()
            return
        super().handle_write()

    def handle_read(self) -> None:
        if self._linger_until is None:
            super().handle_read()
        else:
            with contextlib.suppress(OSError):
                self.recv(self.adj.recv_bytes)  # to nowhere; the end of it closes the channel

    def _begin_lingering(self) -> None:
        """The client may still be sending a body that nobody wants. Closing now would answer it with a reset, and
        most clients would never show the 413: read on for a moment instead."""
        self.close_when_flushed = False
        self._linger_until = time.monotonic() + LINGER_SECONDS
        try:
            self._half_close()
        except OSError:
            self.will_close = True

    def _half_close(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)
