"""Whatever somebody sends, the server answers with a reason and never with 500; and it is well afterwards."""

from __future__ import annotations

import http.client
import itertools
import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from api_client import MEDIA, Api, mark, only_error, resource
from api_server import Server


@pytest.fixture
def api(server: Server) -> Api:
    """Without a look at each document: there are thousands of answers here, and one shape of errors."""
    return Api(server.base, server.token, checks=False)


@pytest.fixture(autouse=True)
def alive(api: Api) -> Any:
    """After each attack an ordinary request is answered as ever."""
    yield
    api.get("/api/tags?page[size]=1")


def _raw(server: Server, method: str, target: str | bytes, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    """A request as it is, without a client that tidies the address."""
    place = urlsplit(server.base)
    lines = [f"{method} ".encode() + (target.encode("latin-1") if isinstance(target, str) else target) + b" HTTP/1.1"]
    sent = {
        "Host": place.netloc,
        "Authorization": f"Bearer {server.token}",
        "Connection": "close",
        "Content-Length": str(len(body)),
    }
    lines += [f"{k}: {v}".encode("latin-1") for k, v in {**sent, **headers}.items()]
    with socket.create_connection((place.hostname, place.port), timeout=10) as line:
        line.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        response = http.client.HTTPResponse(line)
        response.begin()
        return response.status, response.read()


BROKEN = [
    b"", b"{", b"}", b"nul", b'{"data":', b'{"data":{"type":"tags"}} trailing', b"\xff\xfe", b"\x00",
    b'{"a":1e999999}', b'{"data":NaN}',
    b"[" * 100_000, b'{"a":' * 100_000, b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"data":{"type":"tags","attributes":{"name":"\\ud800"}}}',
    b'{"data":{"type":"tags","attributes":{"name":"\xed\xa0\x80"}}}', b'\xef\xbb\xbf{"data":{"type":"tags"}}',
    b'{"data":{"type":"tags",}}',
]  # fmt: skip


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_broken_and_deep_json_is_400(api: Api, body: bytes) -> None:
    tag = api.make("tags")
    for method, path in (("POST", "/api/tags"), ("PATCH", f"/api/tags/{tag}"), ("PATCH",
    f"/api/tags/{tag}/relationships/contacts"),
                         ("PATCH", "/api/tags"), ("POST", "/api/entities"), ("POST", "/api/tokens"), ("POST",
                         "/api/operations")):  # fmt: skip
        answer = api.ask(method, path, raw=body, Accept="*/*")
        assert answer.status_code == 400, (method, path, answer.text[:200])


ODD: list[Any] = [
    None, True, False, 0, -1, 1.5, 2**31, 2**53, 2**63, 2**64, -(2**63) - 1, 10**300, 1e308, -0.0, "", " ", "x", "0",
    "\x00", "a\x00b",
    "\ufffe", "😀" * 50, "a" * 100_000, "2020-01-01", "9999-99-99", "1e5", "NaN", "Infinity", "-0", "٣", [], [[]],
    [None], [1, "a", {}], {}, {"": ""},
    {"id": "1"}, {"type": "tags", "id": "1"}, {"amount": "x"}, {"amount": {"amount": {}}}, {"a": {"b": {"c": [1]}}},
    "\u202e", "%s%n", "'; DROP TABLE x; --", "{0.__class__}",
]  # fmt: skip


@pytest.mark.parametrize("name", ["name", "code", "industry", "budget", "ratio", "staff", "founded", "met_at",
    "active", "colors", "extra",
    "mark", "parent", "created_at", "id", "version", "owner", "nope"])  # fmt: skip
def test_any_value_in_any_field_is_stored_or_refused(api: Api, name: str) -> None:
    for value in ODD:
        data = resource("accounts", None, {"name": "x", name: value})
        answer = api.ask("POST", "/api/accounts", {"data": data})
        assert answer.status_code in (201, 400, 404, 409, 422), (value, answer.text[:300])
        if answer.status_code == 201:
            again = api.get(answer.headers["Location"])["data"]
            assert again == answer.json()["data"]
        else:
            error = answer.json()["errors"][0]
            assert error["source"]["pointer"].startswith("/data") or "beyond 64 bits" in error["detail"]


