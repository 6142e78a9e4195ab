"""The Atomic Operations extension (https://jsonapi.org/ext/atomic)."""

from __future__ import annotations

from typing import Any

import pytest
from api_client import ATOMIC, MEDIA, MEDIA_ATOMIC, Api, ids, mark, only_error, ref, refs, resource

MISSING = "99999999"


def add(type_: str, relationships: dict[str, Any] | None = None, lid: str | None = None, **attributes: Any) -> Any:
    more = {"lid": lid} if lid else {}
    return {"op": "add", "data": resource(type_, None, {"name": "x", **attributes}, relationships, **more)}


def test_must_be_sent_by_post_as_the_extension(api: Api) -> None:
    """Processing; Universal Responsibilities."""
    document = {"atomic:operations": [add("tags")]}
    for method in ("PUT", "PATCH", "DELETE"):
        assert api.ask(method, "/api/operations", document, media=MEDIA_ATOMIC).status_code in (404, 405, 415)
    answer = api.ask("POST", "/api/operations", document, media=MEDIA_ATOMIC, Accept=MEDIA_ATOMIC, status=200)
    assert answer.headers["Content-Type"] == MEDIA_ATOMIC
    plain = api.ask(
        "POST", "/api/operations", document, media="application/json", Accept="application/json", status=200
    )
    assert plain.headers["Content-Type"] == "application/json"
    other = f'{MEDIA};ext="https://example.org/x"'
    api.ask("POST", "/api/operations", document, media=MEDIA_ATOMIC, Accept=other, status=406)


def test_must_perform_operations_in_order(api: Api) -> None:
    """Processing."""
    word = mark()
    made = api.operate(add("tags", lid="a", mark=word), {"op": "update", "data": {"type": "tags", "lid": "a",
        "attributes": {"name": "second"}}},
                       {"op": "update", "data": {"type": "tags", "lid": "a",
                       "attributes": {"name": "third"}}})  # fmt: skip
    assert [r["data"]["attributes"]["name"] for r in made["atomic:results"]] == ["x", "second", "third"]
    assert [r["attributes"]["name"] for r in api.get(f"/api/tags?filter[mark]={word}")["data"]] == ["third"]


def test_must_undo_everything_when_one_fails(api: Api) -> None:
    """Processing: atomically."""
    word, tag = mark(), api.make("tags", name="kept")
    operations = [
        add("tags", mark=word),
        {"op": "update", "data": resource("tags", tag, {"name": "changed"})},
        {"op": "remove", "ref": ref("tags", tag)},
    ]
    for bad, status in (
        (add("tags", name=None), 422), ({"op": "remove", "ref": ref("tags", MISSING)}, 404), ({"op": "nope"}, 400),
        (add("contacts", {"account": ref("accounts", MISSING)}), 404), ({"op": "update", "data": {"type": "tags"}},
        400),
    ):  # fmt: skip
        found = api.operate(*operations, bad, status=status)
        assert found["errors"][0]["source"]["pointer"].startswith("/atomic:operations/3")
        assert "atomic:results" not in found
    assert ids(api.get(f"/api/tags?filter[mark]={word}")) == []
    assert api.get(f"/api/tags/{tag}")["data"]["attributes"]["name"] == "kept"


def test_must_answer_200_with_one_result_for_each_operation(api: Api) -> None:
    """Processing: same length, same positions; results without data for what needs none."""
    tag, other = api.make("tags"), api.make("contacts")
    found = api.operate(
        add("tags", name="new"), {"op": "remove", "ref": ref("tags", tag)},
        {"op": "update", "ref": {**ref("contacts", other), "relationship": "tags"}, "data": []},
        {"op": "update", "data": resource("contacts", other, {"name": "y"})},
    )["atomic:results"]  # fmt: skip
    assert [bool(r) for r in found] == [True, False, False, True]
    assert (found[0]["data"]["attributes"]["name"], found[3]["data"]["id"]) == ("new", other)


def test_may_answer_204_when_nothing_is_to_be_told(api: Api) -> None:
    """Processing."""
    assert api.operate({"op": "remove", "ref": ref("tags", api.make("tags"))}, status=204) is None


