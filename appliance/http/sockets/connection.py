"""One client in the hub: its socket, what it still has to be sent, what it has sent so far. Hub thread only."""

from __future__ import annotations

import collections
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

from wsproto.connection import Connection as Protocol
from wsproto.events import CloseConnection, Message, Ping, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from appliance.http.sockets.line import AGAIN, RECEIVE

CLOSE_SECONDS = 2.0  # how long a client has to answer our Close
BROKEN = (OSError, LocalProtocolError, RemoteProtocolError)


class Gone(Exception):
    """The connection has ended, by either side; the hub drops it."""


class TooSlow(Gone):
    """The client does not read as fast as it is sent to."""


def text_frame(text: str) -> bytes:
    """A whole text message as a server sends it. Unmasked, so all clients can share these bytes."""
    data = text.encode()
    size = len(data)
    if size < 126:
        return bytes((0x81, size)) + data
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + data
    return b"\x81\x7f" + size.to_bytes(8, "big") + data


class Connection:
    """`user` is whatever the adopter wants to remember with it (who it is, what it subscribed to)."""

    __slots__ = (
        "_ending",
        "_message",
        "_out",
        "_protocol",
        "_size",
        "alive",
        "close_by",
        "closed",
        "on_close",
        "on_message",
        "sock",
        "unsent",
        "user",
    )

    def __init__(
        self,
        sock: socket.socket,
        protocol: Any,
        on_message: Callable[[Connection, str | bytes], None] | None,
        on_close: Callable[[Connection], None] | None,
        user: Any,
        closed: Callable[[], None] = lambda: None,
    ):
        self.closed = closed
        self.sock, self.user, self.on_message, self.on_close = sock, user, on_message, on_close
        self._protocol: Protocol = protocol
        self._out: collections.deque[bytes | memoryview] = collections.deque()
        self.unsent = 0
        self._message: list[str | bytes] = []
        self._size = 0
        self.alive = True  # it said something since the last ping
        self.close_by: float | None = None  # we sent a Close and wait until then
        self._ending = False  # drop it as soon as everything is written

    @property
    def waiting(self) -> bool:
        """Output is left that the kernel did not take."""
        return bool(self._out)

    def queue(self, frame: bytes, limit: int) -> None:
        """Send a frame, or keep what the kernel does not take. Raises TooSlow for a reader that lags `limit` bytes."""
        if self.unsent + len(frame) > limit:
            raise TooSlow
        self._out.append(frame)
        self.unsent += len(frame)
        if len(self._out) == 1:
            self.flush()

    def flush(self) -> None:
        while self._out:
            frame = self._out[0]
            try:
                sent = self.sock.send(frame)
            except AGAIN:
                return
            self.unsent -= sent
            if sent < len(frame):
                self._out[0] = memoryview(frame)[sent:]
            else:
                self._out.popleft()
        if self._ending:
            raise Gone

    def close(self, code: int, limit: int) -> None:
        """Send a Close and give the client a moment to answer. Hanging up at once would reset the connection over
        unread data, and the client would never see the code."""
        if self.close_by is None:
            self.close_by = time.monotonic() + CLOSE_SECONDS
            self.queue(bytes(self._protocol.send(CloseConnection(code))), limit)

    def end(self) -> None:
        """Close the socket."""
        self.sock.close()
        self.closed()

    def read(self, max_message: int, limit: int) -> Iterator[str | bytes]:
        """The whole messages that have arrived, in order; pings and closes are answered on the way. Raises Gone where
        the client hung up."""
        try:
            data = self.sock.recv(RECEIVE)
        except AGAIN:
            return
        if not data:
            raise Gone
        self.alive = True
        self._protocol.receive_data(data)
        for event in self._protocol.events():
            if isinstance(event, Ping):
                self.queue(bytes(self._protocol.send(event.response())), limit)
            elif isinstance(event, CloseConnection):
                if self.close_by is not None:  # the answer to ours
                    raise Gone
                self._ending = True
                self.queue(bytes(self._protocol.send(event.response())), limit)
                return
            elif isinstance(event, Message) and self.close_by is None:
                self._size += len(event.data)
                if self._size > max_message:
                    self.close(CloseReason.MESSAGE_TOO_BIG, limit)
                    continue
                self._message.append(event.data)
                if event.message_finished:
                    message: Any = ("" if isinstance(event, TextMessage) else b"").join(self._message)  # type: ignore[arg-type]
                    self._message, self._size = [], 0
                    yield message
