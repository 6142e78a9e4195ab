"""Comments are seen by whoever sees the record, and go and come with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from together import Together

from appliance.base import clock
from appliance.features.comments.comments import purge
from appliance.records.permissions import SYSTEM
from appliance.records.query import Query
from appliance.records.reading import Reading


def _text(text: Any) -> dict[str, Any]:
    return {"type": "comments", "attributes": {"text": text}}


def _of(house: Together, path: str, who: str = "alice", status: int = 200) -> Any:
    found = house.ask("GET", f"{path}/comments", status=status, who=who)
    return [c["attributes"]["text"] for c in found["data"]] if status == 200 else None


def test_whoever_reads_the_record_comments_and_sees_comments(house: Together) -> None:
    ada = f"/api/contacts/{house.make('contact', name='Ada')}"
    bob = house.user("bob")
    made = house.ask("POST", f"{ada}/comments", _text(f" Ask @[user:{bob}] "), 201, "rita")["data"]
    assert made["attributes"]["text"] == f"Ask @[user:{bob}]"
    assert made["relationships"]["mentions"]["data"] == [{"type": "users", "id": str(bob)}]
    assert made["relationships"]["about"]["data"] == {"type": "contacts", "id": ada.split("/")[-1]}
    house.ask("POST", f"{ada}/comments", _text("two"), 201, "bob")
    assert _of(house, ada) == ["two", f"Ask @[user:{bob}]"]
    first = house.ask("GET", f"{ada}/comments?page[size]=1")
    assert [c["attributes"]["text"] for c in house.ask("GET", first["links"]["next"])["data"]] == [f"Ask @[user:{bob}]"]
    _of(house, ada, "charlie", 404)
    house.ask("POST", f"{ada}/comments", _text("hi"), 404)
    house.ask("GET", f"/api/comments/{made['id']}", status=404)
    for wrong in ("", "  ", None, 7, "x" * 10_001):
        house.ask("POST", f"{ada}/comments", _text(wrong), 422, "alice")


def test_only_the_author_or_an_administrator_changes_a_comment(house: Together) -> None:
    ada = f"/api/contacts/{house.make('contact', name='Ada')}"
    one = f"/api/comments/{house.ask('POST', f'{ada}/comments', _text('one'), 201, 'rita')['data']['id']}"
    house.ask("PATCH", one, _text("x"), 403, "bob")
    house.ask("DELETE", one, status=403)
    house.ask("PATCH", one, _text("x"), 404, "charlie")
    edited = house.ask("PATCH", one, _text("uno"), 200, "rita")["data"]
    assert (edited["attributes"]["text"], edited["attributes"]["edited"]) == ("uno", True)
    house.ask("DELETE", one, status=204, who="root")
    assert _of(house, ada) == []


def test_nobody_comes_to_a_comment_round_the_corner(house: Together) -> None:
    """Neither by the generic addresses nor by the log."""
    ada = f"/api/contacts/{house.make('contact', name='Ada')}"
    made = house.ask("POST", f"{ada}/comments", _text("secret"), 201, "alice")["data"]["id"]
    for who in ("charlie", "bob"):
        assert house.ask("GET", "/api/comments", who=who)["data"] == []
        assert house.ask("GET", "/api/comments?filter[text][contains]=sec")["data"] == []
        assert "secret" not in str(house.ask("GET", "/api/log?filter[entity]=comment"))
        house.ask("GET", f"/api/comments/{made}/history", status=404)
    assert [c["id"] for c in house.ask("GET", "/api/comments", who="alice")["data"]] == [made]
    house.ask("PATCH", "/api/comments", [{"type": "comments", "id": made, "attributes": {"text": "x"}}], 404, "root")


def test_comments_go_and_come_with_their_record(house: Together) -> None:
    id_ = house.make("contact", name="Ada")
    ada = f"/api/contacts/{id_}"
    made = house.ask("POST", f"{ada}/comments", _text("one"), 201)["data"]["id"]
    house.ask("DELETE", ada, status=204)
    _of(house, ada, status=404)
    house.ask("GET", f"/api/comments/{made}", status=404)
    assert purge(house.records, clock.micros() - 1_000_000_000) == 0
    house.ask("POST", f"{ada}/restore", {"type": "contacts"}, 200)
    assert _of(house, ada) == ["one"]
    house.ask("DELETE", ada, status=204)
    assert purge(house.records, clock.micros()) == 1
    house.ask("POST", f"{ada}/restore", {"type": "contacts"}, 200)
    assert _of(house, ada) == []


def test_a_comment_is_taken_back_by_its_author_and_its_deletion_too(house: Together) -> None:
    ada = f"/api/contacts/{house.make('contact', name='Ada')}"
    made = int(house.ask("POST", f"{ada}/comments", _text("one"), 201, "rita")["data"]["id"])

    def undo(status: int, who: str) -> Any:
        transaction = house.transaction("comment", made)
        return house.ask("POST", "/api/undo", {"type": "undo", "attributes": {"transaction": transaction}}, status, who)

    undo(404, "bob")
    house.ask("DELETE", f"/api/comments/{made}", status=204, who="rita")
    assert undo(200, "rita")["data"]["attributes"]["brought_back"] == 1
    assert _of(house, ada) == ["one"]
    assert undo(200, "rita")["data"]["attributes"]["deleted"] == 1
    assert _of(house, ada) == []


def test_an_entity_that_is_renamed_keeps_its_comments_and_another_of_its_name_gets_none(house: Together) -> None:
    id_ = house.make("contact", name="Ada")
    house.ask("POST", f"/api/contacts/{id_}/comments", _text("one"), 201)
    with house.records.change_schema(SYSTEM) as schema:
        schema.change_entity(schema.entities()["contact"], {"name": "person", "plural": "people"})
    assert _of(house, f"/api/people/{id_}") == ["one"]


def test_an_administrator_and_another_with_the_same_grants_are_kept_apart(house: Together) -> None:
    ada = f"/api/contacts/{house.make('contact', name='Ada')}"
    made = house.ask("POST", f"{ada}/comments", _text("secret"), 201, "alice")["data"]["id"]
    root, bob = house.actors["root"], house.actors["bob"]
    like_root = replace(bob, grants=root.grants, _reach={})
    query = Query("comment")
    for actor, seen in ((root, [int(made)]), (like_root, []), (root, [int(made)])):
        reading = Reading(house.records.database, house.records.registry, actor)
        assert [row[0] for row in reading.page(query).rows] == seen
