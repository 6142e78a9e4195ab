"""/api/log: what each actor sees of it, and that a rename neither hides nor opens a past."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.base import paths
from appliance.features.feed import api as feed
from appliance.http.app import create_app
from appliance.http.hosts import Hosts
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM, Actor
from appliance.records.records import Records

ALL = dict.fromkeys(("read", "create", "update", "delete"), "all")
OWN = dict.fromkeys(("read", "create", "update", "delete"), "own")


class Reader:
    """A client whose actor can be changed between requests."""

    def __init__(self, records: Records):
        self.actor = SYSTEM
        app = create_app(
            blueprints=[feed.make_api(records)],
            authenticate=lambda: self.actor,
            hosts=Hosts(),
            templates=paths.TEMPLATES,
            max_body=1_000,
        )
        self.client: FlaskClient = app.test_client()

    def entries(self, query: str = "") -> list[dict[str, Any]]:
        answer = self.client.get("/api/log?" + query)
        assert answer.status_code == 200, answer.text
        return [r["attributes"] for r in answer.json["data"]]  # type: ignore[index]


@pytest.fixture
def reader(records: Records) -> Reader:
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity({"name": "memo", "fields": [{"name": "subject"}]})])
    return Reader(records)


def actor(user: int, grants: dict[str, Any]) -> Actor:
    return Actor(f"user:{user}", grants, user=user)


def rename(records: Records, old: str, new: str) -> None:
    with records.change_schema(SYSTEM) as schema:
        schema.change_entity(schema.entities()[old], {"name": new, "plural": new + "s"})


def test_own_only_readers_see_the_entries_of_their_own_records(records: Records, reader: Reader) -> None:
    alice, charlie = actor(1, {"memo": OWN}), actor(2, {"memo": OWN})
    with records.work(alice) as work:
        work.create("memo", {"subject": "secret"})
    with records.work(charlie) as work:
        work.create("memo", {"subject": "mine"})
    reader.actor = charlie
    assert [e["change"]["subject"] for e in reader.entries()] == [[None, "mine"]]


def test_old_entries_are_found_under_the_entity_s_new_name(records: Records, reader: Reader) -> None:
    with records.work(SYSTEM) as work:
        work.create("memo", {"subject": "before"})
    rename(records, "memo", "letter")
    found = reader.entries("filter[entity]=letter")
    assert [(e["entity"], e["change"]["subject"]) for e in found] == [("letter", [None, "before"])]
    assert reader.entries("filter[entity]=memo") == []


def test_who_reads_a_reused_name_does_not_read_the_past_of_its_first_bearer(records: Records, reader: Reader) -> None:
    with records.work(SYSTEM) as work:
        work.create("memo", {"subject": "salary"})
    rename(records, "memo", "salary")
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity({"name": "memo", "fields": [{"name": "subject"}]})])
    with records.work(SYSTEM) as work:
        work.create("memo", {"subject": "lunch"})
    reader.actor = actor(3, {"memo": ALL})
    assert [e["change"]["subject"] for e in reader.entries()] == [[None, "lunch"]]
    reader.actor = actor(4, {"salary": ALL})
    assert [e["change"]["subject"] for e in reader.entries()] == [[None, "salary"]]


def test_reading_on_from_a_position_gives_each_entry_once(records: Records, reader: Reader) -> None:
    for n in range(7):
        with records.work(SYSTEM) as work:
            work.create("memo", {"subject": str(n)})
    seen: list[str] = []
    position = 0
    while True:
        answer = reader.client.get(f"/api/log?filter[entity]=memo&page[size]=3&page[after]={position}")
        data = answer.json["data"]  # type: ignore[index]
        if not data:
            break
        seen += [e["attributes"]["change"]["subject"][1] for e in data]
        position = int(data[-1]["id"])
    assert seen == [str(n) for n in range(7)]


def test_schema_changes_are_for_administrators(records: Records, reader: Reader) -> None:
    assert "entity" in {e["entity"] for e in reader.entries()}
    reader.actor = actor(5, {"*": ALL})
    assert "entity" not in {e["entity"] for e in reader.entries()}


def test_entries_of_a_deleted_entity_stay_for_administrators_alone(records: Records, reader: Reader) -> None:
    with records.work(SYSTEM) as work:
        record = work.create("memo", {"subject": "kept for the audit"})[0]
        work.update("memo", record, {"subject": "changed"})
    with records.change_schema(SYSTEM) as schema:
        schema.remove_entity(schema.entities()["memo"])
    told = [(e["entity"], e["action"]) for e in reader.entries() if e["entity"] == "memo"]
    assert told == [("memo", "created"), ("memo", "updated")]
    assert [e["action"] for e in reader.entries("filter[entity]=memo")] == ["created", "updated"]
    for someone in (actor(5, {"*": ALL}), actor(6, {"memo": ALL})):
        reader.actor = someone
        assert [e for e in reader.entries() if e["entity"] == "memo"] == []
        assert reader.entries("filter[entity]=memo") == []


def test_a_name_that_was_given_again_does_not_mix_two_pasts(records: Records, reader: Reader) -> None:
    with records.work(SYSTEM) as work:
        work.create("memo", {"subject": "of the first"})
    with records.change_schema(SYSTEM) as schema:
        schema.remove_entity(schema.entities()["memo"])
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity({"name": "memo", "plural": "memoranda", "fields": [{"name": "subject"}]})])
    with records.work(SYSTEM) as work:
        work.create("memo", {"subject": "of the second"})
    assert [e["change"]["subject"][1] for e in reader.entries("filter[entity]=memo")] == ["of the second"]
    reader.actor = actor(5, {"memo": ALL})
    assert [e["change"]["subject"][1] for e in reader.entries()] == ["of the second"]


def test_whoever_saw_a_record_reads_that_it_left_their_sight_and_nothing_of_it(
    records: Records, reader: Reader
) -> None:
    alice, charlie = actor(1, {"memo": OWN}), actor(2, {"memo": OWN})
    with records.work(SYSTEM) as work:
        for name in ("alice", "charlie"):
            work.create("user", {"email": f"{name}@example.org", "name": name})
    with records.work(charlie) as work:
        deleted, given = (work.create("memo", {"subject": "his"})[0] for _ in range(2))
    with records.work(SYSTEM) as work:
        work.delete("memo", deleted)
        work.update("memo", given, {"owner": str(alice.user), "subject": "hers now"})
        work.update("memo", given, {"subject": "none of his business"})
    reader.actor = charlie
    assert [(e["record"], e["action"], e["change"]) for e in reader.entries()] == [
        (str(deleted), "deleted", {}), (str(given), "deleted", {}),
    ]  # fmt: skip
    reader.actor = alice
    assert {e["record"] for e in reader.entries()} == {str(given)}
