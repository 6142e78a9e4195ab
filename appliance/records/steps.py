"""Steps of a long job that must happen once although the job may run twice: each leaves a mark with its result, in the
transaction of what it did. After a kill -9 the job goes on behind the last mark."""

from __future__ import annotations

from typing import Any

import orjson

from appliance.base import clock
from appliance.engines.database.protocol import Database


class Steps:
    """Marks of one job. Kept in ingot_idempotency, which forgets them after a day."""

    def __init__(self, database: Database, job: str):
        self._database, self._job = database, job
        self._find = database.sql("SELECT body FROM ingot_idempotency WHERE key = ?")
        self._mark = database.sql(
            "INSERT INTO ingot_idempotency (key, request, status, headers, body, created_at) VALUES (?, '', 0, '', ?, ?)"
        )

    def result(self, step: int) -> Any | None:
        """What the step left behind; None when it has not happened."""
        rows = self._database.rows(self._find, (f"{self._job} {step}",))
        return orjson.loads(rows[0][0]) if rows else None

    def mark(self, step: int, result: Any) -> None:
        """Inside the work that does the step."""
        self._database.run(self._mark, (f"{self._job} {step}", orjson.dumps(result).decode(), clock.micros()))
