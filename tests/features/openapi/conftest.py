"""An installation with every kind of field, and its OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request

from appliance.base import paths
from appliance.engines.cache.memory import MemoryCache
from appliance.engines.files.local import LocalFiles
from appliance.features.feed import api as feed
from appliance.features.files.api import make_api as make_files
from appliance.features.identity import accounts
from appliance.features.identity import api as identity
from appliance.features.openapi.api import make_api
from appliance.features.schema import api as schema_api
from appliance.http.app import create_app
from appliance.http.assets import make_assets
from appliance.http.hosts import Hosts
from appliance.http.jsonapi.blueprint import make_blueprint, make_resources
from appliance.records.declaration import read_entity
from appliance.records.permissions import ROLES, SYSTEM, Actor
from appliance.records.records import Records

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


@dataclass
class Described:
    records: Records
    app: Flask
    actor: Actor

    def document(self) -> dict[str, Any]:
        response = self.app.test_client().get("/api/openapi.json", headers={"Authorization": "Bearer t"})
        assert response.status_code == 200, response.text
        assert response.headers["Content-Type"] == "application/json"
        return dict(response.get_json())


@pytest.fixture
def described(records: Records, tmp_path: Path) -> Described:
    with records.work(SYSTEM) as work:
        accounts.seed_roles(work)
        user = accounts.add_user(work, "root@example.org", roles=["admin"])[0]
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity(FIRM), read_entity(DEAL)])
    actor = Actor(f"user:{user}", ROLES["admin"]["grants"], user=user, name="root", admin=True)
    resources = make_resources(records)
    app = create_app(
        blueprints=[
            make_blueprint(records, resources),
            schema_api.make_api(records),
            feed.make_api(records),
            identity.make_api(records),
            make_files(resources, LocalFiles(tmp_path / "files"), max_upload=1 << 20),
            make_api(records, MemoryCache(), version="1.2"),
            make_assets(),
        ],
        authenticate=lambda: actor if request.headers.get("Authorization") == "Bearer t" else None,
        hosts=Hosts(),
        templates=paths.TEMPLATES,
        max_body=1 << 20,
    )
    return Described(records, app, actor)
