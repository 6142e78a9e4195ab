"""What the query language promises at the door: sums, groups, days, me, search inside a list; and that an answer kept in
memory is never yesterday's, somebody else's, or the index's of before. In one process, so that the clock can be set."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from appliance.base import clock, paths
from appliance.http.app import create_app
from appliance.http.hosts import Hosts
from appliance.http.jsonapi.blueprint import make_blueprint, make_resources
from appliance.records.declaration import read_entity
from appliance.records.permissions import ROLES, SYSTEM, Actor
from appliance.records.records import Records
from appliance.records.settling import Ids

DEAL: dict[str, Any] = {"name": "deal", "fields": [
    {"name": "name"}, {"name": "day", "kind": "date"}, {"name": "amount", "kind": "money", "currency": "EUR"},
    {"name": "share", "kind": "decimal", "places": 3}, {"name": "count", "kind": "integer"},
]}  # fmt: skip
BARE: dict[str, Any] = {"name": "bare", "fields": [{"name": "count", "kind": "integer"}]}
ALL = ROLES["admin"]["grants"]
READ = {"deal": {"read": "all"}}
ACTORS = {
    "ann": Actor("user:1", READ, user=1, timezone="Pacific/Auckland"),
    "bob": Actor("user:2", READ, user=2, timezone="America/Los_Angeles"),
    "own": Actor("user:2", {"deal": {"read": "own"}}, user=2),
    "program": Actor("system", ALL),
}


class Door:
    def __init__(self, records: Records):
        self.records, self.who = records, "ann"
        with records.change_schema(SYSTEM) as schema:
            schema.create_entities([read_entity(DEAL), read_entity(BARE)])
        app = create_app(
            blueprints=[make_blueprint(records, make_resources(records))],
            authenticate=lambda: ACTORS[self.who],
            hosts=Hosts(),
            templates=paths.TEMPLATES,
            max_body=50_000,
        )
        self.client = app.test_client()

    def make(self, **values: Any) -> str:
        with self.records.work(SYSTEM) as work:
            return str(work.create("deal", values)[0])

    def answer(self, query: str, who: str = "ann", path: str = "/api/deals", **headers: str) -> Any:
        self.who = who
        return self.client.get(f"{path}?{query}", headers=headers)

    def names(self, query: str, who: str = "ann") -> list[str]:
        found = self.answer(query, who)
        assert found.status_code == 200, found.text
        return [r["attributes"]["name"] for r in found.get_json(force=True)["data"]]

    def refused(self, query: str, who: str = "ann", path: str = "/api/deals") -> str:
        found = self.answer(query, who, path)
        assert found.status_code == 400, found.text
        return str(found.get_json(force=True)["errors"][0]["source"]["parameter"])


@pytest.fixture
def door(records: Records) -> Door:
    return Door(records)


def at(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    moment = datetime.fromisoformat(text)
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_a_kept_list_of_today_is_not_shown_tomorrow(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in ("2026-11-24", "2026-11-25", "2026-11-26"):
        door.make(name=day[-2:], day=day)
    query = "filter[day]=today&page[totals]=true"
    at(monkeypatch, "2026-11-24T10:59:00+00:00")  # 23:59 in Auckland, 02:59 in Los Angeles
    first = door.answer(query)
    assert door.names(query) == ["24"] and door.names(query, "bob") == ["24"]
    at(monkeypatch, "2026-11-24T10:59:59+00:00")
    assert door.answer(query, If_None_Match=first.headers["ETag"]).status_code == 304
    at(monkeypatch, "2026-11-24T11:00:00+00:00")
    second = door.answer(query, If_None_Match=first.headers["ETag"])
    assert second.status_code == 200 and second.get_json(force=True)["data"][0]["attributes"]["name"] == "25"
    assert door.names(query, "bob") == ["24"], "the same rights, another zone"
    door.make(name="new", day="2026-11-25")
    third = door.answer(query, If_None_Match=second.headers["ETag"])
    assert third.status_code == 200 and third.get_json(force=True)["meta"]["page"]["total"] == 2


def test_a_kept_list_of_mine_is_not_shown_to_somebody_with_the_same_rights(door: Door) -> None:
    with door.records.work(SYSTEM) as work:
        for name in ("ann", "bob"):
            user = work.create("user", {"email": f"{name}@office.example", "name": name})[0]
            work.create("deal", {"name": name, "owner": str(user)})
    for who in ("ann", "bob", "ann"):
        assert door.names("filter[owner]=me&page[totals]=true", who) == [who]
    assert door.refused("filter[owner]=me", "program") == "filter[owner]"


def test_sums_are_of_the_whole_list_and_follow_it(door: Door) -> None:
    query = "page[sums]=amount,share,count&page[size]=1"

    def sums(who: str = "ann", more: str = "") -> dict[str, Any]:
        return dict(door.answer(query + more, who).get_json(force=True)["meta"]["page"])

    assert sums() == {"sums": {"amount": "0.00", "share": "0.000", "count": 0}}
    for n in range(4):
        door.make(name=f"n{n}", amount="1234.01", share="0.125", count=n)
    assert sums() == {"sums": {"amount": "4936.04", "share": "0.500", "count": 6}}
    assert sums(more="&page[totals]=true&filter[count][gte]=2")["sums"]["count"] == 5
    assert sums(more="&page[totals]=true&filter[count][gte]=2&page[number]=2")["total"] == 2
    assert sums("own") == {"sums": {"amount": "0.00", "share": "0.000", "count": 0}}
    for _ in range(3):
        door.make(name="large", count=2**63 - 1)
    assert sums()["sums"]["count"] == str(3 * (2**63 - 1) + 6), "more than programs read as a number"
    for wrong in ("name", "day", "nothing", "created_by", "id"):
        assert door.refused(f"page[sums]={wrong}") == "page[sums]"


def test_the_search_inside_a_list_is_asked_each_time(door: Door) -> None:
    ids = [int(door.make(name=f"n{n}", count=n % 2)) for n in range(6)]
    found = Ids(ids[:3], 3)
    asked: list[tuple[Any, ...]] = []

    def find(actor: Actor, entity: str, text: str, limit: int) -> Ids:
        asked.append((actor.key, entity, text, limit))
        return found

    door.records.find = find
    query = "filter[q]=some%20words&filter[count]=0&sort=-name&page[totals]=true"
    first = door.answer(query)
    assert door.names(query) == ["n2", "n0"] and asked[-1] == ("user:1", "deal", "some words", 10_000)
    assert door.answer(query, If_None_Match=first.headers["ETag"]).status_code == 304
    found = Ids([*ids[:3], ids[4]], 4)  # the index has caught up; no record changed since
    assert door.names(query) == ["n4", "n2", "n0"]
    assert door.answer(query, If_None_Match=first.headers["ETag"]).status_code == 200
    assert "search" not in first.get_json(force=True)["meta"]
    found = Ids(ids, 12_345)
    meta = door.answer(query).get_json(force=True)["meta"]
    assert meta["search"] == {"matched": 12_345, "taken": 10_000} and meta["page"]["total"] == 3
    assert door.names("filter[q]=") == [f"n{n}" for n in range(6)]
    assert len(door.names("filter[q]=x&page[size]=4&page[number]=2")) == 2


def test_where_nothing_can_be_searched_the_parameter_is_named(door: Door) -> None:
    assert door.refused("filter[q]=x") == "filter[q]", "no search in this process"
    door.records.find = lambda *_: Ids([], 0)
    assert door.names("filter[q]=x") == []
    assert door.refused("filter[q]=x", "program", "/api/bares") == "filter[q]"
    assert door.refused("filter[q]=" + "x" * 1001) == "filter[q]"
    assert door.answer("filter[q]=x", "ann", "/api/bares").status_code in (400, 403)


def test_links_keep_groups_days_and_sums_as_they_were_asked(door: Door) -> None:
    for n in range(30):
        door.make(name=f"n{n}", count=n)
    query = "filter[or.1][count][gt]=5&filter[or.1][created_at][lt]=last_week&page[sums]=count&page[size]=10"
    document = door.answer(query).get_json(force=True)
    again = door.client.get(document["links"]["next"]).get_json(force=True)
    assert again["meta"]["page"]["sums"] == document["meta"]["page"]["sums"] == {"count": sum(range(6, 30))}
    assert again["data"][0]["attributes"]["name"] == "n16"


def test_a_page_for_people_reads_the_same_list_by_the_same_words(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, "2026-11-25T12:00:00+00:00")
    for day in ("2026-11-24", "2026-11-26", "2026-11-30"):
        door.make(name=day[-2:], day=day, amount="1")
    lists, registry = make_resources(door.records).lists, door.records.registry
    entity, table = registry.entity("deal"), registry.tables["deal"]

    def look(who: str = "ann") -> Any:
        query = b"filter[day]=this_week&page[sums]=amount&page[totals]=true&sort=-day&pinned=name"
        return lists.look(registry, ACTORS[who], entity, lists.asked(registry, entity, query, extra=("pinned",)))

    first = look()
    assert [row[table.place["name"]] for row in first.found.rows] == ["26", "24"]
    assert first.found.total == 2 and first.sums == {"amount": "2.00"} and look().mark == first.mark
    at(monkeypatch, "2026-12-01T12:00:00+00:00")
    assert look().mark != first.mark and look().found.total == 1
    before = look().mark
    door.make(name="x")
    assert look().mark != before