@pytest.mark.parametrize(
    "operation",
    [
        {}, {"op": "add"}, {"op": "add", "data": None}, {"op": "add", "data": []}, {"op": "ADD",
        "data": {"type": "tags"}},
        {"op": "add", "data": {"attributes": {}}}, {"op": "remove"}, {"op": "remove", "ref": {}}, {"op": "remove",
        "ref": "x"},
        {"op": "remove", "ref": {"type": "tags"}}, {"op": "remove", "ref": {"type": "tags", "id": 5}}, 5, None, [],
        {"op": "update", "data": {"type": "tags"}}, {"op": "remove", "ref": {"type": "tags", "lid": "unknown"}},
        {"op": "update", "ref": {"type": "contacts", "relationship": "account"}, "data": None},
        {"op": "update", "ref": {"type": "contacts", "id": "1", "relationship": 5}, "data": None},
        {"op": "remove", "href": 5}, {"op": "remove", "href": "https://example.org/x"}, {"op": 5}, {"op": ["add"]},
        {"op": "remove", "href": "/api/tags/1", "ref": {"type": "tags", "id": "1"}},
    ],
)  # fmt: skip
def test_must_answer_400_to_malformed_operations(api: Api, operation: Any) -> None:
    """Processing Errors."""
    error = only_error(api.operate(operation, status=400))
    assert error["source"]["pointer"].startswith("/atomic:operations/0")


@pytest.mark.parametrize("operations", [None, {}, [], "x", 5, [[]] * 1001])
def test_must_have_an_array_of_operations(api: Api, operations: Any) -> None:
    """Document Structure."""
    document = {"atomic:operations": operations}
    answer = api.ask("POST", "/api/operations", document, media=MEDIA_ATOMIC, Accept=MEDIA_ATOMIC, status=400)
    assert only_error(answer.json())["source"]["pointer"] == "/atomic:operations"
    api.ask("POST", "/api/operations", {"data": {}}, media=MEDIA_ATOMIC, status=400)


def test_must_create_by_data_or_by_href(api: Api) -> None:
    """Creating Resources."""
    found = api.operate(add("tags"), {**add("tags"), "href": "/api/tags"}, {**add("tags"), "href": "/tags"})
    for result in found["atomic:results"]:
        assert api.get(result["data"]["links"]["self"])["data"] == result["data"]
    api.operate({**add("tags"), "href": "/api/contacts"}, status=409)
    assert only_error(api.operate({"op": "add", "data": resource("tags", "7", {"name": "x"})}, status=403))


def test_must_update_by_data_ref_or_href(api: Api) -> None:
    """Updating Resources."""
    tag, other = api.make("tags"), api.make("tags")
    api.operate({"op": "update", "data": resource("tags", tag, {"name": "a"})})
    api.operate({"op": "update", "ref": ref("tags", tag), "data": resource("tags", tag, {"mark": "b"})})
    api.operate({"op": "update", "href": f"/api/tags/{other}", "data": resource("tags", other, {"name": "c"})})
    assert api.get(f"/api/tags/{tag}")["data"]["attributes"]["mark"] == "b"
    api.operate({"op": "update", "ref": ref("tags", tag), "data": resource("tags", other, {"name": "a"})}, status=409)
    stale = {**resource("tags", tag, {"name": "z"}), "meta": {"version": 1}}
    error = only_error(api.operate({"op": "update", "data": stale}, status=412))
    assert error["meta"] == {"version": 3, "fields": ["mark", "name"]} or set(error["meta"]["fields"]) == {
        "mark",
        "name",
    }


def test_must_update_to_one_relationships(api: Api) -> None:
    """Updating To-One Relationships."""
    account, contact = api.make("accounts"), api.make("contacts")
    target = {**ref("contacts", contact), "relationship": "account"}
    api.operate({"op": "update", "ref": target, "data": ref("accounts", account)}, status=204)
    assert api.get(f"/api/contacts/{contact}/account")["data"]["id"] == account
    api.operate({"op": "update", "ref": target}, status=400)
    api.operate({"op": "update", "href": f"/api/contacts/{contact}/relationships/account", "data": None}, status=204)
    assert api.get(f"/api/contacts/{contact}/account")["data"] is None
    api.operate({"op": "update", "ref": target, "data": ref("tags", "1")}, status=409)
    api.operate({"op": "update", "ref": target, "data": ref("accounts", MISSING)}, status=404)
    api.operate({"op": "add", "ref": target, "data": ref("accounts", account)}, status=(400, 403))
    api.operate({"op": "update", "ref": {**target, "relationship": "nope"}, "data": None}, status=400)


