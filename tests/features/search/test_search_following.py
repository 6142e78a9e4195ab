"""The index follows the log: fresh, healed, and the same whether it followed or was made anew."""

from __future__ import annotations

import random
import shutil
import threading
from pathlib import Path

import pytest
from search_office import ALICE, CHARLIE, CONTACT, Office, until

from appliance.base.errors import Unavailable
from appliance.engines.search.tantivy import TantivySearch
from appliance.features.search.follower import IndexFollower
from appliance.features.search.jobs import REINDEX, reindex_kind
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records

WORDS = ("amber", "birch", "cedar", "daisy", "elder", "fern")


def test_what_is_created_changed_and_deleted_is_found_changed_and_gone(office: Office) -> None:
    ada = office.create("contact", first="Ada", last="Lovelace")
    assert office.found("lovelace") == [f"contact:{ada}"]
    with office.records.work(SYSTEM) as work:
        work.update("contact", ada, {"last": "Byron"})
    assert office.found("lovelace") == []
    assert office.found("byron") == [f"contact:{ada}"]
    with office.records.work(SYSTEM) as work:
        work.delete("contact", ada)
    assert office.found("byron") == []


def test_only_what_is_declared_searchable_is_searched(office: Office) -> None:
    ada = office.create(
        "contact",
        first="Ada",
        email="ada@engine.example",
        note="likes\npunch cards",
        stage="w",
        worth="12.50",
        secret="xyzzy",
    )
    for text in ("engine.ex", "punch cards", "won over", "12.50", "ada"):
        assert office.found(text) == [f"contact:{ada}"], text
    assert office.found("xyzzy") == []
    offer = office.create("offer", subject="Difference engine")  # nothing is searchable there: found by its title
    assert office.found("difference") == [f"offer:{offer}"]


def test_charlie_does_not_find_alices_contact_until_it_is_his(office: Office) -> None:
    hers = office.create("contact", ALICE, first="Ada", note="tulip")
    his = office.create("contact", CHARLIE, first="Bob", note="tulip")
    assert office.found("tulip", CHARLIE) == [f"contact:{his}"]
    assert set(office.found("tulip", ALICE)) == {f"contact:{hers}", f"contact:{his}"}
    with office.records.work(SYSTEM) as work:
        work.update("contact", hers, {"owner": 3})
    assert set(office.found("tulip", CHARLIE)) == {f"contact:{hers}", f"contact:{his}"}


def test_a_new_searchable_field_makes_old_records_found_by_it(office: Office) -> None:
    ada = office.create("contact", first="Ada", secret="xyzzy")
    assert office.found("xyzzy") == []
    office.change_field("contact", "secret", searchable=2)
    assert office.found("xyzzy") == [f"contact:{ada}"]
    office.change_field("contact", "secret", searchable=0)
    assert office.found("xyzzy") == []
    office.add_field("contact", name="motto", default="carpe diem", searchable=1)
    assert office.found("carpe") == [f"contact:{ada}"]


def test_a_change_that_concerns_no_document_indexes_nothing_again(office: Office) -> None:
    office.create("contact", first="Ada")
    office.found("ada")
    until(lambda: office.follower._feeding._shapes)
    put = []
    real = office.engine.put
    office.engine.put = lambda documents: (put.append(1), real(documents))  # type: ignore[assignment,method-assign,func-returns-value]
    office.add_field("contact", name="fax")
    office.found("ada")
    assert not put


def test_a_renamed_entity_is_found_under_its_new_name_and_a_removed_one_not_at_all(office: Office) -> None:
    ada = office.create("contact", first="Ada")
    assert office.found("ada") == [f"contact:{ada}"]
    with office.records.change_schema(SYSTEM) as schema:
        schema.change_entity(schema.entities()["contact"], {"name": "person", "plural": "people"})
    assert office.found("ada") == [f"person:{ada}"]
    with office.records.change_schema(SYSTEM) as schema:
        gone = schema.entities()["person"]
        schema.remove_entity(gone)
    assert office.found("ada") == []
    assert office.engine.search("ada", readers=["all:contact", "all:person"]).total == 0
    with office.records.change_schema(SYSTEM) as schema:
        schema.restore_entity(gone.id or 0)
    assert office.found("ada") == [f"person:{ada}"]


def test_a_new_entity_with_the_name_of_a_removed_one_inherits_no_documents(office: Office) -> None:
    for n in range(3):
        office.create("contact", first=f"Ada{n}")
    office.found("ada0")
    with office.records.change_schema(SYSTEM) as schema:
        schema.remove_entity(schema.entities()["contact"])
        schema.create_entities([read_entity(CONTACT)])
    zoe = office.create("contact", first="Zoe")
    assert office.found("zoe") == [f"contact:{zoe}"]
    assert office.engine.search("ada0", readers=["all:contact"]).total == 0


def test_an_index_that_was_deleted_is_made_anew(office: Office) -> None:
    ada = office.create("contact", first="Ada")
    office.found("ada")
    office.follower.stop(10)
    office.engine.close()
    shutil.rmtree(office.folder)
    office.engine = TantivySearch(office.folder)
    office.follower = IndexFollower(office.records.database, office.records, office.engine)
    office.follower.start()
    assert office.found("ada") == [f"contact:{ada}"]
    office.follower.stop(10)
    office.engine.close()


