"""A deleted record comes back by the one door, under its id, and never in another's place."""

from __future__ import annotations

import pytest
from records_parts import ALICE, CHARLIE, create, declare, delete, history, people, shown

from appliance.base.errors import Conflict, Invalid, NotFound
from appliance.records.permissions import Actor
from appliance.records.records import Records

THING = {"name": "thing", "fields": [
    {"name": "name", "required": True, "max_length": 5}, {"name": "code", "unique": True},
    {"name": "number", "kind": "auto_number", "pattern": "T-{number}"},
    {"name": "others", "kind": "relations", "target": "thing"},
]}  # fmt: skip


def test_a_record_has_its_id_its_number_and_a_version_of_its_own(records: Records) -> None:
    declare(records, THING)
    people(records)
    other, one = create(records, "thing", ALICE, name="b"), create(records, "thing", ALICE, name="a", code="x")
    delete(records, "thing", one)
    values = {"name": "longer than allowed now", "code": "x", "number": "T-2", "others": [str(other)], "owner": "1"}
    with records.work(ALICE) as work:
        row = work.bring_back("thing", one, values, at="2020-01-01T00:00:00.000Z", by=2)
    assert row[:2] == (one, 3)
    found = shown(records, "thing", one)
    assert {n: found[n] for n in values} == values
    assert (found["created_at"], found["created_by"], found["updated_by"]) == ("2020-01-01T00:00:00.000Z", "2", "1")
    assert [(action, version) for action, version, _ in history(records, "thing", one)] == [
        ("created", 1), ("deleted", 2), ("created", 3),
    ]  # fmt: skip
    assert create(records, "thing", ALICE, name="c") > one


def test_what_cannot_come_back(records: Records) -> None:
    declare(records, THING)
    people(records)
    there = create(records, "thing", ALICE, name="a", code="x")
    gone = create(records, "thing", ALICE, name="b")
    delete(records, "thing", gone)

    def refused(error: type[Exception], id_: int, actor: Actor = ALICE, **values: object) -> None:
        with pytest.raises(error), records.work(actor) as work:
            work.bring_back("thing", id_, {"name": "b", "owner": "1", **values})

    refused(Conflict, there)
    refused(NotFound, 99)
    refused(Conflict, gone, code="x")
    refused(Invalid, gone, others=["99"])
    refused(NotFound, gone, CHARLIE)  # hers: he could not see it
    assert len(history(records, "thing", gone)) == 2
