"""A request that costs too much is told so: 503 when the database takes too long, 413 when the answer is too large."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from walk import Site

from appliance.engines.database import limits
from appliance.records.permissions import SYSTEM


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    found = Site(tmp_path_factory.mktemp("costs") / "home")
    with found.house.records.work(SYSTEM) as work:
        for n in range(100):
            work.create("contact", {"last_name": f"t{n}", "about": "é" * 20_000})
    return found


def test_an_answer_beyond_the_limit_is_refused_and_a_smaller_page_is_not(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_BYTES", 1_000_000)
    token = site.token()
    for path in ("/api/contacts?page[size]=100", "/api/log?page[size]=100&sort=-position"):
        answer = site.ask(token, "GET", path)
        assert (answer.status_code, answer.json["errors"][0]["code"]) == (413, "answer_too_large"), path  # type: ignore[index]
    assert site.ask(token, "GET", "/api/contacts?page[size]=10").status_code == 200


def test_a_request_that_takes_too_long_is_503(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def at_once() -> Iterator[None]:
        with site.house.database.limited(0.0):
            yield

    monkeypatch.setattr(site.app, "limited", at_once)
    site.house.database.run("CREATE TABLE many (n INTEGER)")
    site.house.database.many("INSERT INTO many VALUES (?)", [(n,) for n in range(3_000)])
    search = site.house.records.find
    slow = "SELECT count(*) FROM many a, many b"
    monkeypatch.setattr(site.house.records, "find", lambda *a, **k: site.house.database.rows(slow) and search(*a, **k))  # type: ignore[misc]
    answer = site.ask(site.token(), "GET", "/api/contacts?filter[q]=t")
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (503, "query_timeout")  # type: ignore[index]
    assert answer.headers["Retry-After"]
