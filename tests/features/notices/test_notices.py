"""Who is told of what, once, and never of what he may not see."""

from __future__ import annotations

import time
from typing import Any

import pytest
from together import Together

from appliance.base import clock
from appliance.features.notices import follower
from appliance.features.notices.follower import NoticeFollower


def _told(house: Together, who: str, query: str = "") -> list[tuple[str, str]]:
    """(kind, title), newest first"""
    house.follow()
    found = house.ask("GET", f"/api/notices{query}", who=who)
    return [(n["attributes"]["kind"], n["attributes"]["title"]) for n in found["data"]]


def _comment(house: Together, id_: int, text: str, who: str) -> str:
    document = {"type": "comments", "attributes": {"text": text}}
    return str(house.ask("POST", f"/api/contacts/{id_}/comments", document, 201, who)["data"]["id"])


def _give(house: Together, who: str, id_: int, to: str) -> None:
    with house.records.work(house.actors[who]) as work:
        work.update("contact", id_, {"owner": house.user(to)})


def test_whoever_is_given_a_record_is_told_and_not_the_giver(house: Together) -> None:
    ada = house.make("contact", name="Ada")
    _give(house, "alice", ada, "bob")
    house.make("contact", name="New", owner=house.user("bob"))
    _give(house, "bob", house.make("contact", name="Own"), "bob")
    assert _told(house, "bob") == [("assigned", "New"), ("assigned", "Ada")]
    assert _told(house, "alice") == []
    house.records.database.run("UPDATE ingot_follower SET position = 0 WHERE name = 'notices'")
    house.follower._seen = 0
    assert len(_told(house, "bob")) == 2  # told again from the beginning: still once


def test_mentions_and_comments(house: Together) -> None:
    ada = house.make("contact", name="Ada")
    bob, charlie, alice = (house.user(n) for n in ("bob", "charlie", "alice"))
    one = _comment(house, ada, f"@[user:{bob}] @[user:{charlie}] @[user:999] @[user:{bob}]", "rita")
    assert _told(house, "bob") == [("mentioned", "Ada")]
    assert _told(house, "alice") == [("commented", "Ada")]
    assert _told(house, "charlie") == _told(house, "rita") == []
    document = {"type": "comments", "attributes": {"text": f"@[user:{bob}] @[user:{alice}]"}}
    house.ask("PATCH", f"/api/comments/{one}", document, who="rita")
    assert _told(house, "bob") == [("mentioned", "Ada")]
    assert _told(house, "alice") == [("mentioned", "Ada"), ("commented", "Ada")]
    _comment(house, ada, f"@[user:{alice}]", "bob")  # owner and mentioned: told once
    assert len(_told(house, "alice")) == 3


def test_a_notice_is_gone_when_its_record_is_or_may_not_be_seen_any_more(house: Together) -> None:
    mine, gone = (house.make("contact", name=n, owner=house.user("charlie")) for n in ("Mine", "Gone"))
    assert len(_told(house, "charlie")) == 2
    _give(house, "alice", mine, "alice")
    with house.records.work(house.actors["alice"]) as work:
        work.delete("contact", gone)
    assert _told(house, "charlie") == []
    assert house.ask("GET", "/api/notices")["meta"]["unread"] == 0


def test_notices_are_read_one_by_one_and_all_by_their_own_reader(house: Together) -> None:
    made = [house.make("contact", name=f"c{n}", owner=house.user("bob")) for n in range(3)]
    assert len(_told(house, "bob", "?filter[unread]=true")) == len(made)
    found = house.ask("GET", "/api/notices?page[size]=2")
    assert found["meta"]["unread"] == 3
    assert [n["attributes"]["title"] for n in house.ask("GET", found["links"]["next"])["data"]] == ["c0"]
    first = f"/api/notices/{found['data'][0]['id']}"
    house.ask("PATCH", first, {"type": "notices", "attributes": {"read": True}}, 404, "alice")
    house.ask("PATCH", first, {"type": "notices", "attributes": {"read": True}}, who="bob")
    assert _told(house, "bob", "?filter[unread]=true") == [("assigned", "c1"), ("assigned", "c0")]
    house.ask("PATCH", first, {"type": "notices", "attributes": {"read": False}})
    upto = found["data"][1]["id"]
    done = house.ask("POST", "/api/notices/read-all", {"type": "notices", "attributes": {"upto": upto}})
    assert done["meta"] == {"read": 2, "unread": 1}
    house.ask("POST", "/api/notices/read-all")
    assert house.ask("GET", "/api/notices")["meta"]["unread"] == 0
    house.ask("PATCH", first, {"type": "notices", "attributes": {"read": 1}}, 422)
    assert house.notices.sweep(clock.wire_now()[:10]) == 0
    assert house.notices.sweep("9999") == 3


