"""A program made from this tree, used as somebody uses it: by its commands and over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests

TOP = Path(__file__).resolve().parents[2]
NOTHING_ELSE = {"PATH": "/nonexistent", "LANG": "C.UTF-8"}
"""An environment without Python, and without the libraries somebody may have pointed to."""


def allowed_to_install() -> None:
    """Installing a package changes the machine: CI's, or one whose owner says so."""
    if os.environ.get("CI") or os.environ.get("INGOT_PACKAGING") == "1":
        assert os.geteuid() == 0, "installing a package needs root"
        return
    pytest.skip("installs a Debian package on this machine: on CI, or with INGOT_PACKAGING=1, as root")


class Program:
    """`start` is how its server is started, `command` how its command line; both get `environment` and nothing else."""

    def __init__(
        self, start: Sequence[str], command: Sequence[str], environment: Mapping[str, str], user: str | None = None
    ):
        self._start, self._command, self._environment, self._user = list(start), list(command), dict(environment), user
        self.process: subprocess.Popen[str] | None = None
        self.address = ""
        self.session = requests.Session()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self._start, env=self._environment, user=self._user, group=self._user, cwd="/", text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert "ready" in line, line
        self.address = line.split()[-1].rstrip("/")

    def run(self, *words: str) -> str:
        done = subprocess.run([*self._command, *words], env=self._environment, user=self._user, group=self._user, cwd="/",
                              text=True, capture_output=True)  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def sign_in(self) -> None:
        self.run("user", "add", "ada@example.org", "--role", "admin")
        token = self.run("token", "create", "--user", "ada@example.org", "--name", "packaging").strip()
        self.session.headers.update({"Authorization": f"Bearer {token}", "Content-Type": "application/vnd.api+json"})

    def make_offices(self) -> None:
        """An entity, and one record of it."""
        fields = [{"name": "city", "searchable": 2, "required": True}]
        self.post("/api/entities", "entities", {"name": "office", "plural": "offices", "fields": fields})
        self.post("/api/offices", "offices", {"city": "Lisbon"})

    def post(self, path: str, kind: str, attributes: dict[str, Any]) -> Any:
        document = json.dumps({"data": {"type": kind, "attributes": attributes}})
        answer = self.session.post(self.address + path, document, timeout=20)
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    def import_offices(self, file: bytes) -> None:
        asked = {"entity": "office", "name": "offices.csv"}
        headers = {"Content-Type": "text/csv"}
        answer = self.session.post(self.address + "/api/imports", file, params=asked, headers=headers, timeout=20)
        assert answer.status_code == 202, answer.text

    def found(self, words: str) -> int:
        answer = self.session.get(self.address + "/api/search", params={"filter[q]": words}, timeout=20)
        return len(answer.json()["data"])

    def cities(self) -> list[str]:
        found = self.session.get(self.address + "/api/offices?sort=city", timeout=20).json()["data"]
        return [one["attributes"]["city"] for one in found]

    def stop(self) -> None:
        assert self.process
        self.process.terminate()
        assert self.process.wait(15) == 0

    def end(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
