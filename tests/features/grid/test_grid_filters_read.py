"""What a filter form asks for becomes words of the API, and those words are read back as people say them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from werkzeug.datastructures import MultiDict

from appliance.features.grid.chips import Chips, read_filters
from appliance.features.grid.columns import columns, read_widths
from appliance.features.grid.composing import compose
from appliance.features.grid.tabs import shown_view
from appliance.features.grid.words import Words
from appliance.features.views.view import View
from appliance.http.jsonapi import parameters
from appliance.http.pages.person import Person
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM
from appliance.records.query import Sort
from appliance.records.reading import Reading
from appliance.records.records import Records

DECLARED: list[dict[str, Any]] = [
    {"name": "firm", "fields": [{"name": "name"}]},
    {"name": "deal", "fields": [
        {"name": "name"}, {"name": "stage", "kind": "choice", "choices": [{"value": "won", "label": "Won"}, "lost"]},
        {"name": "amount", "kind": "money", "currency": "EUR"}, {"name": "due", "kind": "date"},
        {"name": "met", "kind": "datetime"}, {"name": "firm", "kind": "relation", "target": "firm", "inverse": "deals"},
        {"name": "paid", "kind": "boolean"},
    ]},
]  # fmt: skip
PAIRS = list[tuple[str, str]]


@pytest.fixture
def deals(records: Records) -> Records:
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity(d) for d in DECLARED])
    return records


def asked(records: Records, given: PAIRS, timezone: str = "") -> PAIRS:
    """The words a form leads to; the API must be able to read them."""
    registry = records.registry
    entity = registry.entity("deal")
    address = compose(registry, entity, "/deals", MultiDict(given), timezone)
    query = urlsplit(address).query
    parameters.read(registry, entity, query, extra=("view", "pinned", "widths"))
    return parse_qsl(query, keep_blank_values=True)


def told(records: Records, pairs: PAIRS, language: str = "en") -> list[str]:
    registry = records.registry
    me = Person(SYSTEM, "", "", language, {"en": "en_GB", "de": "de_DE"}[language], "Europe/Berlin")
    filters = read_filters(registry, registry.entity("deal"), Words("/deals", pairs))
    return [c.text for c in Chips(Reading(records.database, registry, SYSTEM), me, filters).chips()]


def filter_form(path: str, op: str, *more: tuple[str, str]) -> PAIRS:
    return [("do", "filter"), ("path", path), ("op", op), *more]


@pytest.mark.parametrize(
    ("form", "words", "said"),
    [
        (filter_form("stage", "in", ("value", "won"), ("value", "lost")), [("filter[stage][in]", "won,lost")],
         "Stage: Won, lost"),
        (filter_form("stage", "in", ("value", "won")), [("filter[stage]", "won")], "Stage: Won"),
        (filter_form("amount", "between", ("from", "10"), ("to", "2000")),
         [("filter[amount][gte]", "10"), ("filter[amount][lte]", "2000")], "Amount: €10 to €2,000"),
        (filter_form("amount", "between", ("from", "1000"), ("to", "")), [("filter[amount][gte]", "1000")],
         "Amount ≥ €1,000"),
        (filter_form("due", "span", ("span", "this_week"), ("text", "")), [("filter[due]", "this_week")],
         "Due: this week"),
        (filter_form("name", "contains", ("text", " rose & co ")), [("filter[name][contains]", "rose & co")],
         "Name contains “rose & co”"),
        (filter_form("firm", "empty"), [("filter[firm][empty]", "true")], "Firm is empty"),
        (filter_form("firm", "in", ("value", "7")), [("filter[firm]", "7")], "Firm: #7"),
        (filter_form("owner", "in", ("value", "me")), [("filter[owner]", "me")], "Owner: Me"),
        (filter_form("firm.name", "starts", ("text", "A")), [("filter[firm.name][starts]", "A")],
         "Firm › Name starts with “A”"),
        (filter_form("paid", "no"), [("filter[paid]", "false")], "Paid: No"),
        (filter_form("name", "contains", ("text", "")), [], None),
    ],
)  # fmt: skip
def test_a_form_becomes_words_and_a_sentence(deals: Records, form: PAIRS, words: PAIRS, said: str | None) -> None:
    assert asked(deals, form) == words
    assert told(deals, words) == ([said] if said else [])


def test_in_german_with_german_numbers(deals: Records) -> None:
    assert told(deals, [("filter[amount][gte]", "1000")], "de") == ["Betrag ≥ 1.000\xa0€"]
    assert told(deals, [("filter[firm][empty]", "true")], "de") == ["Firm ist leer"]


def test_a_day_of_a_moment_is_the_readers_day(deals: Records) -> None:
    form = filter_form("met", "between", ("from", "2026-07-01"), ("to", "2026-07-01"))
    assert asked(deals, form, "Europe/Berlin") == [
        ("filter[met][gte]", "2026-06-30T22:00:00Z"), ("filter[met][lt]", "2026-07-01T22:00:00Z"),
    ]  # fmt: skip


def test_an_alternative_makes_a_group_and_a_range_a_part_of_its_own(deals: Records) -> None:
    won = [("filter[stage]", "won"), ("sort", "name"), ("page[number]", "3")]
    form = [*filter_form("amount", "between", ("from", "10"), ("to", "20")), ("or", "0")]
    words = asked(deals, [*won, *form])
    assert words == [
        ("filter[or.1][stage]", "won"), ("sort", "name"),
        ("filter[or.1.1][amount][gte]", "10"), ("filter[or.1.1][amount][lte]", "20"),
    ]  # fmt: skip
    assert told(deals, words) == ["Any of: Stage: Won or Amount: €10 to €20"]
    more = asked(deals, [*words, *filter_form("firm", "empty"), ("or", "or.1")])
    assert more[-1] == ("filter[or.1][firm][empty]", "true")
    assert told(deals, more) == ["Any of: Stage: Won or Amount: €10 to €20 or Firm is empty"]


def test_a_filter_is_replaced_where_it_stands(deals: Records) -> None:
    words = [("filter[amount][gte]", "1"), ("filter[amount][lte]", "2"), ("filter[stage]", "won")]
    assert asked(deals, [*words, *filter_form("amount", "gte", ("text", "5")), ("at", "0")]) == [
        ("filter[amount][gte]", "5"), ("filter[stage]", "won"),
    ]  # fmt: skip


def test_a_filter_on_a_field_that_is_gone_still_has_a_chip(deals: Records) -> None:
    assert told(deals, [("filter[gone][contains]", "<b>")]) == ["gone contains “<b>”"]


def test_columns_are_listed_in_the_order_given_and_unknown_ones_are_dropped(deals: Records) -> None:
    words = asked(deals, [("do", "columns"), ("column", "stage"), ("column", "name"), ("column", "gone"), ("pin", "2")])
    assert words == [("fields[deals]", "stage,name"), ("pinned", "2")]


def test_heads_turn_and_add_keys(deals: Records) -> None:
    entity = deals.registry.entity("deal")
    made = columns(entity, ("name", "stage", "amount"), (Sort(("name",)), Sort(("stage",), True)))
    assert [(c.sorted, c.rank, c.turn, c.also) for c in made] == [
        ("ascending", 1, "-name", "-name,-stage"),
        ("descending", 2, "", "name"),
        ("", 0, "amount", "name,-stage,amount"),
    ]


def test_widths_that_are_none_are_left_out() -> None:
    assert read_widths("name:220,stage:9,x:99999,y:,z:a,:5,name") == {"name": 220}


def test_no_words_are_the_default_views_and_a_changed_view_is_known() -> None:
    mine = View("5", "deal", "mine", "Mine", "grid", "filter[stage]=won&sort=name")
    shown = shown_view("/deals", [], [mine], mine)
    assert (shown.view, shown.changed) == (mine, False)
    assert shown.words.kept == "filter[stage]=won&sort=name"
    assert shown_view("/deals", [("view", "")], [mine], None).view is None
    same = shown_view(
        "/deals", [("view", "5"), ("sort", "name"), ("filter[stage]", "won"), ("page[number]", "2")], [mine], None
    )
    assert not same.changed
    emptied = Words("/deals", [("view", "5"), ("sort", "name")]).to(sort=None)
    assert shown_view("/deals", parse_qsl(urlsplit(emptied).query), [mine], None).changed
