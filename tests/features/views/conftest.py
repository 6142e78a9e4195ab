"""A small public door for the tests of views: lists and views over a real database, for an administrator and two people."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.base import paths
from appliance.features.identity import accounts
from appliance.features.views import api as views_api
from appliance.features.views.views import Views
from appliance.http.app import create_app
from appliance.http.hosts import Hosts
from appliance.http.jsonapi.blueprint import make_blueprint, make_resources
from appliance.records.declaration import read_entity
from appliance.records.permissions import ROLES, SYSTEM, Actor
from appliance.records.records import Records

MEDIA = "application/vnd.api+json"
CONTACT: dict[str, Any] = {
    "name": "contact",
    "fields": [
        {"name": "name"}, {"name": "city"}, {"name": "born", "kind": "date"},
        {"name": "stage", "kind": "choice", "choices": ["new", "won"]},
    ],
    "views": [
        {"name": "all", "columns": ["name", "city"], "sort": ["-born", "name"]},
        {"name": "open", "label": "Open ones", "columns": ["name"], "sort": "name",
         "filter": {"stage": {"neq": "won"}, "city[in]": ["Bonn", "Rome"], "name": {"empty": False}}},
        {"name": "by_stage", "label": "Board", "kind": "board", "group_by": "stage", "columns": ["name"]},
        {"name": "odd", "filter": {"gone": 1}},
    ],
}  # fmt: skip
SECRET: dict[str, Any] = {"name": "secret", "fields": [{"name": "name"}], "views": [{"name": "all"}]}


class Door:
    """`who` asks: root, ann, bob, or a program without a user."""

    def __init__(self, records: Records):
        self.records, self.views = records, Views(records)
        with records.change_schema(SYSTEM) as schema:
            schema.create_entities([read_entity(CONTACT), read_entity(SECRET)])
        with records.work(SYSTEM) as work:
            accounts.seed_roles(work)
            self.ids = {
                name: accounts.add_user(work, f"{name}@office.example", roles=roles)[0]
                for name, roles in (("root", ["admin"]), ("ann", ["contact:editor"]), ("bob", ["contact:reader"]))
            }
        admin, some = ROLES["admin"]["grants"], {"contact": {"read": "all"}}
        self.actors = {
            "root": Actor("user:1", admin, user=self.ids["root"], admin=True),
            "ann": Actor("user:2", some, user=self.ids["ann"]),
            "bob": Actor("user:3", some, user=self.ids["bob"]),
            "program": Actor("job:1", some),
        }
        self.who = "ann"
        resources = make_resources(records)
        app = create_app(
            blueprints=[views_api.make_api(records, self.views), make_blueprint(records, resources)],
            authenticate=lambda: self.actors.get(self.who),
            hosts=Hosts(),
            templates=paths.TEMPLATES,
            max_body=50_000,
        )
        self.client: FlaskClient = app.test_client()

    def ask(self, who: str, method: str, path: str, status: int = 200, headers: Any = None, **attributes: Any) -> Any:
        self.who = who
        body = None
        if method in ("POST", "PATCH"):
            tail = path.partition("/views/")[2]
            body = {"data": {"type": "views", "attributes": attributes} | ({"id": tail} if tail else {})}
        answer = self.client.open(path, method=method, json=body, content_type=MEDIA if body else None, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.get_json(force=True) if answer.data else None

    def make(self, who: str, status: int = 201, **attributes: Any) -> Any:
        values = {"entity": "contact", "label": "Mine", "query": "filter[city]=Bonn", **attributes}
        return self.ask(who, "POST", "/api/views", status, **values)

    def seen(self, who: str, entity: str = "contact") -> list[str]:
        return [v["id"] for v in self.ask(who, "GET", f"/api/views?filter[entity]={entity}")["data"]]


@pytest.fixture
def door(records: Records) -> Door:
    return Door(records)
