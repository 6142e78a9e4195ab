"""required, default, unique, bounds, read_only, running numbers: the promises of a declaration, also under pressure."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from records_parts import create, declare, shown, update

from appliance.base.errors import Conflict, Invalid
from appliance.records.bulk import Bulk
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records

ITEM: dict[str, Any] = {
    "name": "item",
    "unique": [["shelf", "place"]],
    "fields": [
        {"name": "code", "unique": True},
        {"name": "due", "kind": "date", "unique": True},
        {"name": "shelf"},
        {"name": "place", "kind": "integer"},
        {"name": "stage", "kind": "choice", "choices": ["new", "done"], "default": "new", "required": True},
        {"name": "tags", "kind": "relations", "target": "tag"},
        {"name": "number", "kind": "auto_number", "pattern": "IT-{number:04d}"},
    ],
}


def problems_of(declared: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        read_entity({"name": "item", "fields": [{"name": "f", **declared}]})
    return {p.field: p.code for p in refused.value.problems}


def code_of(records: Records, entity: str, **values: Any) -> str:
    with pytest.raises(Invalid) as refused:
        create(records, entity, **values)
    return refused.value.problems[0].code


def test_bounds_hold_for_numbers_texts_and_patterns(records: Records) -> None:
    declare(records, {"name": "thing", "fields": [
        {"name": "n", "kind": "integer", "min": 1, "max": 9}, {"name": "m", "kind": "money", "min": "-0.50", "max": "10"},
        {"name": "t", "min_length": 2, "max_length": 4, "pattern": "[a-z]+"}, {"name": "r", "read_only": True},
    ]})  # fmt: skip
    create(records, "thing", n=9, m="-0.50", t="abcd")
    for values, code in (
        ({"n": 0}, "range"), ({"n": 10}, "range"), ({"m": "10.01"}, "range"), ({"m": "-0.51"}, "range"),
        ({"t": "a"}, "too_short"), ({"t": "abcde"}, "too_long"), ({"t": "ab1"}, "pattern"), ({"r": "x"}, "read_only"),
    ):  # fmt: skip
        assert code_of(records, "thing", **values) == code, values


def test_declarations_that_cannot_work_are_refused() -> None:
    for declared in (
        {"kind": "auto_number", "pattern": "no slot"},
        {"kind": "auto_number", "pattern": "{number} {number}"},
        {"kind": "auto_number", "pattern": "{number:>999999999}"},
        {"kind": "auto_number", "pattern": "{number.__class__}"},
        {"kind": "relation"},
        {"kind": "relation", "target": "x", "inverse": "not a name"},
        {"kind": "choice", "choices": ["a", "a"]},
        {"kind": "choice"},
        {"kind": "money", "currency": "euro"},
        {"kind": "integer", "default": "x"},
        {"kind": "text", "pattern": "("},
        {"kind": "text", "unique": True, "default": "same"},
        {"kind": "nothing"},
        {"kind": "text", "colour": "red"},
        {"name": "Bad Name"},
        {"name": "version"},
    ):
        assert problems_of(declared), declared


def test_required_and_default_hold_at_creation_and_change(records: Records) -> None:
    declare(records, {"name": "tag", "fields": [{"name": "word"}]}, ITEM)
    id_ = create(records, "item")
    assert shown(records, "item", id_)["stage"] == "new"
    assert code_of(records, "item", stage=None) == "required"
    with pytest.raises(Invalid):
        update(records, "item", id_, stage=None)
    declare(
        records, {"name": "bag", "fields": [{"name": "tags", "kind": "relations", "target": "tag", "required": True}]}
    )
    assert code_of(records, "bag") == "required"
    assert code_of(records, "bag", tags=[]) == "required"
    tag = create(records, "tag")
    bag = create(records, "bag", tags=[tag])
    with pytest.raises(Invalid), records.work(SYSTEM) as work:
        work.relate("bag", bag, "tags", [tag], "remove")
    with pytest.raises(Conflict), records.work(SYSTEM) as work:
        work.delete("tag", tag)
    assert shown(records, "bag", bag)["tags"] == [str(tag)]


def test_unique_holds_for_one_field_for_several_and_not_for_nothing(records: Records) -> None:
    declare(records, {"name": "tag", "fields": [{"name": "word"}]}, ITEM)
    first = create(records, "item", code="a", shelf="s", place=1, due="2026-01-01")
    for again in ({"code": "a"}, {"shelf": "s", "place": 1}, {"due": "2026-01-01"}):
        with pytest.raises(Conflict) as refused:
            create(records, "item", **again)
        assert refused.value.code == "unique"
    second = create(records, "item", shelf="s", place=2)
    create(records, "item", shelf="s")
    create(records, "item", shelf="s")
    with pytest.raises(Conflict):
        update(records, "item", second, place=1)
    update(records, "item", first, place=1, code="a", shelf="s")  # its own values are no clash


def test_bulk_meets_the_same_walls(records: Records) -> None:
    declare(records, {"name": "tag", "fields": [{"name": "word"}]}, ITEM)
    create(records, "item", code="a", due="2026-01-01")
    create(records, "item", code="b")
    with records.work(SYSTEM) as work:
        rows: list[dict[str, Any]] = [
            {"code": "a"},
            {"code": "c"},
            {"code": "c"},
            {"due": "2026-01-01"},
            {"code": None, "stage": None},
        ]
        assert [n for n, _ in Bulk(work, "item").store(rows).rejected] == [0, 2, 3]
    with records.work(SYSTEM) as work:  # two updates of one batch want the same unique value
        both: list[dict[str, Any]] = [{"code": "a", "shelf": "x", "place": 1}, {"code": "b", "shelf": "x", "place": 1}]
        outcome = Bulk(work, "item", ["code"]).store(both)
        assert (outcome.updated, [n for n, _ in outcome.rejected]) == (1, [1])
    assert shown(records, "item", 1)["place"] == 1


def test_eight_writers_at_once_make_one_record_of_each_unique_value(records: Records) -> None:
    declare(records, {"name": "tag", "fields": [{"name": "word"}]}, ITEM)
    made: list[str] = []
    strange: list[BaseException] = []

    def write() -> None:
        for n in range(10):
            try:
                create(records, "item", code=f"c{n}", shelf="s", place=n)
                made.append(f"c{n}")
            except Conflict:
                pass
            except BaseException as error:
                strange.append(error)
        records.database.release()

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not strange
    assert sorted(made) == sorted(f"c{n}" for n in range(10))
    numbers = [r[0] for r in records.database.rows("SELECT number FROM item ORDER BY id")]
    assert numbers == [f"IT-{n:04d}" for n in range(1, 11)]  # refused writers used up no number


def test_running_numbers_have_no_gap_after_failures_and_are_never_given_again(records: Records) -> None:
    declare(records, {"name": "tag", "fields": [{"name": "word"}]}, ITEM)
    first = create(records, "item", code="a")
    for _ in range(3):
        with pytest.raises(RuntimeError), records.work(SYSTEM) as work:
            work.create("item", {})
            raise RuntimeError
    with records.work(SYSTEM) as work:  # refused inside a work that goes on
        with pytest.raises(Conflict):
            work.create("item", {"code": "a"})
        with pytest.raises(RuntimeError), work.attempt():
            work.create("item", {})
            raise RuntimeError
        second = work.create("item", {})[0]
    with records.work(SYSTEM) as work:
        work.delete("item", second)
        Bulk(work, "item").store([{"code": "x"}, {"code": "a"}, {"code": "y"}])
    assert shown(records, "item", first)["number"] == "IT-0001"
    assert [r[0] for r in records.database.rows("SELECT number FROM item ORDER BY id")] == [
        "IT-0001",
        "IT-0003",
        "IT-0004",
    ]
