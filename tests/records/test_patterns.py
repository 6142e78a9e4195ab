"""Patterns that people declare take linear time, mean the letters of all scripts, and never keep Ingot from starting."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records_parts import ALICE, create, declare, people, shown

from appliance.base.errors import Invalid
from appliance.records.declaration import read_field
from appliance.records.kinds.patterns import LONGEST, PatternRefused, compile_pattern, is_taken, shared_pattern
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records

STALLS = [
    "([A-Za-z0-9]+)+-[0-9]",
    "(a|a)*b",
    "(a|aa)+$",
    "(.*a){12}x",
    "(x+x+)+y",
    r"^(\w+\s?)*$",
    "((a*)*)*b",
    "(a?){60}a{60}",
]


@pytest.mark.parametrize("pattern", STALLS)
def test_no_pattern_stalls(pattern: str) -> None:
    """Python's own engine would need years for these: that this ends at all is the claim."""
    if not is_taken(pattern):
        return
    for text in ("a" * 1_000 + "!", "x" * 1_000, "ab " * 300 + "!"):
        compile_pattern(pattern)(text)


@pytest.mark.parametrize(
    "pattern", ["(?=.*[0-9])[A-Z]+", r"(a)\1", "(?<!x)y", "a{1000}{1000}", "[", "(", "x" * (LONGEST + 1), r"\Z"]
)
def test_what_the_engine_does_not_take_is_refused_when_it_is_declared(pattern: str) -> None:
    with pytest.raises(PatternRefused):
        compile_pattern(pattern)
    assert not is_taken(pattern)
    with pytest.raises(Invalid):
        read_field({"name": "code", "kind": "text", "pattern": pattern})
    stored = read_field({"name": "code", "kind": "text", "pattern": pattern}, stored=True)
    assert stored.pattern == pattern and stored.kind.cleaner(stored)("anything") == "anything"
    assert "pattern" not in stored.kind.schema(stored)


@pytest.mark.parametrize(("pattern", "fits", "fails"), [
    (r"\w+", "Müller_Łódź山田", "a b"), (r"\d{2}", "٣٤", "3x"), (r"[\w ]+", "Frau Müller", "a-b"), (r"\W+", "-!", "é"),
    (r"[^\d]+", "abc", "1"), (r"a\sb", "a\u00a0b", "ab"), (r"[]a]+", "]a", "b"), (r"\D", "x", "٣"), (r"\\w", "\\w", "x"),
])  # fmt: skip
def test_letters_and_digits_are_those_of_all_scripts(pattern: str, fits: str, fails: str) -> None:
    assert compile_pattern(pattern)(fits) and not compile_pattern(pattern)(fails)


@given(st.text("ab1-.[]()|^$*+?{}\\ ,", max_size=12), st.text("ab1-. ", max_size=8))
def test_what_is_shared_is_read_alike(pattern: str, text: str) -> None:
    """Python's engine stands for ECMA-262's here: on this plain subset they agree."""
    shared = shared_pattern(pattern)
    if shared is None:
        return
    try:
        other = re.compile(shared)
    except re.error:
        pytest.fail(f"{shared!r} is no pattern elsewhere")
    assert bool(compile_pattern(shared)(text)) == bool(other.fullmatch(text))


def test_a_value_that_no_longer_passes_stays_and_others_can_be_changed(records: Records) -> None:
    declare(records, {"name": "thing", "fields": [{"name": "name"}, {"name": "code"}]})
    people(records)
    record = create(records, "thing", ALICE, name="a", code="old form")
    records.database.run(
        records.database.sql("UPDATE ingot_field SET definition = ? WHERE definition LIKE ?"),
        ('{"name": "code", "kind": "text", "label": "Code", "pattern": "[A-Z]+", "required": true}', '%"code"%'),
    )
    again = Records(records.database)
    with again.work(ALICE) as work:
        work.update("thing", record, {"name": "b", "code": "old form"})
    assert shown(again, "thing", record)["name"] == "b"
    with pytest.raises(Invalid), again.work(ALICE) as work:
        work.update("thing", record, {"code": "another old form"})


