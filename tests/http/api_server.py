"""A real server process on a home of its own, with a few entities, and people with different rights."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import warm
from api_client import Api

ENTITIES: list[dict[str, Any]] = [
    {
        "name": "account",
        "plural": "accounts",
        "label": "Account",
        "fields": [
            {"name": "name", "kind": "text", "required": True, "max_length": 200, "searchable": 2},
            {"name": "code", "kind": "text", "unique": True},
            {"name": "industry", "kind": "choice", "choices": ["steel", "glass", "paper"]},
            {"name": "budget", "kind": "money", "currency": "EUR"},
            {"name": "ratio", "kind": "decimal", "places": 3},
            {"name": "staff", "kind": "integer"},
            {"name": "founded", "kind": "date"},
            {"name": "met_at", "kind": "datetime"},
            {"name": "active", "kind": "boolean"},
            {"name": "colors", "kind": "multi_choice", "choices": ["red", "blue"]},
            {"name": "extra", "kind": "json"},
            {"name": "mark", "kind": "text", "indexed": True},
            {"name": "parent", "kind": "relation", "target": "account", "inverse": "children"},
        ],
    },
    {
        "name": "tag",
        "plural": "tags",
        "label": "Tag",
        "fields": [{"name": "name", "kind": "text", "required": True}, {"name": "mark", "kind": "text"}],
    },
    {
        "name": "contact",
        "plural": "contacts",
        "label": "Contact",
        "fields": [
            {"name": "name", "kind": "text", "required": True, "searchable": 2},
            {"name": "email", "kind": "email"},
            {"name": "mark", "kind": "text"},
            {"name": "account", "kind": "relation", "target": "account", "inverse": "contacts"},
            {"name": "tags", "kind": "relations", "target": "tag", "inverse": "contacts"},
        ],
    },
    {
        "name": "site_visit",
        "plural": "site_visits",
        "label": "Visit",
        "fields": [
            {"name": "name", "kind": "text", "required": True},
            {"name": "number", "kind": "auto_number", "pattern": "V-{number:04d}"},
            {"name": "contact", "kind": "relation", "target": "contact", "inverse": "visits", "required": True},
        ],
    },
]


@dataclass
class Server:
    """The running process. `api` acts as the administrator; `person` makes somebody else."""

    home: Path
    process: warm.Started | subprocess.Popen[str]
    base: str
    token: str
    claim: str
    environment: dict[str, str]
    database: str
    tokens: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)

    @property
    def api(self) -> Api:
        return Api(self.base, self.token)

    def person(self, name: str, *roles: str, password: str | None = None) -> Api:
        """A user with these roles, and a client with a token of theirs; the same one each time for the same name."""
        if name not in self.tokens:
            attributes: dict[str, Any] = {"email": f"{name}@office.example", "roles": list(roles)}
            if password:
                attributes["password"] = password
            user = self.api.post("/api/users", {"data": {"type": "users", "attributes": attributes}})["data"]["id"]
            made = self.api.post("/api/tokens", {"data": {"type": "tokens", "attributes": {"name": "t", "user": user}}})
            self.tokens[name], self.people[name] = made["data"]["attributes"]["secret"], user
        return Api(self.base, self.tokens[name])

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()


def start(home: Path, database_url: str | None) -> Server:
    """A new home with an administrator, and a server on it."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("INGOT_")}
    environment["INGOT_SYNCHRONOUS"] = "normal"
    if database_url:
        environment["INGOT_DATABASE"] = database_url

    def ingot(*words: str) -> str:
        done = warm.run(*words, "--home", str(home), environment=environment)
        done.check_returncode()
        return done.stdout

    process = warm.start("serve", "--home", str(home), "--port", "0", environment=environment)
    assert process.stdout
    try:
        line = process.stdout.readline()
        assert "ready" in line, line
        base = line.strip().rsplit(" ", 1)[1].rstrip("/")
        process.stdout.readline()
        claim = process.stdout.readline().strip()
        ingot("user", "add", "root@office.example", "--role", "admin")
        token = ingot("token", "create", "--user", "root@office.example", "--name", "tests").strip()
        found = Server(home, process, base, token, claim, environment, "postgres" if database_url else "sqlite")
        for words in ENTITIES:
            found.api.post("/api/entities", {"data": {"type": "entities", "attributes": words}})
    except BaseException:
        process.kill()
        raise
    return found
