"""The channel of an https port: TLS inside waitress's own loop.

A client that dawdles in its handshake is one more descriptor in poll(): it holds nobody up, and after ten seconds it is
dropped. Who speaks plain http here is told so."""

from __future__ import annotations

import re
import socket
import time
from typing import Any

from appliance.http.sockets.line import AGAIN
from appliance.run.channel import Channel
from appliance.run.tls.encrypted import AT_ONCE, Encrypted

HANDSHAKE_SECONDS = 10.0
_HELLO = b"\x16"  # how every TLS conversation begins
_HEAD = 8192
_PAGE = re.compile(
    rb"(?:GET|HEAD) (/[\x21-\x7e]*) HTTP/1\.[01]\r\n(?:[^\r\n]*\r\n)*?(?i:Host): *([A-Za-z0-9.:\[\]-]+)\r\n"
)
_REQUEST = re.compile(rb"[A-Z]{3,10} ")


class SecureChannel(Channel):
    """Its server carries `tls`, too: an object whose `context` a new connection takes."""

    def __init__(self, server: Any, sock: socket.socket, addr: Any, adj: Any, map: Any = None):
        self._secure = False
        self._by = time.monotonic() + HANDSHAKE_SECONDS
        self._plain = b""  # what a client sent that does not know this is TLS
        super().__init__(server, sock, addr, adj, map=map)
        self.sendbuf_len = AT_ONCE  # a larger piece would be copied for each part of it that is taken

    # ---- before the handshake is done

    @property
    def _arriving(self) -> bool:
        return not self._secure and self._linger_until is None

    def readable(self) -> bool:
        if not self._arriving:
            return super().readable()
        if time.monotonic() > self._by:
            self.will_close = True
        return not self.will_close

    def writable(self) -> bool:
        if not self._arriving:
            return super().writable()
        return self.will_close or (isinstance(self.socket, Encrypted) and self.socket.waiting)

    def handle_write(self) -> None:
        if not self._arriving:
            if self.close_when_flushed and not (self.will_close or self.refused) and not self._ended_well():
                return
            super().handle_write()
        elif self.will_close:
            self.handle_close()
        else:
            self._shake_hands()

    def _shake_hands(self) -> None:
        try:
            if not isinstance(self.socket, Encrypted):
                if self._plain or self.socket.recv(1, socket.MSG_PEEK) != _HELLO:
                    self._hear_plain()
                    return
                self.socket = Encrypted(self.socket, self.server.tls.context)
            if not self.socket.shake_hands():
                return
        except AGAIN:
            return
        except OSError:  # no TLS we speak, or gone
            self.handle_close()
            return
        self._secure, self.last_activity = True, time.time()
        self._receive()

    def _hear_plain(self) -> None:
        """Wait for the head of a request, or for what can be none."""
        data = self.socket.recv(_HEAD)
        self._plain += data
        if data and _REQUEST.match(self._plain) and b"\r\n\r\n" not in self._plain and len(self._plain) < _HEAD:
            return
        if not data or not _REQUEST.match(self._plain):
            self.handle_close()
            return
        self.socket.send(_told(self._plain))
        self._begin_lingering()

    # ---- afterwards

    def handle_read(self) -> None:
        if self._arriving:
            self._shake_hands()
        elif self._linger_until is not None:
            self._throw_away()
        else:
            self._receive()

    def _throw_away(self) -> None:
        """Undeciphered: after its goodbye OpenSSL may take what still comes for an error."""
        try:
            data = socket.socket.recv(self.socket, self.adj.recv_bytes)
        except AGAIN:
            return
        except OSError:
            data = b""
        if not data:
            self.handle_close()

    def _receive(self) -> None:
        try:
            data = self.socket.recv()
        except AGAIN:
            return
        except OSError:
            data = b""
        if data:
            self.last_activity = time.time()
            self.received(data)
        else:
            self.handle_close()

    def send(self, data: bytes, do_close: bool = True) -> int:
        try:
            return int(self.socket.send(data))
        except AGAIN:
            return 0
        except (OSError, AttributeError):  # gone; or handed over meanwhile
            if do_close:
                self.handle_close()
            else:
                self.will_close = True
            return 0

    def close(self) -> None:
        if self._secure:
            self.socket.say_end()
        super().close()

    def _half_close(self) -> None:
        if self._secure:
            self.socket.say_end()
        socket.socket.shutdown(self.socket, socket.SHUT_WR)

    def _ended_well(self) -> bool:
        """Write the rest out and say goodbye; False while the client takes no more."""
        self._flush_exception(self._flush_some)
        return bool(self.will_close or (not self.total_outbufs_len and self.socket.say_end()))


def _told(head: bytes) -> bytes:
    """A page is sent on to https. A program that posts is told instead: it must not go on sending its token in the clear."""
    found = _PAGE.match(head)
    if found:  # no-store: a 308 that a browser remembers would lock people out once https is switched off
        lines = [b"HTTP/1.1 308 Permanent Redirect", b"Location: https://%s%s" % (found[2], found[1])]
        body = b""
    else:
        lines, body = [b"HTTP/1.1 400 Bad Request"], b"This is HTTPS: use https:// in the address.\n"
    lines += [b"Cache-Control: no-store", b"Content-Type: text/plain", b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*lines, b"Connection: close", b"", body])
