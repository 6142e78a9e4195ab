"""The log: in commit order under concurrent writers, heard by other processes, and good for every past state, whatever
things are called today."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from records_parts import (
    add_field,
    change_entity,
    change_field,
    create,
    declare,
    delete,
    history,
    people,
    remove_field,
    shown,
    update,
)

from appliance.engines.database.protocol import Database
from appliance.records.log import Entry
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records
from appliance.records.tail import Tail

NOTE = {"name": "note", "fields": [{"name": "text"}, {"name": "n", "kind": "integer"}]}
HERE = Path(__file__).parent


def until(holds: Callable[[], Any], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def other_process(url: str, *words: str) -> subprocess.Popen[bytes]:
    paths = [str(HERE), str(HERE.parent), str(HERE.parent.parent)]
    script = f"import sys; sys.path[:0] = {paths!r}; sys.argv[1:] = {[url, *words]!r}; import runpy; "
    return subprocess.Popen(
        [sys.executable, "-c", script + f"runpy.run_path({str(HERE / 'writing_process.py')!r}, run_name='__main__')"]
    )


def test_a_reader_that_follows_meets_every_entry_once_and_in_order(records: Records, database_url: str) -> None:
    declare(records, NOTE)
    met: list[int] = []
    first = records.log.last()

    def write() -> None:
        for n in range(40):
            create(records, "note", n=n)
        records.database.release()

    writers = [threading.Thread(target=write) for _ in range(2)]
    process = other_process(database_url, "40")
    for writer in writers:
        writer.start()

    def follow() -> bool:
        met.extend(e.position for e in records.log.after(met[-1] if met else first, 7))
        return len(met) >= 120

    until(follow)
    for writer in writers:
        writer.join()
    assert process.wait(30) == 0
    assert len(met) == len(set(met)) == 120
    assert met == sorted(met) == [e.position for e in records.log.after(first)]


def test_the_tail_hears_another_process_and_takes_over_its_schema(records: Records, database_url: str) -> None:
    declare(records, NOTE)
    heard: list[Entry] = []
    tail = Tail(records.database, records)
    tail.listen(heard.extend)
    tail.start()
    try:
        mark = records.versions.of("note")
        assert other_process(database_url, "3", "schema").wait(60) == 0
        until(lambda: len(heard) == 4)
        assert [e.entity for e in heard] == ["note", "note", "note", "field"]
        assert records.versions.of("note") > mark
        until(lambda: "colour" in records.registry.entity("note").by_name)
        assert shown(records, "note", 1)["colour"] == "red"
        mark = records.versions.of("note")
        create(records, "note")
        until(lambda: len(heard) == 5)
        assert records.versions.of("note") == mark + 1  # our own are counted once
    finally:
        tail.stop(10)


def test_who_hears_of_a_commit_finds_the_new_version_already(records: Records) -> None:
    declare(records, NOTE)
    seen: list[int] = []
    records.database.on_commit(lambda: seen.append(records.versions.of("note")))
    create(records, "note")
    with records.database.write():  # work inside a longer transaction counts when that commits
        create(records, "note")
        assert records.versions.of("note") == 1
    assert seen == [1, 2]


def test_every_state_of_a_random_life_can_be_reconstructed(records: Records) -> None:
    people(records)
    declare(records, {"name": "tag", "fields": [{"name": "word"}]}, {"name": "note", "fields": [
        {"name": "text"}, {"name": "n", "kind": "integer"}, {"name": "d", "kind": "decimal"}, {"name": "day", "kind": "date"},
        {"name": "flag", "kind": "boolean"}, {"name": "tags", "kind": "relations", "target": "tag"},
        {"name": "tag", "kind": "relation", "target": "tag"},
    ]})  # fmt: skip
    tags = [create(records, "tag", word=str(n)) for n in range(4)]
    chance = random.Random(7)
    make: dict[str, Callable[[], Any]] = {
        "text": lambda: chance.choice(["a", "b", "ü", None]), "n": lambda: chance.choice([0, 1, None]),
        "d": lambda: chance.choice(["0.10", "2", None]), "day": lambda: chance.choice(["2026-01-01", "0001-01-01", None]),
        "flag": lambda: chance.choice([True, False, None]), "tag": lambda: chance.choice([*tags, None]),
        "tags": lambda: chance.sample(tags, chance.randint(0, min(3, len(tags)))),
    }  # fmt: skip
    life: list[tuple[int, dict[str, Any] | None]] = []
    id_ = create(records, "note", text="first", tags=tags[:2])
    for _ in range(58):
        life.append((records.log.last(), shown(records, "note", id_)))
        update(records, "note", id_, **{k: m() for k, m in make.items() if chance.random() < 0.4})
        if chance.random() < 0.1 and len(tags) > 1:
            life.append((records.log.last(), shown(records, "note", id_)))
            delete(records, "tag", tags.pop())
    life.append((records.log.last(), shown(records, "note", id_)))
    delete(records, "note", id_)
    life.append((records.log.last(), None))

    system = {"created_at", "updated_at", "created_by", "updated_by"}
    for position, then in life:
        found = records.log.values_as_of("note", id_, None, position)
        if then is None:
            assert found is None
            continue
        assert found
        assert {k: v for k, v in _filled(found[0], then).items() if k not in system} == {
            k: v for k, v in then.items() if k not in system
        }
    assert records.log.values_as_of("note", id_, None, life[0][0] - 1) is None


def _filled(past: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    return {k: past.get(k) if past.get(k) is not None or not isinstance(v, list) else [] for k, v in then.items()}


def test_the_past_reads_right_after_fields_were_renamed_swapped_and_replaced(records: Records) -> None:
    declare(records, {"name": "note", "fields": [{"name": "a"}, {"name": "b"}, {"name": "c"}]})
    id_ = create(records, "note", a="1", b="2", c="old c")
    start = records.log.last()
    change_field(records, "note", "a", name="x")
    change_field(records, "note", "b", name="a")
    change_field(records, "note", "x", name="b")  # a and b have changed names
    update(records, "note", id_, a="22", b="11")
    middle = records.log.last()
    remove_field(records, "note", "c")
    add_field(records, "note", name="c")  # another field that happens to have the name
    update(records, "note", id_, c="new c")

    assert [c for _, _, c in history(records, "note", id_)] == [
        {"b": [None, "1"], "a": [None, "2"], "c (removed)": [None, "old c"]},
        {"a": ["2", "22"], "b": ["1", "11"]},
        {"c": [None, "new c"]},
    ]
    for position, expected in (
        (start, ("2", "1", None)),
        (middle, ("22", "11", None)),
        (records.log.last(), ("22", "11", "new c")),
    ):
        past = records.log.values_as_of("note", id_, shown(records, "note", id_), position)
        assert past
        assert tuple(past[0].get(k) for k in "abc") == expected


def test_the_past_follows_a_renamed_entity_and_not_its_namesake(records: Records) -> None:
    declare(records, NOTE)
    id_ = create(records, "note", text="mine")
    raw = records.log.after(0)
    change_entity(records, "note", name="memo", plural="memos")
    declare(records, NOTE)
    other = create(records, "note", text="namesake")
    assert other == id_
    update(records, "memo", id_, text="changed")
    assert records.log.after(0)[: len(raw)] == raw  # append-only: what stands there stays
    assert [c for _, _, c in history(records, "memo", id_)] == [{"text": [None, "mine"]}, {"text": ["mine", "changed"]}]
    assert [c for _, _, c in history(records, "note", other)] == [{"text": [None, "namesake"]}]
    change_entity(records, "memo", name="paper", plural="papers")
    assert len(history(records, "paper", id_)) == 2


def test_the_past_of_a_removed_entity_does_not_become_that_of_its_successor(records: Records) -> None:
    declare(records, NOTE)
    create(records, "note", text="old")
    with records.change_schema(SYSTEM) as schema:
        schema.remove_entity(schema.entities()["note"])
    with records.change_schema(SYSTEM) as schema:
        assert schema.empty_trash("9999") == 1
    declare(records, NOTE)
    assert create(records, "note", text="new") == 1
    assert [c for _, _, c in history(records, "note", 1)] == [{"text": [None, "new"]}]


def test_a_removed_and_restored_field_keeps_its_past(records: Records) -> None:
    declare(records, NOTE)
    id_ = create(records, "note", text="then", n=1)
    field = remove_field(records, "note", "n")
    with records.change_schema(SYSTEM) as schema:
        schema.restore_field(field)
    update(records, "note", id_, n=2)
    assert [c.get("n") for _, _, c in history(records, "note", id_)] == [[None, 1], [1, 2]]
    assert shown(records, "note", id_)["n"] == 2


def test_a_schema_change_that_is_taken_back_is_forgotten_here_too(database: Database) -> None:
    records = Records(database)
    declare(records, NOTE)
    revision = records.registry.revision
    for name in ("first", "second"):
        try:
            with records.change_schema(SYSTEM) as schema:
                schema.create_entities([])
                schema.order_fields(schema.entities()["note"], ["n"])
                with records.work(SYSTEM) as work:  # sees the change, which nobody else may
                    assert [f.name for f in work.registry.entity("note")] == ["n", "text"]
                raise ZeroDivisionError(name)
        except ZeroDivisionError:
            pass
        assert (records.registry.revision, [f.name for f in records.registry.entity("note")]) == (
            revision,
            ["text", "n"],
        )
    add_field(records, "note", name="colour")
    assert "colour" in records.registry.entity("note").by_name
