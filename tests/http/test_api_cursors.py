"""The profile of cursor pagination (https://jsonapi.org/profiles/ethanresnick/cursor-pagination/)."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from api_client import CURSOR, MEDIA, Api, ids, mark, only_error
from api_server import Server

TYPE = CURSOR


def _eleven(api: Api) -> tuple[str, list[str]]:
    """Eleven accounts under one mark; staff and dates repeat and are missing here and there."""
    word = mark()
    made = [
        api.make(
            "accounts",
            name=f"n{n % 3}",
            mark=word,
            staff=None if n % 4 == 0 else n % 3,
            budget=None if n == 5 else f"{n % 5}.5",
            founded=None if n % 5 == 0 else f"200{n % 3}-01-01",
            met_at=None if n % 6 == 0 else f"2020-01-0{1 + n % 2}T00:00:00Z",
            active=None if n == 3 else n % 2 == 0,
            industry=(None, "steel", "glass")[n % 3],
        )
        for n in range(11)
    ]
    return word, made


@pytest.fixture
def many(api: Api) -> tuple[str, list[str]]:
    return _eleven(api)


@pytest.fixture(scope="module")
def steady(server: Server) -> tuple[str, list[str]]:
    """The same for tests that change none of them."""
    return _eleven(server.api)


def _walk(api: Api, path: str, link: str) -> list[list[str]]:
    pages = []
    document = api.get(path)
    while True:
        pages.append(ids(document))
        if document["links"][link] is None:
            return pages
        document = api.get(document["links"][link])
        assert len(pages) < 50


@pytest.mark.parametrize("sort", ["", "id", "-id", "staff", "-staff", "staff,-name", "budget", "-founded", "met_at",
    "active,-id",
    "-active", "industry", "created_at", "name,-staff,founded", "parent.name"])  # fmt: skip
def test_must_order_uniquely_and_walk_each_item_once_in_both_directions(
    api: Api, steady: tuple[str, list[str]], sort: str
) -> None:
    """Sorting Requirement; page[after]: first item immediately after the cursor; page[before]: last item just before."""
    word, made = steady
    order = f"&sort={sort}" if sort else ""
    whole = ids(api.get(f"/api/accounts?filter[mark]={word}{order}"))
    path = f"/api/accounts?filter[mark]={word}{order}&page[size]=3"
    forth = _walk(api, f"{path}&page[after]=", "next")
    assert [i for page in forth for i in page] == whole
    assert [len(page) for page in forth] == [3, 3, 3, 2]
    assert sorted(whole, key=int) == made
    last = api.get(f"{path}&page[after]=")
    while last["links"]["next"]:
        last = api.get(last["links"]["next"])
    back = _walk(api, last["links"]["prev"], "prev")
    assert [i for page in reversed(back) for i in page] == whole[:9]


def test_must_start_with_the_first_item_without_after_and_before(api: Api, steady: tuple[str, list[str]]) -> None:
    """Omitting Both."""
    word, made = steady
    document = api.get(f"/api/accounts?filter[mark]={word}&sort=id&page[size]=2", Accept=f'{MEDIA};profile="{CURSOR}"')
    assert ids(document) == made[:2]
    assert document["links"]["prev"] is None
    assert ids(api.get(document["links"]["next"])) == made[2:4]


def test_must_have_prev_and_next_and_null_where_there_is_no_page(api: Api, many: tuple[str, list[str]]) -> None:
    """Links."""
    word, made = many
    path = f"/api/accounts?filter[mark]={word}&sort=id&page[after]="
    whole = api.get(path)
    assert (whole["links"]["prev"], whole["links"]["next"]) == (None, None)
    empty = api.get("/api/accounts?filter[mark]=none-such&page[after]=")
    assert (empty["data"], empty["links"]["prev"], empty["links"]["next"]) == ([], None, None)
    middle = whole["data"][5]["meta"]["page"]["cursor"]
    before = api.get(f"/api/accounts?filter[mark]={word}&sort=id&page[before]={middle}&page[size]=5")
    assert ids(before) == made[:5]
    assert before["links"]["prev"] is None and before["links"]["next"]
    assert ids(api.get(before["links"]["next"])) == made[5:10]


def test_must_give_empty_data_beyond_the_ends(api: Api, many: tuple[str, list[str]]) -> None:
    """page[after] and page[before]."""
    word, _ = many
    whole = api.get(f"/api/accounts?filter[mark]={word}&sort=id&page[after]=")["data"]
    first, last = whole[0]["meta"]["page"]["cursor"], whole[-1]["meta"]["page"]["cursor"]
    assert api.get(f"/api/accounts?filter[mark]={word}&sort=id&page[after]={last}")["data"] == []
    assert api.get(f"/api/accounts?filter[mark]={word}&sort=id&page[before]={first}")["data"] == []


def test_must_fall_on_the_item_a_cursor_came_with(api: Api, many: tuple[str, list[str]]) -> None:
    """Item Cursors; it still divides the list when the item is gone."""
    word, _ = many
    path = f"/api/accounts?filter[mark]={word}&sort=-staff"
    items = api.get(f"{path}&page[after]=")["data"]
    order = [r["id"] for r in items]
    cursors = [r["meta"]["page"]["cursor"] for r in items]
    api.delete(f"/api/accounts/{order[4]}")
    assert ids(api.get(f"{path}&page[after]={cursors[4]}")) == order[5:]
    assert ids(api.get(f"{path}&page[before]={cursors[4]}")) == order[:4]


def test_must_return_the_used_page_size(api: Api, many: tuple[str, list[str]]) -> None:
    """page[size]: as many items as asked, the default otherwise."""
    word, _made = many
    for size in (1, 4, 11, 500):
        assert len(api.get(f"/api/accounts?filter[mark]={word}&page[after]=&page[size]={size}")["data"]) == min(
            size, 11
        )
    for n in range(20):
        api.make("accounts", mark=word, name=f"more {n}")
    assert len(api.get(f"/api/accounts?filter[mark]={word}&page[after]=")["data"]) == 25


@pytest.mark.parametrize("size", ["0", "-1", "x", "", "1.0", "+1", "1e2", " 1", "0x10", "%00", "٣"])
def test_must_answer_400_to_a_size_that_is_no_positive_integer(api: Api, size: str) -> None:
    """Invalid Parameter Value Error."""
    error = only_error(api.get(f"/api/accounts?page[size]={size}", status=400))
    assert error["source"] == {"parameter": "page[size]"}
    assert "links" not in error


@pytest.mark.parametrize("size", ["501", "1000000", "9" * 50])
def test_must_name_the_largest_size(api: Api, size: str) -> None:
    """Max Page Size Exceeded Error."""
    error = only_error(api.get(f"/api/accounts?page[size]={size}", status=400))
    assert (error["status"], error["source"]) == ("400", {"parameter": "page[size]"})
    assert error["meta"]["page"]["maxSize"] == 500
    assert error["links"]["type"] == f"{TYPE}max-size-exceeded"


def test_must_refuse_ranges_with_their_type(api: Api) -> None:
    """Range Pagination Not Supported Error."""
    error = only_error(api.get("/api/accounts?page[after]=&page[before]=", status=400))
    assert error["links"]["type"] == f"{TYPE}range-pagination-not-supported"


def test_must_refuse_sorts_it_cannot_page_with_their_type(api: Api) -> None:
    """Unsupported Sort Error."""
    for sort in ("extra", "colors", "nope", "contacts"):
        error = only_error(api.get(f"/api/accounts?sort={sort}&page[after]=", status=400))
        assert error["source"] == {"parameter": "sort"}
        assert error["links"]["type"] == f"{TYPE}unsupported-sort"


def _cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize("name", ["after", "before"])
def test_must_answer_400_to_what_is_no_cursor(api: Api, name: str) -> None:
    """Invalid Parameter Value Error; whatever somebody forges."""
    for sort, values in (
        ("id", ["x"]), ("id", [None]), ("id", [1.5]), ("id", [True]), ("id", [2**63]), ("id", []), ("id", [1, 1]),
        ("name", [1, 1]), ("name", ["a\x00", 1]), ("name", [["a"], 1]), ("name", ["a"]), ("staff", ["1", 1]),
        ("staff", [True, 1]), ("founded", ["yesterday", 1]), ("founded", [20200101, 1]), ("active", ["true", 1]),
        ("active", [7, 1]), ("met_at", ["x", 1]), ("budget", ["1.5", 1]), ("budget", [1.5, 1]), ("name", ["a", None]),
        ("name", [{"a": 1}, 1]), ("parent", ["x", 1]), ("parent.name", [5, 1]), ("created_at", [5, 1]),
    ):  # fmt: skip
        answer = api.get(f"/api/accounts?sort={sort}&page[{name}]={_cursor(*values)}", status=400)
        assert only_error(answer)["source"] == {"parameter": f"page[{name}]"}, (sort, values)
    for text in ("x", "%00", "null", "ä", "===", "a" * 5000, base64.urlsafe_b64encode(b"[" * 5000).decode(), "W10"):
        answer = api.get(f"/api/accounts?page[{name}]={text}", status=400)
        assert only_error(answer)["source"] == {"parameter": f"page[{name}]"}, text


def test_a_forged_cursor_shows_nothing_new(api: Api, steady: tuple[str, list[str]]) -> None:
    word, made = steady
    found = api.get(f"/api/accounts?filter[mark]={word}&sort=id&page[after]={_cursor(int(made[0]))}")
    assert ids(found) == made[1:]
    api.get(f"/api/accounts?sort=founded&page[after]={_cursor('2000-01-01', 1)}")
    api.get(f"/api/accounts?sort=met_at&page[after]={_cursor('2000-01-01T00:00:00Z', 1)}")
    api.get(f"/api/accounts?sort=founded&page[after]={_cursor('2000-01-01T00:00:00+02:00', 1)}", status=(200))


def test_total_stands_in_the_pagination_metadata(api: Api, steady: tuple[str, list[str]]) -> None:
    """Collection Sizes; our page[totals] asks for it."""
    word, _ = steady
    for page in ("page[after]=&", "page[number]=2&", ""):
        found = api.get(f"/api/accounts?filter[mark]={word}&{page}page[size]=2&page[totals]=true")
        assert found["meta"] == {"page": {"total": 11}}
    assert "meta" not in api.get(f"/api/accounts?filter[mark]={word}&page[size]=2")


def test_new_records_do_not_shift_the_pages(api: Api, many: tuple[str, list[str]]) -> None:
    word, made = many
    first = api.get(f"/api/accounts?filter[mark]={word}&sort=name&page[size]=4&page[after]=")
    api.make("accounts", mark=word, name="a comes first")
    api.delete(f"/api/accounts/{first['data'][0]['id']}")
    rest = _walk(api, first["links"]["next"], "next")
    assert sorted([*ids(first), *(i for page in rest for i in page)], key=int) == made
