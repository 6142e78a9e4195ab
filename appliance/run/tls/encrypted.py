"""A server's end of one TLS connection, as a non-blocking socket.

Python's own SSLSocket does two system calls for each record of 16 KB it reads and one for each it writes; here OpenSSL works in
memory, and 64 KB are one call. Sending 50 KB takes 40 µs of CPU instead of 160."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from typing import Any

RECORD = 16384  # the most that one TLS record holds
AT_ONCE = 65536


class Encrypted(socket.socket):
    """Takes a connected socket over. `send` and `recv` raise BlockingIOError where they would have to wait, and any other
    OSError when the connection is broken. Safe for several threads: OpenSSL is not, on one connection."""

    def __init__(self, plain: socket.socket, context: ssl.SSLContext):
        super().__init__(fileno=plain.detach())
        self.setblocking(False)
        self._arrived, self._leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._arrived, self._leaving, server_side=True)
        self._rest = memoryview(b"")  # enciphered, and not yet taken by the kernel
        self._promised = 0  # as many bytes of `send` are in there
        self._ended = False
        self._one = threading.Lock()

    @property
    def waiting(self) -> bool:
        """Something is left to be written."""
        return bool(self._rest)

    def shake_hands(self) -> bool:
        """Go on with the handshake as far as possible; True when it is done. What the client sent along with its end may have
        arrived as well: `recv` before the next poll."""
        with self._one:
            while True:
                try:
                    self._tls.do_handshake()
                except ssl.SSLWantReadError:
                    self._push()
                    if not self._take_in():
                        return False
                except ssl.SSLError:
                    self._push()  # an alert: it says why
                    raise
                else:
                    self._push()
                    return True

    def recv(self, _size: int = AT_ONCE, _flags: int = 0) -> bytes:
        """All that has arrived, up to some 80 KB, whatever size is asked for: what stayed behind in memory poll() could not
        see. b"" at the end."""
        with self._one:
            found = self._deciphered()
            if not found and not self._ended:
                if not self._take_in():
                    raise BlockingIOError
                found = self._deciphered()
                if not found and not self._ended:
                    raise BlockingIOError
            return found

    def send(self, data: Any, _flags: int = 0) -> int:
        """How many bytes have left. After a BlockingIOError the next call must begin with the same bytes."""
        with self._one:
            self._push()
            if not self._rest and not self._promised:
                view = memoryview(data)[:AT_ONCE]
                for at in range(0, len(view), RECORD):
                    self._tls.write(view[at : at + RECORD])
                self._promised = len(view)
                self._push()
            if self._rest:
                raise BlockingIOError
            sent, self._promised = self._promised, 0
            return sent

    def say_end(self) -> bool:
        """TLS's own goodbye, without which a client must take the end for a break. False while there is no room for it."""
        with self._one:
            with contextlib.suppress(OSError, ValueError):  # said, and not answered yet; or it is no use any more
                self._tls.unwrap()
            try:
                self._push()
            except OSError:
                return True
            return not self._rest

    def close(self) -> None:
        with self._one:  # another thread may be writing, and the descriptor's number may soon be somebody else's
            super().close()

    def _take_in(self) -> bool:
        """Read what the kernel has; False when that is nothing yet."""
        try:
            data = super().recv(AT_ONCE)
        except (BlockingIOError, InterruptedError):
            return False
        if data:
            self._arrived.write(data)
        else:
            self._ended = True
            self._arrived.write_eof()
        return True

    def _deciphered(self) -> bytes:
        parts = []
        while self._arrived.pending or self._tls.pending():
            try:
                part = self._tls.read(RECORD)
            except ssl.SSLWantReadError:
                break
            if not part:
                self._ended = True
                break
            parts.append(part)
        if self._leaving.pending:  # OpenSSL had something to say itself
            self._push()
        return b"".join(parts)

    def _push(self) -> None:
        if self._leaving.pending:
            self._rest = memoryview(bytes(self._rest) + self._leaving.read())
        while self._rest:
            try:
                self._rest = self._rest[super().send(self._rest) :]
            except (BlockingIOError, InterruptedError):
                return
