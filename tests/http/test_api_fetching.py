"""JSON:API 1.1, Fetching Data and Query Parameters."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from api_client import Api, ids, mark, only_error, ref, refs


def _error(api: Api, path: str, status: int = 400) -> dict[str, Any]:
    return only_error(api.get(path, status=status))


def test_must_answer_200_for_resources_collections_and_empty_ones(api: Api) -> None:
    """Fetching Resources: 200 OK."""
    contact = api.make("contacts")
    assert api.get(f"/api/contacts/{contact}")["data"]["id"] == contact
    assert contact in ids(api.get("/api/contacts?sort=-id"))
    assert api.get(f"/api/contacts/{contact}/tags")["data"] == []


def test_must_answer_null_for_a_related_resource_that_could_be_there(api: Api) -> None:
    """Fetching Resources: 200 OK with null."""
    document = api.get(f"/api/contacts/{api.make('contacts')}/account")
    assert document["data"] is None


def test_must_answer_404_for_what_does_not_exist(api: Api) -> None:
    """Fetching Resources: 404; also below a missing record."""
    for path in (
        "/api/nothing", "/api/nothing/1", "/api/contacts/99999999", "/api/contacts/x", "/api/contacts/0",
        "/api/contacts/-1", "/api/contacts/1.5", "/api/contacts/99999999999999999999999",
        "/api/contacts/99999999/account", "/api/contacts/99999999/relationships/account",
        "/api/contacts/99999999/tags", "/api/contacts/99999999/history",
    ):  # fmt: skip
        assert _error(api, path, 404)["code"] == "not_found"


def test_must_answer_404_for_unknown_relationships(api: Api) -> None:
    """Fetching Relationships: 404."""
    contact = api.make("contacts")
    for name in ("nope", "name", "id", "type"):
        _error(api, f"/api/contacts/{contact}/relationships/{name}", 404)
        _error(api, f"/api/contacts/{contact}/{name}", 404)


def test_must_answer_relationship_links_with_linkage(api: Api) -> None:
    """Fetching Relationships: 200, null, []."""
    account, tag = api.make("accounts"), api.make("tags")
    contact = api.make("contacts", {"account": ref("accounts", account), "tags": refs("tags", tag)})
    one = api.get(f"/api/contacts/{contact}/relationships/account")
    assert one["data"] == ref("accounts", account)
    assert one["links"]["related"] == f"/api/contacts/{contact}/account"
    assert api.get(f"/api/contacts/{contact}/relationships/tags")["data"] == refs("tags", tag)
    assert api.get(f"/api/accounts/{account}/relationships/contacts")["data"] == refs("contacts", contact)
    assert api.get(f"/api/accounts/{account}/relationships/children")["data"] == []
    assert api.get(f"/api/accounts/{account}/relationships/parent")["data"] is None


# ---------------------------------------------------------------------- include


def test_must_answer_400_where_include_is_not_supported(api: Api) -> None:
    """Inclusion of Related Resources."""
    contact = api.make("contacts")
    for path in ("/api", "/api/entities", "/api/fields", "/api/log", "/api/jobs", f"/api/contacts/{contact}/history"):
        assert _error(api, f"{path}?include=account")["source"] == {"parameter": "include"}
    wrong = api.ask("DELETE", f"/api/contacts/{contact}?include=account", status=400)
    assert only_error(wrong.json())["source"] == {"parameter": "include"}
    api.ask("PATCH", f"/api/contacts/{contact}/relationships/tags?include=tags", {"data": []}, status=400)
    _error(api, f"/api/contacts/{contact}?include=account&as-of=1")
    api.get(f"/api/contacts/{contact}")


def test_must_have_included_even_when_empty(api: Api) -> None:
    """Inclusion: an included key, also for an empty value."""
    contact, word = api.make("contacts"), mark()
    for path in (
        f"/api/contacts/{contact}?include=account,tags", f"/api/contacts/{contact}?include=",
        f"/api/contacts?filter[mark]={word}&include=tags", "/api/contacts?page[size]=1&include=",
        f"/api/contacts/{contact}/account?include=contacts", f"/api/contacts/{contact}/tags?include=contacts",
        f"/api/contacts/{contact}/relationships/tags?include=tags",
    ):  # fmt: skip
        assert api.get(path)["included"] == []
    assert "included" not in api.get(f"/api/contacts/{contact}")


def test_must_not_include_what_was_not_requested(api: Api) -> None:
    """Inclusion."""
    account = api.make("accounts")
    contact = api.make("contacts", {"account": ref("accounts", account), "tags": refs("tags", api.make("tags"))})
    document = api.get(f"/api/contacts/{contact}?include=account")
    assert [r["type"] for r in document["included"]] == ["accounts"]
    assert "included" not in api.get(f"/api/contacts/{contact}")


def test_must_include_the_resources_between(api: Api) -> None:
    """Inclusion, note on full linkage."""
    account = api.make("accounts")
    contact = api.make("contacts", {"account": ref("accounts", account)})
    visit = api.make("site-visits", {"contact": ref("contacts", contact)})
    document = api.get(f"/api/site-visits/{visit}?include=contact.account")
    assert {(r["type"], r["id"]) for r in document["included"]} == {("contacts", contact), ("accounts", account)}


@pytest.mark.parametrize(
    "path",
    ["nope", "account.nope", "name", "account.name", "account..parent", ".", "account.", "tags.contacts.tags.contacts"],
)
def test_must_answer_400_to_unknown_include_paths(api: Api, path: str) -> None:
    """Inclusion."""
    contact = api.make("contacts")
    for address in ("/api/contacts", f"/api/contacts/{contact}"):
        assert _error(api, f"{address}?include={path}")["source"] == {"parameter": "include"}
    data = {"data": {"type": "contacts", "attributes": {"name": "x"}}}
    assert only_error(api.post(f"/api/contacts?include={path}", data, status=400))["source"]["parameter"] == "include"


def test_include_works_at_every_address_that_answers_with_resources(api: Api) -> None:
    """Inclusion: whatever the request type; relationship addresses name the relationship first."""
    account, tag = api.make("accounts"), api.make("tags")
    links = {"account": {"data": ref("accounts", account)}, "tags": {"data": refs("tags", tag)}}
    new = {"data": {"type": "contacts", "attributes": {"name": "x"}, "relationships": links}}
    made = api.post("/api/contacts?include=account,tags&fields[accounts]=name", new)
    assert {r["type"] for r in made["included"]} == {"accounts", "tags"}
    assert made["data"]["relationships"]["tags"]["data"] == refs("tags", tag)
    contact = made["data"]["id"]
    changed = api.patch(f"/api/contacts/{contact}?include=tags", {"data": {"type": "contacts", "id": contact}})
    assert [r["id"] for r in changed["included"]] == [tag]
    linkage = api.get(f"/api/contacts/{contact}/relationships/account?include=account.contacts")
    assert {(r["type"], r["id"]) for r in linkage["included"]} == {("accounts", account), ("contacts", contact)}
    assert (
        _error(api, f"/api/contacts/{contact}/relationships/account?include=tags")["source"]["parameter"] == "include"
    )


# ---------------------------------------------------------------------- sparse fieldsets


def test_must_not_send_other_fields_than_requested(api: Api) -> None:
    """Sparse Fieldsets, at every address."""
    account = api.make("accounts", staff=5)
    contact = api.make("contacts", {"account": ref("accounts", account)}, email="a@example.org")
    asked = "fields[contacts]=email,account&fields[accounts]=staff"
    for path in (
        f"/api/contacts/{contact}?include=account&{asked}",
        f"/api/contacts/{contact}?as-of=999999999&{asked[:30]}",
    ):
        data = api.get(path)["data"]
        assert set(data["attributes"]) == {"email"}
        assert set(data["relationships"]) <= {"account"}
    document = api.get(f"/api/contacts/{contact}?include=account&{asked}")
    assert document["included"][0]["attributes"] == {"staff": 5}
    assert "relationships" not in document["included"][0]
    listed = api.get(f"/api/accounts/{account}/contacts?{asked}")["data"][0]
    assert (set(listed["attributes"]), set(listed["relationships"])) == ({"email"}, {"account"})
    patched = api.patch(f"/api/contacts/{contact}?{asked}", {"data": {"type": "contacts", "id": contact}})["data"]
    assert set(patched["attributes"]) == {"email"}


def test_must_send_no_fields_for_an_empty_value(api: Api) -> None:
    """Sparse Fieldsets."""
    contact = api.make("contacts")
    for path in (
        f"/api/contacts/{contact}?fields[contacts]=",
        f"/api/contacts/{contact}?as-of=999999999&fields[contacts]=",
    ):
        data = api.get(path)["data"]
        assert not data.get("attributes") and not data.get("relationships")
        assert data["id"] == contact


def test_unknown_fields_and_types_are_told(api: Api) -> None:
    for parameter in ("fields[contacts]=nope", "fields[nope]=name", "fields[]=name", "fields[contacts][x]=name"):
        assert _error(api, f"/api/contacts?{parameter}")["source"]["parameter"].startswith("fields")
    _error(api, "/api/contacts?fields=name")


# ---------------------------------------------------------------------- sort


@pytest.fixture
def five(api: Api) -> str:
    """Five accounts under one mark: names a..e; two without a staff number."""
    word = mark()
    for name, staff, budget, founded in (
        ("b", 3, "10.50", "2001-01-01"), ("a", None, "9", "1999-12-31"), ("e", 1, "100", None),
        ("d", 3, "-1.25", "2010-05-05"), ("c", None, None, "2000-01-01"),
    ):  # fmt: skip
        api.make("accounts", name=name, staff=staff, budget=budget, founded=founded, mark=word)
    return word


def _names(document: Any) -> str:
    return "".join(r["attributes"]["name"] for r in document["data"])


def test_must_sort_ascending_and_descending_with_minus(api: Api, five: str) -> None:
    """Sorting."""
    for sort, names in (
        ("name", "abcde"), ("-name", "edcba"), ("id", "baedc"), ("-id", "cdeab"), ("budget", "cdabe"),
        ("-founded", "dbcae"), ("staff,name", "acebd"), ("-staff,-name", "dbeca"), ("staff,-name", "caedb"),
    ):  # fmt: skip
        assert _names(api.get(f"/api/accounts?filter[mark]={five}&sort={sort}")) == names, sort


def test_sorts_through_relations(api: Api) -> None:
    word = mark()
    first, second = api.make("accounts", name="aa"), api.make("accounts", name="bb")
    for name, account in (("x", second), ("y", first), ("z", None)):
        api.make("contacts", {"account": ref("accounts", account) if account else None}, name=name, mark=word)
    assert _names(api.get(f"/api/contacts?filter[mark]={word}&sort=account.name")) == "zyx"
    assert _names(api.get(f"/api/contacts?filter[mark]={word}&sort=-account.name")) == "xyz"


@pytest.mark.parametrize(
    "sort",
    ["nope", "extra", "colors", "contacts", "account.nope", "tags.name", "-", "--name", "name.x", "%00", "name;"],
)
def test_must_answer_400_to_unsupported_sorts(api: Api, sort: str) -> None:
    """Sorting."""
    assert _error(api, f"/api/accounts?sort={sort}")["source"] == {"parameter": "sort"}


# ---------------------------------------------------------------------- page


def test_must_link_pages_by_first_prev_next_last(api: Api, five: str) -> None:
    """Pagination: links of the collection, null or left out when there is none, in the order of the sort."""
    path = f"/api/accounts?filter[mark]={five}&sort=-name&page[size]=2&page[totals]=true"
    seen = ""
    document = api.get(path)
    assert document["links"]["prev"] is None
    assert document["meta"]["page"]["total"] == 5
    while True:
        seen += _names(document)
        following = document["links"]["next"]
        if following is None:
            break
        document = api.get(following)
    assert seen == "edcba"
    assert api.get(document["links"]["last"]) == document
    assert _names(api.get(document["links"]["prev"])) == "cb"
    assert _names(api.get(document["links"]["first"])) == "ed"
    assert "last" not in api.get(path.replace("&page[totals]=true", ""))["links"]


def test_related_lists_page_too(api: Api) -> None:
    account = api.make("accounts")
    tag = api.make("tags")
    for n in range(3):
        api.make("contacts", {"account": ref("accounts", account), "tags": refs("tags", tag)}, name=f"c{n}")
    for path in (f"/api/accounts/{account}/contacts", f"/api/tags/{tag}/contacts"):
        document = api.get(f"{path}?page[size]=2&sort=-name&page[totals]=1")
        assert _names(document) == "c2c1"
        assert document["meta"]["page"]["total"] == 3
        assert document["links"]["next"].startswith(path)
        assert _names(api.get(document["links"]["next"])) == "c0"


@pytest.mark.parametrize("parameter", ["page[number]=0", "page[number]=x", "page[number]=100001", "page[totals]=maybe",
    "page[offset]=1", "page=1", "page[]=1", "page[number]=1e3", "page[number]=%D9%A3", "page[size]="])  # fmt: skip
def test_wrong_pages_are_told(api: Api, parameter: str) -> None:
    assert _error(api, f"/api/accounts?{parameter}")["source"]["parameter"] == parameter.partition("=")[0]


def test_pages_by_number_and_by_cursor_do_not_mix(api: Api) -> None:
    assert _error(api, "/api/accounts?page[number]=2&page[after]=")["source"]["parameter"] == "page[number]"


# ---------------------------------------------------------------------- filter


def test_filters_by_every_operator(api: Api, five: str) -> None:
    for condition, names in (
        ("[staff]=3", "bd"), ("[staff][neq]=3", "ace"), ("[staff][gt]=1", "bd"), ("[staff][lte]=1", "e"),
        ("[staff][empty]=true", "ac"), ("[staff][empty]=false", "bde"), ("[name][in]=a,e,zz", "ae"),
        ("[name][contains]=A", "a"), ("[name][starts]=b", "b"), ("[name][ends]=c", "c"), ("[budget][lt]=10.00", "ad"),
        ("[budget]=10.5", "b"), ("[founded][gte]=2001-01-01", "bd"), ("[name][eq]=b", "b"),
    ):  # fmt: skip
        found = _names(api.get(f"/api/accounts?filter[mark]={five}&filter{condition}&sort=name"))
        assert found == names, condition


def test_filters_through_relations_and_on_ids(api: Api) -> None:
    word, tag = mark(), api.make("tags", name="vip%_!")
    account = api.make("accounts", name="deep", industry="glass")
    with_both = api.make("contacts", {"account": ref("accounts", account), "tags": refs("tags", tag)}, mark=word)
    other = api.make("contacts", mark=word)
    here = f"/api/contacts?filter[mark]={word}&filter"
    for condition in (f"[account]={account}", "[account.industry]=glass", "[tags.name]=vip%25_!", f"[tags]={tag}",
                      f"[tags][in]={tag},999999", "[account][empty]=false", "[tags][empty]=false", f"[id]={with_both}",
                      "[tags.name][contains]=%25_", "[account.name][starts]=DE"):  # fmt: skip
        assert ids(api.get(here + condition)) == [with_both], condition
    for condition in (
        "[account][empty]=true",
        f"[tags][neq]={tag}",
        f"[id][neq]={with_both}",
        f"[account][neq]={account}",
    ):
        assert ids(api.get(here + condition)) == [other], condition
    assert ids(api.get(f"/api/accounts?filter[contacts.mark]={word}")) == [account]
    assert ids(api.get(f"/api/accounts?filter[contacts]={with_both}")) == [account]


@pytest.mark.parametrize(
    "parameter",
    ["filter[nope]=1", "filter[name][nope]=1", "filter[name][gt][x]=1", "filter=1", "filter[]=1", "filter[staff]=many",
     "filter[budget]=1.234", "filter[founded]=some_day", "filter[account.nope]=1", "filter[industry]=wood",
     "filter[id]=x", "filter[a.b.c.d.e]=1", "filter[staff]=99999999999999999999", "filter[name]=%00",
     "filter[name]=", "filter[extra]=1", "filter[_]=1", "filter[contacts][gt]=1",
     "filter[name]&filter[name][contains]"],
)  # fmt: skip
def test_wrong_filters_are_told(api: Api, parameter: str) -> None:
    assert _error(api, f"/api/accounts?{parameter}")["source"]["parameter"].startswith("filter")


# ---------------------------------------------------------------------- query parameters


@pytest.mark.parametrize(
    "name", ["nope", "Nope", "camelCase", "limit", "q", "page-size", "atomic:x", "", "@x", "filter_x", "as-of"]
)
def test_must_answer_400_to_parameters_nobody_knows(api: Api, name: str) -> None:
    """Implementation-Specific Query Parameters."""
    assert _error(api, f"/api/contacts?{name}=1")["code"] == "bad_request"


def test_must_answer_400_to_unknown_parameters_at_every_address(api: Api) -> None:
    """Implementation-Specific Query Parameters."""
    contact = api.make("contacts")
    document = {"data": {"type": "contacts", "attributes": {"name": "x"}}}
    change = {"data": {"type": "contacts", "id": contact}}
    for method, path, body in (
        ("GET", "/api", None), ("GET", f"/api/contacts/{contact}", None), ("GET", f"/api/contacts/{contact}/account",
        None),
        ("GET", f"/api/contacts/{contact}/tags", None), ("GET", f"/api/contacts/{contact}/relationships/tags", None),
        ("GET", f"/api/contacts/{contact}/history", None), ("GET", "/api/log", None), ("GET", "/api/jobs", None),
        ("GET", "/api/entities", None), ("GET", "/api/fields", None), ("POST", "/api/contacts", document),
        ("PATCH", f"/api/contacts/{contact}", change), ("DELETE", f"/api/contacts/{contact}", None),
        ("PATCH", f"/api/contacts/{contact}/relationships/account", {"data": None}),
        ("POST", f"/api/contacts/{contact}/relationships/tags", {"data": []}), ("GET", "/api/users", None),
    ):  # fmt: skip
        for name in ("nope", "page[nope]", "sort_by"):
            found = api.ask(method, f"{path}?{name}=1", body, status=400).json()
            assert only_error(found)["source"] == {"parameter": name}, (method, path)
    for name in ("sort=name", "page[size]=1", "filter[name]=x"):  # known elsewhere, not for one record
        api.ask("GET", f"/api/contacts/{contact}?{name}", status=400)
        api.ask("POST", f"/api/contacts?{name}", document, status=400)
        api.ask("PATCH", f"/api/contacts/{contact}?as-of=1", change, status=400)


def test_must_treat_encoded_and_plain_brackets_alike(api: Api, five: str) -> None:
    """Square Brackets in Parameter Names."""
    plain = api.get(f"/api/accounts?filter[mark]={five}&page[size]=2&sort=name&filter[name][in]=a,b,c")
    coded = api.get(
        f"/api/accounts?filter%5Bmark%5D={five}&page%5bsize%5d=2&sort=name&filter%5Bname%5D%5Bin%5D=a%2Cb%2Cc"
    )
    assert plain == coded


def test_must_encode_brackets_in_links(api: Api, five: str) -> None:
    """Parsing/Serialization."""
    links = api.get(f"/api/accounts?filter[mark]={five}&page[size]=1")["links"]
    for link in links.values():
        assert link is None or ("[" not in link and "filter%5Bmark%5D=" in link)


def test_plus_and_percent_in_values_are_read_as_forms_are(api: Api) -> None:
    """Parsing/Serialization: application/x-www-form-urlencoded."""
    word = mark()
    one = api.make("tags", name="a b+c&d=ä", mark=word)
    assert ids(api.get(f"/api/tags?filter[mark]={word}&filter[name]=a+b%2Bc%26d%3D%C3%A4")) == [one]


def test_answers_hold_values_in_their_wire_forms(api: Api) -> None:
    """Decimals and money are strings, datetimes UTC; numbers are accepted."""
    made = api.make("accounts", budget=1234.5, ratio="0.125", founded="2020-02-29", met_at="2020-01-01T12:00:00+02:00",
                    active=True, colors=["blue", "red"], extra={"a": [1, None]})  # fmt: skip
    found = api.get(f"/api/accounts/{made}")["data"]["attributes"]
    assert (found["budget"], found["ratio"], found["founded"]) == ("1234.50", "0.125", "2020-02-29")
    assert found["met_at"].startswith("2020-01-01T10:00:00") and found["met_at"].endswith("Z")
    assert (found["active"], found["colors"], found["extra"]) == (True, ["red", "blue"], {"a": [1, None]})
    assert Decimal(found["budget"]) == Decimal("1234.5")
