"""The one door: entries, versions, links, deletion, rights; and that a failure leaves nothing behind."""

from __future__ import annotations

from typing import Any

import pytest
from records_parts import ALICE, CHARLIE, create, declare, delete, found, history, people, shown, update

from appliance.base.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from appliance.records.bulk import Bulk
from appliance.records.permissions import SYSTEM, Actor
from appliance.records.records import Records

CHARLIE_ALL = Actor("user:2", ALICE.grants, user=2)
ACCOUNT = {"name": "account", "fields": [{"name": "name"}, {"name": "city"}]}
CONTACT: dict[str, Any] = {
    "name": "contact",
    "fields": [
        {"name": "name"},
        {"name": "account", "kind": "relation", "target": "account", "inverse": "contacts"},
        {"name": "friends", "kind": "relations", "target": "contact", "inverse": "friend_of"},
        {"name": "visits", "kind": "relations", "target": "account", "inverse": "visitors"},
    ],
}


@pytest.fixture
def office(records: Records) -> Records:
    people(records)
    declare(records, ACCOUNT, CONTACT)
    return records


def everything(records: Records) -> list[Any]:
    """Rows, links, counters and the log."""
    tables = ("account", "contact", "contact_friends", "contact_visits", "ingot_counter", "ingot_log")
    return [sorted(map(str, records.database.rows(f"SELECT * FROM {t}"))) for t in tables]


def test_each_change_leaves_one_entry_with_before_and_after(office: Records) -> None:
    account = create(office, "account", ALICE, name="Acme", city="Berlin")
    assert update(office, "account", account, CHARLIE_ALL, city=None, name="ACME") == 2
    delete(office, "account", account, ALICE)
    assert history(office, "account", account) == [
        ("created", 1, {"owner": [None, "1"], "name": [None, "Acme"], "city": [None, "Berlin"]}),
        ("updated", 2, {"city": ["Berlin", None], "name": ["Acme", "ACME"]}),
        ("deleted", 3, {"owner": ["1", None], "name": ["ACME", None]}),
    ]
    entries = office.log.of_record("account", account)
    assert [e.actor for e in entries] == ["user:1", "user:2", "user:1"]
    assert len({e.transaction for e in entries}) == 3


def test_an_update_that_changes_nothing_writes_nothing(office: Records) -> None:
    account = create(office, "account", name="Acme")
    contact = create(office, "contact", name="Ada", account=account, visits=[account])
    before, mark = everything(office), office.versions.of("contact")
    assert update(office, "contact", contact, name="Ada", account=str(account), visits=[str(account)]) == 1
    with office.work(SYSTEM) as work:
        work.relate("contact", contact, "visits", [account], "add")
        Bulk(work, "contact", ["name"]).store([{"name": "Ada", "account": account, "visits": [account]}])
    assert everything(office) == before
    assert office.versions.of("contact") == mark


def test_a_stale_version_names_the_fields_that_differ(office: Records) -> None:
    id_ = create(office, "account", name="Acme", city="Berlin")
    update(office, "account", id_, city="Bonn")
    update(office, "account", id_, city="Trier")
    for verb in ("update", "delete"):
        with pytest.raises(Stale) as stale, office.work(SYSTEM) as work:
            work.update("account", id_, {"name": "x"}, version=1) if verb == "update" else work.delete(
                "account", id_, version=1
            )
        assert (stale.value.version, stale.value.fields) == (3, ["city"])
    with office.work(SYSTEM) as work:
        assert work.update("account", id_, {"name": "x"}, version=3)[1] == 4


def test_nothing_is_left_of_a_work_that_fails_wherever_it_fails(office: Records) -> None:
    account = create(office, "account", name="Acme")
    contact = create(office, "contact", name="Ada", account=account)
    before = everything(office)
    for step in (
        lambda w: w.create("contact", {"account": 999}),
        lambda w: w.create("contact", {"friends": [contact, 999]}),
        lambda w: w.update("contact", contact, {"name": "x", "nonsense": 1}),
        lambda w: w.relate("contact", contact, "friends", [999], "add"),
        lambda w: w.relate("account", account, "contacts", [999], "add"),
        lambda w: w.relate("account", account, "nonsense", [1], "add"),
        lambda w: w.delete("account", 999),
        lambda w: w.create("nonsense", {}),
    ):
        with pytest.raises((Invalid, NotFound)), office.work(SYSTEM) as work:
            work.create("account", {"name": "before"})
            work.update("contact", contact, {"account": None})
            step(work)
        assert everything(office) == before
    with pytest.raises(ZeroDivisionError), office.work(SYSTEM) as work:
        work.delete("account", account)
        work.flush()
        raise ZeroDivisionError
    assert everything(office) == before


