"""A real Ingot: a home of its own, the server as a process, the command line beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
import warm

MEDIA = "application/vnd.api+json"


class Box:
    """`start()` waits for the printed address; the port stays the same over restarts."""

    def __init__(self, home: Path, **environment: str):
        self.home, self.port = home, 0
        self.environment = {**os.environ, **environment}
        self.process: warm.Started | subprocess.Popen[str] | None = None
        self.printed: list[str] = []
        self.session = requests.Session()
        self.session.headers["Content-Type"] = MEDIA

    def start(self, *options: str) -> None:
        words = ["serve", "--home", str(self.home), "--port", str(self.port), *options]
        self.process = warm.start(*words, environment=self.environment)
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert "ready" in line, line
        self.port = int(line.strip().rstrip("/").rsplit(":", 1)[1])

    def rest_of_output(self) -> str:
        """What was printed beyond the first line; only after the process ended."""
        assert self.process and self.process.stdout
        return self.process.stdout.read()

    def kill(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        """In good order: exit code 0 within ten seconds."""
        assert self.process
        self.process.terminate()
        assert self.process.wait(12) == 0

    def ingot(self, *words: str, status: int = 0, text: str | None = None) -> str:
        done = warm.run(*words, "--home", str(self.home), environment=self.environment, text=text)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + (done.stderr if status else "")

    def sign_in(self, role: str = "admin") -> str:
        """A user and a token, used by all requests from here on."""
        self.ingot("user", "add", f"{role}@example.org", "--role", role)
        token = self.ingot("token", "create", "--user", f"{role}@example.org", "--name", "tests").strip()
        self.session.headers["Authorization"] = f"Bearer {token}"
        return token

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.session.get(self.url(path), timeout=20)
        assert answer.status_code == status, answer.text
        return answer.json()

    def send(self, method: str, path: str, document: Any, status: int) -> Any:
        answer = self.session.request(method, self.url(path), data=json.dumps(document), timeout=60)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


def eventually(check: Callable[[], Any], seconds: float = 20) -> Any:
    """The first truthy answer; fails when there is none in time."""
    end = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return found
