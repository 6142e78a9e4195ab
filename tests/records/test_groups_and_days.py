"""AND/OR groups, words for days, `me`, sums and deep pages: the same on both databases, and never past the actor's rights."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from records_parts import ALICE, CHARLIE, SYSTEM, create, declare, people

from appliance.base import clock
from appliance.base.errors import BadRequest
from appliance.http.jsonapi.parameters import read
from appliance.records import spans
from appliance.records.permissions import Actor
from appliance.records.query import Page
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.settling import Ids

FIRM: dict[str, Any] = {"name": "firm", "fields": [{"name": "name"}, {"name": "city"}]}
DEAL: dict[str, Any] = {"name": "deal", "fields": [
    {"name": "name"}, {"name": "stage", "kind": "choice", "choices": ["new", "won", "lost"]}, {"name": "city"},
    {"name": "day", "kind": "date"}, {"name": "at", "kind": "datetime"},
    {"name": "amount", "kind": "money", "currency": "EUR"}, {"name": "share", "kind": "decimal"},
    {"name": "count", "kind": "integer"},
    {"name": "firm", "kind": "relation", "target": "firm", "inverse": "deals"},
]}  # fmt: skip
BERLIN = replace(ALICE, timezone="Europe/Berlin")


def asked(records: Records, query: str, actor: Actor = SYSTEM, entity: str = "deal", **more: Any) -> list[str]:
    """Names of what a query string finds, in order."""
    registry = records.registry
    wanted = read(registry, registry.entity(entity), query).query
    reading = Reading(records.database, registry, actor, more.get("find"))
    place = registry.tables[entity].place["name"]
    rows = reading.page(replace(wanted, page=Page(500))).rows
    assert reading.count(wanted) == len(rows)
    return [row[place] for row in rows]


def at(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    moment = datetime.fromisoformat(text)
    monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture
def deals(records: Records) -> Records:
    people(records)
    declare(records, FIRM, DEAL)
    return records


# ---------------------------------------------------------------------- groups


def test_groups_or_their_conditions_and_are_anded_with_the_rest(deals: Records) -> None:
    for name, stage, city in (
        ("a", "won", "Bonn"), ("b", "new", "Berlin"), ("c", "lost", "Bonn"), ("d", "won", "Berlin"), ("e", None, None),
    ):  # fmt: skip
        create(deals, "deal", name=name, stage=stage, city=city)
    for query, expected in {
        "filter[or.1][stage]=won&filter[or.1][city]=Berlin": "abd",
        "filter[or.1][stage]=won&filter[or.1][city]=Berlin&filter[stage][neq]=won": "b",
        "filter[or.1][stage]=won&filter[or.1][stage]=lost&filter[or.2][city]=Bonn&filter[or.2][name]=d": "acd",
        "filter[or.1.1][stage]=won&filter[or.1.1][city]=Berlin&filter[or.1.2][stage]=lost": "cd",
        "filter[or.1.1][stage]=won&filter[or.1.1][city]=Berlin&filter[or.1][city][empty]=true": "de",
        "filter[or.7][city][contains]=ON": "ac",
        "filter[or.1][city][in]=Bonn,Rome&filter[or.1][name][gt]=d": "ace",
    }.items():
        assert "".join(asked(deals, query)) == expected, query


def test_one_shape_of_groups_is_compiled_once_and_its_values_do_not_mix(deals: Records) -> None:
    for name in "abcd":
        create(deals, "deal", name=name, city=name * 2)
    for first, second in (("a", "dd"), ("b", "cc")):
        query = f"filter[or.1][name]={first}&filter[or.1.2][city]={second}&filter[or.1.2][name]={second[0]}"
        assert "".join(asked(deals, query)) == first + second[0]


def test_a_group_sees_no_related_record_that_its_actor_may_not(deals: Records) -> None:
    hidden, seen = (
        create(deals, "firm", ALICE, name="x", city="Rome"),
        create(deals, "firm", CHARLIE, name="x", city="Rome"),
    )
    create(deals, "deal", name="far", firm=hidden, owner="2")
    create(deals, "deal", CHARLIE, name="near", firm=seen)
    create(deals, "deal", ALICE, name="hers", city="Rome")
    query = "filter[or.1][firm.city]=Rome&filter[or.1][city]=Rome&sort=name"
    assert asked(deals, query, CHARLIE) == ["near"]
    assert asked(deals, query, ALICE) == ["far", "hers", "near"]


@pytest.mark.parametrize(
    "query",
    ["filter[or.1][nonsense]=1", "filter[or.x][name]=1", "filter[or.1.2.3][name]=1", "filter[or.1]=1",
     "filter[or.1][name][like]=1", "&".join(f"filter[or.{n}][name]=x" for n in range(21))],
)  # fmt: skip
def test_groups_that_cannot_be_read_are_refused(deals: Records, query: str) -> None:
    with pytest.raises(BadRequest) as refused:
        asked(deals, query)
    assert (refused.value.parameter or "").startswith("filter[or.")


# ---------------------------------------------------------------------- days


ON_29_FEBRUARY = """
    today 2024-02-29 2024-03-01
    yesterday 2024-02-28 2024-02-29
    tomorrow 2024-03-01 2024-03-02
    this_week 2024-02-26 2024-03-04
    last_week 2024-02-19 2024-02-26
    next_week 2024-03-04 2024-03-11
    this_month 2024-02-01 2024-03-01
    last_month 2024-01-01 2024-02-01
    next_month 2024-03-01 2024-04-01
    this_quarter 2024-01-01 2024-04-01
    last_quarter 2023-10-01 2024-01-01
    next_quarter 2024-04-01 2024-07-01
    this_year 2024-01-01 2025-01-01
    last_year 2023-01-01 2024-01-01
    next_year 2025-01-01 2026-01-01
    last_1_days 2024-02-29 2024-03-01
    next_1_days 2024-02-29 2024-03-01
    last_7_days 2024-02-23 2024-03-01
    next_7_days 2024-02-29 2024-03-07