def test_must_add_replace_and_remove_in_to_many_relationships(api: Api) -> None:
    """Updating To-Many Relationships."""
    contact = api.make("contacts")
    one, two, three = (api.make("tags") for _ in range(3))
    target = {**ref("contacts", contact), "relationship": "tags"}
    for op, data, held in (
        ("add", (one, two), [one, two]), ("update", (two, three), [two, three]), ("remove", (two,), [three]),
        ("add", (three,), [three]), ("remove", (one,), [three]), ("update", (), []),
    ):  # fmt: skip
        api.operate({"op": op, "ref": target, "data": refs("tags", *data)}, status=204)
        assert ids(api.get(f"/api/contacts/{contact}/tags")) == held
    api.operate({"op": "add", "ref": target, "data": refs("tags", one, MISSING)}, status=404)
    assert only_error(api.operate({"op": "add", "ref": target, "data": None}, status=400))
    inverse = {**ref("tags", one), "relationship": "contacts"}
    api.operate({"op": "add", "ref": inverse, "data": refs("contacts", contact)}, status=204)
    assert ids(api.get(f"/api/contacts/{contact}/tags")) == [one]


def test_local_ids_stand_for_records_made_earlier(api: Api) -> None:
    """Operation Objects: ref by lid, identifiers by lid."""
    found = api.operate(
        add("accounts", lid="a"), add("tags", lid="t"),
        add("contacts", {"account": {"type": "accounts", "lid": "a"}}, lid="c"),
        {"op": "add", "ref": {"type": "contacts", "lid": "c", "relationship": "tags"}, "data": [{"type": "tags",
        "lid": "t"}]},
        {"op": "update", "ref": {"type": "contacts", "lid": "c", "relationship": "account"},
        "data": {"type": "accounts", "lid": "a"}},
        {"op": "remove", "ref": {"type": "tags", "lid": "t"}},
    )["atomic:results"]  # fmt: skip
    account, contact = found[0]["data"]["id"], found[2]["data"]["id"]
    assert api.get(f"/api/contacts/{contact}/account")["data"]["id"] == account
    assert api.get(f"/api/contacts/{contact}/tags")["data"] == []
    api.operate(add("tags", lid="a"), add("tags", lid="a"), status=400)
    api.operate(
        add("contacts", {"account": {"type": "accounts", "lid": "later"}}), add("accounts", lid="later"), status=400
    )


def test_lids_of_different_types_do_not_meet(api: Api) -> None:
    found = api.operate(add("accounts", lid="1"), add("tags", lid="1"),
                        add("contacts", {"account": {"type": "accounts", "lid": "1"}, "tags": [{"type": "tags",
                            "lid": "1"}]}))  # fmt: skip
    contact = found["atomic:results"][2]["data"]["id"]
    assert api.get(f"/api/contacts/{contact}/account")["data"]["id"] == found["atomic:results"][0]["data"]["id"]


def test_what_has_addresses_of_its_own_is_not_written_here(api: Api) -> None:
    for operation in (
        {"op": "add", "data": resource("users", None, {"email": "x@example.org"})},
        {"op": "add", "data": resource("roles", None, {"name": "x"})},
        {"op": "add", "data": resource("files", None, {"name": "x"})},
        {"op": "remove", "ref": ref("users", "1")}, {"op": "update", "data": resource("users", "1", {"name": "x"})},
        {"op": "remove", "ref": ref("nothing", "1")},
    ):  # fmt: skip
        api.operate(operation, status=(400, 404))


def test_operations_answer_with_no_ext_confusion(api: Api) -> None:
    found = api.operate(add("tags"))
    assert found["jsonapi"] == {"version": "1.1", "ext": [ATOMIC]}
    assert "data" not in found and "included" not in found


def test_operations_happen_once_under_a_key(api: Api) -> None:
    word = mark()
    first = api.operate(add("tags", mark=word), Idempotency_Key=word)
    again = api.operate(add("tags", mark=word), Idempotency_Key=word)
    assert first == again
    assert len(ids(api.get(f"/api/tags?filter[mark]={word}"))) == 1
