"""A small house for the tests of files: two entities with file fields, and a client for anybody."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.base import paths
from appliance.engines.files.local import LocalFiles
from appliance.features.files.api import make_api
from appliance.features.identity import accounts
from appliance.http.app import create_app
from appliance.http.hosts import Hosts
from appliance.http.jsonapi.blueprint import make_blueprint, make_resources
from appliance.records.declaration import read_entity
from appliance.records.permissions import ROLES, SYSTEM, Actor
from appliance.records.records import Records

MAX = 200_000
DOCUMENT = {
    "name": "paper",
    "plural": "papers",
    "label": "Paper",
    "fields": [
        {"name": "title", "kind": "text"},
        {"name": "scan", "kind": "file"},
        {"name": "pages", "kind": "files"},
    ],
}


@dataclass
class FileHouse:
    records: Records
    store: LocalFiles
    actors: dict[str, Actor]
    who: str | None = "alice"
    refused: tuple[str, ...] = ()
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        resources = make_resources(self.records)
        app = create_app(
            blueprints=[
                make_blueprint(self.records, resources),
                make_api(resources, self.store, max_upload=MAX, refused=self.refused),
            ],
            authenticate=lambda: self.actors.get(self.who or ""),
            hosts=Hosts(),
            templates=paths.TEMPLATES,
            max_body=50_000,
        )
        self.client = app.test_client()

    def upload(self, data: bytes, name: str = "a.txt", **query: Any) -> dict[str, Any]:
        """The attributes, id and links of a new file."""
        response = self.client.post("/api/files", data=data, query_string={"name": name, **query})
        assert response.status_code == 201, response.text
        resource = response.get_json(force=True)["data"]
        return {**resource["attributes"], "id": resource["id"], **resource["links"]}

    def link(self, file_id: str, name: str = "scan") -> str:
        """The id of a new paper with that file."""
        one = {"type": "files", "id": file_id}
        body = {"type": "papers", "relationships": {name: {"data": one if name == "scan" else [one]}}}
        response = self.client.post("/api/papers", json={"data": body})
        assert response.status_code == 201, response.text
        return str(response.get_json(force=True)["data"]["id"])


def person(records: Records, name: str, grants: dict[str, Any], *, admin: bool = False) -> Actor:
    with records.work(SYSTEM) as work:
        user = accounts.add_user(work, f"{name}@example.org", name=name)[0]
    return Actor(f"user:{user}", grants, user=user, name=name, admin=admin)


@pytest.fixture
def house(records: Records, tmp_path: Path) -> FileHouse:
    with records.work(SYSTEM) as work:
        accounts.seed_roles(work)
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity(DOCUMENT)])
    own = {"paper": {"read": "own"}, "file": {"read": "own"}}
    actors = {
        "alice": person(records, "alice", ROLES["editor"]["grants"]),
        "bob": person(records, "bob", ROLES["editor"]["grants"]),
        "rita": person(records, "rita", ROLES["reader"]["grants"]),
        "olaf": person(records, "olaf", own),
        "root": person(records, "root", ROLES["admin"]["grants"], admin=True),
    }
    return FileHouse(records, LocalFiles(tmp_path / "files"), actors)
