"""/api/search as a client sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import request
from search_office import ALICE, CHARLIE, Office, until

from appliance.base.errors import Unavailable
from appliance.base.text import say
from appliance.features.search.api import make_api
from appliance.http.app import create_app
from appliance.http.hosts import Hosts
from appliance.records.permissions import SYSTEM

ACTORS = {"alice": ALICE, "charlie": CHARLIE}


@pytest.fixture
def client(office: Office, tmp_path: Path) -> Any:
    app = create_app(
        blueprints=[make_api(office.records, office.engine)],
        authenticate=lambda: ACTORS.get(request.headers.get("X-Actor", "alice")),
        hosts=Hosts(),
        templates=tmp_path,
        max_body=1000,
    )
    return app.test_client()


def fill(office: Office) -> None:
    office.create("contact", ALICE, first="Ada", last="Tulip", note="grows <b>tulips</b> & roses")
    office.create("contact", CHARLIE, first="Bob", last="Tulip")
    office.create("offer", subject="Tulip bulbs")
    until(lambda: office.follower.lag() == 0)


def test_hits_come_with_marks_counts_and_the_record(office: Office, client: Any) -> None:
    fill(office)
    document = client.get("/api/search?filter[q]=tulip").json
    assert document["meta"] == {"page": {"total": 3}, "counts": {"contacts": 2, "offers": 1}}
    by_id = {one["id"]: one for one in document["data"]}
    assert set(by_id) == {"contacts-1", "contacts-2", "offers-1"}
    ada = by_id["contacts-1"]
    assert ada["type"] == "search"
    assert ada["attributes"]["title"] == "Ada Tulip"
    assert ada["attributes"]["entity"] == "contact"
    assert ada["attributes"]["highlights"]["title"] == "Ada <mark>Tulip</mark>"
    assert ada["attributes"]["highlights"]["note"] == "grows &lt;b&gt;<mark>tulips</mark>&lt;/b&gt; &amp; roses"
    assert ada["relationships"]["record"]["data"] == {"type": "contacts", "id": "1"}
    assert "included" not in document


def test_charlie_is_told_of_his_own_records_only(office: Office, client: Any) -> None:
    fill(office)
    document = client.get("/api/search?filter[q]=tulip", headers={"X-Actor": "charlie"}).json
    assert [one["id"] for one in document["data"]] == ["contacts-2"]
    assert document["meta"]["counts"] == {"contacts": 1}


def test_a_stale_index_shows_too_little_and_never_too_much(office: Office, client: Any) -> None:
    fill(office)
    office.follower.stop(10)
    with office.records.work(SYSTEM) as work:
        work.update("contact", 2, {"owner": 1, "last": "Rose"})
        work.delete("offer", 1)
    document = client.get("/api/search?filter[q]=tulip", headers={"X-Actor": "charlie"}).json
    assert document["data"] == []
    document = client.get("/api/search?filter[q]=tulip").json
    assert {one["attributes"]["title"] for one in document["data"]} == {"Ada Tulip", "Bob Rose"}


def test_types_pages_and_include(office: Office, client: Any) -> None:
    fill(office)
    document = client.get("/api/search?filter[q]=tulip&filter[type]=contacts&page[size]=1&include=record").json
    assert document["meta"]["page"]["total"] == 2
    assert document["meta"]["counts"] == {"contacts": 2, "offers": 1}
    first = document["data"][0]["relationships"]["record"]["data"]
    assert [(one["type"], one["id"]) for one in document["included"]] == [(first["type"], first["id"])]
    assert document["included"][0]["attributes"]["last"] == "Tulip"
    second = client.get(document["links"]["next"]).json
    assert second["links"]["next"] is None
    assert {document["data"][0]["id"], second["data"][0]["id"]} == {"contacts-1", "contacts-2"}


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("filter[q]=x&colour=red", "colour"),
        ("filter[search]=x", "filter[search]"),
        ("filter[q]=x&filter[type]=nothings", "filter[type]"),
        ("filter[q]=x&page[size]=0", "page[size]"),
        ("filter[q]=x&page[number]=zwei", "page[number]"),
        ("filter[q]=x&include=owner", "include"),
        ("page[size]=3", "filter[q]"),
    ],
)
def test_what_cannot_be_understood_is_named(client: Any, query: str, parameter: str) -> None:
    answer = client.get(f"/api/search?{query}")
    assert answer.status_code == 400
    assert answer.json["errors"][0]["source"] == {"parameter": parameter}


def test_nobody_searches_without_signing_in(client: Any) -> None:
    assert client.get("/api/search?filter[q]=x", headers={"X-Actor": "nobody"}).status_code == 401


def test_an_answer_that_the_client_has_is_not_sent_again(office: Office, client: Any) -> None:
    fill(office)
    first = client.get("/api/search?filter[q]=tulip")
    again = client.get("/api/search?filter[q]=tulip", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_database_answers_while_the_engine_cannot(office: Office, client: Any) -> None:
    fill(office)
    office.create("contact", ALICE, first="100%", last="<Sure>")

    def broken(*_: Any, **__: Any) -> Any:
        raise Unavailable(say("Search is out of order for the moment."))

    office.engine.search = broken  # type: ignore[method-assign]
    document = client.get("/api/search?filter[q]=TULIP").json
    assert document["meta"]["degraded"] is True
    assert {one["id"] for one in document["data"]} == {"contacts-1", "contacts-2", "offers-1"}
    document = client.get("/api/search?filter[q]=tulip&filter[type]=offers").json
    assert [one["id"] for one in document["data"]] == ["offers-1"]
    assert document["data"][0]["attributes"]["highlights"] == {"title": "<mark>Tulip</mark> bulbs"}
    document = client.get("/api/search?filter[q]=tulip", headers={"X-Actor": "charlie"}).json
    assert [one["id"] for one in document["data"]] == ["contacts-2"]
    document = client.get("/api/search?filter[q]=100%25 sure").json
    assert [one["attributes"]["title"] for one in document["data"]] == ["100% <Sure>"]
    assert document["data"][0]["attributes"]["highlights"]["title"] == "<mark>100%</mark> &lt;Sure&gt;"
    assert client.get("/api/search?filter[q]=%25").json["meta"]["page"]["total"] == 1
