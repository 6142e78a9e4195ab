"""Idempotency-Key: a POST that is sent twice is done once. The answer is kept for a day, in the same transaction as what it
did, so there is no moment in which one is there without the other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import orjson
from flask import Response, request

from appliance.base import clock
from appliance.base.errors import BadRequest, Conflict
from appliance.base.text import say
from appliance.records.permissions import Actor
from appliance.records.records import Records
from appliance.records.work import Work

DAY = 86_400 * 1_000_000


class Idempotency:
    def __init__(self, records: Records):
        self._records = records
        sql = records.database.sql
        self._find = sql("SELECT request, status, headers, body FROM ingot_idempotency WHERE key = ?")
        self._keep = sql(
            "INSERT INTO ingot_idempotency (key, request, status, headers, body, created_at) VALUES (?, ?, ?, ?, ?, ?)"
        )
        self._sweep = sql("DELETE FROM ingot_idempotency WHERE created_at < ?")

    def once(self, actor: Actor, run: Callable[[Work], Response]) -> Response:
        """Run in a work of its own, or give the kept answer. Conflict when the key was used for another request."""
        key = request.headers.get("Idempotency-Key")
        if key is None:
            with self._records.work(actor) as work:
                return run(work)
        if not key or len(key) > 255:
            raise BadRequest(say("Idempotency-Key must have 1 to 255 characters."), header="Idempotency-Key")
        whole = f"{actor.key} {key}"
        digest = hashlib.sha256(b"\n".join((request.full_path.encode(), request.get_data()))).hexdigest()
        with self._records.work(actor) as work:
            if kept := work.database.rows(self._find, (whole,)):
                return self._again(digest, *kept[0])
            response = run(work)
            headers = {k: v for k, v in response.headers.items() if k in ("Content-Type", "ETag", "Location")}
            body = response.get_data(as_text=True)
            work.database.run(
                self._keep, (whole, digest, response.status_code, orjson.dumps(headers).decode(), body, clock.micros())
            )
            return response

    def _again(self, digest: str, kept: str, status: int, headers: str, body: str) -> Response:
        if kept != digest:
            raise Conflict(say("This Idempotency-Key was used for another request."), code="idempotency")
        return Response(body, status, {**orjson.loads(headers), "Idempotency-Replayed": "true"})

    def sweep(self) -> int:
        """Forget answers older than a day; a periodic job calls this. Inside `database.write()`."""
        return self._records.database.run(self._sweep, (clock.micros() - DAY,))
