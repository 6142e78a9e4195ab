"""JSON:API 1.1, Creating, Updating and Deleting Resources."""

from __future__ import annotations

import pytest
from api_client import Api, ids, mark, only_error, ref, refs, resource

MISSING = "99999999"


def _name(api: Api, path: str) -> str:
    return str(api.get(path)["data"]["attributes"]["name"])


# ---------------------------------------------------------------------- creating


def test_must_answer_201_with_the_resource_and_a_location_that_is_its_self(api: Api) -> None:
    """Creating: 201 Created."""
    answer = api.ask("POST", "/api/tags", {"data": resource("tags", None, {"name": "x"})}, status=201)
    data = answer.json()["data"]
    assert data["attributes"]["name"] == "x"
    assert answer.headers["Location"] == data["links"]["self"] == f"/api/tags/{data['id']}"
    assert api.get(answer.headers["Location"])["data"] == data


def test_must_have_one_resource_with_a_type_as_primary_data(api: Api) -> None:
    """Creating Resources."""
    fine = resource("tags", None, {"name": "x"})
    for document in ({}, {"data": None}, {"data": []}, {"data": [fine]}, {"data": {"attributes": {"name": "x"}}},
                     {"data": "tags"}, {"data": {"type": ""}}):  # fmt: skip
        api.post("/api/tags", document, status=(400, 409))


def test_must_answer_403_to_client_generated_ids(api: Api) -> None:
    """Creating: Client-Generated IDs."""
    for given in ("1", "550e8400-e29b-41d4-a716-446655440000", "x"):
        error = only_error(api.post("/api/tags", {"data": resource("tags", given, {"name": "x"})}, status=403))
        assert error["code"] == "not_allowed"


def test_must_answer_409_to_another_type(api: Api) -> None:
    """Creating: 409 Conflict."""
    for type_ in ("contacts", "nothing", "tag", "Tags"):
        error = only_error(api.post("/api/tags", {"data": resource(type_, None, {"name": "x"})}, status=409))
        assert error["source"]["pointer"] == "/data/type"


def test_must_answer_404_when_a_related_resource_is_not_there(api: Api) -> None:
    """Creating: 404 Not Found."""
    for links in ({"account": ref("accounts", MISSING)}, {"tags": refs("tags", MISSING)}, {"account": ref("accounts",
    "x")},
                  {"visits": refs("site-visits", MISSING)}, {"account": ref("accounts", "9" * 30)}):  # fmt: skip
        before = api.get("/api/contacts?page[totals]=true")["meta"]["page"]["total"]
        found = api.post("/api/contacts", {"data": resource("contacts", None, {"name": "x"}, links)}, status=404)
        assert "404" in [e["status"] for e in found["errors"]]
        assert api.get("/api/contacts?page[totals]=true")["meta"]["page"]["total"] == before


def test_must_answer_409_when_a_unique_value_is_taken(api: Api) -> None:
    """409: provide enough to recognise the source of the conflict."""
    code = mark()
    api.make("accounts", code=code)
    error = only_error(
        api.post("/api/accounts", {"data": resource("accounts", None, {"name": "x", "code": code})}, 409)
    )
    assert (error["code"], error["source"]["pointer"]) == ("unique", "/data/attributes/code")


def test_must_have_data_in_given_relationships(api: Api) -> None:
    """Creating: a relationship object with a data member."""
    for wrong in ({}, None, [], "x", {"data": "1"}, {"data": []}, {"data": {"id": "1"}}, {"data": {"type": "accounts"}},
                  {"data": {"type": "accounts", "id": 1}}):  # fmt: skip
        data = {**resource("contacts", None, {"name": "x"}), "relationships": {"account": wrong}}
        assert only_error(api.post("/api/contacts", {"data": data}, 400))["source"]["pointer"].startswith("/data/relat")
    for wrong in (None, {"data": None}, {"data": ref("tags", "1")}, {"data": [1]}, {"data": [{"type": "tags"}]}):
        data = {**resource("contacts", None, {"name": "x"}), "relationships": {"tags": wrong}}
        api.post("/api/contacts", {"data": data}, 400)


def test_must_refuse_related_resources_of_another_type(api: Api) -> None:
    tag = api.make("tags")
    for links in ({"account": ref("tags", tag)}, {"tags": refs("contacts", tag)}, {"visits": refs("tags", tag)}):
        found = api.post("/api/contacts", {"data": resource("contacts", None, {"name": "x"}, links)}, status=409)
        assert only_error(found)["source"]["pointer"].endswith("/type")