PLACES = ["", "data", "data/type", "data/id", "data/lid", "data/attributes", "data/relationships", "data/meta",
    "data/meta/version",
    "data/meta/upsert", "data/relationships/account", "data/relationships/account/data",
    "data/relationships/account/data/id",
    "data/relationships/account/data/type", "data/relationships/account/data/lid", "data/relationships/tags",
    "data/relationships/tags/data",
    "data/relationships/tags/data/0", "data/relationships/tags/data/0/id", "data/relationships/visits/data",
    "included", "included/0",
    "included/0/lid", "included/0/type", "included/0/attributes", "meta", "meta/upsert", "links",
    "jsonapi"]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_any_value_at_any_place_of_a_document_is_answered(api: Api, server: Server, place: str) -> None:
    contact = api.make("contacts")
    whole: dict[str, Any] = {
        "data": {
            "type": "contacts", "attributes": {"name": "x"}, "meta": {},
            "relationships": {"account": {"data": {"type": "accounts", "id": "1"}},
            "tags": {"data": [{"type": "tags", "id": "1"}]},
                              "visits": {"data": []}},
        },
        "included": [{"type": "tags", "lid": "t", "attributes": {"name": "x"}}],
    }  # fmt: skip
    for n, value in enumerate(ODD if server.database == "postgres" else ODD[::3]):
        document = json.loads(json.dumps(whole))
        here: Any = document
        *path, last = place.split("/") if place else [""]
        for part in path:
            here = here[int(part)] if isinstance(here, list) else here.setdefault(part, {})
        if not place:
            document = value
        elif isinstance(here, list):
            here[int(last)] = value
        else:
            here[last] = value
        raw = json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
        answer = api.ask("POST", "/api/contacts", raw=raw)
        assert answer.status_code in (200, 201, 400, 403, 404, 409, 412, 422), (value, answer.text[:300])
        if n % 3 and place:
            continue  # the two are read by the same code
        if isinstance(document, dict) and isinstance(document.get("data"), dict) and place != "data/id":
            document["data"]["id"] = contact
        raw = json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
        answer = api.ask("PATCH", f"/api/contacts/{contact}", raw=raw)
        assert answer.status_code in (200, 400, 403, 404, 409, 412, 422), (value, answer.text[:300])


@pytest.mark.slow
def test_any_value_anywhere_in_an_operation_is_answered(api: Api) -> None:
    tag = api.make("tags")
    for value in ODD:
        for operation in (
            value, {"op": value}, {"op": "add", "data": value}, {"op": "add", "href": value, "data": {"type": "tags"}},
            {"op": "update", "ref": value, "data": None}, {"op": "remove", "ref": {"type": value, "id": tag}},
            {"op": "update", "ref": {"type": "tags", "id": value}, "data": {}}, {"op": "remove",
            "ref": {"type": "tags", "lid": value}},
            {"op": "update", "ref": {"type": "tags", "id": tag, "relationship": value}, "data": []},
            {"op": "update", "ref": {"type": "tags", "id": tag, "relationship": "contacts"}, "data": value},
            {"op": "update", "ref": {"type": "tags", "id": tag, "relationship": "contacts"}, "data": [value]},
        ):  # fmt: skip
            raw = json.dumps({"atomic:operations": [operation]}).encode()
            answer = api.ask("POST", "/api/operations", raw=raw, media="application/json", Accept="*/*")
            assert answer.status_code in (200, 204, 400, 403, 404, 409, 412, 422)


@pytest.mark.parametrize("type_", ["entities", "fields", "users", "roles", "tokens"])
def test_any_value_in_what_describes_the_house_is_answered(api: Api, type_: str) -> None:
    """What other rooms answer; schemathesis goes on where this stops."""
    for name, value in itertools.product(("name", "entity", "kind", "email", "grants", "scopes", "nope"), ODD[::3]):
        if (type_, name) == ("tokens", "name") and "\x00" in str(value):
            continue  # test_api_elsewhere.py
        answer = api.session.post(f"{api.base}/api/{type_}", timeout=30, headers={"Content-Type": MEDIA},
                                  data=json.dumps({"data": {"type": type_,
                                      "attributes": {name: value}}}).encode())  # fmt: skip
        assert answer.status_code < 500, (name, value, answer.text[:300])


