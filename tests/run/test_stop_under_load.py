"""SIGTERM while people read and write: it ends within ten seconds, whoever had been let in gets an answer, and what was
acknowledged is there, once. Three times here, and 20 times among the slow tests."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from small_site import until

from appliance import assembly
from appliance.base import settings
from appliance.base.paths import Home
from appliance.features.identity import accounts, tokens
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM
from appliance.run import run_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM and no fork there")

WRITERS, READERS = 4, 3
SERVER = Path(__file__).with_name("stopping_server.py")
MEDIA = "application/vnd.api+json"
IDLE = 0.2  # seconds: a connection without a request for longer may be closed at a stop


class Client(threading.Thread):
    """Asks without a pause, on connections it keeps, until nobody lets it in any more."""

    def __init__(self, port: int, token: str, numbers: Iterator[int] | None, signalled: threading.Event):
        super().__init__(daemon=True)
        self._port, self._numbers, self._signalled = port, numbers, signalled
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": MEDIA}
        self.answers, self.lost, self.written = 0, list[str](), list[int]()

    def run(self) -> None:
        while self._talk():
            pass

    def _talk(self) -> bool:
        """One connection. False when there was none to be had."""
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=15)) as connection:
            try:
                connection.connect()
            except OSError:
                return False
            answered_at = None
            while True:
                known_stop, begun = self._signalled.is_set(), time.monotonic()
                try:
                    closes = self._ask(connection)
                except (OSError, http.client.HTTPException) as error:
                    # In the kernel's queue is not let in; and a client that dawdles may find its connection closed.
                    not_in = answered_at is None and known_stop
                    dawdled = answered_at is not None and begun - answered_at > IDLE
                    if not (not_in or dawdled):
                        self.lost.append(f"{type(error).__name__}: {error}")
                    return not not_in
                answered_at = time.monotonic()
                if closes:
                    return True

    def _ask(self, connection: http.client.HTTPConnection) -> bool:
        if self._numbers is None:
            connection.request("GET", "/api/things?page[size]=25", headers=self._headers)
        else:
            number = next(self._numbers)
            document = {"data": {"type": "things", "attributes": {"number": number}}}
            connection.request("POST", "/api/things", json.dumps(document), self._headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status not in (200, 201):
            self.lost.append(f"{answer.status}: {body[:200]!r}")
        elif self._numbers is not None:
            self.written.append(number)
        self.answers += 1
        return answer.will_close


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.parametrize("stops", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_a_stop_under_load_ends_in_time_and_loses_nothing(tmp_path: Path, stops: int) -> None:
    loaded = settings.load(tmp_path / "home", {}, {})
    house = assembly.open_house(loaded)
    with house.records.work(SYSTEM) as work:
        user = accounts.add_user(work, "ada@example.org", roles=["admin"])[0]
        _, token = tokens.create_token(work, user, "load", [], None)
    with house.records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity({"name": "thing", "fields": [{"name": "number", "kind": "integer"}]})])
    house.database.close()

    home, port, written, slowest = Home(tmp_path / "home"), free_port(), list[int](), 0.0
    parent = subprocess.Popen(
        [sys.executable, str(SERVER), str(home.root), str(port)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert parent.stdin and parent.stdout
    try:
        numbers = iter(range(10_000_000))
        for _ in range(stops):
            parent.stdin.write("start\n")
            parent.stdin.flush()
            pid = int(parent.stdout.readline())
            until(
                lambda pid=pid: (info := run_file.read(home)) is not None and (info.pid, info.state) == (pid, "ready"),
                30,
            )
            signalled = threading.Event()
            clients = [
                Client(port, token, numbers if n < WRITERS else None, signalled) for n in range(WRITERS + READERS)
            ]
            for client in clients:
                client.start()
            until(lambda clients=clients: all(client.answers >= 2 for client in clients), 30)
            time.sleep(random.uniform(0, 0.05))  # anywhere in a request
            signalled.set()
            began = time.monotonic()
            os.kill(pid, signal.SIGTERM)
            code = int(parent.stdout.readline())
            slowest = max(slowest, time.monotonic() - began)
            for client in clients:
                client.join(20)
            assert code == 0 and not run_file.read(home)
            assert not [lost for client in clients for lost in client.lost]
            written += [number for client in clients for number in client.written]
        assert slowest <= 10
    finally:
        parent.kill()
        parent.wait(10)
        parent.stdin.close()
        parent.stdout.close()

    house = assembly.open_house(loaded)
    table = house.records.registry.tables["thing"]
    column = table.entity.by_name["number"].column
    kept = [row[0] for row in house.database.rows(f'SELECT "{column}" FROM "{table.entity.table}"')]
    house.database.close()
    if stops > 3:
        sys.stderr.write(f"{stops} stops, the slowest {slowest:.2f} s; {len(written)} acknowledged, {len(kept)} kept\n")
    assert len(kept) == len(set(kept)) and set(written) <= set(kept)
