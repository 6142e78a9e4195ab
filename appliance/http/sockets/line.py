"""The socket under a WebSocket: whole sends with a deadline, safe for one reader and any number of writers."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

AGAIN = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
RECEIVE = (
    65536  # at least one TLS record (16 KB): a smaller read would leave bytes in OpenSSL, where poll cannot see them
)


class Line:
    """A connected socket, made non-blocking. `send` writes everything or raises TimeoutError and cuts the line. `closed` is
    called when the socket has been closed, here or by who took it."""

    def __init__(self, sock: socket.socket, send_seconds: float = 10.0, *, closed: Callable[[], None] = lambda: None):
        sock.setblocking(False)
        self._sock, self.closed = sock, closed
        self._send_seconds = send_seconds
        self._io = threading.Lock()  # one SSL object must not be read and written by two threads at once
        self._whole = threading.Lock()  # frames of two writers must not mix
        self.written = False  # something was sent: it is too late for a plain HTTP refusal
        self.taken = False  # the hub owns the socket now
        self.websocket: Any = None  # the WebSocket on it, once the handshake is done

    def fileno(self) -> int:
        return self._sock.fileno()

    def recv(self, _size: int = RECEIVE) -> bytes:
        """Wait for bytes; b"" at the end. Raises OSError when the connection broke."""
        while True:
            try:
                with self._io:
                    return self._sock.recv(RECEIVE)
            except AGAIN as wait:
                ready(self._sock, write=isinstance(wait, ssl.SSLWantWriteError), seconds=None)

    def send(self, data: bytes) -> int:
        """Write all of `data`. A client that does not read for `send_seconds` is cut off: TimeoutError."""
        until, rest = time.monotonic() + self._send_seconds, memoryview(data)
        with self._whole:
            self.written = True
            while rest:
                try:
                    with self._io:
                        rest = rest[self._sock.send(rest) :]
                except AGAIN as wait:
                    left = max(0.0, until - time.monotonic())
                    if not ready(self._sock, write=not isinstance(wait, ssl.SSLWantReadError), seconds=left):
                        self.cut()
                        raise TimeoutError("the WebSocket client does not read") from None
        return len(data)

    def take(self) -> socket.socket:
        """Hand the socket over for good; `close()` is a no-op from now on. Whoever takes it closes it, and calls `closed`."""
        self.taken = True
        return self._sock

    def cut(self) -> None:
        """End it now; a thread that waits in `recv` wakes up."""
        with contextlib.suppress(OSError):
            # not SSLSocket.shutdown: that one drops the SSL object under a reader's feet
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def close(self, linger_seconds: float = 1.0) -> None:
        """Close politely: bytes the client still sends are read away first, else the kernel's reset could overtake
        what we sent last."""
        if self.taken:
            return
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._sock, socket.SHUT_WR)
            until = time.monotonic() + linger_seconds
            while (left := until - time.monotonic()) > 0 and ready(self._sock, write=False, seconds=left):
                if not self._sock.recv(RECEIVE):
                    break
        self.cut()  # a reader that still polls would never hear of the close() alone
        self._sock.close()
        self.closed()


def ready(sock: socket.socket, *, write: bool, seconds: float | None) -> bool:
    """Wait until the socket can be written or read; False after `seconds`."""
    if hasattr(select, "poll"):  # select() fails for descriptors of 1024 and more
        poll = select.poll()
        poll.register(sock, select.POLLOUT if write else select.POLLIN)
        return bool(poll.poll(None if seconds is None else seconds * 1000))
    read, written, _ = select.select([] if write else [sock], [sock] if write else [], [], seconds)
    return bool(read or written)