def test_an_attempt_that_fails_takes_its_entries_back_and_the_rest_stays(office: Records) -> None:
    with office.work(SYSTEM) as work:
        kept = work.create("account", {"name": "kept"})[0]
        with pytest.raises(Invalid), work.attempt():
            work.update("account", kept, {"name": "lost"})
            work.create("contact", {"account": 999})
        work.update("account", kept, {"city": "Bonn"})
    assert [c for _, _, c in history(office, "account", kept)][1:] == [{"city": [None, "Bonn"]}]
    assert shown(office, "account", kept)["name"] == "kept"


def test_links_to_many_are_logged_and_move_the_version_from_either_end(office: Records) -> None:
    account = create(office, "account", name="Acme")
    ada, bob = create(office, "contact", name="Ada"), create(office, "contact", name="Bob")
    with office.work(SYSTEM) as work:
        work.relate("contact", ada, "friends", [bob], "add")
        work.relate("contact", bob, "friend_of", [ada], "add")  # there already, from the other end
        work.relate("account", account, "visitors", [ada, bob], "replace")
        work.relate("account", account, "contacts", [ada, bob], "replace")
        work.relate("account", account, "contacts", [ada], "replace")
        work.relate("account", account, "visitors", [ada], "remove")
    assert [c for _, _, c in history(office, "contact", ada)][1:] == [
        {"friends": [[], [str(bob)]]},
        {"visits": [[], [str(account)]]},
        {"account": [None, str(account)]},
        {"visits": [[str(account)], []]},
    ]
    assert [v for _, v, _ in history(office, "contact", ada)] == [1, 2, 3, 4, 5]
    assert shown(office, "contact", bob)["account"] is None
    assert [v for _, v, _ in history(office, "account", account)] == [1]  # the links are not its own


def test_deleting_clears_forbids_or_takes_along_as_declared(records: Records) -> None:
    declare(records, {"name": "box", "fields": [{"name": "name"}]}, {"name": "lid", "fields": [
        {"name": "clears", "kind": "relation", "target": "box"}, {"name": "many", "kind": "relations", "target": "box"},
        {"name": "forbids", "kind": "relation", "target": "box", "on_delete": "restrict"},
        {"name": "goes", "kind": "relation", "target": "box", "on_delete": "cascade"},
        {"name": "needs", "kind": "relation", "target": "lid", "on_delete": "cascade"},
    ]})  # fmt: skip
    one, two = create(records, "box"), create(records, "box")
    clears = create(records, "lid", clears=one, many=[one, two])
    forbids = create(records, "lid", forbids=one)
    goes = create(records, "lid", goes=one)
    above = create(records, "lid", needs=goes)
    update(records, "lid", goes, needs=above)  # a circle
    before = len(records.log.after(0))
    with records.work(SYSTEM) as work, pytest.raises(Conflict) as refused:
        work.delete("box", one)
    assert refused.value.code == "in_use"
    assert len(records.log.after(0)) == before
    assert shown(records, "lid", clears)["clears"] == str(one)  # also what was cleared before the wall is back
    update(records, "lid", forbids, forbids=None)
    delete(records, "box", one)
    assert history(records, "lid", clears)[-2:] == [
        ("updated", 2, {"clears": [str(one), None]}), ("updated", 3, {"many": [[str(one), str(two)], [str(two)]]}),
    ]  # fmt: skip
    assert [history(records, "lid", i)[-1][0] for i in (goes, above)] == ["deleted", "deleted"]
    assert found(records, "lid") == [clears, forbids]


