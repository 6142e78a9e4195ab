"""A whole application in this process, and a way along all its routes: whoever adds a route is walked over without a word."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from appliance import assembly
from appliance.base.settings import load
from appliance.features.files.storing import add_file, keep
from appliance.features.identity import accounts
from appliance.features.identity.tokens import create_token
from appliance.features.live.live import Live
from appliance.features.packs.installing import install_pack
from appliance.features.packs.reading import read_pack
from appliance.http.sockets.hub import Hub
from appliance.records.permissions import SYSTEM
from appliance.records.tail import Tail

MEDIA = "application/vnd.api+json"
UNSAFE = ("POST", "PATCH", "PUT", "DELETE")


class Site:
    """The CRM, an administrator (id 1), a record of most kinds (id 1), and requests with tokens of theirs."""

    def __init__(self, home: Path):
        self.house = assembly.open_house(load(home, environment={}))
        hub, tail = Hub(), Tail(self.house.database, self.house.records)
        live = Live(self.house.records, hub, tail, self.house.jobs)
        engine = assembly.open_search(self.house.settings, writer=True)
        self.app: Flask = assembly.public_door(assembly.Outside(self.house, engine, hub, live, {}, lambda: 0))
        install_pack(self.house.records, SYSTEM, read_pack("crm"))
        with self.house.records.work(SYSTEM) as work:
            accounts.add_user(work, "root@example.org", roles=["admin"])
            accounts.add_user(work, "reader@example.org", roles=["reader"])
            for entity, values in (("tag", {"name": "t"}), ("account", {"name": "a"}), ("contact", {"last_name": "c"})):
                work.create(entity, values)
            file = keep(self.house.files, io.BytesIO(b"hello"), limit=None, name="a.txt")
            add_file(work, file)

    def token(self, *scopes: str, user: int = 1) -> str:
        with self.house.records.work(SYSTEM) as work:
            return create_token(work, user, "walker", list(scopes), None)[1]

    def ask(self, token: str, method: str, path: str, document: Any = None, **more: str) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}", "Accept": MEDIA, "Content-Type": MEDIA, **more}
        data = None if document is None else json.dumps(document)
        return self.app.test_client().open(path, method=method, headers=headers, data=data)

    def fingerprint(self, *, without: tuple[str, ...] = ()) -> dict[str, str]:
        """{table: digest of its rows}: what a request has left behind."""
        found = {}
        rows = self.house.database.rows
        for (name,) in rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"):
            if name not in without:
                held = "\n".join(sorted(map(repr, rows(f'SELECT * FROM "{name}"'))))
                found[name] = hashlib.sha256(held.encode()).hexdigest()
        found["schema"] = repr(rows("SELECT sql FROM sqlite_master ORDER BY name, sql"))
        return found


@dataclass(frozen=True)
class Step:
    endpoint: str
    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


FILLED = {
    "id_": "1", "type_": "contacts", "name": "account", "key": "contact", "kind": "entities", "job_id": "1", "token_id": "1",
    "notice_id": "1", "comment_id": "1", "secret": "x", "language": "de", "digest": "0",
}  # fmt: skip


def steps(app: Flask, *methods: str, **filled: str) -> Iterator[Step]:
    """Each route with each of these methods, its variables filled in."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda r: (r.rule, r.endpoint)):
        for method in sorted(set(rule.methods or ()) & set(methods)):
            yield Step(rule.endpoint, method, _path(rule, {**FILLED, **filled}))


def _path(rule: Rule, filled: dict[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        if choices := re.match(r"any\(([^,)]+)", found[1] or ""):
            return choices[1]
        return filled[found[2]]

    return re.sub(r"<(?:([^:<>]+(?:\([^)]*\))?):)?(\w+)>", value, rule.rule)
