"""Who got in, who was refused, what was done to what lets people in: on every path, without a secret, and in bounds."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from box import Box, eventually
from sign_in_site import ADA, BOB, PASSWORD, SignInSite, csrf, sign_in

from appliance.base.client_ip import client_network
from appliance.features.identity import accounts, looking_after
from appliance.features.security_events import security_events as module
from appliance.features.security_events.event import KINDS, event
from appliance.records.permissions import SYSTEM

MEDIA = "application/vnd.api+json"


def told(site: SignInSite, kind: str = "") -> list[dict[str, Any]]:
    site.house.events.flush()
    columns = ("kind", "actor", "user", "account", "client_ip", "via", "detail", "count", "at")
    rows = site.rows(
        f"SELECT {', '.join(f'{c!r}'.replace(chr(39), chr(34)) for c in columns)} FROM ingot_security_event ORDER BY id"
    )
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    return [{**one, "detail": json.loads(one["detail"])} for one in found if kind in ("", one["kind"])]


def kinds(site: SignInSite) -> list[str]:
    return [one["kind"] for one in told(site)]


def api(site: SignInSite, token: str, method: str, path: str, attributes: Any = None, type_: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": MEDIA, "Accept": MEDIA}
    body = None if attributes is None else json.dumps({"data": {"type": type_, "attributes": attributes}})
    return site.client("192.0.2.7").open(path, method=method, headers=headers, data=body)


def test_signing_in_failing_and_signing_out_say_who_and_from_where(site: SignInSite) -> None:
    ada = site.users[ADA]
    client = site.client("192.0.2.9")
    sign_in(client, ADA, "wrong password", headers={"User-Agent": "Mozilla/5.0 Firefox/130"})
    sign_in(client, "nobody-here@example.org", "hunter2-secret")
    sign_in(client, ADA)
    client.post("/sign-out", data={"csrf": csrf(client)})
    found = [(e["kind"], e["account"], e["client_ip"]) for e in told(site) if "sign" in e["kind"]]
    assert sorted(found, key=str) == sorted(
        [("sign_in_failed", ada, "192.0.2.9"), ("sign_in_failed", None, "192.0.2.9"), ("sign_in", ada, "192.0.2.9"),
         ("sign_out", ada, "192.0.2.9")], key=str,
    )  # fmt: skip
    whole = repr(site.rows("SELECT * FROM ingot_security_event"))
    assert "nobody-here" not in whole and "hunter2" not in whole and "wrong password" not in whole


def test_a_flood_of_wrong_passwords_is_one_row_a_minute_with_a_count(site: SignInSite) -> None:
    for _ in range(14):
        sign_in(site.client("2001:db8::1"), ADA, "wrong password")
        sign_in(site.client("2001:db8::2"), ADA, "wrong password")
    for kind in ("sign_in_failed", "locked"):
        rows = told(site, kind)
        assert 1 <= len(rows) <= 2, "one each minute"
        assert {r["client_ip"] for r in rows} == {client_network("2001:db8::1")} and rows[0]["at"].endswith(":00.000Z")
    assert sum(r["count"] for r in told(site) if r["kind"] in ("sign_in_failed", "locked")) == 28


def test_refusals_are_told_with_their_codes(site: SignInSite) -> None:
    site.add(BOB, "reader")
    bob, client = site.token(BOB, "notice:read"), site.signed_in(BOB)
    assert api(site, bob, "GET", "/api/jobs").status_code == 403
    assert client.post("/sign-out").status_code == 403, "no CSRF token"
    assert client.get("/health").status_code == 403
    assert site.client().post("/sign-in", headers={"Origin": "http://evil.example"}).status_code == 403
    assert site.client().get("/", headers={"Host": "evil.example"}).status_code == 421
    assert site.client().get("/claim/abc", headers={"Host": "evil.example"}).status_code == 421
    codes = {code for e in told(site, "refused") for code in e["detail"]["codes"]}
    assert {"scope", "csrf", "not_allowed", "foreign_origin", "foreign_host"} <= codes
    assert site.users[BOB] in [e["user"] for e in told(site, "refused")]
    assert "/claim/abc" not in repr(told(site))


def test_what_lets_people_in_is_told_on_every_path(site: SignInSite) -> None:
    root, ada = site.token(ADA), site.users[ADA]
    made = api(
        site, root, "POST", "/api/users", {"email": BOB, "roles": ["reader"], "password": PASSWORD + " b"}, "users"
    )
    assert made.status_code == 201, made.text
    bob = int(made.json["data"]["id"])
    changes: list[dict[str, Any]] = [
        {"roles": ["editor"]},
        {"active": False},
        {"active": True},
        {"password": PASSWORD + " c"},
    ]
    for change in (*changes, {"email": "robert@example.org"}):
        document = {"data": {"type": "users", "id": str(bob), "attributes": change}}
        headers = {"Authorization": f"Bearer {root}", "Content-Type": MEDIA}
        assert (
            site.client("192.0.2.7").patch(f"/api/users/{bob}", headers=headers, data=json.dumps(document)).status_code
            == 200
        )
    token = api(site, root, "POST", "/api/tokens", {"name": "t", "user": str(bob)}, "tokens").json["data"]
    secret = token["attributes"]["secret"]
    for _ in range(3):
        assert api(site, secret, "GET", "/api/tokens").status_code == 200
    assert api(site, root, "DELETE", f"/api/tokens/{token['id']}").status_code == 204
    assert (
        api(
            site, root, "POST", "/api/roles", {"name": "clerk", "grants": {"user": {"read": "all"}}}, "roles"
        ).status_code
        == 201
    )
    looking_after.set_active(site.house.records, bob, False)
    looking_after.reset_password(site.house.records, site.house.throttle, bob)

    of_bob = [e for e in told(site) if e["account"] == bob]
    for kind in ("user_made", "roles_changed", "user_disabled", "user_enabled", "password_changed", "email_changed", "token_made",
                 "token_revoked"):  # fmt: skip
        one = next(e for e in of_bob if e["kind"] == kind)
        assert (one["user"], one["client_ip"], one["actor"][:6]) == (ada, "192.0.2.7", "token:"), kind
    assert [e["kind"] for e in of_bob].count("token_first_used") == 1
    assert (
        len([e for e in of_bob if e["kind"] == "user_disabled"]) == 2
        and len([e for e in of_bob if e["kind"] == "password_changed"]) == 3
    )
    changed = next(e for e in of_bob if e["kind"] == "roles_changed")
    assert (changed["detail"]["before"], changed["detail"]["after"]) == (["reader"], ["editor"])
    whole = repr(told(site))
    assert secret not in whole and PASSWORD not in whole and "robert@" not in whole


def test_a_change_of_one_s_own_is_told_by_the_person_it_is_of(site: SignInSite) -> None:
    client, ada = site.signed_in(ADA, "192.0.2.3"), site.users[ADA]
    client.post("/account/tokens", data={"csrf": csrf(client), "name": "mine", "current": PASSWORD})
    client.post("/account/password", data={"csrf": csrf(client), "old": PASSWORD, "password": PASSWORD + " more"})
    for kind in ("token_made", "password_changed"):
        one = told(site, kind)[-1]
        assert (one["user"], one["account"], one["client_ip"], one["actor"]) == (
            ada,
            ada,
            "192.0.2.3",
            f"user:{ada}",
        ), kind


def test_what_is_taken_back_or_only_tried_leaves_no_event(site: SignInSite) -> None:
    before = kinds(site)
    with pytest.raises(RuntimeError), site.house.records.work(SYSTEM) as work:
        accounts.add_user(work, BOB)
        raise RuntimeError
    root = site.token(ADA)
    assert api(site, root, "POST", "/api/users?dry-run=true", {"email": BOB}, "users").status_code == 201
    assert [k for k in kinds(site)[len(before) :] if k == "user_made"] == []


def test_no_request_fails_or_waits_over_events(site: SignInSite) -> None:
    root = site.token(ADA)
    site.house.events.flush()
    with site.house.database.write():
        site.house.database.run("ALTER TABLE ingot_security_event RENAME TO elsewhere")
    try:
        assert sign_in(site.client(), ADA).status_code == 303
        assert api(site, root, "POST", "/api/users", {"email": BOB}, "users").status_code == 201
        site.house.events.flush()
        assert site.house.events.health()[0] == "degraded"
        assert api(site, root, "GET", "/api/users").status_code == 200
    finally:
        with site.house.database.write():
            site.house.database.run("ALTER TABLE elsewhere RENAME TO ingot_security_event")
    assert "sign_in" in kinds(site), "what waited is written when it can be"
    assert site.house.events.health() == ("ok", "")


def test_a_refused_request_takes_no_write_transaction(site: SignInSite) -> None:
    """Somebody else holds the only one there is: a stranger is refused at once."""
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with site.house.database.write():
            held.set()
            let_go.wait(30)

    holding = threading.Thread(target=hold)
    holding.start()
    held.wait(10)
    try:
        answers = [site.client().get("/", headers={"Host": "evil.example"}).status_code for _ in range(300)]
        assert set(answers) == {421}
    finally:
        let_go.set()
        holding.join()
    assert sum(e["count"] for e in told(site, "refused")) == 300


def test_strangers_make_so_many_rows_a_day_and_are_counted_beyond(
    site: SignInSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ROWS_A_DAY", 20)
    for number in range(50):
        site.client(f"192.0.2.{number}").get("/", headers={"Host": "evil.example"})
        if number % 7 == 0:
            site.house.events.flush()
    rows = told(site, "refused")
    assert len(rows) in (21, 22), "twenty, and one of a day that counts the rest"
    assert sum(r["count"] for r in rows) == 50
    monkeypatch.setattr(module, "MOST_KEYS", 5)
    for number in range(30):
        site.client(f"198.51.100.{number}").get("/", headers={"Host": "evil.example"})
    assert sum(r["count"] for r in told(site, "refused")) == 80


def test_noise_of_strangers_pushes_out_nothing_that_known_people_did(
    site: SignInSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ROWS_A_DAY", 20)
    monkeypatch.setattr(module, "MOST_KEYS", 15)
    bob = site.add(BOB, "reader")
    token = site.token(BOB)
    for number in range(60):  # more than a day's rows, and more than are held between two batches
        site.client(f"192.0.2.{number}").get("/", headers={"Host": "evil.example"})
        if number % 12 == 0:
            site.house.events.flush()
    before = len(told(site))
    for number in range(60, 90):
        site.client(f"192.0.2.{number}").get("/", headers={"Host": "evil.example"})
    assert api(site, token, "POST", "/api/users", {"email": "x@example.org"}, "users").status_code == 403
    assert sign_in(site.client("192.0.2.200"), BOB).status_code == 303
    with site.house.records.work(SYSTEM) as work:
        work.update("user", site.users[BOB], {"roles": ["editor"]})
    for number in range(30):
        site.client(f"198.51.100.{number}").get("/", headers={"Host": "evil.example"})
    new = told(site)[before:]
    assert {"sign_in", "roles_changed", "token_first_used"} <= {one["kind"] for one in new}
    assert [one["user"] for one in new if one["actor"] and one["kind"] == "refused"] == [site.users[BOB]], bob
    assert sum(one["count"] for one in told(site, "refused") if not one["actor"]) == 120


def test_administrators_ask_and_filter_and_page(site: SignInSite) -> None:
    site.add(BOB, "reader")
    root = site.token(ADA)
    for ip in ("192.0.2.1", "192.0.2.2", "192.0.2.2"):
        sign_in(site.client(ip), BOB)
    site.house.events.flush()

    def ask(query: str, status: int = 200, token: str = root) -> Any:
        answer = api(site, token, "GET", f"/api/security-events{query}")
        assert answer.status_code == status, answer.text
        return answer.json

    listed = ask("")["data"]
    assert [int(one["id"]) for one in listed] == sorted((int(one["id"]) for one in listed), reverse=True)
    assert {one["attributes"]["kind"] for one in ask("?filter[kind]=sign_in,user_made")["data"]} == {
        "sign_in",
        "user_made",
    }
    assert len(ask("?filter[kind]=sign_in&filter[client_ip]=192.0.2.2")["data"]) == 2
    assert {
        one["relationships"]["account"]["data"]["id"] for one in ask(f"?filter[user]={site.users[BOB]}")["data"]
    } == {str(site.users[BOB])}
    assert ask("?filter[at][gte]=2999-01-01")["data"] == [] and len(ask("?filter[at][lt]=2999-01-01")["data"]) == len(
        listed
    )
    walked, path = [], "?page[size]=2"
    while path:
        found = ask(path)
        walked += [one["id"] for one in found["data"]]
        path = (found["links"]["next"] or "").removeprefix("/api/security-events")
    assert walked == [one["id"] for one in ask("?page[size]=500")["data"]]
    wrong = (
        "?filter[kind]=x",
        "?filter[user]=x",
        "?filter[at][gte]=x",
        "?page[after]=x",
        "?page[size]=-1",
        "?sort=at",
        "?filter[client_ip]=%00",
    )
    for query in wrong:
        ask(query, 400)
    for token in (site.token(BOB), site.token(ADA, "*:read"), site.token(ADA, "health:read")):
        ask("", 403, token)
    assert site.client().get("/api/security-events").status_code == 401


def test_the_page_shows_and_filters_for_administrators(site: SignInSite) -> None:
    site.add(BOB, "reader")
    client = site.signed_in(ADA, "192.0.2.44")
    site.house.events.flush()
    page = client.get("/security-events", headers={"Accept": "text/html"})
    assert page.status_code == 200 and "192.0.2.44" in page.text and "Signed in" in page.text
    assert 'href="/security-events"' in client.get("/", headers={"Accept": "text/html"}).text
    german = client.get("/security-events", headers={"Accept": "text/html", "Accept-Language": "de"}).text
    assert "Sicherheitsereignisse" in german and "Angemeldet" in german
    assert (
        "192.0.2.44"
        not in client.get("/security-events?kind=user_made", headers={"Accept": "text/html"}).text.partition("<table")[
            2
        ]
    )
    assert client.get("/security-events?from=2999-01-01").status_code == 200
    for wrong in ("kind=x", "user=x", "from=yesterday", "to=9999-12-31&from=0001-01-01", "ip=%00"):
        assert client.get(f"/security-events?{wrong}", headers={"Accept": "text/html"}).status_code in (200, 400), wrong
    assert site.signed_in(BOB).get("/security-events", headers={"Accept": "text/html"}).status_code == 403


def test_old_ones_go_by_night(site: SignInSite) -> None:
    site.house.events.flush()
    with site.house.database.write():
        site.house.database.run("UPDATE ingot_security_event SET at = '2020-01-01T00:00:00.000Z'")
    site.house.events.tell("sign_out", account=1)
    assert "user_made" in kinds(site)
    body = site.house.jobs.kinds["security_events.sweep"].body
    assert body(None)["deleted"] >= 1  # type: ignore[arg-type, operator]
    assert kinds(site) == ["sign_out"]


def test_no_detail_carries_a_secret_or_grows_without_bound() -> None:
    one = event("export", query="filter[a]=b&token=abcdefgh", password="hunter2", url="http://u:hunter2@h/")
    assert "hunter2" not in repr(one) and "abcdefgh" not in repr(one)


def test_every_kind_has_a_name() -> None:
    assert all(text.render("de") != text.render("en") or text.render("en") == "Export" for text in KINDS.values())


def test_a_running_server_and_the_shell(tmp_path: Path) -> None:
    box = Box(tmp_path / "home")
    box.start()
    try:
        box.sign_in()
        made = Path(box.ingot("backup").partition(":")[0])
        box.ingot("user", "add", "eve@example.org")
        box.ingot("export", "user", "-o", str(tmp_path / "u.csv"))

        def listed() -> list[dict[str, Any]]:
            return [one["attributes"] for one in box.get("/api/security-events?page[size]=500")["data"]]

        def of(kind: str) -> list[dict[str, Any]]:
            return [one for one in listed() if one["kind"] == kind]

        from appliance.base.paths import Home
        from appliance.run.client import ControlClient

        ControlClient(Home(box.home)).call("settings", values={"session_days": 20})
        eventually(lambda: of("settings_changed") and of("token_first_used"))
        assert of("settings_changed")[0]["detail"]["settings"] == ["session_days"]
        for kind in ("backup", "export", "user_made", "token_made"):
            assert of(kind)[0]["via"] == "shell" and of(kind)[0]["detail"]["os_user"], kind
        for _ in range(5):
            assert box.session.get(box.url("/"), headers={"Host": "evil.example"}, timeout=5).status_code == 421
        box.stop()
        box.start()
        assert sum(one["count"] for one in of("refused")) == 5, "what was gathered is written at the end"
        box.stop()
        box.ingot("restore", str(made))
        box.start()
        assert of("restore")[0]["detail"]["os_user"]
    finally:
        box.kill()
