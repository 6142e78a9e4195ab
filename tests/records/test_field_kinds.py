"""What goes in comes out: each kind of field, on both databases, and a sentence for what cannot go in."""

from __future__ import annotations

from typing import Any

import pytest
from records_parts import create, declare, history, shown

from appliance.base.errors import Invalid
from appliance.records.declaration import read_entity
from appliance.records.kinds import Wrong
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records

CHOICES = ["red", "Grün", 'a "b", c']
FIELDS: list[dict[str, Any]] = [
    {"name": "text"},
    {"name": "long", "kind": "long_text"},
    {"name": "whole", "kind": "integer"},
    {"name": "dec", "kind": "decimal"},
    {"name": "dec2", "kind": "decimal", "places": 2},
    {"name": "eur", "kind": "money", "currency": "EUR"},
    {"name": "jpy", "kind": "money", "currency": "JPY"},
    {"name": "kwd", "kind": "money", "currency": "KWD"},
    {"name": "flag", "kind": "boolean"},
    {"name": "day", "kind": "date"},
    {"name": "at", "kind": "datetime"},
    {"name": "colour", "kind": "choice", "choices": CHOICES},
    {"name": "colours", "kind": "multi_choice", "choices": CHOICES},
    {"name": "email", "kind": "email"},
    {"name": "phone", "kind": "phone"},
    {"name": "site", "kind": "url"},
    {"name": "data", "kind": "json"},
]
ROUND_TRIPS: list[tuple[str, Any, Any]] = [
    ("text", "0042", "0042"),
    ("text", "", None),
    ("text", "Zoë 🦆 e\u0301 \u200f", "Zoë 🦆 e\u0301 \u200f"),
    ("text", " '; DROP TABLE thing; -- %s ? ", " '; DROP TABLE thing; -- %s ? "),
    ("text", "x" * 1000, "x" * 1000),
    ("long", "line\r\nline\t" + "ü" * 100_000, "line\r\nline\t" + "ü" * 100_000),
    ("whole", 2**63 - 1, 2**63 - 1),
    ("whole", -(2**63), -(2**63)),
    ("whole", 7.0, 7),
    ("dec", "0.3", "0.3"),
    ("dec", 0.1, "0.1"),
    ("dec", "-0.000001", "-0.000001"),
    ("dec", "9223372036854.775807", "9223372036854.775807"),
    ("dec", "1e3", "1000"),
    ("dec2", "5", "5.00"),
    ("eur", "-0.05", "-0.05"),
    ("eur", {"amount": "12.3", "currency": "EUR"}, "12.30"),
    ("jpy", "1500", "1500"),
    ("kwd", "1.005", "1.005"),
    ("flag", False, False),
    ("flag", True, True),
    ("day", "0001-01-01", "0001-01-01"),
    ("day", "9999-12-31", "9999-12-31"),
    ("at", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
    ("at", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ("at", "2026-03-29T03:30:00+02:00", "2026-03-29T01:30:00.000Z"),
    ("colour", "Grün", "Grün"),
    ("colours", ['a "b", c', "red", "red"], ["red", 'a "b", c']),
    ("colours", [], None),
    ("email", " ada@lovelace.example ", "ada@lovelace.example"),
    ("phone", "+49 (0)30 / 123-45", "+49 (0)30 / 123-45"),
    ("site", "https://example.org/ä?b=c#d", "https://example.org/ä?b=c#d"),
    ("data", {"a": [1, None, {"b": "\\u0000 as letters"}]}, {"a": [1, None, {"b": "\\u0000 as letters"}]}),
    ("data", 0, 0),
]
REFUSED: list[tuple[str, Any, str]] = [
    ("text", "a\x00b", "characters"),
    ("text", "\ud800", "characters"),
    ("text", 5, "type"),
    ("text", "x" * 1001, "too_long"),
    ("whole", 2**63, "range"),
    ("whole", 1.5, "type"),
    ("whole", True, "type"),
    ("whole", "1", "type"),
    ("dec", "0.0000001", "places"),
    ("dec", "1.0000000000000000000000000000000000001", "places"),
    ("dec", "NaN", "type"),
    ("dec", float("inf"), "type"),
    ("dec", "1e99", "range"),
    ("dec", "12,5", "type"),
    ("jpy", "1.5", "places"),
    ("eur", {"amount": "1", "currency": "USD"}, "currency"),
    ("flag", "true", "type"),
    ("flag", 1, "type"),
    ("day", "2026-02-29", "type"),
    ("day", "2026-W01-1", "type"),
    ("day", "10000-01-01", "type"),
    ("at", "yesterday", "type"),
    ("at", "0001-01-01T00:00:00+05:00", "range"),
    ("colour", "blue", "choice"),
    ("colours", "red", "choice"),
    ("email", "ada@", "email"),
    ("phone", "none", "phone"),
    ("site", "javascript:alert(1)", "url"),
    ("data", "\x00", "characters"),
    ("data", ["\ud800"], "type"),
]


@pytest.fixture
def things(records: Records) -> Records:
    declare(records, {"name": "thing", "fields": FIELDS})
    return records


def test_every_kind_gives_back_what_it_was_given_also_in_the_log_and_in_the_row_just_written(things: Records) -> None:
    for name, given, expected in ROUND_TRIPS:
        with things.work(SYSTEM) as work:
            row = work.create("thing", {name: given})
            assert things.registry.tables["thing"].show(row)[name] == expected, (name, given)
            row = work.update("thing", work.create("thing", {})[0], {name: given})
            assert things.registry.tables["thing"].show(row)[name] == expected, (name, given)
            row = work.create("thing", {name: given})
        assert shown(things, "thing", row[0])[name] == expected, (name, given)
        change = history(things, "thing", row[0])[0][2]
        assert change == ({name: [None, expected]} if expected is not None else {}), (name, given)


def test_what_was_read_can_be_sent_back_and_changes_nothing(things: Records) -> None:
    values = {name: given for name, given, expected in ROUND_TRIPS if expected is not None}
    id_ = create(things, "thing", **values)
    again = {name: shown(things, "thing", id_)[name] for name in values}
    with things.work(SYSTEM) as work:
        assert work.update("thing", id_, again)[1] == 1
    assert len(history(things, "thing", id_)) == 1


@pytest.mark.parametrize(
    ("name", "given", "code"), REFUSED, ids=[f"{n}-{c}-{i}" for i, (n, _, c) in enumerate(REFUSED)]
)
def test_what_does_not_fit_is_refused_with_a_sentence_and_a_code(name: str, given: Any, code: str) -> None:
    fields = {f.name: f for f in read_entity({"name": "thing", "fields": FIELDS})}
    with pytest.raises(Wrong) as refused:
        fields[name].kind.cleaner(fields[name])(given)
    assert refused.value.code == code
    assert len(str(refused.value.message)) > 8


def test_all_wrong_values_are_named_at_once_and_nothing_is_stored(things: Records) -> None:
    with pytest.raises(Invalid) as refused:
        create(things, "thing", whole="x", day="x", nonsense=1, created_at="2020-01-01T00:00:00Z")
    assert {(p.field, p.code) for p in refused.value.problems} == {
        ("whole", "type"), ("day", "type"), ("nonsense", "unknown"), ("created_at", "read_only"),
    }  # fmt: skip
    assert things.database.rows("SELECT count(*) FROM thing")[0][0] == 0


def test_long_nonsense_is_refused_quickly() -> None:
    fields = {f.name: f for f in read_entity({"name": "thing", "fields": FIELDS})}
    for name, given in (("phone", "1" * 500_000 + "!"), ("email", "a@" + "." * 500_000), ("dec", "1" * 500_000)):
        with pytest.raises(Wrong):  # a regular expression gone wild would meet the test's time limit
            fields[name].kind.cleaner(fields[name])(given)


def test_decimals_add_up_exactly_inside_the_database(things: Records) -> None:
    for amount in ("0.1", "0.2"):
        create(things, "thing", dec=amount, eur="0.10")
    assert things.database.rows("SELECT sum(dec) = 300000, sum(eur) = 20 FROM thing")[0] in [(1, 1), (True, True)]