"""


@pytest.mark.parametrize(
    ("word", "first", "after"), [line.split() for line in ON_29_FEBRUARY.split("\n") if line.strip()]
)
def test_words_for_days_mean_these_days(word: str, first: str, after: str) -> None:
    assert spans.days(word, date(2024, 2, 29)) == (date.fromisoformat(first), date.fromisoformat(after))


@pytest.mark.parametrize(
    ("zone", "now", "first", "after"),
    [("Europe/Berlin", "2026-03-29T10:00+02:00", "2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"),  # 23 hours
     ("Europe/Berlin", "2026-10-25T10:00+01:00", "2026-10-24T22:00:00.000Z", "2026-10-25T23:00:00.000Z"),  # 25 hours
     ("Africa/Cairo", "2026-04-24T12:00+03:00", "2026-04-23T22:00:00.000Z", "2026-04-24T21:00:00.000Z"),  # no midnight
     ("America/Havana", "2026-11-01T12:00-05:00", "2026-11-01T04:00:00.000Z", "2026-11-02T05:00:00.000Z"),  # two
     ("Pacific/Kiritimati", "2026-01-01T09:59Z", "2025-12-31T10:00:00.000Z", "2026-01-01T10:00:00.000Z"),
     ("Pacific/Kiritimati", "2026-01-01T10:00Z", "2026-01-01T10:00:00.000Z", "2026-01-02T10:00:00.000Z")],
)  # fmt: skip
def test_a_day_is_as_long_as_it_is_where_the_actor_lives(zone: str, now: str, first: str, after: str) -> None:
    assert spans.bounds("today", "datetime", datetime.fromisoformat(now), ZoneInfo(zone)) == (first, after)


def test_operators_with_a_word_for_days_compare_with_its_span(deals: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, "2026-11-25T23:30:00+00:00")  # a Wednesday; in Berlin Thursday already
    for n, day in enumerate(("2026-11-22", "2026-11-23", "2026-11-26", "2026-11-29", "2026-11-30")):
        create(deals, "deal", name=str(n), day=day, at=f"{day}T23:00:00Z")  # midnight in Berlin: the next day
    create(deals, "deal", name="x")
    for word, expected in {
        "day]=this_week": "123", "day][eq]=this_week": "123", "day][neq]=this_week": "04x", "day][lt]=this_week": "0",
        "day][lte]=this_week": "0123", "day][gt]=this_week": "4", "day][gte]=this_week": "1234",
        "day][in]=this_week,next_week": "1234", "day][in]=last_week,2026-11-26": "02", "day]=today": "2",
        "day]=yesterday": "", "at]=this_week": "012", "at][neq]=this_week": "34x", "at][gt]=this_week": "34",
        "at][lte]=this_week": "012", "at][in]=today,next_week,2026-11-26T23:00:00Z": "234", "created_at]=today": "01234x",
        "created_at][lt]=today": "", "day]=last_9_days": "01" + "2", "day]=next_4_days": "23",
    }.items():  # fmt: skip
        if "created" not in word:
            assert "".join(asked(deals, f"filter[{word}&sort=name", BERLIN)) == expected, word
    assert asked(deals, "filter[day]=today") == [], "without a zone it is still Wednesday"


def test_created_at_knows_days_too(deals: Records) -> None:
    create(deals, "deal", name="now")
    assert asked(deals, "filter[created_at][in]=yesterday,today,tomorrow", BERLIN) == ["now"]
    assert asked(deals, "filter[created_at][lt]=last_2_days", BERLIN) == []


def test_one_far_record_must_lie_in_the_span_not_two_around_it(deals: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, "2026-11-25T12:00:00+00:00")
    around, inside = create(deals, "firm", name="around"), create(deals, "firm", name="inside")
    for firm, day in ((around, "2025-01-01"), (around, "2027-01-01"), (inside, "2026-06-01")):
        create(deals, "deal", firm=firm, day=day)
    assert asked(deals, "filter[deals.day]=this_year", entity="firm") == ["inside"]
    assert asked(deals, "filter[deals.day][neq]=this_year", entity="firm") == ["around"]


# ---------------------------------------------------------------------- me


def test_me_is_the_user_who_asks(deals: Records) -> None:
    firm = create(deals, "firm", ALICE, name="f")
    create(deals, "deal", ALICE, name="hers", firm=firm)
    create(deals, "deal", name="his", firm=firm, owner="2")
    everyone = Actor("user:2", ALICE.grants, user=2)
    assert asked(deals, "filter[owner]=me", ALICE) == ["hers"]
    assert asked(deals, "filter[owner]=me", everyone) == ["his"]
    assert asked(deals, "filter[owner][neq]=me", everyone) == ["hers"]
    assert asked(deals, "filter[owner][in]=me,1&sort=name", everyone) == ["hers", "his"]
    assert asked(deals, "filter[firm.owner]=me", everyone) == []
    assert asked(deals, "filter[or.1][firm.owner]=me&filter[or.1][name]=none&sort=name", ALICE) == ["hers", "his"]
    assert asked(deals, "filter[id]=me", CHARLIE, entity="user") == ["charlie"]
    with pytest.raises(BadRequest) as refused:
        asked(deals, "filter[firm.owner]=me", SYSTEM)
    assert refused.value.parameter == "filter[firm.owner]"


# ---------------------------------------------------------------------- sums, search, depth


def test_sums_are_exact_whole_lists_beyond_64_bits(deals: Records) -> None:
    most = 2**63 - 1
    large = "92233720368547758.07"
    for count, amount in ((most, large), (most, large), (-5, "-5"), (None, None)):
        create(deals, "deal", ALICE, count=count, amount=amount)
    create(deals, "deal", CHARLIE, name="other", count=-(2**63), amount="-0.01")
    wanted = read(deals.registry, deals.registry.entity("deal"), "page[sums]=count,amount,share&page[size]=1").query
    totals = Reading(deals.database, deals.registry, ALICE).totals(wanted)
    assert totals.count == 5 and totals.sums == {
        "count": 2 * most - 5 - 2**63,
        "amount": 2 * most - 500 - 1,
        "share": 0,
    }
    mine = Reading(deals.database, deals.registry, CHARLIE).totals(wanted)
    assert mine.count == 1 and mine.sums == {"count": -(2**63), "amount": -1, "share": 0}


def test_what_a_search_finds_is_one_condition_among_others(deals: Records) -> None:
    ids = {n: create(deals, "deal", name=n, city=n * 2) for n in "abc"}

    def find(actor: Actor, entity: str, text: str, limit: int) -> Ids:
        assert (entity, limit) == ("deal", 10_000)
        listed = [ids[c] for c in text if c in ids]
        return Ids(listed, 10_001 if "!" in text else len(listed))

    assert asked(deals, "filter[q]=ca&sort=-name", find=find) == ["c", "a"]
    assert asked(deals, "filter[q]=abc&filter[city]=bb", find=find) == ["b"]
    assert asked(deals, "filter[q]=zzz", find=find) == []
    assert asked(deals, "filter[q]=&sort=name", find=find) == ["a", "b", "c"], "nobody filled it in"
    for refused in ({"query": "filter[q]=a!", "find": find}, {"query": "filter[q]=a"}):
        with pytest.raises(BadRequest) as problem:  # cut short, whoever acts on all that match would act on some
            asked(deals, **refused)  # type: ignore[arg-type]
        assert problem.value.parameter == "filter[q]"


def test_a_deep_page_holds_what_a_shallow_one_of_the_same_place_would(deals: Records) -> None:
    firms = [create(deals, "firm", name=f"f{n % 3}", city="x") for n in range(5)]
    with deals.work(SYSTEM) as work:
        for n in range(1_200):
            work.create("deal", {"name": f"n{n % 7}", "city": "Bonn" if n % 11 else None, "firm": firms[n % 5]})
    reading = Reading(deals.database, deals.registry, SYSTEM)
    for query in (
        "",
        "sort=-name",
        "sort=firm.name,-city",
        "filter[firm.name]=f1&sort=city",
        "filter[city]=Bonn&sort=-id",
    ):
        wanted = read(deals.registry, deals.registry.entity("deal"), query).query
        whole, page = [], 1
        while True:
            found = reading.page(replace(wanted, page=Page(100, page)))
            whole += found.rows
            page += 1
            if not found.more:
                break
        by_cursor, after = [], None
        while True:
            found = reading.page(replace(wanted, page=Page(100, after=after, cursor=True)))
            by_cursor += found.rows
            if not found.more or not found.keys:
                break
            after = found.keys[-1]
        assert whole == by_cursor and len(whole) == reading.count(wanted), query
        for known in (0, len(whole), 10**9):  # whichever way to the rows is taken
            assert reading.page(replace(wanted, page=Page(100, 2)), known).rows == whole[100:200], query
