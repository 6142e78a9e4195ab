"""Undo and restore give back every value of every kind exactly, to a byte-equal export, whatever happened in between."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.base.errors import Invalid
from appliance.features.undo.restoring import bring_back, restore
from appliance.features.undo.undoing import undo_transaction
from appliance.records.declaration import read_entity
from appliance.records.kinds import KINDS
from appliance.records.permissions import SYSTEM, Actor
from appliance.records.records import Records

ALL = dict.fromkeys(("read", "create", "update", "delete"), "all")
ANNA, BEN = (Actor(f"user:{n}", {"*": ALL, "file": ALL, "user": ALL}, user=n, via="ui") for n in (1, 2))
FIELDS: list[dict[str, Any]] = [
    {"name": "text", "kind": "text"}, {"name": "long_text", "kind": "long_text"}, {"name": "integer", "kind": "integer"},
    {"name": "decimal", "kind": "decimal", "places": 9}, {"name": "money", "kind": "money", "currency": "KWD"},
    {"name": "boolean", "kind": "boolean"}, {"name": "date", "kind": "date"}, {"name": "datetime", "kind": "datetime"},
    {"name": "choice", "kind": "choice", "choices": ["a,b", "none", "ö"]},
    {"name": "multi_choice", "kind": "multi_choice", "choices": ["x", "[y", "z,"]}, {"name": "email", "kind": "email"},
    {"name": "phone", "kind": "phone"}, {"name": "url", "kind": "url"}, {"name": "json", "kind": "json"},
    {"name": "auto_number", "kind": "auto_number", "pattern": "S-{number}"},
    {"name": "relation", "kind": "relation", "target": "thing"}, {"name": "relations", "kind": "relations", "target": "tag"},
    {"name": "file", "kind": "file"}, {"name": "files", "kind": "files"},
]  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=5,
)  # fmt: skip
LINKS = st.lists(st.sampled_from(["1", "2", "3"]), unique=True, max_size=3).map(sorted)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXT, "long_text": TEXT | st.just("a\r\n\tb\x0b"), "integer": st.integers(-(2**63), 2**63 - 1),
    "decimal": st.integers(-(10**18), 10**18).map(lambda n: f"{'-' if n < 0 else ''}{abs(n) // 10**9}.{abs(n) % 10**9:09d}"),
    "money": st.integers(-(10**12), 10**12).map(lambda n: f"{'-' if n < 0 else ''}{abs(n) // 1000}.{abs(n) % 1000:03d}"),
    "boolean": st.booleans(), "date": st.dates().map(str), "datetime": st.datetimes().map(
        lambda at: f"{at.year:04d}-{at:%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"),
    "choice": st.sampled_from(["a,b", "none", "ö"]),
    "multi_choice": st.lists(st.sampled_from(["x", "[y", "z,"]), unique=True, max_size=3),
    "email": st.just("Ada+x@Example.org"), "phone": st.just("+49 (0)30 / 1"), "url": st.just("https://example.org/ä?q=1"),
    "json": JSON | st.sampled_from([[], {}, "", 0, False]), "relation": st.sampled_from(["1", "2"]), "relations": LINKS,
    "file": st.sampled_from(["1", "2"]), "files": LINKS,
}  # fmt: skip
RECORDS = (1, 2, 3)
CHANGE = st.sampled_from(sorted(VALUES)).flatmap(lambda n: st.tuples(st.just(n), VALUES[n] | st.none()))
STEP = st.one_of(
    st.tuples(st.just("change"), st.sampled_from(RECORDS), st.lists(CHANGE, min_size=1, max_size=4).map(dict)),
    st.tuples(st.just("delete"), st.sampled_from(RECORDS), st.just({})),
)


def test_every_kind_is_tried() -> None:
    assert {f["kind"] for f in FIELDS} == set(KINDS)


def prepare(records: Records) -> None:
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([
            read_entity({"name": "tag", "fields": [{"name": "name"}]}), read_entity({"name": "thing", "fields": FIELDS})
        ])  # fmt: skip
    with records.work(SYSTEM) as work:
        for n in RECORDS:
            work.create("user", {"email": f"u{n}@example.org", "name": f"u{n}"})
            work.create("tag", {"name": f"t{n}"})
    from appliance.features.files.storing import Kept, add_file

    with records.work(SYSTEM) as work:
        for n in RECORDS:
            add_file(work, Kept(f"f{n}", "text/plain", 1, f"{n}" * 64))


def export(records: Records) -> dict[int, bytes]:
    """All there is of the things, but for what an undo must move: version, updated_at and updated_by."""
    table, found = records.registry.tables["thing"], {}
    sql = table.select_sql.rpartition(" WHERE ")[0]
    for row in records.database.rows(sql):
        values = {k: v for k, v in table.show(row).items() if k not in ("updated_at", "updated_by", "version")}
        with records.work(SYSTEM) as work:
            values |= {f.name: work.linked(table, f.name, row[0]) for f in table.links}
        found[row[0]] = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
    return found


def do(records: Records, actor: Actor, what: str, record: int, values: dict[str, Any]) -> str | None:
    """The transaction, if there was anything to do."""
    try:
        with records.work(actor) as work:
            if work.row(work.table("thing"), record) is None:
                return None
            if what == "delete":
                work.delete("thing", record)
            else:
                work.update("thing", record, values)
            return work.transaction if work.touched else None
    except Invalid:  # a link to what was deleted
        return None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.lists(st.dictionaries(st.sampled_from(sorted(VALUES)), st.none()), min_size=3, max_size=3),
       data=st.data(), steps=st.lists(STEP, min_size=1, max_size=8))  # fmt: skip
def test_a_history_taken_back_leaves_what_was(
    records: Records, first: list[dict[str, None]], data: st.DataObject, steps: list[tuple[str, int, dict[str, Any]]]
) -> None:
    if "thing" not in records.registry.entities:
        prepare(records)
        with records.work(ANNA) as work:
            for _ in RECORDS:
                work.create("thing", {})
    for n, names in enumerate(first, 1):
        do(records, ANNA, "change", n, {name: data.draw(VALUES[name]) for name in names})
    before = export(records)
    done = [t for what, record, values in steps if (t := do(records, BEN, what, record, values))]
    for transaction in reversed(done):
        with records.work(BEN) as work:
            assert undo_transaction(work, transaction).left == []
    assert export(records) == before


@pytest.mark.parametrize("way", ["bring back", "version"])
def test_a_deleted_record_comes_back_with_who_made_it_and_when(records: Records, way: str) -> None:
    prepare(records)
    token = Actor("token:1", ANNA.grants, user=1)
    with records.work(SYSTEM) as work:
        work.database.run(work.database.sql(
            'INSERT INTO ingot_token (version, created_at, updated_at, name, "user", digest, hint, scopes, revoked_at) '
            "VALUES (1, '', '', 't', 1, 'd', 'h', '[]', '2026-01-01')"))  # fmt: skip
    for actor in (ANNA, token, SYSTEM):
        with records.work(actor) as work:
            record = work.create("thing", {"json": [], "multi_choice": ["[y"], "owner": "2"})[0]
        before = export(records)[record]
        with records.work(BEN) as work:
            work.delete("thing", record)
        with records.work(BEN) as work:
            bring_back(work, "thing", record) if way == "bring back" else restore(work, "thing", record, 1)
        assert export(records)[record] == before, actor.key


def test_a_row_and_its_entry_are_of_one_moment(records: Records) -> None:
    from appliance.base import clock

    prepare(records)
    for _ in range(200):
        with records.work(ANNA) as work:
            row = work.create("thing", {})
        entry = records.log.of_record("thing", row[0], limit=1)[0]
        created = records.registry.tables["thing"].show(row)["created_at"]
        assert clock.wire(clock.from_micros(entry.at)) == created


def test_what_a_later_rule_refuses_comes_back_all_the_same(records: Records) -> None:
    """A choice that is gone, a pattern and bounds that came later, control characters that an earlier version took."""
    prepare(records)
    with records.work(ANNA) as work:
        record = work.create("thing", {"choice": "ö", "multi_choice": ["x", "z,"], "integer": 7, "text": "keep"})[0]
    table = records.registry.tables["thing"]
    column = table.entity.by_name["text"].column
    records.database.run(
        records.database.sql(f'UPDATE "{table.entity.table}" SET "{column}" = ? WHERE id = ?'), ("a\nb", record)
    )
    with records.work(ANNA) as work:
        edit = work.transaction
        work.update("thing", record, {"text": "clean", "choice": "none", "multi_choice": None, "integer": 1})
    with records.change_schema(SYSTEM) as schema:
        entity = schema.entities()["thing"]
        for name, change in (
            ("integer", {"max": 3}),
            ("choice", {"choices": ["none"]}),
            ("multi_choice", {"choices": ["[y"]}),
        ):
            schema.change_field(entity, entity.by_name[name], change)
    with records.work(ANNA) as work:
        assert undo_transaction(work, edit).left == []
    found = orjson.loads(export(records)[record])
    assert (found["text"], found["choice"], found["multi_choice"], found["integer"]) == ("a\nb", "ö", ["x", "z,"], 7)
    with records.work(ANNA) as work:
        work.delete("thing", record)
    with records.work(ANNA) as work:
        bring_back(work, "thing", record)
    assert orjson.loads(export(records)[record]) == found