def test_a_record_can_be_created_with_the_far_ends_of_its_links(api: Api) -> None:
    contacts = [api.make("contacts") for _ in range(2)]
    account = api.make("accounts", {"contacts": refs("contacts", *contacts)})
    assert set(ids(api.get(f"/api/accounts/{account}/contacts"))) == set(contacts)
    tag = api.make("tags", {"contacts": refs("contacts", *contacts)})
    for contact in contacts:
        assert ids(api.get(f"/api/contacts/{contact}/tags")) == [tag]


# ---------------------------------------------------------------------- updating


def test_must_answer_200_with_the_updated_resource(api: Api) -> None:
    """Updating: 200 OK, the server changes updated_at too."""
    tag = api.make("tags", name="a", mark="m")
    data = api.patch(f"/api/tags/{tag}", {"data": resource("tags", tag, {"name": "b"})})["data"]
    assert (data["id"], data["attributes"]["name"], data["meta"]["version"]) == (tag, "b", 2)


def test_must_keep_what_is_not_mentioned(api: Api) -> None:
    """Updating a Resource's Attributes, and its Relationships."""
    account, tag = api.make("accounts"), api.make("tags")
    links = {"account": ref("accounts", account), "tags": refs("tags", tag)}
    contact = api.make("contacts", links, name="a", email="a@example.org")
    api.patch(f"/api/contacts/{contact}", {"data": resource("contacts", contact, {"name": "b"})})
    data = api.get(f"/api/contacts/{contact}?include=tags")["data"]
    assert data["attributes"]["email"] == "a@example.org"
    assert data["relationships"]["account"]["data"] == ref("accounts", account)
    assert data["relationships"]["tags"]["data"] == refs("tags", tag)
    api.patch(f"/api/contacts/{contact}", {"data": resource("contacts", contact, {"email": None}, {"account": None})})
    data = api.get(f"/api/contacts/{contact}?include=tags")["data"]
    assert data["attributes"]["name"] == "b"
    assert (data["attributes"]["email"], data["relationships"]["account"]["data"]) == (None, None)
    assert data["relationships"]["tags"]["data"] == refs("tags", tag)


def test_must_replace_relationships_that_are_mentioned(api: Api) -> None:
    """Updating a Resource's Relationships: to one, to many, from either end."""
    tags = [api.make("tags") for _ in range(3)]
    contact = api.make("contacts", {"tags": refs("tags", tags[0])})
    change = resource("contacts", contact, None, {"tags": refs("tags", *tags[1:])})
    api.patch(f"/api/contacts/{contact}", {"data": change})
    assert ids(api.get(f"/api/contacts/{contact}/tags")) == tags[1:]
    account = api.make("accounts")
    change = resource("accounts", account, None, {"contacts": refs("contacts", contact)})
    api.patch(f"/api/accounts/{account}", {"data": change})
    assert api.get(f"/api/contacts/{contact}/account")["data"]["id"] == account
    api.patch(f"/api/accounts/{account}", {"data": resource("accounts", account, None, {"contacts": []})})
    assert api.get(f"/api/contacts/{contact}/account")["data"] is None


def test_must_have_type_and_id_in_an_update(api: Api) -> None:
    """Updating Resources."""
    tag = api.make("tags")
    api.patch(f"/api/tags/{tag}", {"data": {"type": "tags", "attributes": {"name": "b"}}}, status=400)
    api.patch(f"/api/tags/{tag}", {"data": {"id": tag, "attributes": {"name": "b"}}}, status=400)
    api.patch(f"/api/tags/{tag}", {"data": {"type": "tags", "id": int(tag)}}, status=400)
    api.patch(f"/api/tags/{tag}", {"data": None}, status=400)


def test_must_answer_409_when_type_or_id_are_not_the_addresss(api: Api) -> None:
    """Updating: 409 Conflict."""
    tag, other = api.make("tags"), api.make("tags")
    assert only_error(api.patch(f"/api/tags/{tag}", {"data": resource("tags", other, {})}, 409))["code"] == "id"
    assert only_error(api.patch(f"/api/tags/{tag}", {"data": resource("contacts", tag, {})}, 409))["code"] == "type"
    api.patch(f"/api/tags/{tag}", {"data": resource("tags", "x", {})}, 409)


def test_must_answer_404_when_the_resource_or_a_related_one_is_not_there(api: Api) -> None:
    """Updating: 404 Not Found."""
    api.patch(f"/api/tags/{MISSING}", {"data": resource("tags", MISSING, {"name": "x"})}, status=404)
    contact = api.make("contacts")
    for links in ({"account": ref("accounts", MISSING)}, {"tags": refs("tags", MISSING)}):
        api.patch(f"/api/contacts/{contact}", {"data": resource("contacts", contact, None, links)}, status=404)


