"""An installation with every kind of field, and its OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request

from appliance import apart, assembly
from appliance.base.settings import load
from appliance.engines.cache.memory import MemoryCache
from appliance.engines.files.local import LocalFiles
from appliance.engines.queue.database import DatabaseQueue
from appliance.engines.search.tantivy import TantivySearch
from appliance.features.batches.batch import batch_kind
from appliance.features.exports.api import export_kind
from appliance.features.health.api import Traffic
from appliance.features.health.sweep import sweep_kind
from appliance.features.identity import accounts
from appliance.features.identity.login_throttle import LoginThrottle
from appliance.features.identity.sessions import Claim, Sessions
from appliance.features.identity.who import Who
from appliance.features.imports.inspection import FileInspector
from appliance.features.imports.jobs import import_kinds
from appliance.features.live.live import Live
from appliance.features.notices.table import Notices
from appliance.features.security_events.security_events import SecurityEvents
from appliance.http.sockets.hub import Hub
from appliance.jobs.jobs import Jobs
from appliance.records.declaration import read_entity
from appliance.records.permissions import ROLES, SYSTEM, Actor
from appliance.records.records import Records
from appliance.records.tail import Tail

FIRM: dict[str, Any] = {
    "name": "firm",
    "plural": "firms",
    "label": "Firm",
    "fields": [{"name": "name", "kind": "text"}],
}
DEAL: dict[str, Any] = {
    "name": "big_deal",
    "plural": "big_deals",
    "label": "Deal",
    "title": "{name}",
    "fields": [
        {"name": "name", "kind": "text", "required": True, "help": "what it is called", "max_length": 80},
        {"name": "notes", "kind": "long_text"},
        {"name": "count", "kind": "integer", "min": 0, "max": 1000},
        {"name": "share", "kind": "decimal", "places": 2},
        {"name": "amount", "kind": "money", "currency": "JPY"},
        {"name": "won", "kind": "boolean", "default": False},
        {"name": "day", "kind": "date"},
        {"name": "at", "kind": "datetime"},
        {"name": "stage", "kind": "choice", "choices": ["new", {"value": "done", "label": "Finished"}]},
        {"name": "tags", "kind": "multi_choice", "choices": ["a", "b"]},
        {"name": "mail", "kind": "email"},
        {"name": "phone", "kind": "phone"},
        {"name": "site", "kind": "url"},
        {"name": "extra", "kind": "json"},
        {"name": "number", "kind": "auto_number", "pattern": "D-{number:03d}"},
        {"name": "firm", "kind": "relation", "target": "firm", "inverse": "deals"},
        {"name": "partners", "kind": "relations", "target": "firm"},
        {"name": "scan", "kind": "file"},
        {"name": "papers", "kind": "files"},
    ],
}


class KnowsOne(Who):
    """Whoever says `Bearer t` is this actor, whatever happens to users and tokens meanwhile."""

    actor: Actor

    def authenticate(self) -> Actor | None:
        return self.actor if request.headers.get("Authorization") == "Bearer t" else None


@dataclass
class Described:
    records: Records
    jobs: Jobs
    app: Flask
    actor: Actor

    def document(self) -> dict[str, Any]:
        response = self.app.test_client().get("/api/openapi.json", headers={"Authorization": "Bearer t"})
        assert response.status_code == 200, response.text
        assert response.headers["Content-Type"] == "application/json"
        return dict(response.get_json())


@pytest.fixture
def described(records: Records, tmp_path: Path) -> Iterator[Described]:
    """The public door itself, with all its features; no thread is started, so that jobs are only asked for."""
    with records.work(SYSTEM) as work:
        accounts.seed_roles(work)
        user = accounts.add_user(work, "root@example.org", roles=["admin"])[0]
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity(FIRM), read_entity(DEAL)])
    actor = Actor(f"user:{user}", ROLES["admin"]["grants"], user=user, name="root", admin=True)
    house = _house(records, tmp_path, actor)
    engine, hub = TantivySearch(tmp_path / "index"), Hub()
    live = Live(records, hub, Tail(records.database, records), house.jobs)
    healths = {"database": records.database.check}
    app = assembly.public_door(assembly.Outside(house, engine, hub, live, healths, lambda: 0, Traffic()))
    yield Described(records, house.jobs, app, actor)
    engine.close()


def _house(records: Records, root: Path, actor: Actor) -> assembly.House:
    database, files = records.database, LocalFiles(root / "files")
    sessions, throttle = Sessions(database, 1, 90), LoginThrottle(database)
    who = KnowsOne(records, sessions)
    who.actor = actor
    kinds = [
        batch_kind(records, files, who.of_job),
        *import_kinds(apart.run_import, apart.undo_import),
        export_kind(records, files, who.of_job),
        sweep_kind(records, (sessions, throttle), 30),
    ]
    jobs = Jobs(database, DatabaseQueue(database), kinds)
    settings = load(root / "home", environment={})
    cache, claim, notices = MemoryCache(), Claim(database), Notices(records)
    inspector = FileInspector(records, files)  # in this process: the helper would not find this database
    events = SecurityEvents(database)
    return assembly.House(
        settings, database, records, jobs, files, cache, sessions, claim, throttle, who, notices, inspector, events
    )
