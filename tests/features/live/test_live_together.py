"""Who else is on a record, how many notices are unread, and that a comment is news of its record."""

from __future__ import annotations

from typing import Any

import pytest
from live_site import Client, LiveSite, until

from appliance.features.comments.comments import add, edit, remove
from appliance.features.identity.accounts import add_user
from appliance.features.identity.sessions import COOKIE
from appliance.features.live import presence
from appliance.features.notices.follower import NoticeFollower


class People:
    """Sessions of people, as browsers have them."""

    def __init__(self, site: LiveSite):
        self.site, self.ids = site, {}
        for name, role in (("Ada", "editor"), ("Bob", "editor"), ("Cid", "seller")):
            address = f"{name.lower()}@office.example"
            self.ids[name] = site.write(lambda w, a=address, n=name, r=role: add_user(w, a, name=n, roles=[r])[0])

    def client(self, name: str) -> Client:
        cookie, _ = self.site.sessions.open(self.ids[name], "127.0.0.1", "tests")
        return self.site.client("", headers={"Cookie": f"{COOKIE}={cookie}", "Origin": self.site.server.address})

    def on(self, client: Client, topic: str, *names: str) -> None:
        """The next thing the client hears is that these others are there."""
        users = [{"id": str(self.ids[n]), "name": n} for n in names]
        assert client.hear() == {"presence": topic, "users": users}


@pytest.fixture
def people(site: LiveSite) -> People:
    return People(site)


def _enter(client: Client, topic: str) -> None:
    assert "subscribed" in client.ask({"subscribe": [topic], "presence": True})


def test_people_on_a_record_know_of_each_other(site: LiveSite, people: People) -> None:
    topic = f"contacts/{site.create(name='x')}"
    with people.client("Ada") as ada:
        _enter(ada, topic)
        people.on(ada, topic)
        with people.client("Bob") as bob, people.client("Bob") as other_tab:
            _enter(bob, topic)
            people.on(ada, topic, "Bob")
            people.on(bob, topic, "Ada")
            _enter(other_tab, topic)
            people.on(other_tab, topic, "Ada")
            bob.say({"unsubscribe": [topic]})
            assert "unsubscribed" in bob.hear()
            assert ada.silent()  # Bob's other tab is still there
        people.on(ada, topic)
    until(lambda: not site.live._presence._places)


def test_programs_and_those_who_did_not_ask_are_neither_seen_nor_told(
    site: LiveSite, people: People, alice: str
) -> None:
    topic = f"contacts/{site.create(name='x')}"
    with people.client("Ada") as ada, people.client("Bob") as bob, site.client(alice) as program:
        bob.subscribe(topic)
        program.subscribe(topic)
        _enter(ada, topic)
        people.on(ada, topic)
        assert bob.silent() and program.silent()
        assert "subscribed" in program.ask({"subscribe": [topic], "presence": True})
        people.on(program, topic, "Ada")
        assert ada.silent()
        assert "error" in ada.ask({"subscribe": [topic], "presence": 1})


def test_nobody_is_seen_on_a_record_he_may_not_see(site: LiveSite, people: People) -> None:
    topic = f"contacts/{site.create(name='x')}"
    with people.client("Ada") as ada, people.client("Cid") as cid:
        _enter(ada, topic)
        people.on(ada, topic)
        _enter(cid, topic)
        assert cid.silent() and ada.silent()


def test_a_crowd_is_told_of_by_number(site: LiveSite, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "NAMED", 1)
    topic = f"contacts/{site.create(name='x')}"
    with people.client("Ada") as ada, people.client("Bob") as bob:
        eve = site.write(lambda w: add_user(w, "eve@office.example", name="Eve", roles=["editor"])[0])
        people.ids["Eve"] = eve
        with people.client("Eve") as third:
            for one in (ada, bob, third):
                _enter(one, topic)

            def last(client: Client) -> Any:
                heard = client.hear()
                while heard.get("more") != 1:
                    heard = client.hear()
                return [u["name"] for u in heard["users"]]

            assert (last(ada), last(bob), last(third)) == (["Bob"], ["Ada"], ["Ada"])


def test_a_comment_is_news_of_its_record(site: LiveSite, people: People) -> None:
    one = site.create(name="x")
    start = site.records.log.last()
    with people.client("Ada") as ada, people.client("Cid") as cid:
        ada.subscribe(f"contacts/{one}")
        cid.subscribe(f"contacts/{one}", "contacts")
        made = site.write(lambda w: add(w, "contact", one, "hello"))[0]
        site.write(lambda w: edit(w, made, "hallo"))
        site.write(lambda w: remove(w, made))
        for n in range(3):
            heard = {"position": start + n + 1, "entity": "contacts", "id": str(one), "action": "commented"}
            assert ada.hear() == heard
        assert cid.silent()
    with people.client("Bob") as late:
        late.subscribe("contacts", after=start)
        assert [late.hear()["action"] for _ in range(2)] == [
            "commented",
            "commented",
        ]  # the text of a gone one is nobody's


def test_unread_notices_are_told_to_their_reader_alone(site: LiveSite, people: People) -> None:
    notices = site.notices
    follower = NoticeFollower(
        site.records.database, site.records, notices, lambda user: site.who.actor_of(user, "user", user)
    )
    follower.start()
    try:
        with people.client("Ada") as ada, people.client("Bob") as bob:
            for one in (ada, bob):
                assert "subscribed" in one.ask({"subscribe": ["notices"]})
                assert one.hear() == {"notices": 0}
            site.create(name="x", owner=people.ids["Ada"])
            assert ada.hear() == {"notices": 1}
            site.create(name="y", owner=people.ids["Ada"])
            assert ada.hear() == {"notices": 2}
            notices.mark_all(people.ids["Ada"])
            assert ada.hear() == {"notices": 0}
            assert bob.silent()
    finally:
        follower.stop(5)
