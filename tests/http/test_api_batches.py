"""PATCH on a list: many records by one request, as a job."""

from __future__ import annotations

import time
from typing import Any

from api_client import Api, ids, mark, only_error, resource
from api_server import Server


def _finished(api: Api, answer: Any) -> dict[str, Any]:
    """The job's result, once it has one."""
    path = answer.headers["Location"]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        attributes = api.ask("GET", path, status=200).json()["data"]["attributes"]
        if attributes["finished_at"]:
            assert attributes["state"] == "success", attributes
            return dict(attributes["result"])
        time.sleep(0.05)
    raise AssertionError(attributes)


def _batch(api: Api, path: str, data: Any) -> dict[str, Any]:
    return _finished(api, api.ask("PATCH", path, {"data": data}, status=202))


def test_a_list_creates_updates_and_reports_what_is_wrong(api: Api) -> None:
    word = mark()
    old = api.make("tags", name="old", mark=word)
    result = _batch(api, "/api/tags", [
        resource("tags", None, {"name": "new", "mark": word}), resource("tags", old, {"name": "changed"}),
            resource("tags", None, {}),
        resource("contacts", None, {"name": "x"}), resource("tags", "99999999", {"name": "x"}), "nonsense",
        {**resource("tags", old, {"name": "z"}), "meta": {"version": 1}},
        {**resource("tags", None, {"name": "changed", "mark": "again"}), "meta": {"upsert": ["name"]}},
    ])  # fmt: skip
    assert (result["read"], result["created"], result["updated"]) == (8, 1, 2)
    assert [(e["index"], e["status"]) for e in result["errors"]] == [
        (2, "422"),
        (3, "409"),
        (4, "404"),
        (5, "400"),
        (6, "412"),
    ]
    found = api.get(f"/api/tags?filter[mark][in]={word},again&sort=id")["data"]
    assert [r["attributes"]["name"] for r in found] == ["changed", "new"]


def test_one_resource_and_a_filter_change_every_match(api: Api) -> None:
    word = mark()
    made = [api.make("tags", mark=word) for _ in range(5)]
    others = [api.make("tags", mark=mark())]
    result = _batch(api, f"/api/tags?filter[mark]={word}", resource("tags", None, {"mark": f"{word}x"}))
    assert (result["updated"], result["errors"]) == (5, [])
    assert sorted(ids(api.get(f"/api/tags?filter[mark]={word}x"))) == sorted(made)
    assert api.get(f"/api/tags/{others[0]}")["data"]["meta"]["version"] == 1


def test_a_change_of_all_needs_a_filter(api: Api) -> None:
    error = only_error(api.patch("/api/tags", {"data": resource("tags", None, {"mark": "x"})}, status=400))
    assert error["source"]["parameter"].startswith("filter")
    for wrong in ({}, {"data": []}, {"data": None}, {"data": "x"}):
        api.patch("/api/tags", wrong, status=400)
    api.patch("/api/tags?filter[nope]=1", {"data": resource("tags", None, {"mark": "x"})}, status=400)
    api.patch("/api/users", {"data": [resource("users", "1", {"name": "x"})]}, status=(404, 405))


def test_a_batch_has_the_rights_of_who_asked(api: Api, server: Server) -> None:
    reader = server.person("rita", "reader")
    tag = api.make("tags", name="kept")
    answer = reader.ask("PATCH", "/api/tags", {"data": [resource("tags", tag, {"name": "x"})]})
    if answer.status_code == 202:
        assert [e["status"] for e in _finished(reader, answer)["errors"]] == ["403"]
    assert api.get(f"/api/tags/{tag}")["data"]["attributes"]["name"] == "kept"
