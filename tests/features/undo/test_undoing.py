"""What was done is taken back: values, records, links; and what somebody changed since is never lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from appliance.base import clock
from appliance.base.errors import Conflict, Invalid, NotAllowed, NotFound
from appliance.features.files.storing import Kept, add_file
from appliance.features.undo import undoing
from appliance.features.undo.restoring import bring_back, deleted_records, restore
from appliance.features.undo.taking_back import Undone, UndoRefused
from appliance.features.undo.tracing import Trace, Traces
from appliance.features.undo.undoing import undo_traced, undo_transaction
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM, Actor
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.steps import Steps
from appliance.records.work import Work

ALL = dict.fromkeys(("read", "create", "update", "delete"), "all")
OWN = dict.fromkeys(("read", "create", "update", "delete"), "own")
ALICE = Actor("user:1", {"*": ALL, "file": ALL}, user=1, via="ui")
CHARLIE = Actor("user:2", {"*": OWN}, user=2, via="ui")
DECLARED: list[dict[str, Any]] = [
    {"name": "account", "fields": [{"name": "name", "required": True}, {"name": "code", "unique": True}]},
    {"name": "contact", "fields": [
        {"name": "name"}, {"name": "phone"}, {"name": "account", "kind": "relation", "target": "account"},
        {"name": "tags", "kind": "relations", "target": "tag"}, {"name": "photo", "kind": "file"},
        {"name": "number", "kind": "auto_number", "pattern": "C-{number}"},
    ]},
    {"name": "tag", "fields": [{"name": "name"}]},
    {"name": "line", "fields": [
        {"name": "name"}, {"name": "next", "kind": "relation", "target": "line"},
        {"name": "account", "kind": "relation", "target": "account", "on_delete": "cascade", "required": True},
    ]},
]  # fmt: skip


class Room:
    def __init__(self, records: Records):
        self.records = records
        with records.change_schema(SYSTEM) as schema:
            schema.create_entities([read_entity(d) for d in DECLARED])
        for name in ("alice", "charlie"):
            self.make("user", SYSTEM, email=f"{name}@example.org", name=name)

    def do(self, what: Callable[[Work], Any], actor: Actor = ALICE) -> str:
        """The transaction it made."""
        with self.records.work(actor) as work:
            what(work)
            return work.transaction

    def make(self, entity: str, actor: Actor = ALICE, **values: Any) -> int:
        with self.records.work(actor) as work:
            return work.create(entity, values)[0]

    def undo(self, transaction: str, actor: Actor = ALICE, **more: Any) -> tuple[Undone, str]:
        with self.records.work(actor) as work:
            return undo_transaction(work, transaction, **more), work.transaction

    def shown(self, entity: str, id_: int) -> dict[str, Any]:
        reading = Reading(self.records.database, self.records.registry, SYSTEM)
        table = self.records.registry.tables[entity]
        values = table.show(reading.get(entity, id_))
        values |= {f.name: [str(i) for i in reading.linked(table, f, [id_])[id_]] for f in table.links}
        return {n: v for n, v in values.items() if n not in ("updated_at", "created_at")}

    def there(self, entity: str) -> list[int]:
        return [r[0] for r in self.records.database.rows(f'SELECT "id" FROM "{self.table(entity)}" ORDER BY "id"')]

    def table(self, entity: str) -> str:
        return self.records.registry.entity(entity).table


@pytest.fixture
def room(records: Records) -> Room:
    return Room(records)


def test_an_edit_is_taken_back_and_the_undo_too(room: Room) -> None:
    ada = room.make("contact", name="Ada", phone="1")
    edit = room.do(lambda w: w.update("contact", ada, {"name": "Bob", "phone": None}))
    done, back = room.undo(edit)
    assert (done.restored, done.kept) == (1, 0)
    assert (room.shown("contact", ada)["name"], room.shown("contact", ada)["phone"]) == ("Ada", "1")
    entry = room.records.log.of_record("contact", ada)[0]
    assert (entry.actor, entry.via, entry.transaction) == ("user:1", "ui", back)
    done, _ = room.undo(back)
    assert (room.shown("contact", ada)["name"], room.shown("contact", ada)["phone"]) == ("Bob", None)


def test_a_created_record_goes_unless_it_is_in_use_or_was_worked_on(room: Room) -> None:
    made: list[int] = []
    create = room.do(lambda w: made.append(w.create("account", {"name": "Acme", "code": "a"})[0]))
    line = room.make("line", account=made[0])
    with pytest.raises(UndoRefused) as refused:
        room.undo(create)
    assert refused.value.left[0]["reason"] == "line records point at it"
    room.do(lambda w: w.delete("line", line))
    room.do(lambda w: w.update("account", made[0], {"code": "b"}))
    with pytest.raises(UndoRefused) as refused:
        room.undo(create)
    assert refused.value.left[0]["fields"] == [{"field": "code", "now": "b", "would_be": None}]
    room.do(lambda w: w.update("account", made[0], {"code": "a"}))
    assert room.undo(create)[0].deleted == 1
    assert room.there("account") == []


def test_a_deleted_record_comes_back_with_its_id_links_and_what_went_with_it(room: Room) -> None:
    tags = [room.make("tag", name=n) for n in "ab"]
    acme = room.make("account", name="Acme", code="a")
    kept = Kept("p.png", "image/png", 1, "0" * 64)
    photo = 0

    def add(work: Work) -> None:
        nonlocal photo
        photo = add_file(work, kept)[0]

    room.do(add)
    ada = room.make("contact", name="Ada", account=acme, tags=tags, photo=photo)
    lines = [room.make("line", name="1", account=acme)]
    lines.append(room.make("line", name="2", account=acme, next=lines[0]))
    room.do(lambda w: w.update("line", lines[0], {"next": lines[1]}))  # a circle
    before = [room.shown("account", acme), room.shown("contact", ada), *(room.shown("line", i) for i in lines)]
    gone = room.do(lambda w: (w.delete("contact", ada), w.delete("account", acme)))
    assert room.there("line") == room.there("account") == room.there("contact") == []
    done, _ = room.undo(gone)
    assert (done.brought_back, done.kept) == (4, 0)
    after = [room.shown("account", acme), room.shown("contact", ada), *(room.shown("line", i) for i in lines)]
    assert after == before
    reading = Reading(room.records.database, room.records.registry, SYSTEM)
    row, first = reading.get("contact", ada), room.records.log.of_record("contact", ada)[-1]
    created = clock.wire(clock.from_micros(first.at))
    assert room.records.registry.tables["contact"].show(row, ["created_at"]) == {"created_at": created}
    versions = [e.version for e in reversed(room.records.log.of_record("contact", ada))]
    assert versions == sorted(set(versions))


def test_links_that_a_deletion_cleared_are_set_again(room: Room) -> None:
    acme, other = room.make("account", name="Acme"), room.make("account", name="Other")
    ada, bob = room.make("contact", name="Ada", account=acme), room.make("contact", name="Bob", account=acme)
    gone = room.do(lambda w: w.delete("account", acme))
    room.do(lambda w: w.update("contact", bob, {"account": other}))
    with pytest.raises(UndoRefused) as refused:
        room.undo(gone)
    assert refused.value.left[0]["fields"] == [{"field": "account", "now": str(other), "would_be": str(acme)}]
    assert room.there("account") == [other]
    done, _ = room.undo(gone, partly=True)
    assert (done.brought_back, done.restored, done.kept) == (1, 1, 1)
    assert room.shown("contact", ada)["account"] == str(acme)
    assert room.shown("contact", bob)["account"] == str(other)


def test_a_relationship_change_is_taken_back(room: Room) -> None:
    a, b = (room.make("tag", name=n) for n in "ab")
    ada = room.make("contact", tags=[a])
    change = room.do(lambda w: w.relate("contact", ada, "tags", [b], "add"))
    room.undo(change)
    assert room.shown("contact", ada)["tags"] == [str(a)]


def test_what_others_changed_since_is_reported_by_field_and_nothing_is_lost(room: Room) -> None:
    ada = room.make("contact", name="Ada", phone="1")
    edit = room.do(lambda w: w.update("contact", ada, {"name": "Bob", "phone": "2"}))
    room.do(lambda w: w.update("contact", ada, {"phone": "3"}))
    with pytest.raises(UndoRefused) as refused:
        room.undo(edit)
    assert refused.value.left == [{
        "entity": "contact", "id": str(ada), "reason": "somebody changed it since",
        "fields": [{"field": "phone", "now": "3", "would_be": "1"}],
    }]  # fmt: skip
    assert room.shown("contact", ada)["name"] == "Bob"
    done, _ = room.undo(edit, partly=True)
    assert (done.restored, done.kept) == (1, 1)
    assert (room.shown("contact", ada)["name"], room.shown("contact", ada)["phone"]) == ("Ada", "3")


def test_nobody_takes_back_more_than_he_may_change_or_learns_of_what_he_may_not_see(room: Room) -> None:
    ada = room.make("contact", name="Ada")
    edit = room.do(lambda w: w.update("contact", ada, {"name": "Bob"}))
    with pytest.raises(NotFound):
        room.undo(edit, CHARLIE)
    gone = room.do(lambda w: w.delete("contact", ada))
    with pytest.raises(NotFound):
        room.undo(gone, CHARLIE)
    with pytest.raises(UndoRefused):
        room.undo(gone, Actor("user:3", {"*": {"read": "all"}}, user=3))
    assert room.there("contact") == []


def test_the_schema_and_users_are_left_alone(room: Room) -> None:
    made = room.do(lambda w: w.create("user", {"email": "x@example.org"}), SYSTEM)
    with pytest.raises(UndoRefused):
        room.undo(made, SYSTEM)


def test_all_that_a_job_did_goes_back_in_chunks_and_again(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undoing, "BATCH", 2)
    acme = room.make("account", name="Acme")
    people = [room.make("contact", name=f"p{n}", account=acme) for n in range(5)]
    lines = [room.make("line", name=f"l{n}", account=acme) for n in range(2)]
    for n, one in enumerate(lines):
        room.do(lambda w, n=n, one=one: w.update("line", one, {"next": lines[1 - n]}))
    before = {e: [room.shown(e, i) for i in room.there(e)] for e in ("account", "contact", "line")}
    trace = Trace(room.records, "job:1")

    def step(what: Callable[[Work], Any]) -> None:
        with room.records.work(ALICE) as work, trace.of(work):
            what(work)

    for one in people[:4]:
        step(lambda w, one=one: w.update("contact", one, {"name": "x"}))
    step(lambda w: w.update("contact", people[0], {"name": "y"}))
    room.do(lambda w: w.update("contact", people[3], {"phone": "5"}))  # somebody else, another field
    step(lambda w: w.delete("contact", people[4]))
    step(lambda w: w.create("contact", {"name": "new"}))
    step(lambda w: w.delete("account", acme))  # clears links, takes both lines along
    steps, calls = Steps(room.records.database, "job:2"), []

    def killed(*_: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        undo_traced(room.records, ALICE, "job:1", "job:2", killed, steps)
    done = undo_traced(room.records, ALICE, "job:1", "job:2", None, steps)
    assert (done.deleted, done.brought_back, done.kept, done.left) == (1, 4, 0, [])
    after = {e: [room.shown(e, i) for i in room.there(e)] for e in ("account", "contact", "line")}
    assert after["contact"][3].pop("phone") == "5"
    before["contact"][3].pop("phone")
    assert after == before
    assert Traces(room.records.database).undone_at("job:1")
    again = undo_traced(room.records, ALICE, "job:2", "job:3")
    assert again.kept == 0
    assert room.there("account") == [] and len(room.there("contact")) == 5
    assert Traces(room.records.database).undone_at("job:1") is None


def test_one_value_or_the_whole_record_of_an_earlier_version(room: Room) -> None:
    tag = room.make("tag", name="a")
    ada = room.make("contact", name="Ada", phone="1", tags=[tag])
    room.do(lambda w: w.update("contact", ada, {"name": "Bob", "phone": "2", "tags": []}))
    room.do(lambda w: w.update("contact", ada, {"name": "Cid"}))
    room.do(lambda w: restore(w, "contact", ada, 1, ["phone"]))
    assert (room.shown("contact", ada)["name"], room.shown("contact", ada)["phone"]) == ("Cid", "1")
    room.do(lambda w: restore(w, "contact", ada, 1))
    assert [room.shown("contact", ada)[n] for n in ("name", "phone", "tags")] == ["Ada", "1", [str(tag)]]
    same = room.do(lambda w: restore(w, "contact", ada, 1))
    assert room.records.log.of_record("contact", ada)[0].transaction != same
    with pytest.raises(NotFound):
        room.do(lambda w: restore(w, "contact", ada, 99))
    with pytest.raises(Invalid):
        room.do(lambda w: restore(w, "contact", ada, 1, ["number"]))
    with pytest.raises(NotFound):
        room.do(lambda w: restore(w, "contact", ada, 1), CHARLIE)
    room.do(lambda w: w.delete("tag", tag))
    with pytest.raises(Invalid):
        room.do(lambda w: restore(w, "contact", ada, 1, ["tags"]))


def test_names_of_then_are_those_of_today(room: Room) -> None:
    ada = room.make("contact", name="Ada")
    edit = room.do(lambda w: w.update("contact", ada, {"name": "Bob"}))
    with room.records.change_schema(SYSTEM) as schema:
        held = schema.entities()["contact"]
        schema.change_field(held, held.by_name["name"], {"name": "called"})
        schema.change_entity(schema.entities()["contact"], {"name": "person", "plural": "people"})
    room.undo(edit)
    assert room.shown("person", ada)["called"] == "Ada"
    room.do(lambda w: restore(w, "person", ada, 2, ["called"]))
    assert room.shown("person", ada)["called"] == "Bob"


def test_the_trash_of_records(room: Room) -> None:
    acme = room.make("account", name="Acme")
    ada = room.make("contact", name="Ada", account=acme)
    mine = room.make("contact", CHARLIE, name="Mine")
    room.do(lambda w: [w.delete("contact", mine), w.delete("account", acme), w.delete("contact", ada)])
    assert [r["title"] for r in deleted_records(room.records, ALICE, "contact")] == ["Ada", "Mine"]
    assert [r["title"] for r in deleted_records(room.records, CHARLIE, "contact")] == ["Mine"]
    newest = deleted_records(room.records, ALICE, "contact", limit=1)
    rest = deleted_records(room.records, ALICE, "contact", before=newest[0]["position"])
    assert [r["id"] for r in rest] == [mine]
    room.do(lambda w: bring_back(w, "account", acme))
    assert (room.there("account"), room.there("contact")) == ([acme], [])
    room.do(lambda w: bring_back(w, "contact", ada))
    assert room.shown("contact", ada)["account"] == str(acme)  # cleared before it went, by the same work
    assert deleted_records(room.records, ALICE, "account") == []
    with pytest.raises(NotFound):
        room.do(lambda w: bring_back(w, "contact", ada))
    with pytest.raises((NotFound, NotAllowed, Conflict)):
        room.do(lambda w: bring_back(w, "contact", 99))
