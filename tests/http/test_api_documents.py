"""JSON:API 1.1, Document Structure. Every answer in this folder is held against document_schema.py; what a schema cannot
say is said here."""

from __future__ import annotations

import re

import pytest
from api_client import Api, ids, mark, only_error, ref, refs, resource
from document_schema import NAME, check_document, check_full_linkage


def test_the_schema_itself_refuses_what_the_text_forbids() -> None:
    fine = {"data": {"type": "a", "id": "1"}}
    check_document(fine)
    for wrong in (
        {},
        {"data": None, "errors": []},
        {"included": []},
        {"data": {"type": "a", "id": 1}},
        {"data": {"type": "a"}},
        {"data": {"type": "a", "id": "1", "more": 1}},
        {"data": {"type": "a", "id": "1", "attributes": {"type": 1}}},
        {"data": {"type": "a", "id": "1", "relationships": {"b": {}}}},
        {"data": {"type": "_a", "id": "1"}},
        {"data": None, "links": {"self": "/a?page[size]=1"}},
        {"errors": {"status": "400"}},
        {"errors": [{"status": 400}]},
        {**fine, "included": [{"type": "b", "id": "1"}, {"type": "b", "id": "1"}]},
    ):
        with pytest.raises(AssertionError):
            check_document(wrong)


def test_must_have_an_object_at_the_root_of_requests(api: Api) -> None:
    """Top Level."""
    for raw in ("[]", "null", "1", '"x"', "true"):
        assert only_error(api.ask("POST", "/api/tags", raw=raw, status=400).json())["code"] == "bad_request"


def test_must_have_object_array_or_null_as_primary_data(api: Api) -> None:
    """Top Level: primary data."""
    tag = api.make("tags")
    contact = api.make("contacts", {"account": None, "tags": refs("tags", tag)})
    assert isinstance(api.get("/api/tags")["data"], list)
    assert isinstance(api.get(f"/api/tags/{tag}")["data"], dict)
    assert api.get(f"/api/contacts/{contact}/account")["data"] is None
    assert api.get(f"/api/contacts/{contact}/relationships/account")["data"] is None
    assert api.get(f"/api/contacts/{contact}/relationships/tags")["data"] == refs("tags", tag)


def test_must_represent_a_collection_as_array_even_of_one_or_none(api: Api) -> None:
    """Top Level."""
    word = mark()
    assert api.get(f"/api/tags?filter[mark]={word}")["data"] == []
    tag = api.make("tags", mark=word)
    assert ids(api.get(f"/api/tags?filter[mark]={word}")) == [tag]
    assert api.get(f"/api/tags/{tag}/contacts")["data"] == []


def test_must_ignore_members_that_nobody_defined(api: Api) -> None:
    """Document Structure: additional members; @-Members."""
    data = {**resource("tags", None, {"name": "x", "@note": 1}), "extra": 1, "@context": "y", "attribute": {}}
    document = {"data": data, "odd": True, "@type": "z", "jsonapi": {"version": "9", "ext": ["https://example.org/x"]}}
    made = api.post("/api/tags", document)["data"]["id"]
    data = resource("tags", made, {"name": "y"}, color="red")
    data["relationships"] = {"contacts": {"data": [], "odd": 1}, "@who": 1}
    assert api.patch(f"/api/tags/{made}", {"data": data})["data"]["attributes"]["name"] == "y"
    contact = api.make("contacts")
    odd = {**ref("contacts", contact), "meta": {"a": 1}, "odd": 1}
    api.post(f"/api/tags/{made}/relationships/contacts", {"data": [odd], "odd": 1}, status=204)


def test_must_not_negotiate_by_the_jsonapi_member(api: Api) -> None:
    """JSON:API Object."""
    api.post(
        "/api/tags", {"data": resource("tags", None, {"name": "x"}), "jsonapi": {"ext": ["https://example.org/e"]}}
    )


def test_must_identify_resources_by_string_type_and_id(api: Api) -> None:
    """Identification."""
    data = api.get(f"/api/tags/{api.make('tags')}")["data"]
    assert (type(data["type"]), type(data["id"])) == (str, str)
    for wrong in (
        {"type": 5},
        {"type": "tags", "id": 5},
        {"type": "tags", "lid": 5},
        {"type": None},
        {"type": ["tags"]},
    ):
        api.post("/api/tags", {"data": {"attributes": {"name": "x"}, **wrong}}, status=400)


