"""What a request may cost the database: its statements are stopped, its results bounded; jobs are not limited."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from appliance.engines.database import limits
from appliance.engines.database.limits import AnswerTooLarge, QueryTimeout
from appliance.engines.database.protocol import Database

SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n",
    "postgres": "SELECT pg_sleep(60)",
}


def test_a_statement_is_stopped_when_the_time_is_up(database: Database) -> None:
    with pytest.raises(QueryTimeout), database.limited(0.2):
        database.rows(SLOW[database.dialect])
    with database.limited(60):
        assert database.rows("SELECT 1") == [(1,)], "the connection goes on"
    assert database.rows("SELECT 1") == [(1,)]


def test_a_write_that_is_stopped_leaves_nothing(database: Database) -> None:
    insert = database.sql("INSERT INTO ingot_meta (key, value) VALUES (?, ?)")
    with pytest.raises(QueryTimeout), database.limited(0.2), database.write():
        database.run(insert, ("half", "done"))
        database.rows(SLOW[database.dialect])
    assert database.rows("SELECT 1 FROM ingot_meta WHERE key = 'half'") == []
    with database.limited(60), database.write():
        database.run(insert, ("whole", "done"))
    assert database.rows("SELECT value FROM ingot_meta WHERE key = 'whole'") == [("done",)]


def test_other_threads_and_what_must_not_be_stopped_are_not_limited(database: Database) -> None:
    found: list[Any] = []

    def job() -> None:
        found.append(database.rows("SELECT 1"))
        database.release()

    with database.limited(0.0), database.unlimited():
        thread = threading.Thread(target=job)
        thread.start()
        thread.join()
        with database.write(), database.unlimited():
            found.append(database.rows("SELECT 1"))
    assert found == [[(1,)], [(1,)]]


def test_a_result_is_bounded_before_it_is_read_whole(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_BYTES", 1_000_000)
    sql = database.sql("SELECT ? FROM ingot_follower a, ingot_follower b, ingot_follower c, ingot_migration d")
    text = "x" * 100_000
    with database.write():
        for n in range(5):
            database.run(database.sql("INSERT INTO ingot_follower (name, position) VALUES (?, 0)"), (f"f{n}",))
    with pytest.raises(AnswerTooLarge), database.limited(60):
        database.rows(sql.replace("?", "CAST(? AS text)") if database.dialect == "sqlite" else "SELECT %s::text FROM "
                      "ingot_follower a, ingot_follower b, ingot_follower c, ingot_migration d", (text,))  # fmt: skip
    with database.limited(60):
        assert len(database.rows(sql.replace("SELECT ?", "SELECT 1").replace("SELECT %s", "SELECT 1"))) > 64