def test_an_index_from_the_future_is_made_anew(office: Office) -> None:
    """As after a restored backup: the index knows records that the database does not."""
    ada = office.create("contact", first="Ada")
    office.found("ada")
    office.engine.drop("contact")
    office.engine.commit(1_000_000)
    office.create("contact", first="Bob")
    until(lambda: office.engine.position() == office.records.log.last())
    assert office.found("ada") == [f"contact:{ada}"]


def test_an_index_far_behind_answers_while_it_is_made_anew(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = office.create("contact", first="Ada")
    office.found("ada")
    monkeypatch.setattr("appliance.features.search.follower.FAR", 3)
    with office.records.work(SYSTEM) as work:
        made = [work.create("contact", {"first": "Ada"})[0] for _ in range(10)]
    assert len(office.found("ada")) == len([ada, *made])


def test_an_index_made_anew_equals_the_one_that_followed(office: Office) -> None:
    dice = random.Random(7)
    ids: list[int] = []
    for _ in range(40):
        what = dice.random()
        if what < 0.5 or not ids:
            ids.append(
                office.create(
                    "contact", ALICE, first=dice.choice(WORDS), note=dice.choice(WORDS), secret=dice.choice(WORDS)
                )
            )
        elif what < 0.8:
            with office.records.work(SYSTEM) as work:
                work.update("contact", dice.choice(ids), {"note": dice.choice(WORDS), "owner": dice.choice(["1", "3"])})
        elif what < 0.95:
            with office.records.work(SYSTEM) as work:
                work.delete("contact", ids.pop(dice.randrange(len(ids))))
        else:
            office.change_field("contact", "secret", searchable=dice.choice([0, 1]))

    def everything() -> list[list[str]]:
        return [sorted(office.found(word, actor)) for word in WORDS for actor in (SYSTEM, CHARLIE)]

    followed = everything()
    told: list[tuple[int, int | None]] = []
    assert office.follower.rebuild(lambda done, total: told.append((done, total))) >= len(ids)
    assert told[-1][0] == told[-1][1]
    assert everything() == followed


def test_writing_during_a_rebuild_loses_nothing(office: Office) -> None:
    for n in range(5):
        office.create("contact", first=f"Before{n}")
    halfway, go_on = threading.Event(), threading.Event()

    def pause(done: int, total: int) -> None:
        if done:
            halfway.set()
            assert go_on.wait(20)

    thread = threading.Thread(target=office.follower.rebuild, args=(pause,))
    thread.start()
    assert halfway.wait(20)
    new = office.create("contact", first="Meanwhile")
    with office.records.work(SYSTEM) as work:
        work.delete("contact", 1)
    assert office.found("meanwhile") == [f"contact:{new}"]  # the old index is still fed
    go_on.set()
    thread.join(20)
    assert office.found("meanwhile") == [f"contact:{new}"]
    assert office.found("before0") == []


def test_an_error_of_the_engine_loses_nothing(office: Office) -> None:
    office.found("x")
    real, calls = office.engine.commit, []

    def fail_once(position: int) -> None:
        if not calls:
            calls.append(position)
            raise Unavailable("the disk is full")  # type: ignore[arg-type]
        real(position)

    office.engine.commit = fail_once  # type: ignore[method-assign]
    ada = office.create("contact", first="Ada")
    assert office.found("ada") == [f"contact:{ada}"]
    until(lambda: office.follower.health()[0] == "ok")


def test_many_rows_and_a_schema_change_are_indexed_in_parts(office: Office) -> None:
    with office.records.work(SYSTEM) as work:
        for n in range(2_500):
            work.create("offer", {"subject": f"Offer {n}"})
    assert office.found("2499") == ["offer:2500"]
    office.add_field("offer", name="terms", default="net thirty", searchable=1)
    until(lambda: office.follower.lag() == 0)
    assert office.engine.search("thirty", readers=["all:offer"]).total == 2_500


def test_a_reading_process_sees_what_another_one_indexed(office: Office, records: Records) -> None:
    ada = office.create("contact", first="Ada")
    office.found("ada")
    reader = TantivySearch(office.folder, writer=False)
    follower = IndexFollower(records.database, records, reader, writer=False)
    follower.start()
    assert follower.health()[0] == "ok"
    assert [hit.id for hit in reader.search("ada", readers=["all:contact"]).items] == [ada]
    with pytest.raises(Unavailable):
        follower.rebuild(lambda done, total: None)
    follower.stop(1)
    reader.close()


def test_the_job_makes_the_index_anew(office: Office, tmp_path: Path) -> None:
    office.create("contact", first="Ada")
    kind = reindex_kind(office.follower)
    assert kind.name == REINDEX

    class Run:
        def progress(self, done: int, total: int | None = None) -> None:
            pass

    assert kind.body(Run())["records"] >= 1
    assert office.found("ada") == ["contact:1"]


def test_health_names_the_lag_and_a_stopped_follower(office: Office) -> None:
    until(lambda: office.follower.lag() == 0)
    until(lambda: office.follower.health() == ("ok", "up to date"))
    office.follower.stop(10)
    assert office.follower.health()[0] == "down"