def test_ids_are_never_given_again(office: Records) -> None:
    first = create(office, "account")
    delete(office, "account", first)
    assert create(office, "account") > first
    with office.work(SYSTEM) as work:
        work.create("account", {}, record_id=500)
    delete(office, "account", 500)
    for id_ in (500, first):
        with pytest.raises(Conflict), office.work(SYSTEM) as work:
            work.create("account", {}, record_id=id_)
    with pytest.raises(Invalid), office.work(SYSTEM) as work:
        work.create("account", {}, record_id=2**63 - 1)
    assert create(office, "account") > 500
    with office.work(SYSTEM) as work:
        Bulk(work, "account").store([{"name": "a"}, {"name": "b"}])
    assert create(office, "account", name="c") > max(found(office, "account", ("name", "eq", "b")))


def test_charlie_cannot_see_change_link_or_guess_what_is_alices(office: Records) -> None:
    secret = create(office, "account", ALICE, name="Secret", city="Bonn")
    ada = create(office, "contact", ALICE, name="Ada", account=secret)
    mine = create(office, "contact", CHARLIE, name="Mine")
    office_account = create(office, "account", CHARLIE, name="Open", city="Ulm")
    with office.work(ALICE) as work:
        work.update("contact", mine, {"account": secret})
        work.update("contact", ada, {"visits": [office_account]})

    for attempt in (
        lambda w: w.update("account", secret, {"name": "x"}),
        lambda w: w.delete("account", secret),
        lambda w: w.relate("account", secret, "contacts", [mine], "add"),
        lambda w: w.relate("account", office_account, "contacts", [ada], "add"),
    ):
        with pytest.raises(NotFound), office.work(CHARLIE) as work:
            attempt(work)
    for values in ({"account": secret}, {"visits": [secret]}, {"friends": [ada]}):
        with pytest.raises(Invalid), office.work(CHARLIE) as work:
            work.create("contact", values)
    with office.work(CHARLIE) as work:  # saving a form whose link alice had set is no new link
        work.update("contact", mine, {"name": "Still mine", "account": secret})
        assert work.find(work.table("account"), {"name": "Secret"}) == []

    assert found(office, "account", actor=CHARLIE) == [office_account]
    assert found(office, "contact", ("account.name", "starts", "Sec"), actor=CHARLIE) == []
    assert found(office, "contact", ("account.contacts.name", "eq", "Ada"), actor=CHARLIE) == []
    assert found(office, "account", ("visitors", "empty", "false"), actor=CHARLIE) == []
    assert found(office, "account", ("visitors", "eq", str(ada)), actor=CHARLIE) == []
    assert found(office, "account", ("visitors", "neq", str(ada)), actor=CHARLIE) == [office_account]
    assert found(office, "account", ("visitors.name", "eq", "Ada"), actor=CHARLIE) == []
    assert found(office, "account", ("visitors", "empty", "false"), actor=ALICE) == [office_account]
    other = create(office, "contact", CHARLIE, name="Other", account=office_account)
    assert found(office, "contact", sort="account.city", actor=CHARLIE) == [
        mine,
        other,
    ]  # his own first: alice's city is nothing
    assert found(office, "contact", sort="account.city", actor=ALICE)[-1] == other


def test_charlies_upsert_does_not_touch_or_reveal_alices_record(office: Records) -> None:
    secret = create(office, "account", ALICE, name="Secret", city="Bonn")
    with office.work(CHARLIE) as work:
        outcome = Bulk(work, "account", ["name"]).store([{"name": "Secret", "city": "Ulm"}])
    assert (outcome.created, outcome.updated, outcome.rejected) == (1, 0, [])
    assert shown(office, "account", secret)["city"] == "Bonn"


def test_a_reader_and_a_narrow_token_may_not_write(office: Records) -> None:
    reader = Actor("user:3", {"*": {"read": "all"}}, user=3)
    token = Actor("token:1", ALICE.grants, user=1, scopes=("account:read", "contact:write"))
    create(office, "contact", token, name="by token")
    for actor in (reader, token):
        with pytest.raises(NotAllowed):
            create(office, "account", actor)
        with pytest.raises(NotAllowed), office.work(actor) as work:
            Bulk(work, "account").store([{"name": "x"}])
    with pytest.raises(NotAllowed):
        found(office, "contact", actor=token)
    with pytest.raises(NotAllowed), office.change_schema(ALICE):
        pass
