"""A closed-loop HTTP client on raw sockets: N kept-alive connections, one request in flight on each."""

from __future__ import annotations

import http.client
import json
import selectors
import socket
import ssl
import time
from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    data: bytes
    status: int


@dataclass
class Line:
    sock: socket.socket
    buffer: bytearray = field(default_factory=bytearray)
    began: float = 0.0
    expected: int = 0


class Load:
    def __init__(self, host: str, port: int, connections: int, tls: ssl.SSLContext | None = None):
        self._host, self._port, self._connections, self._tls = host, port, connections, tls

    def run(self, requests: list[Request]) -> tuple[float, list[float]]:
        """(seconds in all, seconds of each). Stops the program at the first answer with an unexpected status."""
        waiting, times = deque(requests), []
        selector = selectors.DefaultSelector()
        for _ in range(min(self._connections, len(requests))):
            sock = socket.create_connection((self._host, self._port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_hostname=self._host)
            selector.register(sock, selectors.EVENT_READ, Line(sock))
        began = time.perf_counter()
        for key in list(selector.get_map().values()):
            self._send(key.data, waiting)
        while len(times) < len(requests):
            for key, _ in selector.select(30):
                line: Line = key.data
                line.buffer += line.sock.recv(1 << 18)
                status = _complete(line.buffer)
                if status is None:
                    continue
                if status != line.expected:
                    raise SystemExit(f"answered {status}: {bytes(line.buffer)[:600]!r}")
                times.append(time.perf_counter() - line.began)
                line.buffer.clear()
                if waiting:
                    self._send(line, waiting)
        seconds = time.perf_counter() - began
        for key in list(selector.get_map().values()):
            key.data.sock.close()
        return seconds, times

    def _send(self, line: Line, waiting: deque[Request]) -> None:
        request = waiting.popleft()
        line.began, line.expected = time.perf_counter(), request.status
        line.sock.sendall(request.data)

    def one(self, method: str, path: str, token: str, document: object = None) -> int:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=30)
        body = json.dumps(document) if document is not None else None
        try:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/vnd.api+json"}
            connection.request(method, path, body, headers)
            return connection.getresponse().status
        except ConnectionError:
            return 0
        finally:
            connection.close()


def _complete(buffer: bytearray) -> int | None:
    """The status, once the whole answer is here."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(buffer[:end]).lower()
    at = head.find(b"content-length:")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    return int(head[9:12]) if len(buffer) >= end + 4 + length else None