def test_must_share_one_namespace_between_fields_type_and_id(api: Api) -> None:
    """Fields."""
    for name in ("type", "id"):
        document = {"data": resource("fields", None, {"entity": "tag", "name": name, "kind": "text"})}
        assert only_error(api.post("/api/fields", document, status=422))["source"]["pointer"].startswith("/data")
    twice = {"data": resource("fields", None, {"entity": "contact", "name": "account", "kind": "text"})}
    api.post("/api/fields", twice, status=422)


def test_must_use_legal_member_names(api: Api) -> None:
    """Member Names; types are names too."""
    for name in ("_x", "x_", "a.b", "a[b]", "a b", "", "a+b", "ä", "-", "a" * 200):
        api.post(
            "/api/fields", {"data": resource("fields", None, {"entity": "tag", "name": name, "kind": "text"})}, 422
        )
    for entity in api.get("/api/entities")["data"]:
        assert re.match(NAME, entity["attributes"]["plural"])


def test_must_treat_member_names_as_case_sensitive(api: Api) -> None:
    """Member Names."""
    api.post("/api/tags", {"data": resource("tags", None, {"Name": "x"})}, status=422)
    api.post("/api/tags", {"Data": resource("tags", None, {"name": "x"})}, status=400)
    api.ask("GET", "/api/Tags", status=404)
    api.ask("GET", "/api/tags?Include=contacts", status=400)


def test_must_have_links_data_or_meta_in_relationships(api: Api) -> None:
    """Relationships."""
    data = api.get(f"/api/contacts/{api.make('contacts')}")["data"]
    assert set(data["relationships"]) >= {"account", "tags", "visits"}
    for relationship in data["relationships"].values():
        assert relationship["links"]["self"] and relationship["links"]["related"]


def test_must_represent_linkage_by_cardinality(api: Api) -> None:
    """Resource Linkage: null, [], one identifier, several."""
    account, tag = api.make("accounts"), api.make("tags")
    empty = api.make("contacts")
    found = api.get(f"/api/contacts/{empty}?include=account,tags")["data"]["relationships"]
    assert (found["account"]["data"], found["tags"]["data"]) == (None, [])
    full = api.make("contacts", {"account": ref("accounts", account), "tags": refs("tags", tag)})
    found = api.get(f"/api/contacts/{full}?include=account,tags")["data"]["relationships"]
    assert (found["account"]["data"], found["tags"]["data"]) == (ref("accounts", account), refs("tags", tag))


def test_must_answer_related_links_even_when_nothing_is_there(api: Api) -> None:
    """Related Resource Links: valid, and the same whatever the content."""
    contact = api.make("contacts")
    before = api.get(f"/api/contacts/{contact}")["data"]["relationships"]
    for relationship in before.values():
        api.get(relationship["links"]["related"])
        api.get(relationship["links"]["self"])
    account = api.make("accounts")
    changed = {"data": resource("contacts", contact, None, {"account": ref("accounts", account)})}
    after = api.patch(f"/api/contacts/{contact}", changed)["data"]["relationships"]
    assert {n: r["links"] for n, r in after.items()} == {n: r["links"] for n, r in before.items()}


def test_must_answer_a_resource_self_link_with_that_resource(api: Api) -> None:
    """Resource Links."""
    contact = api.make("contacts", {"tags": refs("tags", api.make("tags"))})
    document = api.get(f"/api/contacts/{contact}?include=tags")
    for one in (document["data"], *document["included"]):
        found = api.get(one["links"]["self"])["data"]
        assert (found["type"], found["id"]) == (one["type"], one["id"])
    for path in ("/api/entities", "/api/fields", "/api/users", "/api/roles"):
        one = api.get(path)["data"][0]
        assert api.get(one["links"]["self"])["data"]["id"] == one["id"]


def test_top_level_self_repeats_the_request(api: Api) -> None:
    """Top Level: self is the link that generated the document, with its parameters."""
    account = api.make("accounts")
    contact = api.make("contacts", {"account": ref("accounts", account)})
    for path in (
        f"/api/contacts/{contact}?include=account&fields[contacts]=name,account",
        f"/api/contacts/{contact}/account?fields[accounts]=name",
        f"/api/contacts/{contact}/tags?page[size]=3",
        f"/api/contacts/{contact}/relationships/account?include=account",
        f"/api/accounts/{account}/contacts?sort=-name",
        "/api/contacts?filter[name][contains]=a%26b%20%C3%A4&page[size]=1&sort=name",
    ):
        document = api.get(path)
        again = api.get(document["links"]["self"])
        assert again == document
        assert again["links"]["self"] == document["links"]["self"]
        assert ("?" in path) == ("?" in document["links"]["self"])


