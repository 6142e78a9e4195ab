"""Undo and restore over HTTP: what happened is named, what hinders is said by field."""

from __future__ import annotations

from typing import Any

import pytest
from together import Together

from appliance.features.undo import api as undo_api


def _undo(house: Together, status: int = 200, **attributes: Any) -> Any:
    return house.ask("POST", "/api/undo", {"type": "undo", "attributes": attributes}, status)


def _name(house: Together, id_: int, name: str) -> None:
    data = {"type": "contacts", "id": str(id_), "attributes": {"name": name}}
    house.ask("PATCH", f"/api/contacts/{id_}", data)


def test_an_edit_is_undone_and_redone(house: Together) -> None:
    ada = house.make("contact", name="Ada")
    _name(house, ada, "Bob")
    done = _undo(house, transaction=house.transaction("contact", ada))["data"]
    assert done["attributes"]["restored"] == 1
    assert house.ask("GET", f"/api/contacts/{ada}")["data"]["attributes"]["name"] == "Ada"
    _undo(house, transaction=done["attributes"]["transaction"])
    assert house.ask("GET", f"/api/contacts/{ada}")["data"]["attributes"]["name"] == "Bob"


def test_a_conflict_names_the_field(house: Together) -> None:
    ada = house.make("contact", name="Ada")
    _name(house, ada, "Bob")
    edit = house.transaction("contact", ada)
    _name(house, ada, "Cid")
    errors = _undo(house, 409, transaction=edit)["errors"]
    assert [(e["code"], e["meta"]) for e in errors] == [
        ("changed_since", {"entity": "contact", "id": str(ada), "field": "name", "now": "Cid", "would_be": "Ada"})
    ]
    assert _undo(house, transaction=edit, partly=True)["data"]["attributes"]["kept"] == 1
    assert house.ask("GET", f"/api/contacts/{ada}")["data"]["attributes"]["name"] == "Cid"


def test_what_is_no_undo_is_refused(house: Together) -> None:
    _undo(house, 422)
    _undo(house, 422, transaction="x", job="1")
    _undo(house, 422, transaction=1)
    _undo(house, 422, transaction="x", partly="yes")
    _undo(house, 422, transaction="x", why="x")
    _undo(house, 404, transaction="x")
    _undo(house, 404, job="99")
    job = house.jobs.enqueue("nap", actor=house.actors["alice"].key)
    _undo(house, 409, job=str(job))
    house.done({"data": {"id": str(job)}})
    assert _undo(house, 409, job=str(job))["errors"][0]["code"] == "nothing"


def test_a_long_transaction_is_undone_as_a_job(house: Together, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo_api, "AT_ONCE", 3)
    with house.records.work(house.actors["alice"]) as work:
        for n in range(5):
            work.create("tag", {"name": f"t{n}"})
        transaction = work.transaction
    assert house.done(_undo(house, 202, transaction=transaction))["result"]["deleted"] == 5
    assert house.ask("GET", "/api/tags")["data"] == []


def test_a_version_is_restored_and_a_deleted_record_listed_and_brought_back(house: Together) -> None:
    ada = house.make("contact", name="Ada", code="a")
    _name(house, ada, "Bob")
    path = f"/api/contacts/{ada}/restore"
    found = house.ask("POST", path, {"type": "contacts", "attributes": {"version": 1, "fields": ["name"]}})
    assert found["data"]["attributes"]["name"] == "Ada"
    now = {"type": "contacts", "attributes": {"version": 3}}
    assert house.ask("POST", path, now)["data"]["meta"]["version"] == 3
    house.ask("POST", path, now, 403, "rita")  # nothing would change, and yet it is not hers to ask
    house.ask("POST", path, {"type": "contacts", "attributes": {"version": 0}}, 422, "alice")
    house.ask("POST", path, {"type": "contacts", "attributes": {"fields": ["name"]}}, 422)
    house.ask("POST", path, {"type": "contacts"}, 404)  # not deleted
    house.ask("DELETE", f"/api/contacts/{ada}", status=204)
    trash = house.ask("GET", "/api/contacts/deleted")["data"]
    assert [(t["attributes"]["title"], t["attributes"]["record"]) for t in trash] == [("Ada", str(ada))]
    house.ask("POST", path, {"type": "contacts"}, 403, "rita")
    house.ask("POST", path, {"type": "contacts"}, 404, "charlie")
    back = house.ask("POST", trash[0]["links"]["restore"], {"type": "contacts"}, who="alice")["data"]
    assert (back["id"], back["attributes"]["code"], back["meta"]["version"]) == (str(ada), "a", 5)
    assert house.ask("GET", "/api/contacts/deleted")["data"] == []