@pytest.mark.parametrize("blank", ["", " ", "\u00a0\u2003", "\u200b", "\ufeff\u2060"])
def test_blanks_do_not_satisfy_required(records: Records, blank: str) -> None:
    declare(records, {"name": "thing", "fields": [{"name": "name", "required": True}]})
    with pytest.raises(Invalid):
        create(records, "thing", ALICE, name=blank)


@pytest.mark.parametrize("kind", ["text", "email", "phone", "url"])
@pytest.mark.parametrize(
    "mark", ["\n", "\r", "\t", "\x07", "\x1b", "\x7f", "\x85", "\u2028", "\u202a", "\u202e", "\u2066", "\u2069"]
)
def test_one_line_holds_no_control_characters(kind: str, mark: str) -> None:
    field = read_field({"name": "one", "kind": kind})
    middle = {"text": "a{}b", "email": "a{}b@example.org", "phone": "030{}1", "url": "https://example.org/{}x"}[kind]
    from appliance.records.kinds import Wrong

    with pytest.raises(Wrong):
        field.kind.cleaner(field)(middle.format(mark))
    long = read_field({"name": "many", "kind": "long_text"})
    assert long.kind.cleaner(long)(f"a{mark}b") == f"a{mark}b"


@pytest.mark.parametrize(
    "text", ["\u05e9\u05dc\u05d5\u05dd Ltd.", "\u0634\u0631\u0643\u0629 ABC 12", "ABC\u200f (\u05d0)", "\u200e+49 30"]
)
def test_hebrew_and_arabic_and_the_marks_they_are_written_with_are_taken(text: str) -> None:
    field = read_field({"name": "one", "kind": "text"})
    assert field.kind.cleaner(field)(text) == text


def test_what_turns_text_round_and_is_there_already_is_read_and_left_alone(records: Records) -> None:
    declare(records, {"name": "thing", "fields": [{"name": "name"}, {"name": "code"}]})
    made = create(records, "thing", ALICE, name="plain", code="a")
    column = records.registry.entity("thing").by_name["name"].column
    table = records.registry.entity("thing").table
    with records.database.write():
        old = records.database.sql(f'UPDATE "{table}" SET "{column}" = ? WHERE id = ?')
        records.database.run(old, ("invoice\u202efdp.exe", made))
    with records.work(ALICE) as work:
        work.update("thing", made, {"code": "b"})
    row = records.database.rows(records.database.sql(f'SELECT "{column}" FROM "{table}" WHERE id = ?'), (made,))
    assert row == [("invoice\u202efdp.exe",)]


def test_a_field_whose_pattern_is_refused_can_be_changed_and_mended(records: Records) -> None:
    declare(records, {"name": "thing", "fields": [{"name": "name"}, {"name": "code"}]})
    records.database.run(
        records.database.sql("UPDATE ingot_field SET definition = ? WHERE definition LIKE ?"),
        ('{"name": "code", "kind": "text", "label": "Code", "pattern": "(?=a)b"}', '%"code"%'),
    )
    again = Records(records.database)
    assert [(e.name, f.name) for e, f in again.registry.refused_patterns()] == [("thing", "code")]
    for words, pattern in (({"label": "Kennung"}, "(?=a)b"), ({"pattern": "[a-z]+"}, "[a-z]+")):
        with again.change_schema(SYSTEM) as schema:
            entity = schema.entities()["thing"]
            schema.change_field(entity, entity.by_name["code"], words)
        assert again.registry.entity("thing").by_name["code"].pattern == pattern
    assert again.registry.refused_patterns() == []


@pytest.mark.parametrize("kind", [[], {}, None, 7, "nothing"])
def test_a_kind_that_is_none_is_refused(records: Records, kind: object) -> None:
    declare(records, {"name": "thing", "fields": [{"name": "name"}, {"name": "code"}]})
    with records.change_schema(SYSTEM) as schema, pytest.raises(Invalid):
        entity = schema.entities()["thing"]
        schema.change_field(entity, entity.by_name["code"], {"kind": kind})
