"""A PostgreSQL that was restarted is noticed at the next request: nobody sees an error, and nothing is done twice."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from box import Box
from private_postgres import PrivatePostgres, private_postgres

from appliance.base.errors import BadRequest, Unavailable
from appliance.engines.database import postgres
from appliance.engines.database.postgres import PostgresDatabase

pytestmark = pytest.mark.postgres
WAYS = [signal.SIGINT, signal.SIGQUIT]


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    """One of our own, for it is restarted under everybody's feet."""
    with private_postgres() as found:
        yield found


@pytest.fixture
def numbers(server: PrivatePostgres) -> Iterator[PostgresDatabase]:
    database = PostgresDatabase(server.url())
    with database.write():
        database.run("CREATE TABLE numbers (n INTEGER)")
    yield database
    database.close()


def again(server: PrivatePostgres, how: signal.Signals) -> None:
    server.end(how)
    server.start()


@pytest.mark.parametrize("how", WAYS)
def test_reads_and_writes_go_on_over_a_restart(
    server: PrivatePostgres, numbers: PostgresDatabase, how: signal.Signals
) -> None:
    assert numbers.rows("SELECT 1") == [(1,)]
    again(server, how)
    assert numbers.rows("SELECT 1") == [(1,)]
    again(server, how)
    with numbers.write():
        numbers.run("INSERT INTO numbers VALUES (1)")
    again(server, how)
    assert numbers.run("UPDATE numbers SET n = 2") == 1
    again(server, how)
    assert numbers.check()[0] == "ok" and numbers.rows("SELECT n FROM numbers") == [(2,)]


def test_threads_with_connections_of_their_own_all_go_on(server: PrivatePostgres, numbers: PostgresDatabase) -> None:
    ready, on, found = threading.Barrier(5), threading.Event(), list[object]()

    def work() -> None:
        numbers.rows("SELECT 1")
        ready.wait(20)
        on.wait(30)
        try:
            with numbers.write():
                numbers.run("INSERT INTO numbers VALUES (7)")
            found.append(numbers.rows("SELECT 1"))
        except Exception as error:
            found.append(error)
        numbers.release()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    ready.wait(20)
    again(server, signal.SIGINT)
    on.set()
    for thread in threads:
        thread.join(30)
    assert found == [[(1,)]] * 4
    assert numbers.rows("SELECT count(*) FROM numbers WHERE n = 7") == [(4,)]


@pytest.mark.parametrize("how", WAYS)
def test_a_transaction_that_had_begun_is_given_up_whole_and_told_as_such(
    server: PrivatePostgres, numbers: PostgresDatabase, how: signal.Signals
) -> None:
    with pytest.raises(Unavailable, match="try again"), numbers.write():
        numbers.run("INSERT INTO numbers VALUES (3)")
        again(server, how)
        numbers.run("INSERT INTO numbers VALUES (4)")
    assert numbers.rows("SELECT count(*) FROM numbers") == [(0,)]
    assert not numbers.writing()
    with pytest.raises(Unavailable), numbers.write():
        numbers.run("INSERT INTO numbers VALUES (5)")
        again(server, how)  # and the commit is the first to notice
    with numbers.write():
        numbers.run("INSERT INTO numbers VALUES (6)")
    assert numbers.rows("SELECT n FROM numbers") == [(6,)]


def test_a_statement_that_fails_is_not_taken_for_a_lost_connection(numbers: PostgresDatabase) -> None:
    for wrong in ("SELECT * FROM nowhere", "SELECT 1 / 0"):
        with pytest.raises(Exception) as raised:
            numbers.rows(wrong)
        assert not isinstance(raised.value, Unavailable)
    with pytest.raises(ZeroDivisionError), numbers.write():
        raise ZeroDivisionError


def test_a_server_that_stays_away_is_unavailable_and_noticed_when_it_is_back(
    server: PrivatePostgres, numbers: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "PATIENCE", 0.2)
    numbers.rows("SELECT 1")
    server.end()
    try:
        for attempt in (lambda: numbers.rows("SELECT 1"), lambda: numbers.run("DELETE FROM numbers")):
            with pytest.raises(Unavailable):
                attempt()
        with pytest.raises(Unavailable), numbers.write():
            pytest.fail("no transaction without a server")
        assert numbers.check()[0] == "down"
        monkeypatch.setattr(postgres, "PATIENCE", 60)
        with pytest.raises(Unavailable):
            numbers.rows("SELECT 1")  # nobody waits a second time for a server that did not come back
        with numbers.limited(10):
            pass  # a request that asks nothing of the database is answered without it
    finally:
        server.start()
    assert numbers.rows("SELECT 1") == [(1,)]


def test_no_request_sees_a_500(server: PrivatePostgres, tmp_path: Path) -> None:
    box = Box(tmp_path / "home", INGOT_DATABASE=server.url())
    box.start()
    try:
        box.sign_in()
        note = {"name": "note", "plural": "notes", "fields": [{"name": "text"}]}
        box.send("POST", "/api/entities", {"data": {"type": "entities", "attributes": note}}, 201)
        for how in WAYS:
            for _ in range(6):
                box.get("/api/notes")  # every thread has a connection
            again(server, how)
            for n in range(6):
                box.get(f"/api/notes?filter[text]=none{n}")
                box.send("POST", "/api/notes", {"data": {"type": "notes", "attributes": {"text": "x"}}}, 201)
        assert len(box.get("/api/notes")["data"]) == 12
    finally:
        box.stop()
    log = (box.home / "logs" / "ingot.log").read_text("utf-8")
    assert " 500" not in "\n".join(line for line in log.splitlines() if "HTTP" in line)


def test_a_character_that_postgresql_cannot_hold_is_the_requests_fault(numbers: PostgresDatabase) -> None:
    with pytest.raises(BadRequest) as refused:
        numbers.rows("SELECT 1 WHERE %s = 'a'", ("\0",))
    assert refused.value.code == "nul"
    with pytest.raises(BadRequest), numbers.write():
        numbers.run("SELECT %s::text", ("a\0",))
    assert numbers.rows("SELECT 1") == [(1,)]
