"""/live as a client lives it: what it is told, what it is not, and that nothing is lost between two connections."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from live_site import LiveSite, token_for, until
from websockets.exceptions import ConnectionClosed, InvalidStatus

from appliance.features.identity.accounts import set_password
from appliance.features.identity.tokens import revoke_token
from appliance.records.declaration import read_field
from appliance.records.permissions import SYSTEM


def test_a_subscriber_hears_what_was_done_and_no_data(site: LiveSite, alice: str) -> None:
    site.create(name="before")
    with site.client(alice) as client:
        start = site.records.log.last()
        assert client.subscribe("contacts") == {"subscribed": ["contacts"], "position": start}
        one = site.create(name="Ada")
        site.write(lambda work: work.update("contact", one, {"name": "Bob"}))
        site.write(lambda work: work.delete("contact", one))
        heard = [client.hear() for _ in range(3)]
        assert heard == [
            {"position": start + n + 1, "entity": "contacts", "id": str(one), "action": action}
            for n, action in enumerate(("created", "updated", "deleted"))
        ]
        assert client.silent()


def test_one_record_can_be_watched_and_left_again(site: LiveSite, alice: str) -> None:
    ada, bob = site.create(name="Ada"), site.create(name="Bob")
    with site.client(alice) as client:
        client.subscribe(f"contacts/{ada}")
        site.write(lambda work: work.update("contact", bob, {"name": "x"}))
        site.write(lambda work: work.update("contact", ada, {"name": "y"}))
        assert client.hear()["id"] == str(ada)
        assert client.ask({"unsubscribe": [f"contacts/{ada}"]}) == {"unsubscribed": [f"contacts/{ada}"]}
        site.write(lambda work: work.update("contact", ada, {"name": "z"}))
        until(lambda: site.live._publisher.heard == site.records.log.last())
        assert client.silent()


def test_resuming_while_others_write_has_no_gap_and_no_double(site: LiveSite, alice: str) -> None:
    start = site.records.log.last()
    done = threading.Event()

    def write() -> None:
        for n in range(150):
            site.create(name=f"n{n}")
        done.set()
        site.records.database.release()

    writer = threading.Thread(target=write)
    writer.start()
    positions: list[int] = []
    while len(positions) < 150:
        with site.client(alice) as client:
            after = positions[-1] if positions else start
            assert client.subscribe("contacts", after=after)["position"] == after
            for _ in range(7 if not done.is_set() else 150 - len(positions)):
                if len(positions) < 150:
                    positions.append(client.hear()["position"])
            if len(positions) == 150:
                assert client.silent()
    writer.join(20)
    entries = site.records.log.after(start, 1000)
    assert positions == [e.position for e in entries if e.entity == "contact"]


def test_a_replay_beside_other_topics_repeats_nothing(site: LiveSite, alice: str) -> None:
    ada = site.create(name="Ada")
    with site.client(alice) as client:
        client.subscribe("contacts")
        site.write(lambda work: work.update("contact", ada, {"name": "x"}))
        heard = client.hear()
        client.subscribe(f"contacts/{ada}", after=0)
        assert client.hear()["action"] == "created"  # what `contacts` had not told; the update it had
        site.write(lambda work: work.update("contact", ada, {"name": "y"}))
        assert client.hear()["position"] == heard["position"] + 1
        client.subscribe("contacts", after=0)
        assert client.silent()  # the creation was told by contacts/1, the rest by contacts


def test_charlie_does_not_hear_of_what_he_may_not_see(site: LiveSite, alice: str, charlie: str) -> None:
    his = site.who.by_token(charlie)
    start = site.records.log.last()
    with site.client(charlie) as client:
        client.subscribe("contacts", "users")
        hers = site.create(site.who.by_token(alice), name="hers")
        mine = site.create(his, name="mine")
        assert client.hear()["id"] == str(mine)
        site.write(lambda work: work.delete("contact", mine), his)
        site.write(lambda work: work.update("contact", hers, {"owner": his.user}))
        heard = [client.hear() for _ in range(2)]
        assert [(h["id"], h["action"]) for h in heard] == [(str(mine), "deleted"), (str(hers), "updated")]
        assert client.silent()
    with site.client(charlie) as client:
        client.subscribe("contacts", after=start)
        heard = [client.hear() for _ in range(3)]  # hers is his now, from its beginning; of his own that it is gone
        assert [(h["id"], h["action"]) for h in heard] == [
            (str(hers), "created"), (str(mine), "deleted"), (str(hers), "updated"),
        ]  # fmt: skip
        assert client.silent()


def test_whoever_saw_a_record_hears_that_it_was_taken_from_them(site: LiveSite, alice: str, charlie: str) -> None:
    his, hers = site.who.by_token(charlie), site.who.by_token(alice)
    record = site.create(his, name="his")
    with site.client(charlie) as client, site.client(alice) as other:
        client.subscribe(f"contacts/{record}")
        other.subscribe("contacts")
        site.write(lambda work: work.update("contact", record, {"owner": hers.user}))
        site.write(lambda work: work.update("contact", record, {"name": "not told to him"}))
        told = client.hear()
        assert (told["id"], told["action"], client.silent()) == (str(record), "deleted", True)
        assert [other.hear()["action"] for _ in range(2)] == ["updated", "updated"]


@pytest.mark.parametrize(
    "message",
    [
        "hello",
        b"\x00\xff",
        "[]",
        "{}",
        '{"subscribe": "contacts"}',
        '{"subscribe": [7]}',
        '{"subscribe": ["contacts/x"]}',
        '{"subscribe": ["nothings"]}',
        '{"subscribe": ["contacts"], "after": "7"}',
        '{"subscribe": ["contacts"], "after": -1}',
        '{"subscribe": ["contacts"], "colour": 1}',
    ],
)
def test_what_cannot_be_understood_is_answered_and_the_socket_stays(site: LiveSite, alice: str, message: Any) -> None:
    with site.client(alice) as client:
        assert set(client.ask(message)) == {"error", "code"}
        assert client.subscribe("contacts")["subscribed"] == ["contacts"]


def test_too_many_topics_are_refused(site: LiveSite, alice: str) -> None:
    with site.client(alice) as client:
        assert client.subscribe(*(f"contacts/{n}" for n in range(200)))["position"]
        assert client.subscribe("contacts/200")["code"] == "too_many"
        assert client.subscribe("contacts/7")["subscribed"] == ["contacts/7"]


def test_who_is_too_far_behind_is_told_to_read_anew(
    site: LiveSite, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.features.live.wishes.FURTHEST", 5)
    for n in range(6):
        site.create(name=f"n{n}")
    last = site.records.log.last()
    with site.client(alice) as client:
        for after in (last - 6, last + 1):  # long ago, and from another time line
            answer = client.subscribe("contacts", after=after)
            assert answer == {"subscribed": ["contacts"], "position": last, "reset": True}
        client.subscribe("contacts", after=last - 5)
        assert [client.hear()["position"] for _ in range(5)] == [*range(last - 4, last + 1)]


def test_an_import_is_one_notice(site: LiveSite, alice: str, charlie: str) -> None:
    with site.client(alice) as client, site.client(alice) as other, site.client(charlie) as stranger:
        client.subscribe("contacts")
        other.subscribe("contacts/3")
        stranger.subscribe("contacts")
        site.write(lambda work: [work.create("contact", {"name": f"n{n}"}) for n in range(700)])
        assert client.hear() == {"reset": True, "position": site.records.log.last()}
        assert client.silent()
        assert other.hear()["id"] == "3"
        assert stranger.silent()


def test_a_change_of_the_schema_is_heard(site: LiveSite, alice: str) -> None:
    with site.client(alice) as client:
        client.subscribe("fields")
        with site.records.change_schema(SYSTEM) as schema:
            field = schema.add_field(schema.entities()["contact"], read_field({"name": "fax"}))
        heard = client.hear()
        assert (heard["entity"], heard["id"], heard["action"]) == ("fields", str(field.id), "created")


def test_foreign_pages_and_strangers_are_refused(site: LiveSite, alice: str) -> None:
    for token, more, status in (
        (alice, {"origin": "http://evil.example"}, 403),
        ("", {}, 401),
        ("ingot_wrong", {}, 401),
    ):
        with pytest.raises(InvalidStatus) as refused:
            site.client(token, **more)
        assert refused.value.response.status_code == status
    with site.client(alice, origin=site.server.address) as client:
        assert client.subscribe("contacts")["position"]


@pytest.mark.parametrize("how", ["token", "user", "session", "password"])
def test_who_may_no_longer_come_in_is_disconnected(
    site: LiveSite, alice: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.features.live.live.LOOK_ANYWAY", 3_600.0)  # nobody is found by chance
    user = site.who.by_token(alice).user
    assert user
    cookie, _ = site.sessions.open(user, "", "")
    entry = (
        {"token": "", "headers": {"Cookie": f"ingot_session={cookie}"}}
        if how in ("session", "password")
        else {"token": alice}
    )
    with site.client(**entry) as client:  # type: ignore[arg-type]
        client.subscribe("contacts")
        if how == "token":
            site.write(lambda work: revoke_token(work, 1))
        elif how == "user":
            site.write(lambda work: work.update("user", user, {"active": False}))
        elif how == "password":
            site.write(lambda work: set_password(work, user, "four words make sense"))
        else:
            site.sessions.close(cookie)
        with pytest.raises(ConnectionClosed):
            client.hear()
        assert client.socket.close_code == 1008
    until(lambda: not site.live._publisher.board.by_topic)


def test_a_new_role_counts_at_once(site: LiveSite, charlie: str) -> None:
    user = site.who.by_token(charlie).user
    with site.client(charlie) as client:
        client.subscribe("contacts")
        site.create(name="hidden")
        site.write(lambda work: work.update("user", user, {"roles": ["reader"]}))
        until(lambda: [s.actor.reach("read", "contact") for s in site.live._subscribers] == ["all"])
        seen = site.create(name="seen")
        assert client.hear()["id"] == str(seen)


def test_jobs_are_told_to_who_asked_for_them_and_to_administrators(site: LiveSite, alice: str, charlie: str) -> None:
    admin = token_for(site, "root", "admin")
    mine = site.who.by_token(alice)
    with site.client(alice) as asked, site.client(charlie) as other, site.client(admin) as boss:
        asked.subscribe("jobs")
        boss.subscribe("jobs")
        other.subscribe("jobs")
        job = site.jobs.enqueue("nap", actor=mine.key)
        for client in (asked, boss):
            assert client.hear() == {"entity": "jobs", "id": str(job), "action": "waiting"}
        site.jobs.cancel(job)
        for client in (asked, boss):
            assert client.hear()["action"] == "cancelled"
        assert other.silent()
    with site.client(alice) as client:
        client.subscribe("jobs/2", "contacts", after=0)
        site.jobs.enqueue("nap", actor=f"user:{mine.user}")
        assert client.hear()["id"] == "2"


def test_a_job_that_ended_before_somebody_asked_for_it_is_told_of_at_once(
    site: LiveSite, alice: str, charlie: str
) -> None:
    job = site.jobs.enqueue("nap", actor=site.who.by_token(alice).key)
    site.jobs.cancel(job)
    for after in (None, 0):
        with site.client(alice) as asked, site.client(charlie) as other:
            asked.subscribe(f"jobs/{job}", after=after)
            other.subscribe(f"jobs/{job}", after=after)
            assert asked.hear() == {"entity": "jobs", "id": str(job), "action": "cancelled"}
            assert other.silent()


def test_a_client_that_goes_leaves_nothing_behind(site: LiveSite, alice: str) -> None:
    with site.client(alice) as client:
        client.subscribe("contacts", "contacts/1", after=0)
    until(lambda: not site.live._subscribers and not site.live._publisher.board.by_topic)
    assert site.live.health() == ("ok", "0 connected")
