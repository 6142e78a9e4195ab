"""`uv run python tests/bench/tls.py`: what https costs the server, beside http, in CPU a request: kept-alive connections, and a
new connection each. Rounds alternate between the two servers, so that what else the machine does meets both."""

from __future__ import annotations

import os
import ssl
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import requests
from load import Load, Request
from speed import Server, ingot

ROUNDS, KEPT, FRESH = 7, 1500, 150
UPLOAD = 64 << 20


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ingot-bench-") as folder:
        servers: dict[str, Server] = {}
        contexts: dict[str, ssl.SSLContext | None] = {}
        tokens: dict[str, str] = {}
        for scheme in ("http", "https"):
            home = Path(folder) / scheme
            os.environ |= {"INGOT_HTTPS": "on" if scheme == "https" else "off", "INGOT_HTTP_PORT": "0"}
            servers[scheme] = Server(home)
            authority = home / "tls" / "authority.pem"
            contexts[scheme] = ssl.create_default_context(cafile=str(authority)) if scheme == "https" else None
            ingot(home, "pack", "install", "demo")
            ingot(home, "user", "add", "bench@example.org", "--role", "admin")
            tokens[scheme] = ingot(home, "token", "create", "--user", "bench@example.org", "--name", "bench").strip()
        print(f"{'CPU ms a request, median':<34}{'http':>9}{'https':>9}{'ratio':>9}")
        for name, path in (
            ("healthz", "/healthz"),
            ("list of 25", "/api/contacts?page[size]=25"),
            ("list of 1", "/api/contacts?page[size]=1"),
        ):
            measured: dict[str, list[float]] = {"http": [], "https": []}
            for turn in range(ROUNDS + 1):
                for scheme, server in servers.items():
                    request = _request(path, tokens[scheme])
                    load = Load("127.0.0.1", server.port, 8, contexts[scheme])
                    spent = _cpu(server, lambda load=load, request=request: load.run([request] * KEPT))  # type: ignore[misc]
                    if turn:  # the first warms up
                        measured[scheme].append(spent / KEPT * 1000)
            _show(name + ", kept alive", measured)
        measured = {"http": [], "https": []}
        for _ in range(ROUNDS):
            for scheme, server in servers.items():
                request = _request("/healthz", tokens[scheme])

                def fresh(port: int = server.port, scheme: str = scheme, request: Request = request) -> None:
                    for _ in range(FRESH):
                        Load("127.0.0.1", port, 1, contexts[scheme]).run([request])

                measured[scheme].append(_cpu(server, fresh) / FRESH * 1000)
        _show("healthz, a new connection each", measured)
        for scheme, server in servers.items():
            file, began = {"file": ("big.bin", b"x" * UPLOAD)}, time.perf_counter()
            verify = str(Path(folder) / scheme / "tls" / "authority.pem") if scheme == "https" else True
            head = {"Authorization": f"Bearer {tokens[scheme]}"}
            answer = requests.post(server.address + "/api/files", files=file, headers=head, verify=verify, timeout=60)
            seconds = time.perf_counter() - began
            print(f"upload of 64 MB by {scheme}: {seconds:.2f} s (answered {answer.status_code})")
            server.stop()


def _request(path: str, token: str) -> Request:
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    return Request(head.encode(), 200)


def _cpu(server: Server, work: Callable[[], object]) -> float:
    before = server.cpu()
    work()
    return server.cpu() - before


def _show(name: str, measured: dict[str, list[float]]) -> None:
    plain, secure = statistics.median(measured["http"]), statistics.median(measured["https"])
    print(f"{name:<34}{plain:>9.3f}{secure:>9.3f}{secure / plain:>9.2f}", flush=True)


if __name__ == "__main__":
    main()
