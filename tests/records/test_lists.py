"""Lists: every operator means the same on both databases, through relations too; pages neither skip nor repeat a row."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from records_parts import SYSTEM, create, declare, found, shown

from appliance.base.errors import BadRequest
from appliance.records.declaration import read_entity
from appliance.records.query import Page, Query, parse_condition, parse_sort
from appliance.records.reading import Reading
from appliance.records.records import Records

THING: dict[str, Any] = {"name": "thing", "fields": [
    {"name": "text"}, {"name": "long", "kind": "long_text"}, {"name": "whole", "kind": "integer", "max": 100},
    {"name": "dec", "kind": "decimal"}, {"name": "eur", "kind": "money"}, {"name": "flag", "kind": "boolean"},
    {"name": "day", "kind": "date"}, {"name": "at", "kind": "datetime"},
    {"name": "colour", "kind": "choice", "choices": [{"value": "r", "label": "Red"}, "g"]},
    {"name": "colours", "kind": "multi_choice", "choices": ["re", "red", "g"]}, {"name": "email", "kind": "email"},
    {"name": "data", "kind": "json"}, {"name": "number", "kind": "auto_number", "pattern": "T-{number:03d}"},
]}  # fmt: skip
ROWS: list[dict[str, Any]] = [
    {"text": "100%_a!", "whole": -1, "dec": "0.1", "eur": "-2.50", "flag": True, "day": "2026-01-31", "colour": "r",
     "colours": ["red"], "at": "2026-01-31T12:00:00Z", "email": "Ada@x.example", "data": {"a": "needle"}, "long": "one\ntwo"},
    {"text": "b", "whole": 10, "dec": "0.3", "eur": "3", "flag": False, "day": "0001-01-01", "colour": "g",
     "colours": ["re", "g"], "at": "2026-02-01T00:00:00Z", "email": "bob@y.example", "long": "two"},
    {},
]  # fmt: skip
ASKED: list[tuple[str, str, str, set[int]]] = [
    ("text", "eq", "b", {2}), ("text", "neq", "b", {1, 3}), ("text", "in", "b,c,100%_a!", {1, 2}), ("text", "gt", "a", {2}),
    ("text", "contains", "%_", {1}), ("text", "contains", "!", {1}), ("text", "starts", "1", {1}), ("text", "ends", "A!", {1}),
    ("text", "contains", "_", {1}), ("text", "empty", "true", {3}), ("text", "empty", "false", {1, 2}),
    ("long", "contains", "TWO", {1, 2}), ("long", "eq", "two", {2}),
    ("whole", "lt", "10", {1}), ("whole", "lte", "10", {1, 2}), ("whole", "gt", "-1", {2}), ("whole", "gte", "-1", {1, 2}),
    ("whole", "lt", "5000", {1, 2}), ("whole", "in", "10,-1", {1, 2}), ("whole", "neq", "10", {1, 3}),
    ("dec", "eq", "0.10", {1}), ("dec", "gt", "0.2", {2}), ("eur", "lt", "0", {1}), ("eur", "eq", "3.00", {2}),
    ("flag", "eq", "true", {1}), ("flag", "eq", "no", {2}), ("flag", "neq", "true", {2, 3}), ("flag", "in", "true,false", {1, 2}),
    ("day", "gt", "0001-01-01", {1}), ("day", "eq", "0001-01-01", {2}), ("day", "in", "2026-01-31", {1}),
    ("at", "lt", "2026-02-01", {1}), ("at", "eq", "2026-01-31T13:00:00+01:00", {1}),
    ("created_at", "gt", "2001-01-01", {1, 2, 3}),
    ("colour", "eq", "red", {1}), ("colour", "in", "r,g", {1, 2}), ("colour", "empty", "1", {3}),
    ("colours", "contains", "re", {2}), ("colours", "contains", "red", {1}), ("colours", "empty", "true", {3}),
    ("email", "eq", "bob@y.example", {2}), ("email", "gte", "b", {2}), ("email", "ends", "X.EXAMPLE", {1}),
    ("data", "contains", "needle", {1}), ("data", "empty", "true", {2, 3}),
    ("number", "eq", "T-002", {2}), ("number", "contains", "00", {1, 2, 3}),
    ("id", "in", "1,3", {1, 3}), ("id", "gt", "1", {2, 3}), ("owner", "empty", "true", {1, 2, 3}),
]  # fmt: skip


def test_every_operator_of_every_kind_finds_what_it_says(records: Records) -> None:
    declare(records, THING)
    for row in ROWS:
        create(records, "thing", **row)
    for path, operator, text, expected in ASKED:
        assert set(found(records, "thing", (path, operator, text))) == expected, (path, operator, text)
    counted = [(p, o, t) for p, o, t, e in ASKED if e == {1}]
    reading = Reading(records.database, records.registry, SYSTEM)
    for path, operator, text in counted:
        condition = parse_condition(records.registry, records.registry.entity("thing"), path, operator, text, "f")
        assert reading.count(Query("thing", (condition,))) == 1


def test_what_cannot_be_asked_is_refused_naming_the_parameter(records: Records) -> None:
    declare(
        records,
        THING,
        {"name": "box", "fields": [{"name": "thing", "kind": "relation", "target": "thing", "inverse": "boxes"}]},
    )
    entity = records.registry.entity("thing")
    for path, operator, text in (
        ("nonsense", "eq", "1"), ("text", "like", "1"), ("flag", "contains", "t"), ("data", "eq", "1"), ("whole", "eq", "x"),
        ("whole", "eq", ""), ("day", "gt", "soon"), ("text", "contains", ""), ("text", "contains", "\x00"),
        ("text", "eq", "\x00"),
        ("text", "in", ",".join("x" * 201)), ("text", "empty", "maybe"), ("text.more", "eq", "1"), ("boxes", "eq", "x"),
        ("boxes", "contains", "1"), ("boxes.thing.boxes.thing.text", "eq", "1"), ("id", "empty", "true"), ("id", "eq", "9" * 30),
        ("colours", "contains", "nonsense"), ("id.text", "eq", "1"), ("", "eq", "1"), ("created_by", "eq", "you"),
        ("text.id", "eq", "me"), ("id", "eq", "me"), ("boxes", "eq", "me"), ("day", "eq", "last_0_days"),
        ("at", "in", "today,next_3651_days"), ("day", "contains", "today"),
    ):  # fmt: skip
        with pytest.raises(BadRequest) as refused:
            parse_condition(records.registry, entity, path, operator, text, "filter[it]")
        assert refused.value.parameter == "filter[it]", (path, operator, text)
    box = records.registry.entity("box")
    for text in (
        "nonsense",
        "--id",
        "thing.data",
        "thing.boxes",
        "thing.nonsense",
        ",".join(["id"] * 6),
        "thing.owner.id.x",
    ):
        with pytest.raises(BadRequest) as refused:
            parse_sort(records.registry, box, text)
        assert refused.value.parameter == "sort", text


@pytest.fixture
def chain(records: Records) -> Records:
    """region <- account <- contact <-> tag; each contact may have a boss."""
    declare(
        records,
        {"name": "region", "fields": [{"name": "name"}]},
        {"name": "tag", "fields": [{"name": "word"}]},
        {"name": "account", "fields": [
            {"name": "name"}, {"name": "region", "kind": "relation", "target": "region", "inverse": "accounts"},
        ]},
        {"name": "contact", "fields": [
            {"name": "name"}, {"name": "account", "kind": "relation", "target": "account", "inverse": "contacts"},
            {"name": "boss", "kind": "relation", "target": "contact", "inverse": "team"},
            {"name": "tags", "kind": "relations", "target": "tag", "inverse": "contacts"},
        ]},
    )  # fmt: skip
    north, south = create(records, "region", name="north"), create(records, "region", name="south")
    red, blue = create(records, "tag", word="red"), create(records, "tag", word="blue")
    acme = create(records, "account", name="Acme", region=north)
    zeta = create(records, "account", name="Zeta", region=south)
    create(records, "account", name="Lone")
    ada = create(records, "contact", name="Ada", account=acme, tags=[red, blue])
    create(records, "contact", name="Bob", account=zeta, boss=ada, tags=[blue])
    create(records, "contact", name="Cyd", boss=ada)
    return records


def test_conditions_reach_through_relations_of_every_sort(chain: Records) -> None:
    def names(entity: str, *filters: tuple[str, str, str], sort: str = "") -> list[str]:
        field = "word" if entity == "tag" else "name"
        return [shown(chain, entity, i)[field] for i in found(chain, entity, *filters, sort=sort)]

    assert names("contact", ("account.name", "eq", "Acme")) == ["Ada"]
    assert names("contact", ("account.region.name", "eq", "south")) == ["Bob"]
    assert names("account", ("contacts.name", "starts", "A")) == ["Acme"]
    assert names("region", ("accounts.contacts.tags.word", "eq", "red")) == ["north"]
    assert names("tag", ("contacts.account.region.name", "eq", "south")) == ["blue"]
    assert names("contact", ("team.name", "eq", "Cyd")) == ["Ada"]
    assert names("contact", ("boss.team.boss.name", "eq", "Ada")) == ["Bob", "Cyd"]
    assert names("contact", ("tags", "eq", "1")) == ["Ada"]
    assert names("contact", ("tags", "neq", "1")) == ["Bob", "Cyd"]
    assert names("contact", ("tags", "in", "1,2")) == ["Ada", "Bob"]
    assert names("contact", ("tags", "empty", "true")) == ["Cyd"]
    assert names("account", ("contacts", "empty", "true")) == ["Lone"]
    assert names("contact", ("team", "empty", "false")) == ["Ada"]
    assert names("account", ("contacts", "eq", "2")) == ["Zeta"]
    assert names(
        "contact", ("boss", "empty", "false"), ("tags.word", "eq", "blue"), ("account.name", "neq", "Acme")
    ) == ["Bob"]
    assert names("contact", ("account.id", "gt", "1")) == ["Bob"]
    assert names("contact", sort="-account.region.name,name") == ["Bob", "Ada", "Cyd"]
    assert names("contact", sort="boss.name,-name") == ["Ada", "Cyd", "Bob"]


def test_pages_by_cursor_visit_every_row_once_there_and_back(records: Records) -> None:
    declare(records, {"name": "box", "fields": [{"name": "size", "kind": "integer"}]}, {"name": "thing", "fields": [
        {"name": "text"}, {"name": "day", "kind": "date"}, {"name": "flag", "kind": "boolean"},
        {"name": "box", "kind": "relation", "target": "box"},
    ]})  # fmt: skip
    chance = random.Random(3)
    boxes = [create(records, "box", size=s) for s in (1, 1, 2, None)]
    with records.work(SYSTEM) as work:
        for _ in range(41):
            work.create("thing", {
                "text": chance.choice(["a", "b", None]), "day": chance.choice(["2026-01-01", "2026-01-02", None]),
                "flag": chance.choice([True, False, None]), "box": chance.choice([*boxes, None]),
            })  # fmt: skip
    reading = Reading(records.database, records.registry, SYSTEM)
    entity = records.registry.entity("thing")
    keys = ("text", "day", "flag", "box.size", "id")
    orders = [
        "",
        *keys,
        *("-" + k for k in keys),
        *(f"{a},-{b}" for a, b in itertools.permutations(keys[:4], 2)),
        "-flag,-day,-text",
    ]
    for order in orders:
        sorts = parse_sort(records.registry, entity, order)
        whole = [r[0] for r in reading.page(Query("thing", (), sorts, Page(500))).rows]
        assert len(set(whole)) == 41
        pages, after = [], None
        while True:
            page = reading.page(Query("thing", (), sorts, Page(6, after=after, cursor=True)))
            pages.append(page)
            if not page.more:
                break
            assert page.keys
            after = page.keys[-1]
        assert [r[0] for p in pages for r in p.rows] == whole, order
        back: list[int] = []
        before = (pages[-1].keys or [()])[0]
        while True:
            page = reading.page(Query("thing", (), sorts, Page(6, before=before)))
            back = [r[0] for r in page.rows] + back
            if not page.more:
                break
            assert page.keys
            before = page.keys[0]
        assert back == whole[: -len(pages[-1].rows)], order
        by_number = [r[0] for n in range(1, 8) for r in reading.page(Query("thing", (), sorts, Page(6, n))).rows]
        assert by_number == whole, order


def test_nothing_sorts_before_something_and_ties_by_id_on_both_databases(records: Records) -> None:
    declare(records, {"name": "thing", "fields": [{"name": "n", "kind": "integer"}]})
    for n in (2, None, 1, 2, None):
        create(records, "thing", n=n)
    assert found(records, "thing", sort="n") == [2, 5, 3, 1, 4]
    assert found(records, "thing", sort="-n") == [4, 1, 3, 5, 2]
    total = Reading(records.database, records.registry, SYSTEM).page(Query("thing", page=Page(2, totals=True))).total
    assert total == 5


def test_a_pattern_finds_letters_of_either_case_beyond_ascii(records: Records) -> None:
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity({"name": "bakery", "plural": "bakeries", "fields": [{"name": "name"}]})])
    with records.work(SYSTEM) as work:
        for name in ("Bäckerei MÜLLER", "bäckerei schulze", "Brot & Öl", "100 % Ähre"):
            work.create("bakery", {"name": name})
    registry = records.registry

    def count(operator: str, text: str) -> int:
        condition = parse_condition(registry, registry.entity("bakery"), "name", operator, text, "filter")
        return Reading(records.database, registry, SYSTEM).count(Query("bakery", (condition,)))

    assert count("contains", "müller") == 1
    assert count("contains", "MÜLLER") == 1
    assert count("starts", "BÄCKEREI") == 2
    assert count("ends", "öl") == 1
    assert count("contains", "% ähre") == 1
