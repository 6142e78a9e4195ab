"""A house with the record pages alone, for several people; on each kind of database."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.base import paths
from appliance.features.home.box import Box
from appliance.features.home.navigation import Navigation
from appliance.features.identity import accounts
from appliance.features.record_page import pages as record_page
from appliance.features.record_page.looking import Look, look_at
from appliance.http.app import create_app
from appliance.http.assets import Assets
from appliance.http.hosts import Hosts
from appliance.http.jsonapi.blueprint import make_resources
from appliance.http.pages.person import Person
from appliance.http.pages.rendering import furnish
from appliance.records.declaration import read_entity
from appliance.records.permissions import ROLES, SYSTEM, Actor
from appliance.records.reading import Reading
from appliance.records.records import Records

OWN = dict.fromkeys(("read", "create", "update", "delete"), "own")
FIRM = {"name": "firm", "fields": [{"name": "name"}, {"name": "code", "unique": True}]}
DEAL = {
    "name": "deal",
    "fields": [
        {"name": "name", "required": True},
        {"name": "stage", "kind": "choice", "choices": ["new", "offer", "won"]},
        {"name": "amount", "kind": "money", "currency": "EUR"},
        {"name": "close", "kind": "date"},
        {"name": "firm", "kind": "relation", "target": "firm", "inverse": "deals"},
        {"name": "papers", "kind": "files"},
    ],
}
NOTE = {
    "name": "note",
    "fields": [{"name": "subject"}, {"name": "body", "kind": "long_text"},
               {"name": "deal", "kind": "relation", "target": "deal", "inverse": "notes"}],
}  # fmt: skip
CALL = {
    "name": "call",
    "fields": [{"name": "subject"}, {"name": "at", "kind": "datetime"}, {"name": "said", "kind": "long_text"},
               {"name": "deal", "kind": "relation", "target": "deal", "inverse": "calls"}],
}  # fmt: skip


class House:
    """`ada` is an administrator, `erik` an editor, `rita` a reader, `olga` has only what is her own."""

    def __init__(self, records: Records):
        self.records, self.who = records, "erik"
        with records.change_schema(SYSTEM) as schema:
            schema.create_entities([read_entity(d) for d in (FIRM, DEAL, NOTE, CALL)])
        self.actors: dict[str, Actor] = {}
        with records.work(SYSTEM) as work:
            accounts.seed_roles(work)
            for name, role in {"ada": "admin", "erik": "editor", "rita": "reader", "olga": "editor"}.items():
                user = accounts.add_user(work, f"{name}@example.org", name=name.capitalize())[0]
                grants = {"*": OWN, "user": {"read": "all"}} if name == "olga" else ROLES[role]["grants"]
                self.actors[name] = Actor(
                    f"user:{user}",
                    grants,
                    user=user,
                    name=name.capitalize(),
                    admin=name == "ada",
                    via="ui",
                    timezone="Europe/Berlin",
                )
        self.lists = make_resources(records).lists
        box = Box(records.database, "UTC")
        app = create_app(
            blueprints=[record_page.make_pages(records, self.lists)],
            authenticate=lambda: self.actors.get(self.who),
            hosts=Hosts(),
            templates=paths.TEMPLATES,
            max_body=50_000,
            furnish=lambda app: furnish(
                app, Assets(), Navigation(records), box, version="0", log_position=records.log.last
            ),
        )
        self.app = app
        self.client: FlaskClient = app.test_client()

    def make(self, entity: str, who: str = "erik", **values: Any) -> int:
        with self.records.work(self.actors[who]) as work:
            return int(work.create(entity, values)[0])

    def change(self, entity: str, id_: int, who: str = "erik", **values: Any) -> None:
        with self.records.work(self.actors[who]) as work:
            work.update(entity, id_, values)

    def get(self, path: str, status: int = 200, who: str = "erik") -> str:
        self.who = who
        answer = self.client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, path: str, status: int = 303, who: str = "erik", **form: Any) -> str:
        """The address it leads to, or the page with what went wrong."""
        self.who = who
        answer = self.client.post(path, data=form, headers={"Accept": "text/html"})
        assert answer.status_code == status, answer.text
        return answer.headers.get("Location") or answer.text

    def look(self, entity: str, id_: int, who: str = "erik") -> Look:
        actor = self.actors[who]
        me = Person(actor, "", "", "en", "en_GB", "Europe/Berlin")
        reading = Reading(self.records.database, self.records.registry, actor)
        return look_at(self.records, reading, me, self.records.registry.entity(entity), id_)


@pytest.fixture
def house(records: Records) -> House:
    return House(records)