def test_must_fail_as_a_whole(api: Api) -> None:
    """A request must completely succeed or fail."""
    contact = api.make("contacts", name="a")
    change = resource("contacts", contact, {"name": "b"}, {"tags": refs("tags", api.make("tags"), MISSING)})
    api.patch(f"/api/contacts/{contact}", {"data": change}, status=404)
    wrong = resource("contacts", contact, {"name": "b", "email": "no address"})
    api.patch(f"/api/contacts/{contact}", {"data": wrong}, status=422)
    assert api.get(f"/api/contacts/{contact}")["data"]["meta"]["version"] == 1
    assert ids(api.get(f"/api/contacts/{contact}/tags")) == []


def test_an_update_that_changes_nothing_keeps_the_version(api: Api) -> None:
    tag = api.make("tags", name="a")
    data = api.get(f"/api/tags/{tag}")["data"]
    same = {**data, "attributes": {"name": "a"}, "relationships": {"contacts": data["relationships"]["contacts"]}}
    again = api.patch(f"/api/tags/{tag}", {"data": same})
    assert again["data"]["meta"]["version"] == 1


def test_what_the_server_keeps_cannot_be_set(api: Api) -> None:
    tag = api.make("tags")
    for name in ("created_at", "updated_at"):
        errors = api.patch(f"/api/tags/{tag}", {"data": resource("tags", tag, {name: "2020-01-01T00:00:00Z"})}, 422)
        assert only_error(errors)["source"]["pointer"] == f"/data/attributes/{name}"
    api.post(
        "/api/site-visits", {"data": resource("site-visits", None, {"name": "x", "number": "V-1"})}, status=(422, 404)
    )


# ---------------------------------------------------------------------- relationships


def test_must_take_an_identifier_or_null_for_to_one(api: Api) -> None:
    """Updating To-One Relationships."""
    account, contact = api.make("accounts"), api.make("contacts")
    link = f"/api/contacts/{contact}/relationships/account"
    api.patch(link, {"data": ref("accounts", account)}, status=204)
    assert api.get(link)["data"] == ref("accounts", account)
    api.patch(link, {"data": None}, status=204)
    assert api.get(link)["data"] is None
    for wrong in ({}, {"data": []}, {"data": refs("accounts", account)}, {"data": account}, {"data": {"id": account}}):
        api.patch(link, wrong, status=400)
    api.patch(link, {"data": ref("tags", account)}, status=409)
    api.patch(link, {"data": ref("accounts", MISSING)}, status=404)


def test_must_answer_403_to_adding_or_removing_in_to_one(api: Api) -> None:
    """Updating Relationships: unsupported requests."""
    account, contact = api.make("accounts"), api.make("contacts")
    for method in ("POST", "DELETE"):
        api.ask(
            method, f"/api/contacts/{contact}/relationships/account", {"data": refs("accounts", account)}, status=403
        )
        api.ask(
            method, f"/api/contacts/{contact}/relationships/account", {"data": ref("accounts", account)}, status=403
        )
    visit = api.make("site-visits", {"contact": ref("contacts", contact)})
    api.patch(f"/api/site-visits/{visit}/relationships/contact", {"data": None}, status=422)


@pytest.mark.parametrize("side", ["here", "there", "many"])
def test_must_replace_add_and_remove_in_to_many(api: Api, side: str) -> None:
    """Updating To-Many Relationships: PATCH replaces, POST adds, DELETE removes; from both ends, and for one-to-many."""
    if side == "here":
        type_, link = "tags", f"/api/contacts/{api.make('contacts')}/relationships/tags"
    elif side == "there":
        type_, link = "contacts", f"/api/tags/{api.make('tags')}/relationships/contacts"
    else:
        type_, link = "contacts", f"/api/accounts/{api.make('accounts')}/relationships/contacts"
    one, two, three = (api.make(type_) for _ in range(3))

    def held() -> list[str]:
        return sorted(ids(api.get(link)))

    api.patch(link, {"data": refs(type_, one, two)}, status=204)
    assert held() == [one, two]
    api.post(link, {"data": refs(type_, three)}, status=204)
    assert held() == [one, two, three]
    api.delete(link, {"data": refs(type_, one, three)})
    assert held() == [two]
    api.patch(link, {"data": []}, status=204)
    assert held() == []