def test_must_include_every_resource_once_and_fully_linked(api: Api) -> None:
    """Compound Documents."""
    top = api.make("accounts")
    account = api.make("accounts", {"parent": ref("accounts", top)})
    tags = [api.make("tags") for _ in range(3)]
    word = mark()
    for n in range(4):
        account_link = ref("accounts", account if n % 2 else top)
        contact = api.make("contacts", {"account": account_link, "tags": refs("tags", *tags)}, mark=word)
        api.make("site-visits", {"contact": ref("contacts", contact)})
    paths = "account.parent,account.contacts.tags,tags.contacts,visits,account.children"
    document = api.get(f"/api/contacts?filter[mark]={word}&include={paths}")
    check_full_linkage(document)
    types = {r["type"] for r in document["included"]}
    assert types == {"accounts", "tags", "site-visits"}  # the contacts are primary data already
    check_full_linkage(api.get(f"/api/accounts/{top}?include=children.contacts.tags"))
    check_full_linkage(api.get(f"/api/contacts/{contact}/relationships/tags?include=tags.contacts"))


def test_sparse_fieldsets_may_leave_the_linkage_out(api: Api) -> None:
    """Compound Documents: the only exception to full linkage."""
    contact = api.make("contacts", {"tags": refs("tags", api.make("tags"))})
    document = api.get(f"/api/contacts/{contact}?include=tags&fields[contacts]=name")
    assert "relationships" not in document["data"]
    assert [r["type"] for r in document["included"]] == ["tags"]


def test_must_not_hold_included_without_data(api: Api) -> None:
    """Top Level."""
    assert "included" not in api.get("/api/tags/9999999?include=contacts", status=404)


def test_must_return_errors_as_an_array_with_at_least_one_member(api: Api, anybody: Api) -> None:
    """Errors."""
    answers = [
        api.ask("GET", "/api/nothing", status=404),
        api.ask("GET", "/api/tags?sort=nope", status=400),
        api.ask("POST", "/api/tags", {"data": resource("tags", None, {})}, status=422),
        api.ask("PUT", "/api/tags", {}, status=405),
        anybody.ask("GET", "/api/tags", status=401),
    ]
    for answer in answers:
        for error in answer.json()["errors"]:
            assert error["status"] == str(answer.status_code)
            assert error["code"] and error["title"] and error["detail"]
    assert answers[3].headers["Allow"]
    assert answers[4].headers["WWW-Authenticate"] == "Bearer"


def test_must_point_at_values_that_exist_in_the_request(api: Api) -> None:
    """Error Objects: source.pointer."""

    def at(document: object, pointer: str) -> object:
        for part in pointer.split("/")[1:]:
            part = part.replace("~1", "/").replace("~0", "~")
            document = document[int(part)] if isinstance(document, list) else document[part]  # type: ignore[index]
        return document

    visit = resource("site-visits", None, {"name": "x"})
    for path, document in (
        ("/api/tags", {"data": resource("tags", None, {})}),
        ("/api/tags", {"data": resource("tags")}),
        ("/api/tags", {"data": resource("tags", None, {"a/b~c": 1, "name": 5})}),
        ("/api/tags", {"data": {"attributes": {}}}),
        ("/api/tags", {}),
        ("/api/tags", {"data": resource("tags", None, {"name": "x"}, {"contacts": refs("contacts", "99999999")})}),
        ("/api/site-visits", {"data": visit}),
        ("/api/site-visits", {"data": {**visit, "relationships": {"contact": {"data": ref("tags", "1")}}}}),
        ("/api/fields", {"data": resource("fields", None, {"entity": "tag", "name": "x", "kind": "nope"})}),
        ("/api/users", {"data": resource("users", None, {})}),
    ):
        for error in api.ask("POST", path, document).json()["errors"]:
            at(document, error.get("source", {}).get("pointer", ""))  # raises where there is no such value


def test_several_wrong_values_are_told_at_once(api: Api) -> None:
    """Processing Errors: may return several."""
    wrong = {"name": 5, "budget": "much", "founded": "31.12.2020", "industry": "wood", "nope": 1, "created_at": "x"}
    errors = api.post("/api/accounts", {"data": resource("accounts", None, wrong)}, status=422)["errors"]
    unknown = [e for e in errors if e["code"] == "unknown"]
    assert unknown or len(errors) >= 4
    del wrong["nope"]
    errors = api.post("/api/accounts", {"data": resource("accounts", None, wrong)}, status=422)["errors"]
    pointers = {e["source"]["pointer"] for e in errors}
    assert pointers == {f"/data/attributes/{n}" for n in wrong}
