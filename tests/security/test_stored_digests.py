"""What is stored opens nothing: no value of the database is a token, a cookie or a link."""

from __future__ import annotations

import base64
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sign_in_site import ADA, SignInSite, csrf

from appliance.base import ids
from appliance.run.backup import signed_in
from appliance.run.backup.taking import copy_database

SHAPES = (
    "Bearer {v}", "Bearer session:{v}", "Bearer token:{v}", "Bearer session {v}", "bearer ('session', '{v}')", "Basic {v}",
    "Bearer ingot_{v}", "Token {v}", "{v}",
)  # fmt: skip
COOKIES = ("ingot_session", "__Host-ingot_session", "ingot_device", "__Host-ingot_device", "session")


def stored_texts(site: SignInSite) -> set[str]:
    """Every text of every table."""
    connection = site.house.database.peewee.connection()
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {v for t in tables for row in connection.execute(f'SELECT * FROM "{t}"') for v in row if isinstance(v, str)}
    return {v for v in found if v.isprintable() and v.isascii() and v.strip()}


def test_no_stored_value_in_any_header_or_cookie_is_somebody(site: SignInSite) -> None:
    client, secret = site.signed_in(ADA), site.token(ADA)
    head = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/users").status_code == site.client().get("/api/users", headers=head).status_code == 200
    site.house.claim._database.run("INSERT INTO ingot_meta (key, value) VALUES ('claim', 'x')")
    found = stored_texts(site)
    digests = {r[0] for r in site.rows("SELECT digest FROM ingot_session UNION SELECT digest FROM ingot_token")}
    csrf_secrets = {r[0] for r in site.rows("SELECT csrf FROM ingot_session")}
    assert len(digests) == 2 and digests | csrf_secrets <= found
    stranger = site.client()
    for value in found:
        for shape in SHAPES:
            answer = stranger.get("/api/users", headers={"Authorization": shape.format(v=value)[:4_000]})
            assert answer.status_code == 401, (shape, value)
        for cookie in COOKIES:
            stranger.set_cookie(cookie, value[:4_000])
        assert stranger.get("/api/users").status_code == 401, value
        assert stranger.get("https://localhost/api/users").status_code == 401, value
    for value in digests | csrf_secrets:
        assert stranger.post(f"/claim/{value}").status_code == 404
    basic = base64.b64encode(f"{ADA}:{next(iter(digests))}".encode()).decode()
    assert stranger.get("/api/users", headers={"Authorization": f"Basic {basic}"}).status_code == 401


def test_a_token_is_no_cookie_and_a_cookie_no_token(site: SignInSite) -> None:
    client, secret = site.signed_in(ADA), site.token(ADA)
    cookie = client.get_cookie("ingot_session")
    assert cookie
    stranger = site.client()
    for value in (cookie.value, f"ingot_{cookie.value}"):
        assert stranger.get("/api", headers={"Authorization": f"Bearer {value}"}).status_code == 401
    stranger.set_cookie("ingot_session", secret)
    assert stranger.get("/api").status_code == 401


def test_memory_is_keyed_by_digests_alone(site: SignInSite) -> None:
    client, secret = site.signed_in(ADA), site.token(ADA)
    client.get("/api")
    site.client().get("/api", headers={"Authorization": f"Bearer {secret}"})
    cookie = client.get_cookie("ingot_session")
    keys = set(site.house.who._known)
    assert cookie and keys == {("session", ids.digest(cookie.value)), ("token", ids.digest(secret))}


def test_sign_out_ends_the_session_its_actor_and_nothing_revives_it(site: SignInSite) -> None:
    client = site.signed_in(ADA)
    other = site.signed_in(ADA)
    told: list[bool] = []
    site.house.sessions.on_end(lambda: told.append(True))
    cookie = client.get_cookie("ingot_session")
    assert cookie and client.get("/api").status_code == 200
    assert client.post("/sign-out", data={"csrf": csrf(client)}).status_code == 303
    assert told == [True], "open sockets ask again"
    assert not [k for k in site.house.who._known if k[0] == "session" and k[1] == ids.digest(cookie.value)]
    client.set_cookie("ingot_session", cookie.value)
    assert client.get("/api").status_code == 401
    head = {"Authorization": f"Bearer session:{ids.digest(cookie.value)}"}
    assert site.client().get("/api", headers=head).status_code == 401
    assert other.get("/api").status_code == 200, "another session stands"


@pytest.mark.parametrize("table", signed_in.TABLES)
def test_a_copy_for_a_backup_holds_no_secret_of_a_session(site: SignInSite, tmp_path: Path, table: str) -> None:
    client = site.signed_in(ADA)
    secret = site.house.claim._database
    with secret.write():
        secret.run("INSERT INTO ingot_meta (key, value) VALUES ('claim', 'claim-digest-0123456789')")
    site.house.throttle.begin(ADA, "10.0.0.9")
    assert site.rows(f"SELECT count(*) FROM {table}") != [(0,)]
    values = site.rows("SELECT digest, csrf FROM ingot_session")
    copy = tmp_path / "copy.db"
    copy_database(site.house.settings.home.database, copy)
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        assert connection.execute("SELECT value FROM ingot_meta WHERE key = 'claim'").fetchall() == []
        assert connection.execute("SELECT email FROM ingot_user").fetchall() == [(ADA,)]
    raw = b"".join(f.read_bytes() for f in tmp_path.glob("copy.db*"))
    for value in (*values[0], "claim-digest-0123456789"):
        assert value.encode() not in raw, "not in a free page either"
    assert client.get("/api").status_code == 200, "the server's own sessions go on"