WEIRD = [
    "%00", "%", "%zz", "%ff", "%e4", "%ed%a0%80", "..", ".", "%2e%2e", "%2f", "%2F..%2F", "1%00", "1;a=b", "1/",
    "//", "1?", "%0d%0aX: y", "\xff", "-0", "00",
    "01", "+1", "1e0", "0x1", "\u0661".encode().decode("latin-1"), "%D9%A1", "9" * 19, "9223372036854775807",
    "9223372036854775808", "9" * 500, "null", "NaN", "'", '"', "{", "[1]", "*",
]  # fmt: skip


@pytest.mark.parametrize("text", WEIRD)
def test_weird_ids_and_paths_are_answered(server: Server, text: str) -> None:
    for method, path in (
        ("GET", f"/api/tags/{text}"), ("GET", f"/api/{text}"), ("GET", f"/api/tags/{text}/contacts"), ("GET",
        f"/api/tags/1/{text}"),
        ("GET", f"/api/tags/1/relationships/{text}"), ("GET", f"/api/tags/{text}/history"), ("DELETE",
        f"/api/contacts/{text}"),
        ("GET", f"/api/fields/{text}"), ("GET", f"/api/entities/{text}"), ("GET", f"/api/users/{text}"), ("GET",
        f"/api/jobs/{text}"),
        ("DELETE", f"/api/tokens/x{text}"), ("GET", f"/{text}"), ("GET", f"/api/files/{text}"),
    ):  # fmt: skip
        status, body = _raw(server, method, path.replace(" ", "%20"))
        assert status < 500, (path, status, body[:300])


@pytest.mark.parametrize(
    "text",
    [*WEIRD, "a" * 5000, "[" * 2000, "," * 3000, "." * 3000, "-" * 1000, "&" * 3000, "=" * 1000, "%5B" * 900],
)
def test_weird_query_strings_are_answered(server: Server, text: str) -> None:
    text = text.replace(" ", "%20")
    for query in (
        text, f"include={text}", f"sort={text}", f"filter[name]={text}", f"filter[staff]={text}",
            f"filter[parent.name][in]={text}", f"filter[id]={text}",
        f"filter[{text}]=1", f"filter[name][{text}]=1", f"fields[{text}]=name", f"fields[accounts]={text}",
        f"page[size]={text}", f"page[number]={text}",
        f"page[after]={text}", f"page[before]={text}", f"page[{text}]=1", f"as-of={text}",
        f"filter[founded][gt]={text}", f"filter[budget][lte]={text}",
        f"filter[active]={text}", f"filter[colors][contains]={text}", f"filter[extra][contains]={text}",
        f"filter[met_at]={text}", f"filter[children]={text}",
    ):  # fmt: skip
        for path in ("/api/accounts", "/api/accounts/1"):
            status, body = _raw(server, "GET", f"{path}?{query}")
            assert status < 500, (path, query[:200], status, body[:300])


def test_too_many_parameters_are_refused(server: Server) -> None:
    status, _ = _raw(server, "GET", "/api/tags?" + "&".join(f"filter[name]={n}" for n in range(5_000)))
    assert status in (400, 414, 431)


def test_a_ten_megabyte_address_is_refused(server: Server) -> None:
    place = urlsplit(server.base)
    with socket.create_connection((place.hostname, place.port), timeout=30) as line:
        try:
            line.sendall(
                b"GET /api/tags?filter[name]="
                + b"a" * 10_000_000
                + b" HTTP/1.1\r\nHost: "
                + place.netloc.encode()
                + b"\r\n\r\n"
            )
            first = line.recv(100)
        except ConnectionError:
            return  # it hung up while we were still sending, which is an answer too
    assert first == b"" or int(first.split()[1]) in (400, 413, 414, 431)