def test_must_not_add_a_member_twice(api: Api) -> None:
    """To-Many: POST of a member that is there; also twice in one request; success all the same."""
    tag, contact = api.make("tags"), api.make("contacts")
    link = f"/api/contacts/{contact}/relationships/tags"
    api.post(link, {"data": refs("tags", tag, tag)}, status=204)
    api.post(link, {"data": refs("tags", tag)}, status=204)
    api.patch(link, {"data": refs("tags", tag, tag)}, status=204)
    assert ids(api.get(link)) == [tag]
    assert api.get(f"/api/contacts/{contact}")["data"]["meta"]["version"] == 2


def test_must_succeed_when_what_is_to_be_removed_is_missing_already(api: Api) -> None:
    """To-Many: DELETE."""
    link = f"/api/contacts/{api.make('contacts')}/relationships/tags"
    api.delete(link, {"data": refs("tags", api.make("tags"))})
    api.delete(link, {"data": refs("tags", MISSING)})
    api.delete(link, {"data": []})


def test_must_answer_404_when_a_member_is_not_there_and_add_none(api: Api) -> None:
    """To-Many: PATCH and POST completely, or an error."""
    tag = api.make("tags")
    for type_, link in (
        ("tags", f"/api/contacts/{api.make('contacts')}/relationships/tags"),
        ("contacts", f"/api/tags/{tag}/relationships/contacts"),
        ("contacts", f"/api/accounts/{api.make('accounts')}/relationships/contacts"),
    ):
        fine = api.make(type_)
        api.post(link, {"data": refs(type_, fine, MISSING)}, status=404)
        api.patch(link, {"data": refs(type_, fine, MISSING)}, status=404)
        assert api.get(link)["data"] == []


def test_must_have_an_array_of_identifiers_for_to_many(api: Api) -> None:
    """To-Many: data is an array, empty or of identifiers."""
    link = f"/api/contacts/{api.make('contacts')}/relationships/tags"
    for method in ("PATCH", "POST", "DELETE"):
        for wrong in ({}, {"data": None}, {"data": ref("tags", "1")}, {"data": ["1"]}, {"data": [{"type": "tags"}]},
                      {"data": [{"type": "tags", "id": 1}]}, {"data": [{"type": "tags", "lid": "x"}]}):  # fmt: skip
            api.ask(method, link, wrong, status=400)
        api.ask(method, link, {"data": refs("contacts", "1")}, status=409)


def test_must_answer_404_to_changes_of_unknown_relationships(api: Api) -> None:
    contact = api.make("contacts")
    for name in ("nope", "name"):
        for method in ("PATCH", "POST", "DELETE"):
            api.ask(method, f"/api/contacts/{contact}/relationships/{name}", {"data": []}, status=404)
    api.patch(f"/api/contacts/{MISSING}/relationships/tags", {"data": []}, status=404)


# ---------------------------------------------------------------------- deleting


def test_must_answer_204_without_a_document_to_a_deletion(api: Api) -> None:
    """Deleting: 204 No Content."""
    tag = api.make("tags")
    answer = api.ask("DELETE", f"/api/tags/{tag}", status=204)
    assert not answer.content
    api.get(f"/api/tags/{tag}", status=404)


def test_deleting_what_is_not_there_is_404(api: Api) -> None:
    """Deleting: SHOULD."""
    tag = api.make("tags")
    api.delete(f"/api/tags/{tag}")
    api.ask("DELETE", f"/api/tags/{tag}", status=404)


def test_a_deleted_record_leaves_the_relationships_it_was_in(api: Api) -> None:
    account, tag = api.make("accounts"), api.make("tags")
    contact = api.make("contacts", {"account": ref("accounts", account), "tags": refs("tags", tag)})
    api.delete(f"/api/accounts/{account}")
    api.delete(f"/api/tags/{tag}")
    data = api.get(f"/api/contacts/{contact}?include=account,tags")["data"]
    assert (data["relationships"]["account"]["data"], data["relationships"]["tags"]["data"]) == (None, [])


def test_a_record_that_others_require_is_409(api: Api) -> None:
    contact = api.make("contacts")
    api.make("site-visits", {"contact": ref("contacts", contact)})
    assert only_error(api.delete(f"/api/contacts/{contact}", status=409))["code"] == "in_use"


def test_methods_an_address_does_not_take_are_405_with_allow(api: Api) -> None:
    tag = api.make("tags")
    for method, path in (("PUT", "/api/tags"), ("POST", f"/api/tags/{tag}"),
                         ("PUT", f"/api/tags/{tag}"), ("POST", f"/api/tags/{tag}/contacts"), ("GET", "/api/operations"),
                         ("DELETE", "/api")):  # fmt: skip
        answer = api.ask(method, path, {"data": None})
        if path == "/api/operations":
            assert answer.status_code in (404, 405)
        else:
            assert answer.status_code == 405 and answer.headers["Allow"]
