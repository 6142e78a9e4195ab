"""Limits that protect the server: each refusal names the parameter, or points at the place."""

from __future__ import annotations

import pytest
from api_client import Api, only_error, resource


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("page[size]=501", "page[size]"), ("page[number]=100001", "page[number]"),
        ("include=account.contacts.tags.contacts", "include"), ("include=" + ",".join(["account"] * 21), "include"),
        ("sort=" + ",".join(["name"] * 6), "sort"), ("sort=account.parent.parent.parent.name", "sort"),
        ("filter[account.parent.parent.parent.name]=x", "filter[account.parent.parent.parent.name]"),
        ("&".join(["filter[name]=x"] * 21), "filter[name]"), ("filter[name][in]=" + ",".join("a" * 201),
        "filter[name][in]"),
        ("filter[name][contains]=" + "a" * 1001, "filter[name][contains]"),
    ],
)  # fmt: skip
def test_a_refused_question_names_its_parameter(api: Api, query: str, parameter: str) -> None:
    error = only_error(api.get(f"/api/contacts?{query}", status=400))
    assert error["source"] == {"parameter": parameter}


def test_the_most_that_is_allowed_is_answered(api: Api) -> None:
    for query in ("page[size]=500", "page[number]=100000", "include=account.contacts.tags",
    "sort=" + ",".join(["name"] * 5),
                  "&".join(["filter[name]=x"] * 20), "filter[name][in]=" + ",".join("a" * 200),
                  "filter[account.parent.parent.name]=x"):  # fmt: skip
        api.get(f"/api/contacts?{query}")


def test_refused_bodies_point_at_the_place(api: Api) -> None:
    new = resource("tags", None, {"name": "x"})
    included = [resource("tags", None, {"name": "x"}, lid=str(n)) for n in range(101)]
    assert (
        only_error(api.post("/api/tags", {"data": new, "included": included}, 400))["source"]["pointer"] == "/included"
    )
    error = only_error(api.operate(*[{"op": "add", "data": new}] * 1001, status=400))
    assert error["source"]["pointer"] == "/atomic:operations"
    assert only_error(api.patch("/api/tags", {"data": [new] * 10_001}, 400))["source"]["pointer"] == "/data"
    long = only_error(api.post("/api/tags", {"data": resource("tags", None, {"name": "x" * 1_001})}, 422))
    assert long["source"]["pointer"] == "/data/attributes/name"
