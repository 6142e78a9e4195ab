"""Claim, sign in, sign out, at a whole house without a network: the app as assembly builds it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from appliance import assembly
from appliance.base.settings import load
from appliance.features.identity import accounts, looking_after, tokens
from appliance.features.live.live import Live
from appliance.http.sockets.hub import Hub
from appliance.records.permissions import SYSTEM
from appliance.records.tail import Tail

PASSWORD = "correct horse battery"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[assembly.House]:
    found = assembly.open_house(load(tmp_path / "home", environment={}))
    yield found
    found.database.close()


@pytest.fixture
def client(house: assembly.House) -> FlaskClient:
    hub, tail = Hub(), Tail(house.database, house.records)
    engine = assembly.open_search(house.settings, writer=True)
    live = Live(house.records, hub, tail, house.jobs)
    return assembly.public_door(assembly.Outside(house, engine, hub, live, {}, lambda: 0)).test_client()


def add(house: assembly.House, email: str, role: str) -> int:
    with house.records.work(SYSTEM) as work:
        return accounts.add_user(work, email, roles=[role], password=PASSWORD)[0]


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD) -> int:
    return client.post("/sign-in", data={"email": email, "password": password}).status_code


def csrf(client: FlaskClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/account").text)
    assert found
    return found[1]


def test_a_new_box_has_nobody_who_could_sign_in(house: assembly.House, client: FlaskClient) -> None:
    assert house.database.rows("SELECT count(*) FROM ingot_user") == [(0,)]
    assert client.get("/api/users").status_code == 401


def test_the_claim_link_signs_the_first_administrator_in_once(house: assembly.House, client: FlaskClient) -> None:
    secret = house.claim.open()
    for _ in range(2):  # a preview spends nothing
        assert client.head(f"/claim/{secret}").status_code == 200
        seen = client.get(f"/claim/{secret}")
        assert seen.status_code == 200 and f'action="/claim/{secret}"' in seen.text and "Set-Cookie" not in seen.headers
    answer = client.post(f"/claim/{secret}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/welcome")
    assert client.get("/api/users").json["data"][0]["attributes"]["roles"] == ["admin"]  # type: ignore[index]
    assert client.get(f"/claim/{secret}").status_code == 404
    assert client.post(f"/claim/{secret}").status_code == 404


def test_a_wrong_claim_link_is_refused(house: assembly.House, client: FlaskClient) -> None:
    house.claim.open()
    assert client.get("/claim/guessed").status_code == 404
    assert client.post("/claim/guessed").status_code == 404


def test_the_box_offers_no_link_once_an_administrator_has_a_password(house: assembly.House) -> None:
    add(house, "ada@example.org", "admin")
    assert house.claim.open() is None


def test_password_signs_in_and_sign_out_ends_the_session(house: assembly.House, client: FlaskClient) -> None:
    add(house, "ada@example.org", "reader")
    assert sign_in(client, "ada@example.org", "wrong password") == 403
    assert sign_in(client, "nobody@example.org") == 403
    assert sign_in(client, "ADA@example.org") == 303
    assert client.get("/api").status_code == 200
    assert client.post("/sign-out", data={"csrf": csrf(client)}).status_code == 303
    assert client.get("/api").status_code == 401


def test_after_ten_wrong_passwords_even_the_right_one_waits(house: assembly.House, client: FlaskClient) -> None:
    add(house, "ada@example.org", "reader")
    codes = [sign_in(client, "ada@example.org", f"wrong {n}") for n in range(10)]
    assert set(codes) == {403}
    assert sign_in(client, "ada@example.org") == 429
    throttle = house.throttle
    add(house, "bob@example.org", "reader")
    (ada, bob) = looking_after.people(house.records, house.claim, throttle)["users"]
    assert (ada["locked"], bob["locked"]) == (True, False)
    looking_after.unlock(house.records, throttle, ada["id"])
    assert sign_in(client, "ada@example.org") == 303
    assert not looking_after.people(house.records, house.claim, throttle)["users"][0]["locked"]


def test_a_session_cannot_write_without_its_csrf_token(house: assembly.House, client: FlaskClient) -> None:
    add(house, "ada@example.org", "admin")
    sign_in(client, "ada@example.org")
    document = {"data": {"type": "tokens", "attributes": {"name": "x"}}}
    assert client.post("/api/tokens", json=document).status_code == 403
    token = csrf(client)
    assert client.post("/api/tokens", json=document, headers={"X-CSRF-Token": token}).status_code == 201


def test_a_new_password_ends_other_sessions_and_keeps_this_one(house: assembly.House, client: FlaskClient) -> None:
    add(house, "ada@example.org", "reader")
    sign_in(client, "ada@example.org")
    other = client.application.test_client()
    sign_in(other, "ada@example.org")
    form = {"csrf": csrf(client), "password": "another good one", "old": "a wrong guess"}
    assert client.post("/account/password", data=form).status_code == 422
    assert client.post("/account/password", data={**form, "old": PASSWORD}).status_code == 303
    assert client.get("/api").status_code == 200
    assert other.get("/api").status_code == 401


def test_a_disabled_user_is_out_at_once_with_session_and_token(house: assembly.House, client: FlaskClient) -> None:
    user = add(house, "ada@example.org", "reader")
    with house.records.work(SYSTEM) as work:
        _, secret = tokens.create_token(work, user, "t", [], None)
    sign_in(client, "ada@example.org")
    head = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api", headers=head).status_code == 200
    with house.records.work(SYSTEM) as work:
        work.update("user", user, {"active": False})
    assert client.get("/api", headers=head).status_code == 401
    assert client.get("/api").status_code == 401
    assert sign_in(client, "ada@example.org") == 403


def test_scopes_narrow_a_token_and_never_make_an_administrator(house: assembly.House, client: FlaskClient) -> None:
    user = add(house, "ada@example.org", "admin")
    with house.records.work(SYSTEM) as work:
        _, secret = tokens.create_token(work, user, "t", ["user:read"], None)
    head = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/users", headers=head).status_code == 200
    assert client.get("/api/roles", headers=head).status_code == 403
    assert client.post("/api/entities", json={"data": {"type": "entities"}}, headers=head).status_code in (403, 422)
    assert (
        client.post(
            "/api/tokens", json={"data": {"type": "tokens", "attributes": {"name": "x"}}}, headers=head
        ).status_code
        == 403
    )


def test_secrets_are_stored_as_digests_and_never_logged(house: assembly.House, client: FlaskClient) -> None:
    user = add(house, "ada@example.org", "admin")
    with house.records.work(SYSTEM) as work:
        _, secret = tokens.create_token(work, user, "t", [], None)
    sign_in(client, "ada@example.org")
    cookie = client.get_cookie("ingot_session")
    assert cookie
    dump = "\n".join(house.database.peewee.connection().iterdump())
    assert secret not in dump
    assert cookie.value not in dump
    assert PASSWORD not in dump
    assert "$argon2id$" in dump


def test_the_last_administrator_cannot_be_taken_away(house: assembly.House, client: FlaskClient) -> None:
    user = add(house, "ada@example.org", "admin")
    sign_in(client, "ada@example.org")
    document = {"data": {"type": "users", "id": str(user), "attributes": {"roles": ["reader"]}}}
    answer = client.patch(f"/api/users/{user}", json=document, headers={"X-CSRF-Token": csrf(client)})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["code"] == "last_admin"  # type: ignore[index]


def test_a_role_for_one_entity_alone_reaches_no_other(house: assembly.House, client: FlaskClient) -> None:
    with house.records.work(SYSTEM) as work:
        user = accounts.add_user(work, "eve@example.org", roles=["file:editor"])[0]
        _, secret = tokens.create_token(work, user, "t", [], None)
    head = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/files", headers=head).status_code == 200
    assert client.get("/api/users", headers=head).status_code == 403
