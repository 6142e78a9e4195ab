"""Saved views: whose they are, who may share them, and what happens to them when the schema moves on."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.records.permissions import SYSTEM, Actor

DECLARED = ["contact:all", "contact:open", "contact:by_stage", "contact:odd"]


def change_field(door: Any, name: str, /, **words: Any) -> None:
    with door.records.change_schema(SYSTEM) as schema:
        held = schema.entities()["contact"]
        schema.change_field(held, held.by_name[name], words)


def change_entity(door: Any, entity: str = "contact", /, **words: Any) -> None:
    with door.records.change_schema(SYSTEM) as schema:
        schema.change_entity(schema.entities()[entity], words)


def test_views_of_the_declaration_are_query_strings_that_the_list_answers(door: Any) -> None:
    found = {v["id"]: v["attributes"] for v in door.ask("ann", "GET", "/api/views")["data"]}
    assert list(found) == DECLARED, "and none of an entity she may not read"
    assert found["contact:all"]["query"] == "fields[contacts]=name,city&sort=-born,name"
    opened = (
        "fields[contacts]=name&filter[stage][neq]=won&filter[city][in]=Bonn,Rome&filter[name][empty]=false&sort=name"
    )
    assert found["contact:open"]["query"] == opened
    assert (
        found["contact:by_stage"]["query"].endswith("group_by=stage") and found["contact:by_stage"]["kind"] == "board"
    )
    for id_ in ("contact:all", "contact:open"):
        assert found[id_]["problem"] is None
        door.ask("ann", "GET", f"/api/contacts?{found[id_]['query']}")
    assert "gone" in found["contact:odd"]["problem"]


def test_a_view_of_the_declaration_is_read_only(door: Any) -> None:
    assert door.ask("ann", "GET", "/api/views/contact:all")["data"]["attributes"]["declared"]
    door.ask("root", "PATCH", "/api/views/contact:all", 403, label="x")
    door.ask("root", "DELETE", "/api/views/contact:all", 403)
    door.ask("ann", "GET", "/api/views/contact:nothing", 404)
    door.ask("ann", "GET", "/api/views/secret:all", 404)


def test_a_private_view_is_seen_and_changed_by_its_owner_alone(door: Any) -> None:
    id_ = door.make("ann")["data"]["id"]
    assert door.seen("ann") == [*DECLARED, id_] and door.seen("bob") == door.seen("root") == DECLARED
    for who in ("bob", "root", "program"):
        for method in ("GET", "PATCH", "DELETE"):
            door.ask(who, method, f"/api/views/{id_}", 404)
    changed = door.ask(
        "ann", "PATCH", f"/api/views/{id_}", label="Bonn", query="?filter[q]=x&page[number]=7&sort=-born"
    )
    assert changed["data"]["attributes"]["query"] == "filter[q]=x&sort=-born", "the page one was on is no part of it"
    assert changed["data"]["meta"]["version"] == 2
    door.ask("ann", "DELETE", f"/api/views/{id_}", 204)
    door.ask("ann", "GET", f"/api/views/{id_}", 404)


def test_only_administrators_share(door: Any) -> None:
    door.make("ann", 403, shared=True)
    door.make("ann", 403, role="reader")
    own = door.make("ann")["data"]["id"]
    door.ask("ann", "PATCH", f"/api/views/{own}", 403, shared=True)
    shared = door.make("root", shared=True, position=5)["data"]["id"]
    assert door.seen("bob") == [*DECLARED, shared]
    door.ask("bob", "PATCH", f"/api/views/{shared}", 403, label="x")
    door.ask("bob", "DELETE", f"/api/views/{shared}", 403)
    door.ask("root", "PATCH", f"/api/views/{shared}", shared=False)
    assert door.seen("bob") == DECLARED
    door.make("program", 403)


def test_a_role_begins_with_its_view_and_has_one(door: Any) -> None:
    def default(who: str) -> str:
        return door.views.default_view(door.actors[who], "contact").id

    assert default("ann") == default("bob") == "contact:all"
    first = door.make("root", role="editor")["data"]
    assert first["attributes"]["shared"] and default("ann") == first["id"] and default("bob") == "contact:all"
    second = door.make("root", role="editor")["data"]["id"]
    assert default("ann") == second
    assert door.ask("ann", "GET", f"/api/views/{first['id']}")["data"]["attributes"]["role"] is None
    door.ask("root", "PATCH", f"/api/views/{second}", role=None)
    assert default("ann") == "contact:all"
    door.make("root", 422, role="nobody")


@pytest.mark.parametrize(
    ("values", "field"),
    [({"query": "filter[nothing]=1"}, "query"), ({"query": "sort=nothing"}, "query"), ({"query": "what=ever"}, "query"),
     ({"query": "fields[contacts]=x"}, "query"), ({"query": "group_by=city"}, "query"), ({"query": "filter[born]=soon"}, "query"),
     ({"query": "x" * 5000}, "query"), ({"query": 1}, "query"), ({"query": "a=%FF"}, "query"), ({"kind": "pie"}, "kind"),
     ({"label": " "}, "label"), ({"label": "x" * 101}, "label"), ({"entity": "nothing"}, "entity"),
     ({"entity": "secret"}, "entity"), ({"entity": ["contact"]}, "entity"), ({"position": -1}, "position"),
     ({"position": True}, "position"),
     ({"shared": 1}, "shared"), ({"owner": 1}, "owner")],
)  # fmt: skip
def test_what_cannot_be_a_view_is_said_by_field(door: Any, values: dict[str, Any], field: str) -> None:
    errors = door.make("ann", 422, **values)["errors"]
    assert [e["meta"]["field"] for e in errors] == [field]
    assert door.seen("ann") == DECLARED


def test_words_of_the_day_and_of_the_page_can_be_kept(door: Any) -> None:
    query = "filter[or.1][owner]=me&filter[or.1][created_at][gte]=last_7_days&fields[contacts]=city&pinned=city&widths=city:90"
    kept = door.make("ann", query=query)["data"]["attributes"]
    assert kept["query"] == query and kept["problem"] is None


def test_a_view_outlives_the_names_it_was_made_of_and_says_what_is_wrong(door: Any) -> None:
    id_ = door.make("ann", query="fields[contacts]=name&filter[city]=Bonn")["data"]["id"]
    ann = door.actors["ann"]
    change_entity(door, name="person", plural="people")
    door.actors["ann"] = Actor("user:2", {"person": {"read": "all"}}, user=ann.user)
    found = door.ask("ann", "GET", f"/api/views/{id_}")["data"]["attributes"]
    assert found["entity"] == "person" and found["query"] == "fields[people]=name&filter[city]=Bonn"
    assert found["problem"] is None and door.seen("ann", "person")[-1] == id_
    change_entity(door, "person", name="contact", plural="contacts")
    door.actors["ann"] = ann
    change_field(door, "city", name="town")
    found = door.ask("ann", "GET", f"/api/views/{id_}")["data"]["attributes"]
    assert "city" in found["problem"] and found["query"].endswith("filter[city]=Bonn")
    door.ask("ann", "PATCH", f"/api/views/{id_}", label="Still mine")
    door.ask("ann", "PATCH", f"/api/views/{id_}", query="filter[town]=Bonn")
    assert door.ask("ann", "GET", f"/api/views/{id_}")["data"]["attributes"]["problem"] is None


def test_whoever_saw_an_older_version_is_told(door: Any) -> None:
    id_ = door.make("ann")["data"]["id"]
    door.ask("ann", "PATCH", f"/api/views/{id_}", label="Second", headers={"If-Match": '"1"'})
    error = door.ask("ann", "PATCH", f"/api/views/{id_}", 412, label="Third", headers={"If-Match": '"1"'})["errors"][0]
    assert error["code"] == "stale" and error["meta"]["fields"] == ["label"]