def test_many_records_given_at_once_are_one_notice(house: Together) -> None:
    with house.records.work(house.actors["alice"]) as work:
        for n in range(20):
            work.create("contact", {"name": f"c{n}", "owner": house.user("bob")})
    house.follow()
    found = house.ask("GET", "/api/notices", who="bob")["data"]
    assert [(n["attributes"]["count"], n["relationships"]["record"]["data"]) for n in found] == [(20, None)]


def test_whoever_asked_for_a_job_is_told_that_it_ended(house: Together) -> None:
    alice = house.actors["alice"].key
    with pytest.raises(RuntimeError), house.records.database.write():
        house.jobs.enqueue("nap", actor=alice)
        raise RuntimeError
    one = house.jobs.enqueue("nap", actor=alice)
    house.jobs.enqueue("nap")
    house.jobs.cancel(house.jobs.enqueue("nap", actor=house.actors["bob"].key, delay=1000))
    house.ask("GET", "/api/notices", who="alice")
    house.done({"data": {"id": str(one)}})
    assert _told(house, "alice") == [("job_done", "nap success")]
    assert _told(house, "bob") == [("job_done", "nap cancelled")]


def test_what_is_brought_back_by_undo_is_not_told_again(house: Together) -> None:
    ada = house.make("contact", name="Ada", owner=house.user("bob"))
    assert len(_told(house, "bob")) == 1
    with house.records.work(house.actors["bob"]) as work:
        work.delete("contact", ada)
    document: dict[str, Any] = {"type": "undo", "attributes": {"transaction": house.transaction("contact", ada)}}
    house.ask("POST", "/api/undo", document, who="alice")
    assert len(_told(house, "bob")) == 1


def test_a_follower_far_behind_moves_on_without_news(house: Together, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "BATCH", 10)
    with house.records.work(house.actors["alice"]) as work:
        for n in range(25):
            work.create("tag", {"name": f"t{n}"})
    house.follow()
    assert house.follower.position() > house.records.log.last() - 30
    _give(house, "alice", house.make("contact", name="Ada"), "bob")
    assert _told(house, "bob") == [("assigned", "Ada")]


def test_a_follower_that_dies_in_the_middle_loses_nothing_and_tells_nothing_twice(house: Together) -> None:
    for n in range(3):
        house.make("contact", name=f"c{n}", owner=house.user("bob"))
    add = house.notices.add

    def dies(rows: Any, **more: Any) -> None:
        add(rows, **more)
        raise KeyboardInterrupt

    house.notices.add = dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        house.follower.step()
    house.notices.add = add  # type: ignore[method-assign]
    assert house.ask("GET", "/api/notices", who="bob")["data"] == []
    assert len(_told(house, "bob")) == 3


def test_two_processes_that_follow_tell_once(house: Together) -> None:
    by_user = {a.user: a for a in house.actors.values()}
    both = [NoticeFollower(house.records.database, house.records, house.notices, by_user.get) for _ in range(2)]
    for one in both:
        one.start()
    made = [house.make("contact", name=f"c{n}", owner=house.user("bob")) for n in range(40)]
    deadline = time.monotonic() + 20
    while both[0].position() < house.records.log.last() and time.monotonic() < deadline:
        time.sleep(0.02)
    for one in both:
        one.stop(5)
    told = house.records.database.rows("SELECT sum(count), count(DISTINCT position) = count(*) FROM ingot_notice")
    assert (int(told[0][0]), bool(told[0][1])) == (len(made), True)
