"""Who may do what, seen from outside: tokens, sessions, roles; and charlie, who never sees a record of alice's by any path."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
import requests
from api_client import MEDIA, Api, ids, mark, only_error, ref, refs, resource
from api_server import Server

OWN = {"read": "own", "create": "own", "update": "own", "delete": "own"}
PASSWORD = "a long and plain password"


@pytest.fixture(scope="module")
def sellers(server: Server) -> tuple[Api, Api]:
    """alice and charlie: each sees their own contacts and visits; accounts and tags are everybody's to read."""
    grants = {"contact": OWN, "site_visit": OWN, "account": {"read": "all"}, "tag": {"read": "all", "update": "all"}}
    role = {"data": {"type": "roles", "attributes": {"name": "seller", "label": "Seller", "grants": grants}}}
    server.api.post("/api/roles", role)
    return server.person("alice", "seller"), server.person("charlie", "seller")


# ---------------------------------------------------------------------- tokens


def test_nobody_is_401(anybody: Api, server: Server) -> None:
    tag = server.api.make("tags")
    for method, path in (
        ("GET", "/api"), ("GET", "/api/tags"), ("GET", f"/api/tags/{tag}"), ("GET", f"/api/tags/{tag}/contacts"),
        ("GET", f"/api/tags/{tag}/relationships/contacts"), ("GET", f"/api/tags/{tag}/history"), ("GET", "/api/log"),
        ("GET", "/api/entities"), ("GET", "/api/fields"), ("GET", "/api/users"), ("GET", "/api/jobs"), ("GET",
        "/api/tokens"),
        ("DELETE", f"/api/tags/{tag}"), ("POST", "/api/tags"), ("PATCH", f"/api/tags/{tag}"), ("POST", "/api/entities"),
        ("POST", "/api/fields"), ("PATCH", "/api/tags"), ("GET", "/api/trash"), ("GET", "/api/nothing"),
    ):  # fmt: skip
        body = None if method in ("GET", "DELETE") else {"data": {"type": path.split("/")[2], "attributes": {}}}
        answer = anybody.ask(method, path, body, status=401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert only_error(answer.json())["code"] == "not_signed_in"


def test_wrong_credentials_are_401(server: Server) -> None:
    for header in (
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        f"Basic {server.token}",
        server.token,
        "Bearer \xe4",
        "bearer  x y",
    ):
        assert requests.get(f"{server.base}/api/tags", headers={"Authorization": header}, timeout=10).status_code == 401
    low = requests.get(f"{server.base}/api/tags", headers={"Authorization": f"bearer {server.token}"}, timeout=10)
    assert low.status_code == 200


def _token(api: Api, server: Server, **attributes: Any) -> tuple[str, Api]:
    made = api.post("/api/tokens", {"data": {"type": "tokens", "attributes": {"name": "t", **attributes}}})["data"]
    return made["id"], Api(server.base, made["attributes"]["secret"])


def test_scopes_narrow_a_token(api: Api, server: Server) -> None:
    tag = api.make("tags")
    _, reader = _token(api, server, scopes=["tags:read"])
    assert tag in ids(reader.get("/api/tags?sort=-id"))
    reader.get("/api/contacts", status=403)
    reader.post("/api/tags", {"data": resource("tags", None, {"name": "x"})}, status=403)
    reader.patch(f"/api/tags/{tag}", {"data": resource("tags", tag, {"name": "x"})}, status=403)
    reader.ask("DELETE", f"/api/tags/{tag}", status=403)
    reader.ask("DELETE", f"/api/tags/{tag}/relationships/contacts", {"data": []}, status=(204, 403))
    _, writer = _token(api, server, scopes=["tag:write", "contacts:*"])
    writer.post("/api/tags", {"data": resource("tags", None, {"name": "x"})})
    writer.get("/api/tags", status=403)
    writer.get("/api/contacts")
    writer.get("/api/contacts?include=tags")
    writer.get("/api/contacts?filter[tags.name]=x", status=(200, 403))
    for wrong in (["nothing:read"], ["tags:fly"], "tags", [5], [":"]):
        api.post("/api/tokens", {"data": {"type": "tokens", "attributes": {"name": "t", "scopes": wrong}}}, status=422)


def test_a_token_with_scopes_makes_no_tokens_and_is_no_administrator(api: Api, server: Server) -> None:
    _, narrow = _token(api, server, scopes=["*:*"])
    narrow.post("/api/tokens", {"data": {"type": "tokens", "attributes": {"name": "t"}}}, status=403)
    narrow.post("/api/users", {"data": {"type": "users", "attributes": {"email": "x@y.example"}}}, status=403)
    narrow.post(
        "/api/entities", {"data": {"type": "entities", "attributes": {"name": "zzz", "fields": []}}}, status=403
    )


def test_a_token_ends_when_it_expires(api: Api, server: Server) -> None:
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    _, short = _token(api, server, expires=expires)
    short.get("/api/tags")
    deadline = time.monotonic() + 20
    while short.ask("GET", "/api/tags").status_code == 200 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert only_error(short.get("/api/tags", status=401))["code"] == "not_signed_in"
    past = _token(api, server, expires="2020-01-01")[1]
    past.get("/api/tags", status=401)
    api.post("/api/tokens", {"data": {"type": "tokens", "attributes": {"name": "t", "expires": "soon"}}}, status=422)


def test_a_revoked_token_ends_at_once(api: Api, server: Server) -> None:
    token_id, client = _token(api, server)
    client.get("/api/tags")
    assert token_id in ids(api.get("/api/tokens"))
    api.delete(f"/api/tokens/{token_id}")
    client.get("/api/tags", status=401)
    assert token_id not in ids(api.get("/api/tokens"))
    api.ask("DELETE", f"/api/tokens/{token_id}", status=404)


def test_a_secret_is_shown_once(api: Api) -> None:
    made = api.post("/api/tokens", {"data": {"type": "tokens", "attributes": {"name": "t"}}})["data"]
    secret = made["attributes"]["secret"]
    assert secret not in api.ask("GET", "/api/tokens").text
    assert secret not in api.ask("GET", "/api/log?sort=-position").text


def test_a_disabled_person_is_out_at_once(api: Api, server: Server) -> None:
    dora = server.person("dora", "editor")
    dora.get("/api/tags")
    user = server.people["dora"]
    api.patch(f"/api/users/{user}", {"data": resource("users", user, {"active": False})})
    dora.get("/api/tags", status=401)
    api.patch(f"/api/users/{user}", {"data": resource("users", user, {"active": True, "roles": ["reader"]})})
    dora.get("/api/tags")
    dora.post("/api/tags", {"data": resource("tags", None, {"name": "x"})}, status=403)


# ---------------------------------------------------------------------- roles


def test_a_reader_reads_and_changes_nothing(api: Api, server: Server) -> None:
    reader = server.person("rita", "reader")
    tag, contact = api.make("tags"), api.make("contacts")
    reader.get(f"/api/tags/{tag}?include=contacts")
    for method, path, body in (
        ("POST", "/api/tags", {"data": resource("tags", None, {"name": "x"})}),
        ("PATCH", f"/api/tags/{tag}", {"data": resource("tags", tag, {"name": "x"})}), ("DELETE", f"/api/tags/{tag}",
        None),
        ("PATCH", f"/api/contacts/{contact}/relationships/account", {"data": None}),
        ("POST", f"/api/contacts/{contact}/relationships/tags", {"data": refs("tags", tag)}),
        ("POST", f"/api/tags/{tag}/relationships/contacts", {"data": refs("contacts", contact)}),
        ("POST", "/api/entities", {"data": {"type": "entities", "attributes": {"name": "thing", "fields": []}}}),
        ("POST", "/api/fields", {"data": {"type": "fields", "attributes": {"entity": "tag", "name": "y",
        "kind": "text"}}}),
        ("POST", "/api/users", {"data": {"type": "users", "attributes": {"email": "x@y.example"}}}),
        ("POST", "/api/roles", {"data": {"type": "roles", "attributes": {"name": "x", "grants": {}}}}),
    ):  # fmt: skip
        assert only_error(reader.ask(method, path, body, status=403).json())["code"] == "not_allowed"
    reader.operate({"op": "remove", "ref": ref("tags", tag)}, status=403)
    made = api.post("/api/tokens", {"data": {"type": "tokens", "attributes": {"name": "t"}}})["data"]["id"]
    reader.ask("DELETE", f"/api/tokens/{made}", status=404)


def test_an_editor_writes_records_but_not_the_house(api: Api, server: Server) -> None:
    editor = server.person("edna", "editor")
    tag = editor.make("tags")
    editor.patch(f"/api/tags/{tag}", {"data": resource("tags", tag, {"name": "x"})})
    for path, data in (
        ("/api/entities", {"type": "entities", "attributes": {"name": "thing", "fields": []}}),
        ("/api/fields", {"type": "fields", "attributes": {"entity": "tag", "name": "y", "kind": "text"}}),
        ("/api/users", {"type": "users", "attributes": {"email": "x@y.example"}}),
        ("/api/tokens", {"type": "tokens", "attributes": {"name": "t", "user": "1"}}),
    ):
        editor.post(path, {"data": data}, status=403)
    me = server.people["edna"]
    editor.patch(f"/api/users/{me}", {"data": resource("users", me, {"roles": ["admin"]})}, status=403)


# ---------------------------------------------------------------------- own records


def test_charlie_never_sees_alices_record_by_any_path(api: Api, sellers: tuple[Api, Api], server: Server) -> None:
    alice, charlie = sellers
    word = mark()
    account, tag = api.make("accounts", name=f"acc {word}"), api.make("tags", name=f"tag {word}")
    secret = f"secret {word}"
    links = {"account": ref("accounts", account), "tags": refs("tags", tag)}
    hers = alice.make("contacts", links, name=secret, mark=word)
    visit = alice.make("site-visits", {"contact": ref("contacts", hers)}, name=secret)
    his = charlie.make("contacts", links, name="his own", mark=word)

    assert hers in ids(alice.get(f"/api/contacts?filter[mark]={word}"))
    for path in (
        f"/api/contacts/{hers}", f"/api/contacts/{hers}?include=account", f"/api/contacts/{hers}/account",
        f"/api/contacts/{hers}/tags", f"/api/contacts/{hers}/visits", f"/api/contacts/{hers}/relationships/account",
        f"/api/contacts/{hers}/relationships/tags", f"/api/contacts/{hers}/history",
        f"/api/contacts/{hers}?as-of=999999999",
        f"/api/site-visits/{visit}", f"/api/site-visits/{visit}/contact", f"/api/site-visits/{visit}/history",
    ):  # fmt: skip
        assert only_error(charlie.get(path, status=404))["code"] == "not_found", path

    seen = []
    for path in (
        f"/api/contacts?filter[mark]={word}", f"/api/contacts?filter[mark]={word}&page[totals]=true&page[after]=",
        "/api/contacts?sort=-id&page[size]=100", f"/api/contacts?filter[id]={hers}",
        f"/api/contacts?filter[id][in]={hers},{his}",
        f"/api/contacts?filter[name]={secret}", "/api/contacts?filter[name][starts]=secret",
        f"/api/accounts/{account}?include=contacts,contacts.visits", f"/api/accounts/{account}/contacts",
        f"/api/accounts/{account}/relationships/contacts", f"/api/tags/{tag}/contacts",
        f"/api/tags/{tag}/relationships/contacts?include=contacts", f"/api/tags/{tag}?include=contacts.tags.contacts",
        f"/api/accounts?filter[id]={account}&include=contacts", "/api/log?sort=-position",
        f"/api/log?filter[record]={hers}",
        "/api/log?filter[entity]=contact&sort=-position", "/api/site-visits?include=contact",
    ):  # fmt: skip
        text = charlie.ask("GET", path, status=200).text
        assert secret not in text, path
        assert f'"contacts","id":"{hers}"' not in text, path
        entries = (
            [r["attributes"] for r in charlie.ask("GET", path).json().get("data") or [] if r["type"] == "log"]
            if "/log" in path
            else []
        )
        assert not [e for e in entries if (e["entity"], e["record"]) in (("contact", hers), ("site_visit", visit))], (
            path
        )
        seen.append(f'"{his}"' in text)
    assert any(seen)

    total = charlie.get(f"/api/contacts?filter[mark]={word}&page[totals]=true")["meta"]["page"]["total"]
    assert total == 1
    for condition in (
        f"[contacts.name]={secret}",
        "[contacts.name][starts]=secret",
        f"[contacts]={hers}",
        "[contacts.visits.name][starts]=secret",
    ):
        assert ids(charlie.get(f"/api/accounts?filter[id]={account}&filter{condition}")) == [], condition
        assert ids(charlie.get(f"/api/tags?filter[id]={tag}&filter{condition}")) == [], condition
    assert ids(alice.get(f"/api/accounts?filter[contacts.name]={secret}")) == [account]

    for method, path, body in (
        ("PATCH", f"/api/contacts/{hers}", {"data": resource("contacts", hers, {"name": "x"})}),
        ("DELETE", f"/api/contacts/{hers}", None),
        ("PATCH", f"/api/contacts/{hers}/relationships/account", {"data": None}),
        ("DELETE", f"/api/contacts/{hers}/relationships/tags", {"data": refs("tags", tag)}),
        ("POST", f"/api/tags/{tag}/relationships/contacts", {"data": refs("contacts", hers)}),
        ("POST", "/api/site-visits", {"data": resource("site-visits", None, {"name": "x"},
        {"contact": ref("contacts", hers)})}),
        ("POST", f"/api/contacts/{his}/relationships/visits", {"data": refs("site-visits", visit)}),
    ):  # fmt: skip
        charlie.ask(method, path, body, status=404)
    charlie.patch(f"/api/tags/{tag}/relationships/contacts", {"data": []}, status=204)
    assert ids(alice.get(f"/api/contacts/{hers}/tags")) == [tag]  # he could take away his own only
    for operation in (
        {"op": "update", "data": resource("contacts", hers, {"name": "x"})}, {"op": "remove", "ref": ref("contacts",
        hers)},
        {"op": "remove", "ref": {**ref("contacts", hers), "relationship": "tags"}, "data": refs("tags", tag)},
    ):  # fmt: skip
        charlie.operate(operation, status=404)
    upsert = {**resource("contacts", hers, {"name": "x"}), "meta": {"upsert": True}}
    taken = charlie.ask("POST", "/api/contacts", {"data": upsert})
    assert taken.status_code in (403, 404, 409) and secret not in taken.text
    by_name = {**resource("contacts", None, {"name": secret}), "meta": {"upsert": ["name"]}}
    assert charlie.post("/api/contacts", {"data": by_name}, status=201)["data"]["id"] != hers
    assert alice.get(f"/api/contacts/{hers}")["data"]["meta"]["version"] == 1


def test_a_link_to_a_hidden_record_shows_no_more_than_its_id(
    api: Api, sellers: tuple[Api, Api], server: Server
) -> None:
    """A visit that the administrator gave to charlie, at a contact of alice's."""
    alice, charlie = sellers
    hers = alice.make("contacts", name="hidden name", email="hidden@example.org")
    visit = api.make("site-visits", {"contact": ref("contacts", hers), "owner": ref("users", server.people["charlie"])})
    document = charlie.get(f"/api/site-visits/{visit}?include=contact")
    assert document["included"] == []
    linkage = document["data"]["relationships"]["contact"]["data"]
    assert charlie.get(f"/api/site-visits/{visit}/relationships/contact")["data"] == linkage == ref("contacts", hers)
    there = [charlie.get(path, status=404) for path in (f"/api/site-visits/{visit}/contact", f"/api/contacts/{hers}")]
    assert there[0] == there[1]
    assert charlie.get("/api/site-visits?filter[contact.name]=hidden+name")["data"] == []
    listed = charlie.ask("GET", "/api/site-visits?sort=contact.name&include=contact&page[after]=", status=200)
    assert "hidden" not in listed.text
    for resource_ in listed.json()["data"]:
        cursor = resource_["meta"]["page"]["cursor"]
        import base64

        assert b"hidden" not in base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


def test_lists_kept_in_memory_are_not_shared_between_people(api: Api, sellers: tuple[Api, Api]) -> None:
    alice, charlie = sellers
    word = mark()
    hers, his = alice.make("contacts", mark=word), charlie.make("contacts", mark=word)
    path = f"/api/contacts?filter[mark]={word}&page[totals]=true"
    for _ in range(2):
        assert (ids(alice.get(path)), ids(charlie.get(path))) == ([hers], [his])
        assert sorted(ids(api.get(path))) == sorted([hers, his])
    etag = alice.ask("GET", path).headers["ETag"]
    charlie.ask("GET", path, status=200, If_None_Match=etag)


def test_what_is_not_granted_is_403_and_does_not_exist_in_the_index(sellers: tuple[Api, Api], api: Api) -> None:
    _, charlie = sellers
    charlie.post("/api/accounts", {"data": resource("accounts", None, {"name": "x"})}, status=403)
    links = charlie.get("/api")["links"]
    assert "contacts" in links and "roles" not in links
    charlie.get("/api/users", status=403)


def test_a_new_owner_is_seen_and_the_old_one_no_longer(api: Api, sellers: tuple[Api, Api], server: Server) -> None:
    alice, charlie = sellers
    contact = alice.make("contacts")
    charlie.get(f"/api/contacts/{contact}", status=404)
    change = resource("contacts", contact, None, {"owner": ref("users", server.people["charlie"])})
    api.patch(f"/api/contacts/{contact}", {"data": change})
    charlie.get(f"/api/contacts/{contact}")
    alice.get(f"/api/contacts/{contact}", status=404)


# ---------------------------------------------------------------------- sessions


@pytest.fixture(scope="module")
def browser(server: Server) -> requests.Session:
    """Somebody who signed in with a password."""
    server.person("sam", "editor", password=PASSWORD)
    session = requests.Session()
    form = {"email": "sam@office.example", "password": PASSWORD}
    answer = session.post(f"{server.base}/sign-in", data=form, allow_redirects=False, timeout=10)
    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    return session


def test_a_session_reads_without_and_writes_only_with_its_csrf_token(server: Server, browser: requests.Session) -> None:
    path, body = f"{server.base}/api/tags", {"data": resource("tags", None, {"name": "x"})}
    headers = {"Content-Type": MEDIA}
    assert browser.get(path, timeout=10).status_code == 200
    for token in (None, "", "wrong", "\xe4"):
        more = {} if token is None else {"X-CSRF-Token": token.encode("latin-1")}
        for method in ("POST", "PATCH", "DELETE"):
            answer = browser.request(
                method, path if method != "DELETE" else f"{path}/1", json=body, headers={**headers, **more}, timeout=10
            )
            assert answer.status_code == 403 and answer.json()["errors"][0]["code"] == "csrf"
    page = browser.get(f"{server.base}/account", timeout=10).text
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    answer = browser.post(path, json=body, headers={**headers, "X-CSRF-Token": found[1]}, timeout=10)
    assert answer.status_code == 201
    other = requests.Session()
    other.cookies.set("ingot_session", "nonsense")
    assert other.get(path, timeout=10).status_code == 401


def test_a_token_wins_over_a_cookie_and_needs_no_csrf(server: Server, browser: requests.Session) -> None:
    headers = {"Content-Type": MEDIA, "Authorization": f"Bearer {server.token}"}
    body = {"data": resource("tags", None, {"name": "x"})}
    assert (
        requests.post(
            f"{server.base}/api/tags", json=body, headers=headers, cookies=browser.cookies, timeout=10
        ).status_code
        == 201
    )


# ---------------------------------------------------------------------- the name of the box


def test_a_foreign_host_is_421_everywhere_also_before_the_box_is_claimed(server: Server) -> None:
    """The server under test has no administrator with a password: nobody owns it yet."""
    assert "/claim/" in server.claim
    for host in (
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "[::2]",
        "8.8.8.8",
        "a" * 300,
    ):
        for path in ("/", "/api", "/api/tags", "/sign-in", "/claim/x", "/healthz"):
            answer = requests.get(f"{server.base}{path}", headers={"Host": host}, allow_redirects=False, timeout=10)
            assert answer.status_code == 421, (host, path)
            assert answer.json()["errors"][0]["code"] == "foreign_host"
    port = server.base.rsplit(":", 1)[1]
    for host in ("localhost", f"localhost:{port}", "127.0.0.1", "[::1]", "LOCALHOST.", "127.0.0.5"):
        headers = {"Host": host, "Authorization": f"Bearer {server.token}"}
        assert requests.get(f"{server.base}/api/tags", headers=headers, timeout=10).status_code == 200, host
