"""The optimistic lock is never off in silence: wherever a version can be given, a stale one stops the write and one that is no
number is refused."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from api_client import MEDIA_ATOMIC, Api, ids, ref, resource

NO_NUMBERS = ["1", 1.0, True, [1], {"version": 1}, None]
Change = Callable[[str, Any], dict[str, Any]]


def document(record: str, version: Any) -> dict[str, Any]:
    return {"data": resource("accounts", record, {"name": "changed"}, meta={"version": version})}


def update(record: str, version: Any) -> dict[str, Any]:
    return {"op": "update", **document(record, version)}


WAYS: dict[str, tuple[str, Change]] = {
    "a record": ("PATCH /api/accounts/{id}", document),
    "an operation": ("POST /api/operations", lambda i, v: {"atomic:operations": [update(i, v)]}),
    "a removal": (
        "POST /api/operations",
        lambda i, v: {"atomic:operations": [{"op": "remove", "ref": ref("accounts", i), "meta": {"version": v}}]},
    ),
    "an operation that says it itself": (
        "POST /api/operations",
        lambda i, v: {"atomic:operations": [
            {"op": "update", "data": resource("accounts", i, {"name": "changed"}), "meta": {"version": v}}
        ]},
    ),
    "a link in an operation": (
        "POST /api/operations",
        lambda i, v: {"atomic:operations": [
            {"op": "update", "ref": {**ref("accounts", i), "relationship": "parent"}, "data": None, "meta": {"version": v}}
        ]},
    ),
    "a link": ("PATCH /api/accounts/{id}/relationships/parent", lambda i, v: {"data": None, "meta": {"version": v}}),
    "an upsert": (
        "POST /api/accounts",
        lambda i, v: {"data": resource("accounts", i, {"name": "changed"}, meta={"version": v, "upsert": True})},
    ),
}  # fmt: skip


def ask(api: Api, way: str, record: str, version: Any) -> int:
    where, make = WAYS[way]
    method, path = where.split(" ")
    media = MEDIA_ATOMIC if "operations" in path else "application/vnd.api+json"
    found = api.ask(method, path.format(id=record), make(record, version), media=media, Accept=media)
    return found.status_code


@pytest.mark.parametrize("way", WAYS)
def test_a_stale_version_stops_the_write(api: Api, way: str) -> None:
    record = api.make("accounts", name="first")
    api.patch(f"/api/accounts/{record}", {"data": resource("accounts", record, {"name": "second"})})
    assert ask(api, way, record, 1) == 412
    assert api.get(f"/api/accounts/{record}")["data"]["attributes"]["name"] == "second"
    assert ask(api, way, record, 2) < 300


@pytest.mark.parametrize("way", WAYS)
def test_what_is_no_number_is_refused(api: Api, way: str) -> None:
    record = api.make("accounts", name="first")
    for version in NO_NUMBERS:
        assert ask(api, way, record, version) == 400, version
    assert api.get(f"/api/accounts/{record}")["data"]["attributes"]["name"] == "first"


def test_a_batch_reports_both(api: Api) -> None:
    one, other = api.make("accounts", name="batch one"), api.make("accounts", name="batch other")
    items = [document(one, "1")["data"], document(other, 7)["data"]]
    job = api.patch("/api/accounts", {"data": items}, status=202)["data"]["id"]
    while (found := api.get(f"/api/jobs/{job}")["data"]["attributes"])["state"] in ("new", "waiting", "running"):
        time.sleep(0.05)
    assert [e["status"] for e in found["result"]["errors"]] == ["400", "412"]
    assert found["result"]["updated"] == 0


def test_a_header_that_means_one_record_is_refused_where_there_are_many(api: Api) -> None:
    record = api.make("accounts", name="kept")
    lock = {"If-Match": '"1"'}
    api.operate(update(record, 1), status=400, **lock)
    api.patch("/api/accounts", {"data": [document(record, 1)["data"]]}, status=400, **lock)
    api.patch(
        "/api/accounts?filter[id]=" + record, {"data": resource("accounts", None, {"name": "x"})}, status=400, **lock
    )
    api.delete("/api/accounts?filter[id]=" + record, status=400, **lock)
    many = {"data": resource("accounts", None, {"name": "x"}, meta={"version": 1})}
    api.patch("/api/accounts?filter[id]=" + record, many, status=400)
    assert record in ids(api.get("/api/accounts?filter[name]=kept"))
