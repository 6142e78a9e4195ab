"""A house with one entity that has every kind of field, and its forms; two people who change it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from appliance.base import paths
from appliance.engines.files.local import LocalFiles
from appliance.features.board import pages as board
from appliance.features.forms import pages as forms
from appliance.features.home.box import Box
from appliance.features.home.navigation import Navigation
from appliance.features.identity import accounts
from appliance.http.app import create_app
from appliance.http.assets import Assets
from appliance.http.hosts import Hosts
from appliance.http.jsonapi.blueprint import make_resources
from appliance.http.pages.rendering import furnish
from appliance.records.declaration import read_entity
from appliance.records.permissions import ROLES, SYSTEM, Actor
from appliance.records.records import Records

OWN = dict.fromkeys(("read", "create", "update", "delete"), "own")
DECLARED: list[dict[str, Any]] = [
    {"name": "firm", "fields": [{"name": "name", "required": True}, {"name": "city"}]},
    {"name": "thing", "title": "name", "fields": [
        {"name": "name", "required": True, "max_length": 40},
        {"name": "code", "unique": True},
        {"name": "number", "kind": "auto_number", "pattern": "T-{number:03d}"},
        {"name": "story", "kind": "long_text"},
        {"name": "count", "kind": "integer", "min": 0, "max": 100_000},
        {"name": "ratio", "kind": "decimal"},
        {"name": "price", "kind": "money", "currency": "EUR"},
        {"name": "good", "kind": "boolean"},
        {"name": "day", "kind": "date"},
        {"name": "at", "kind": "datetime"},
        {"name": "stage", "kind": "choice", "choices": [
            {"value": "new", "label": "New", "color": "blue"}, {"value": "old", "label": "Old", "color": "gray"}]},
        {"name": "colours", "kind": "multi_choice", "choices": ["red", "green", "blue"]},
        {"name": "email", "kind": "email"},
        {"name": "phone", "kind": "phone"},
        {"name": "site", "kind": "url"},
        {"name": "extra", "kind": "json"},
        {"name": "firm", "kind": "relation", "target": "firm"},
        {"name": "firms", "kind": "relations", "target": "firm"},
        {"name": "photo", "kind": "file"},
        {"name": "papers", "kind": "files"},
    ]},
]  # fmt: skip


class House:
    """`who` acts: alice and bob (editors), rita (reader), charlie (his own records only). Everybody lives in Berlin."""

    def __init__(self, records: Records, folder: Path):
        self.records, self.who = records, "alice"
        self.actors: dict[str, Actor] = {}
        with records.change_schema(SYSTEM) as schema:
            schema.create_entities([read_entity(d) for d in DECLARED])
        with records.work(SYSTEM) as work:
            accounts.seed_roles(work)
            for name, role in {"alice": "editor", "bob": "editor", "rita": "reader", "charlie": "editor"}.items():
                user = accounts.add_user(work, f"{name}@example.org", name=name.capitalize())[0]
                grants = {"*": OWN} if name == "charlie" else ROLES[role]["grants"]
                zone = {"timezone": "Europe/Berlin"}
                self.actors[name] = Actor(f"user:{user}", grants, user=user, name=name, via="ui", **zone)
        app = create_app(
            blueprints=[
                forms.make_pages(records, LocalFiles(folder / "files"), max_upload=1_000_000),
                board.make_pages(records, make_resources(records).lists),
            ],
            authenticate=lambda: self.actors.get(self.who),
            hosts=Hosts(),
            templates=paths.TEMPLATES,
            max_body=50_000,
            furnish=lambda app: furnish(
                app, Assets(), Navigation(records), Box(records.database, "UTC"), version="0", log_position=records.log.last
            ),
        )  # fmt: skip
        self.client: FlaskClient = app.test_client()

    def make(self, entity: str, who: str = "alice", **values: Any) -> int:
        with self.records.work(self.actors[who]) as work:
            return int(work.create(entity, values)[0])

    def change(self, record: int, who: str = "bob", **values: Any) -> None:
        with self.records.work(self.actors[who]) as work:
            work.update("thing", record, values)

    def values(self, record: int) -> dict[str, Any]:
        """Wire values as they are stored."""
        table = self.records.registry.tables["thing"]
        with self.records.work(SYSTEM) as work:
            row = work.row(table, record)
            assert row
            return table.show(row) | {f.name: work.linked(table, f.name, record) for f in table.links}

    def version(self, record: int) -> int:
        with self.records.work(SYSTEM) as work:
            return int((work.row(work.table("thing"), record) or (0, 0))[1])

    def get(self, path: str, status: int = 200, language: str = "en-GB", **headers: str) -> str:
        answer = self.client.get(path, headers={"Accept": "text/html", "Accept-Language": language, **headers})
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, path: str, form: Any, status: int, language: str = "en-GB", json: bool = False) -> TestResponse:
        accept = "application/json" if json else "text/html"
        answer = self.client.post(path, data=form, headers={"Accept": accept, "Accept-Language": language})
        assert answer.status_code == status, answer.text
        return answer
