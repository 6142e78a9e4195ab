"""Talks to the control door of a home, for the command line. Standard library only."""

from __future__ import annotations

import http.client
import json
import os
import socket
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from appliance.base.errors import IngotError, Unavailable
from appliance.base.paths import Home
from appliance.base.text import say
from appliance.run import run_file
from appliance.run.run_file import RunInfo


class ControlClient:
    """Sentences come in `language`. Every call raises Unavailable when no process answers for this home, and IngotError, with
    the server's code and sentence, when it refuses."""

    def __init__(self, home: Home, timeout_seconds: float = 10.0, language: str = "en"):
        self._home, self._timeout, self._language = home, timeout_seconds, language

    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = self._ask("GET", "status")
        return status

    def logs(self, lines: int = 100) -> list[str]:
        listed: list[str] = self._ask("GET", "logs?" + urlencode({"lines": lines}))["lines"]
        return listed

    def stop(self, wait_seconds: float = 0.0) -> bool:
        """Ask it to stop. Returns whether it had gone within `wait_seconds`."""
        before = run_file.read(self._home)
        self.call("stop")
        until = time.monotonic() + wait_seconds
        while True:
            now = run_file.read(self._home)
            if now is None or before is None or now.pid != before.pid or not _alive(now.pid):
                return True
            if time.monotonic() > until:
                return False
            time.sleep(0.05)

    def call(self, name: str, /, **arguments: Any) -> Any:
        """Run a command of the control door; returns what it returns."""
        return self._ask("POST", name, arguments)

    def query(self, name: str, /, **arguments: Any) -> Any:
        return self._ask("GET", name + ("?" + urlencode(arguments) if arguments else ""))

    def _ask(self, method: str, path: str, arguments: dict[str, Any] | None = None) -> Any:
        info = run_file.read(self._home)
        if info is None:
            raise self._nobody()
        connection = _connection(info, self._timeout)
        if connection is None:
            raise self._nobody()
        headers = {"Content-Type": "application/json", "Connection": "close", "Accept-Language": self._language}
        if info.control_token:
            headers["Authorization"] = f"Bearer {info.control_token}"
        try:
            connection.request(method, "/" + path, json.dumps(arguments or {}) if method == "POST" else None, headers)
            response = connection.getresponse()
            status, body = response.status, response.read()
        except TimeoutError:
            raise Unavailable(say("Ingot process {pid} does not answer on its control door.", pid=info.pid)) from None
        except (OSError, http.client.HTTPException):
            raise self._nobody() from None
        finally:
            connection.close()
        return _understood(status, body)

    def _nobody(self) -> Unavailable:
        return Unavailable(say("Ingot is not running on the home folder {home}.", home=self._home.root))


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _connection(info: RunInfo, timeout: float) -> http.client.HTTPConnection | None:
    if info.control_socket:
        return _UnixConnection(info.control_socket, timeout)
    if info.control_address:
        place = urlsplit(info.control_address)
        return http.client.HTTPConnection(place.hostname or "127.0.0.1", place.port, timeout=timeout)
    return None


def _understood(status: int, body: bytes) -> Any:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if status == 200:
        return answer
    error = answer.get("error", {}) if isinstance(answer, dict) else {}
    raise IngotError(error.get("message") or f"HTTP {status}", code=error.get("code"))


def _alive(pid: int) -> bool:
    if os.name != "posix":
        return True  # os.kill(pid, 0) would end it on Windows; the run file going away has to do
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
