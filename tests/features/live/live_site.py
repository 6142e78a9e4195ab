"""A real server with /live, and clients that nobody here wrote."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import request
from websockets.sync.client import ClientConnection, connect

from appliance.engines.queue.database import DatabaseQueue
from appliance.features.identity.accounts import add_user
from appliance.features.identity.sessions import COOKIE, Sessions
from appliance.features.identity.tokens import create_token
from appliance.features.identity.who import Who
from appliance.features.live.door import make_live
from appliance.features.live.live import Live
from appliance.features.live.subscribers import Again
from appliance.features.notices.table import Notices
from appliance.http.app import create_app
from appliance.http.hosts import Hosts
from appliance.http.sockets.hub import Hub
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import JobKind
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records
from appliance.records.tail import Tail
from appliance.records.work import Work
from appliance.run.web import WebServer


def until(holds: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Wait for something to become true; the deadline only matters when the test fails."""
    end = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return value


class LiveSite:
    def __init__(self, records: Records, templates: Path):
        self.records, database = records, records.database
        self.sessions = Sessions(database, 30)
        self.who = Who(records, self.sessions)
        self.jobs = Jobs(database, DatabaseQueue(database), [JobKind("nap", lambda run: None)])
        self.hub, self.tail = Hub(), Tail(database, records)
        self.notices = Notices(records)
        self.live = Live(records, self.hub, self.tail, self.jobs, self.notices)
        self.sessions.on_end(self.live.look_again)
        app = create_app(
            blueprints=[make_live(self.live, self.hub, self.resolver)],
            authenticate=self.who.authenticate,
            hosts=Hosts(),
            templates=templates,
            max_body=1000,
        )
        self.server = WebServer(app, "127.0.0.1", 0, hub=self.hub)

    def start(self) -> None:
        self.tail.start()
        self.live.start()
        self.server.start()

    def stop(self) -> None:
        self.server.stop(4)
        self.live.stop(5)
        self.tail.stop(5)

    def resolver(self) -> Again:
        """As assembly's."""
        header = request.headers.get("Authorization")
        if header:
            secret = header.partition(" ")[2].strip()
            return lambda: self.who.by_token(secret)
        cookie = request.cookies.get(COOKIE, "")

        def again() -> Any:
            session = self.sessions.find(cookie)
            return self.who.actor_of(session.user, "user", session.user, via="ui") if session else None

        return again

    def client(self, token: str, **more: Any) -> Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        address = self.server.address.replace("http:", "ws:") + "/live"
        return Client(
            connect(address, additional_headers={**headers, **more.pop("headers", {})}, close_timeout=0.5, **more)
        )

    def write(self, what: Callable[[Any], Any], actor: Any = SYSTEM) -> Any:
        with self.records.work(actor) as work:
            return what(work)

    def create(self, actor: Any = SYSTEM, **values: Any) -> int:
        return self.write(lambda work: work.create("contact", values)[0], actor)


class Client:
    def __init__(self, opening: Any):
        self.socket: ClientConnection = opening.__enter__()  # newer versions of websockets connect here only

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: Any) -> None:
        self.socket.close()

    def say(self, message: Any) -> None:
        self.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def hear(self, seconds: float = 20.0) -> Any:
        return json.loads(self.socket.recv(seconds))

    def ask(self, message: Any) -> Any:
        self.say(message)
        return self.hear()

    def subscribe(self, *topics: str, after: int | None = None) -> Any:
        return self.ask({"subscribe": topics, **({"after": after} if after is not None else {})})

    def silent(self) -> bool:
        """Nothing but the answer to this very question arrives: all that was sent before has been heard."""
        return "error" in self.ask("silent?")


def token_for(site: LiveSite, name: str, role: str) -> str:
    def make(work: Work) -> str:
        user = add_user(work, f"{name}@office.example", roles=[role])[0]
        return create_token(work, user, "test", [], None)[1]

    return site.write(make)
