"""Many records at once: tried before it is done, done as a job, taken back."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from together import Together

from appliance.features.batches import bulk
from appliance.features.batches.batch import batch_kind
from appliance.features.batches.changing import Change
from appliance.jobs.kind import Cancelled


def _resource(**parts: Any) -> dict[str, Any]:
    return {"type": "contacts", **parts}


def _of(house: Together, what: str) -> list[str]:
    return [r["attributes"]["name"] for r in house.ask("GET", f"/api/contacts?{what}&sort=id&page[size]=500")["data"]]


def test_a_change_is_tried_done_and_taken_back(house: Together) -> None:
    made = [house.make("contact", name=f"c{n}", stage="new" if n < 4 else "old") for n in range(6)]
    document = _resource(attributes={"stage": "old"})
    tried = house.ask("PATCH", "/api/contacts?filter[stage]=new&dry-run=true", document)["meta"]
    assert (tried["matches"], tried["tried"], tried["changes"], tried["blocked"]) == (4, 4, 4, 0)
    assert tried["sample"][0] == {"id": str(made[0]), "title": "c0"}
    assert len(_of(house, "filter[stage]=new")) == 4
    job = house.ask("PATCH", "/api/contacts?filter[stage]=new", document, 202)
    result = house.done(job)["result"]
    assert (result["read"], result["updated"], result["failed"]) == (4, 4, 0)
    assert _of(house, "filter[stage]=new") == []
    undo = house.ask("POST", "/api/undo", {"type": "undo", "attributes": {"job": job["data"]["id"]}}, 202)
    assert house.done(undo)["result"]["restored"] == 4
    assert len(_of(house, "filter[stage]=new")) == 4
    again = house.ask("POST", "/api/undo", {"type": "undo", "attributes": {"job": undo["data"]["id"]}}, 202)
    assert house.done(again)["result"]["restored"] == 4
    assert _of(house, "filter[stage]=new") == []


def test_records_are_deleted_by_filter_and_come_back(house: Together) -> None:
    firm = house.make("firm", name="Acme")
    made = [house.make("contact", name=f"c{n}", firm=firm) for n in range(3)]
    house.ask("DELETE", "/api/contacts", status=400)
    tried = house.ask("DELETE", f"/api/firms?filter[id][in]={firm}&dry-run=true")["meta"]
    assert (tried["matches"], tried["changes"], tried["blocked"]) == (1, 0, 1)
    assert tried["reasons"][0]["title"] == "Acme"
    assert "3" in tried["reasons"][0]["detail"]
    result = house.done(house.ask("DELETE", f"/api/firms?filter[id][in]={firm}", status=202))["result"]
    assert (result["deleted"], result["failed"]) == (0, 1)
    assert result["errors"][0]["id"] == str(firm)
    job = house.ask("DELETE", f"/api/contacts?filter[id][in]={made[0]},{made[2]}", status=202)
    assert house.done(job)["result"]["deleted"] == 2
    assert _of(house, "") == ["c1"]
    undo = house.ask("POST", "/api/undo", {"type": "undo", "attributes": {"job": job["data"]["id"]}}, 202)
    assert house.done(undo)["result"]["brought_back"] == 2
    assert _of(house, f"filter[firm]={firm}") == ["c0", "c1", "c2"]


def test_tags_are_added_and_taken_away(house: Together) -> None:
    old, new = house.make("tag", name="old"), house.make("tag", name="new")
    tagged, bare = house.make("contact", name="a", tags=[old, new]), house.make("contact", name="b", tags=[old])

    def tags(how: str, id_: int) -> dict[str, Any]:
        data = {"data": [{"type": "tags", "id": str(id_)}], "meta": {"how": how}}
        return _resource(relationships={"tags": data})

    tried = house.ask("PATCH", "/api/contacts?filter[id][gt]=0&dry-run=true", tags("add", new))["meta"]
    assert (tried["matches"], tried["changes"]) == (2, 1)
    job = house.ask("PATCH", "/api/contacts?filter[id][gt]=0", tags("add", new), 202)
    result = house.done(job)["result"]
    assert (result["updated"], result["unchanged"]) == (1, 1)
    house.done(house.ask("PATCH", "/api/contacts?filter[id][gt]=0", tags("remove", old), 202))
    for one in (tagged, bare):
        data = house.ask("GET", f"/api/contacts/{one}/relationships/tags")["data"]
        assert [r["id"] for r in data] == [str(new)]
    house.ask("PATCH", "/api/contacts?filter[id][gt]=0", tags("mix", new), 400)
    firm = _resource(relationships={"firm": {"data": None, "meta": {"how": "add"}}})
    house.ask("PATCH", "/api/contacts?filter[id][gt]=0", firm, 400)


def test_what_cannot_be_is_said_at_once(house: Together) -> None:
    house.ask("PATCH", "/api/contacts?filter[id][gt]=0", _resource(attributes={"nope": 1}), 422)
    house.ask("PATCH", "/api/contacts?filter[id][gt]=0", _resource(), 422)
    house.ask("PATCH", "/api/contacts?filter[id][gt]=0&dry-run=perhaps", _resource(attributes={"stage": "old"}), 400)
    tried = house.ask("PATCH", "/api/contacts?dry-run=true", [_resource(attributes={"name": "x"})])["meta"]
    assert (tried["tried"], tried["created"], tried["errors"]) == (1, 1, [])
    house.ask("PATCH", "/api/contacts?filter[name]=x", [_resource(attributes={"name": "x"})], 400)
    house.ask("DELETE", "/api/contacts?filter[id][gt]=0", status=403, who="rita")


def test_each_record_is_changed_with_the_rights_of_who_asked(house: Together) -> None:
    mine, other = house.make("contact", "charlie", name="mine"), house.make("contact", name="other")
    job = house.ask("DELETE", "/api/contacts?filter[id][gt]=0", status=202, who="charlie")
    assert house.done(job)["result"]["deleted"] == 1
    house.ask("GET", f"/api/contacts/{other}", who="alice")
    house.ask("GET", f"/api/contacts/{mine}", status=404)
    undo = {"type": "undo", "attributes": {"job": job["data"]["id"]}}
    house.ask("POST", "/api/undo", undo, 404, who="bob")
    house.ask("POST", "/api/undo", undo, 202, who="charlie")


def test_a_preview_of_many_tries_the_first_and_says_so(house: Together, monkeypatch: Any) -> None:
    monkeypatch.setattr(bulk, "TRIED", 4)
    monkeypatch.setattr(bulk, "CHUNK", 2)
    for n in range(6):
        house.make("contact", name=f"c{n}", code=f"k{n}" if n else "taken")
    found = bulk.preview(house.records, house.actors["alice"], "contact", "filter[id][gt]=0", Change({"code": "taken"}))
    assert (found["matches"], found["tried"], found["changes"], found["blocked"]) == (6, 4, 0, 3)
    assert "taken" not in _of(house, "filter[code]=taken") and len(_of(house, "")) == 6


def test_a_batch_that_was_killed_forgets_no_record(house: Together, monkeypatch: Any, tmp_path: Any) -> None:
    """Those it changed no longer match its own filter."""
    from appliance.engines.files.local import LocalFiles
    from appliance.features.batches import batch

    monkeypatch.setattr(bulk, "CHUNK", 2)
    monkeypatch.setattr(batch, "CHUNK", 2)
    for n in range(6):
        house.make("contact", name=f"c{n}", stage="new")
    alice = house.actors["alice"]
    kind = batch_kind(house.records, LocalFiles(tmp_path / "f"), lambda key, scopes: alice)

    class Run:
        job_id, actor, calls = 77, alice.key, 0

        def progress(self, *_: Any) -> None:
            self.calls += 1
            if self.calls == 1:
                raise Cancelled

    run = Run()
    asked = {"type": "contacts", "query": "filter[stage]=new", "scopes": [], "change": {"values": {"stage": "old"}}}
    with suppress(Cancelled):
        kind.body(run, **asked)
    result = kind.body(run, **asked)
    assert (result["read"], result["updated"]) == (6, 6)
    assert _of(house, "filter[stage]=new") == []
