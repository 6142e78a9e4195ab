"""The password once more, before a session changes who gets in; and the absolute end of sessions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sign_in_site import ADA, BOB, PASSWORD, SignInSite, csrf

from appliance.features.identity.sessions import CONFIRMED_MINUTES, Sessions

START = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def stale(quiet_site: SignInSite) -> tuple[FlaskClient, dict[str, str]]:
    """An administrator whose session lay open for an hour, and the headers of their page."""
    client = quiet_site.signed_in(ADA)
    head = {"X-CSRF-Token": csrf(client)}
    quiet_site.grow_old()
    return client, head


def changes(site: SignInSite) -> list[tuple[str, str, dict[str, Any]]]:
    """Every unsafe route of users, roles and tokens that may let somebody in, with a body that does."""
    bob = site.users[BOB]
    one = {"type": "users", "id": str(bob)}
    return [
        ("POST", "/api/users", {"type": "users", "attributes": {"email": "new@x.example", "roles": ["admin"]}}),
        ("PATCH", f"/api/users/{bob}", {**one, "attributes": {"roles": ["admin"]}}),
        ("PATCH", f"/api/users/{bob}", {**one, "attributes": {"email": "me@x.example"}}),
        ("PATCH", f"/api/users/{bob}", {**one, "attributes": {"password": "four words make sense"}}),
        ("POST", "/api/roles", {"type": "roles", "attributes": {"name": "r", "grants": {"*": {"read": "all"}}}}),
        ("PATCH", "/api/roles/3", {"type": "roles", "id": "3", "attributes": {"grants": {"*": {"read": "all"}}}}),
        ("POST", "/api/tokens", {"type": "tokens", "attributes": {"name": "t"}}),
    ]


def test_no_change_of_who_gets_in_without_it(quiet_site: SignInSite, stale: tuple[FlaskClient, dict[str, str]]) -> None:
    client, head = stale
    listed = changes(quiet_site)
    known = {(m, r.rule) for r in quiet_site.app.url_map.iter_rules() for m in r.methods - {"GET", "HEAD", "OPTIONS"}
             if r.rule.startswith(("/api/users", "/api/roles", "/api/tokens"))}  # fmt: skip
    covered = {(m, p.replace(f"/{quiet_site.users[BOB]}", "/<id_>").replace("/3", "/<id_>")) for m, p, _ in listed}
    assert known - covered == {("DELETE", "/api/tokens/<id_>")}, "which lets nobody in"
    before = quiet_site.rows("SELECT * FROM ingot_user"), quiet_site.rows("SELECT * FROM ingot_role")
    for method, path, data in listed:
        answer = client.open(path, method=method, json={"data": data}, headers=head)
        assert answer.status_code == 403, path
        assert answer.json["errors"][0]["code"] == "confirmation_required"
        assert "/account/confirm" in answer.json["errors"][0]["detail"]
    assert (quiet_site.rows("SELECT * FROM ingot_user"), quiet_site.rows("SELECT * FROM ingot_role")) == before
    assert quiet_site.rows("SELECT count(*) FROM ingot_token") == [(0,)]


def test_a_script_confirms_and_repeats_its_request(site: SignInSite) -> None:
    client = site.signed_in(ADA)
    head = {"X-CSRF-Token": csrf(client)}
    site.grow_old()
    document = {"data": {"type": "tokens", "attributes": {"name": "t"}}}
    assert client.post("/api/tokens", json=document, headers=head).status_code == 403
    for wrong in ({}, {"password": "wrong words here"}, {"password": 7}, {"password": None}):
        assert client.post("/account/confirm", json=wrong, headers=head).status_code == 422
        assert client.post("/api/tokens", json=document, headers=head).status_code == 403
    assert client.post("/account/confirm", json={"password": PASSWORD}).status_code == 403, (
        "its CSRF token is asked for"
    )
    assert client.post("/account/confirm", json={"password": PASSWORD}, headers=head).status_code == 204
    assert client.post("/api/tokens", json=document, headers=head).status_code == 201


def test_a_page_asks_for_it_in_its_own_form(site: SignInSite) -> None:
    client = site.signed_in(ADA)
    form = {"csrf": csrf(client), "name": "night export"}
    assert 'id="f-token-current"' not in client.get("/account").text
    assert client.post("/account/tokens", data=form).status_code == 201
    site.grow_old()
    assert 'id="f-token-current"' in client.get("/account").text
    for wrong in ("", "wrong words here"):
        assert client.post("/account/tokens", data={**form, "current": wrong}).status_code == 422
    assert client.post("/account/tokens", data={**form, "current": PASSWORD}).status_code == 201
    assert 'id="f-token-current"' not in client.get("/account").text


def test_a_program_with_a_token_is_not_asked(site: SignInSite) -> None:
    head = {"Authorization": f"Bearer {site.token(ADA)}"}
    document = {"data": {"type": "users", "attributes": {"email": "new@x.example"}}}
    assert site.client().post("/api/users", json=document, headers=head).status_code == 201
    client = site.signed_in(ADA)
    site.grow_old()
    document["data"]["attributes"]["email"] = "newer@x.example"
    assert client.post("/api/users", json=document, headers=head).status_code == 201, "the token counts, not the cookie"


def test_it_holds_for_minutes_and_another_session_is_asked_on_its_own(site: SignInSite) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client, other = site.signed_in(ADA), site.signed_in(ADA)
        document = {"data": {"type": "tokens", "attributes": {"name": "t"}}}
        heads = [{"X-CSRF-Token": csrf(c)} for c in (client, other)]
        clock.shift(timedelta(minutes=CONFIRMED_MINUTES, seconds=1))
        assert client.post("/account/confirm", json={"password": PASSWORD}, headers=heads[0]).status_code == 204
        assert client.post("/api/tokens", json=document, headers=heads[0]).status_code == 201
        assert other.post("/api/tokens", json=document, headers=heads[1]).status_code == 403
        clock.shift(timedelta(minutes=CONFIRMED_MINUTES, seconds=1))
        assert client.post("/api/tokens", json=document, headers=heads[0]).status_code == 403


def test_who_has_no_password_yet_is_told_to_choose_one(site: SignInSite) -> None:
    client = site.signed_in(ADA)
    head = {"X-CSRF-Token": csrf(client)}
    site.house.database.run("UPDATE ingot_user SET password = NULL")
    answer = client.post("/account/confirm", json={"password": ""}, headers=head)
    assert answer.status_code == 422 and answer.json["errors"][0]["code"] == "no_password"


# ---------------------------------------------------------------------- the end of sessions


def test_a_session_ends_at_last_however_much_it_is_used(site: SignInSite) -> None:
    days = site.house.settings.session_max_days
    with time_machine.travel(START, tick=False) as clock:
        client = site.signed_in(ADA)
        for _ in range(days - 1):
            clock.shift(timedelta(days=1))
            assert client.get("/api").status_code == 200
        clock.shift(timedelta(hours=23, minutes=59))
        assert client.get("/api").status_code == 200
        clock.shift(timedelta(minutes=2))
        assert client.get("/api").status_code == 401
        site.house.sessions.sweep()
        assert site.rows("SELECT count(*) FROM ingot_session") == [(0,)]


def test_an_unused_one_ends_earlier(site: SignInSite) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = site.signed_in(ADA)
        clock.shift(timedelta(days=site.house.settings.session_days, minutes=1))
        assert client.get("/api").status_code == 401


def test_a_session_from_before_the_limit_was_lowered_ends_too(site: SignInSite) -> None:
    with time_machine.travel(START, tick=False) as clock:
        secret, _ = site.house.sessions.open(site.users[ADA], "", "")
        clock.shift(timedelta(days=3))
        assert site.house.sessions.find(secret)
        assert Sessions(site.house.database, 14, 2).find(secret) is None
        assert Sessions(site.house.database, 14, 2).of(site.users[ADA]) == []


def test_the_cookie_lives_as_long_as_a_session_can(site: SignInSite) -> None:
    client = site.client()
    answer = client.post("/sign-in", data={"email": ADA, "password": PASSWORD})
    (cookie,) = (c for c in answer.headers.getlist("Set-Cookie") if c.startswith("ingot_session="))
    assert f"Max-Age={site.house.settings.session_max_days * 86_400};" in cookie
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