@pytest.mark.slow
def test_a_million_elements_are_refused_in_good_time(api: Api) -> None:
    tag = api.make("tags")
    numbers = b"[" + b"1," * 999_999 + b"1]"
    links = b'[{"type":"contacts","id":"1"}' + b',{"type":"contacts","id":"99999999"}' * 100_000 + b"]"
    for method, path, body in (
        ("POST", "/api/tags", b'{"data":' + numbers + b"}"),
        ("POST", "/api/tags", b'{"data":{"type":"tags","attributes":{"name":' + numbers + b"}}}"),
        ("POST", "/api/accounts", b'{"data":{"type":"accounts","attributes":{"name":"x","extra":' + numbers + b"}}}"),
        ("POST", "/api/accounts", b'{"data":{"type":"accounts","attributes":{"name":"x","colors":' + numbers + b"}}}"),
        ("POST", "/api/tags", b'{"data":{"type":"tags","attributes":{"name":"x"}},"included":' + numbers + b"}"),
        ("PATCH", f"/api/tags/{tag}/relationships/contacts", b'{"data":' + numbers + b"}"),
        ("POST", f"/api/tags/{tag}/relationships/contacts", b'{"data":' + links + b"}"),
        ("PATCH", "/api/tags", b'{"data":' + numbers + b"}"),
        ("POST", "/api/operations", b'{"atomic:operations":' + numbers + b"}"),
    ):  # fmt: skip
        answer = api.ask(method, path, raw=body, Accept="*/*", media="application/json")
        assert answer.status_code in (400, 404, 413, 422), (path, answer.text[:300])


def test_a_hundred_thousand_unknown_names_are_answered(api: Api) -> None:
    names = {f"n{n}": 1 for n in range(100_000)}
    answer = api.ask("POST", "/api/tags", {"data": resource("tags", None, names)}, status=422)
    assert len(answer.content) < 1_000_000, "an error must not be larger than its cause"


def test_odd_headers_are_answered(server: Server) -> None:
    for name, value in (
        ("Accept", ";;;,,,"), ("Accept", "a" * 9_000), ("Accept", f"{MEDIA};" + "x=1;" * 500), ("Accept", '"' * 100),
        ("Accept", "\xff\xfe"),
        ("If-None-Match", '"' * 500), ("If-None-Match", "\xff"), ("If-Match", "9" * 100), ("Accept-Language",
        "x;q=\xff"), ("Cookie", "ingot_session=\xff\x01"),
        ("Idempotency-Key", "\xff"), ("Content-Type", '";;' * 50), ("X-CSRF-Token", "\xff"), ("Range", "bytes=0-1"),
        ("Authorization", "Bearer " + "\xff" * 20),
        ("Content-Encoding", "gzip"), ("Expect", "100-continue"), ("Host", "localhost:99999999"), ("Forwarded",
        "for=\xff"),
    ):  # fmt: skip
        for method, path in (("GET", "/api/tags"), ("GET", "/api/tags/1"), ("POST", "/api/tags")):
            if name == "Expect" and method == "GET":
                continue  # waitress waits for a body that never comes, until it hangs up after its timeout
            body = b'{"data":{"type":"tags","attributes":{"name":"x"}}}' if method == "POST" else b""
            status, answer = _raw(server, method, path, body, **{"Content-Type": MEDIA, name: value})
            assert status < 500, (name, value[:50], answer[:300])


def test_names_of_columns_and_functions_are_no_way_in(api: Api) -> None:
    for name in (
        "f_name",
        "c1",
        "rowid",
        "owner.password",
        "created_by.email.x",
        "owner.digest",
        "select",
        "__class__",
        "name'--",
        'name"',
    ):
        for query in (f"filter[{name}]=1", f"sort={name}", f"include={name}", f"fields[accounts]={name}"):
            assert api.ask("GET", f"/api/accounts?{query}").status_code == 400, query
    word = mark()
    quoted = f"{word}' OR '1'='1"
    made = api.make("tags", name=quoted)
    assert [r["id"] for r in api.get(f"/api/tags?filter[name]={quoted}")["data"]] == [made]
    assert only_error(api.get("/api/accounts?filter[name]=a%00b", status=400))["source"]["parameter"] == "filter[name]"
