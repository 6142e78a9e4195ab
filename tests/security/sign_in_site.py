"""A whole house without a network, its administrator and a colleague, for the tests of who gets in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from appliance import assembly
from appliance.base.settings import load
from appliance.features.identity import accounts, tokens
from appliance.features.live.live import Live
from appliance.http.sockets.hub import Hub
from appliance.records.permissions import SYSTEM
from appliance.records.tail import Tail

PASSWORD = "correct horse battery"
ADA, BOB = "ada@example.org", "bob@example.org"


@dataclass
class SignInSite:
    """`house.records` to act beside the door, `client()` for a new browser."""

    house: assembly.House
    app: Any
    users: dict[str, int] = field(default_factory=dict)

    def client(self, ip: str = "127.0.0.1") -> FlaskClient:
        found: FlaskClient = self.app.test_client()
        found.environ_base["REMOTE_ADDR"] = ip
        return found

    def add(self, email: str, *roles: str, password: str | None = PASSWORD) -> int:
        with self.house.records.work(SYSTEM) as work:
            self.users[email] = accounts.add_user(work, email, roles=list(roles) or None, password=password)[0]
        return self.users[email]

    def token(self, email: str, *scopes: str) -> str:
        with self.house.records.work(SYSTEM) as work:
            return tokens.create_token(work, self.users[email], "t", list(scopes), None)[1]

    def signed_in(self, email: str, ip: str = "127.0.0.1") -> FlaskClient:
        client = self.client(ip)
        assert sign_in(client, email).status_code == 303
        return client

    def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        return self.house.database.rows(self.house.database.sql(sql), params)

    def grow_old(self) -> None:
        """The passwords of all sessions were given an hour ago."""
        with self.house.database.write():
            self.house.database.run("UPDATE ingot_session SET confirmed_at = '2020-01-01T00:00:00.000Z'")


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/sign-in", data={"email": email, "password": password}, **more)


def csrf(client: FlaskClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/account").text)
    assert found
    return found[1]


def open_site(home: Path, database: str = "sqlite") -> SignInSite:
    house = assembly.open_house(load(home, {"database": database}, {}))
    hub, tail = Hub(), Tail(house.database, house.records)
    engine = assembly.open_search(house.settings, writer=True)
    live = Live(house.records, hub, tail, house.jobs)
    return SignInSite(house, assembly.public_door(assembly.Outside(house, engine, hub, live, {}, lambda: 0)))
