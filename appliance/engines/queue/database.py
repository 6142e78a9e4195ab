"""The queue as a table beside the records: a message is enqueued in the transaction of the change that caused it.

Claims need no SKIP LOCKED, since `Database.write()` lets one writer in at a time; idle workers take no lock at all."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any

from huey.storage import BaseStorage

from appliance.base.text import say, told
from appliance.engines.database.protocol import Database
from appliance.engines.queue import owner
from appliance.engines.queue.protocol import BURIED, LEASED, READY, SCHEDULED, STEP, Delivery, turn

_STATES = (READY, LEASED, SCHEDULED, BURIED)  # stored as their index: the claim's index stays small
_READY, _LEASED, _SCHEDULED, _BURIED = range(4)
_NEXT = f"SELECT id FROM ingot_task WHERE state = {_READY} ORDER BY turn, id LIMIT 1"
_NEXT_OF = f"SELECT id, turn FROM ingot_task WHERE state = {_READY} AND lane = ? ORDER BY turn, id LIMIT 1"
# one seek a lane: however much waits in the others, and in this one
# The ORDER BY keeps PostgreSQL's generic plan from reading the whole table for a lane that has nothing.
_HEAD = (
    f"SELECT lane FROM (SELECT lane FROM ingot_task WHERE state = {_READY} AND lane = ? "
    "ORDER BY turn, id LIMIT 1) AS head"
)
_FIRST_DUE = "SELECT 1 FROM (SELECT due FROM ingot_task WHERE state = {} ORDER BY due LIMIT 1) AS first WHERE due <= ?"
_FAR = 100 * STEP  # no priority reaches so far ahead: the clock was wrong when that turn was given


class DatabaseQueue(BaseStorage):
    """See protocol.Queue. Table ingot_task; `due` is both "not before" and "leased until", in seconds since 1970."""

    blocking = True

    def __init__(self, database: Database, lease: float = 60.0):
        super().__init__("ingot")
        self.lease = lease
        self._database = database
        self._owner = owner.me()
        self._held: dict[int, Delivery] = {}
        self._renewed = time.time()
        self._bell = threading.Condition()
        self._rings = 0
        self._thread = threading.local()
        self._by_lanes: dict[int, tuple[str, str]] = {}
        self._heads: dict[int, str] = {}
        sql = database.sql
        self._put = sql(
            "INSERT INTO ingot_task (state, priority, turn, lane, due, deliveries, message) "
            "VALUES (?, ?, ?, ?, ?, 0, ?)"
        )
        held = "WHERE id = ? AND owner = ? AND deliveries = ?"
        self._ack = sql(f"DELETE FROM ingot_task {held}")
        self._back = sql(f"UPDATE ingot_task SET state = {_READY}, owner = NULL, deliveries = deliveries - 1 {held}")
        self._hide = sql(f"UPDATE ingot_task SET state = {_BURIED} {held}")
        self._prolong = sql(f"UPDATE ingot_task SET due = ? {held}")
        late = f"state IN ({_LEASED}, {_SCHEDULED}) AND due <= ?"
        self._late = sql(" UNION ALL ".join(_FIRST_DUE.format(state) for state in (_LEASED, _SCHEDULED)))
        self._promote = sql(f"UPDATE ingot_task SET state = {_READY}, owner = NULL WHERE {late}")
        ahead = f"state = {_READY} AND turn > ?"
        last = f"SELECT turn FROM ingot_task WHERE state = {_READY} ORDER BY turn DESC LIMIT 1"
        self._ahead = sql(f"SELECT 1 FROM ({last}) AS last WHERE turn > ?")
        self._pull = sql(f"UPDATE ingot_task SET turn = ? WHERE {ahead}")
        self._lanes = sql(
            f"SELECT lane, count(*), min(turn + priority * {STEP}) FROM ingot_task WHERE state = {_READY} GROUP BY lane"
        )
        self._owners = sql(f"SELECT DISTINCT owner FROM ingot_task WHERE state = {_LEASED}")
        self._free = sql(f"UPDATE ingot_task SET state = {_READY}, owner = NULL WHERE state = {_LEASED} AND owner = ?")
        database.on_commit(self._committed)

    # -- messages in
    def put(self, message: bytes, *, priority: int = 0, lane: str = "default", due: float | None = None) -> None:
        state = _READY if due is None else _SCHEDULED
        with self._database.write():
            began = turn(time.time() if due is None else due, priority)
            self._database.run(self._put, (state, priority, began, lane, due or 0, message))
            # Marked per thread: a mark on the object could be cleared by another thread's commit before ours.
            self._thread.fresh = state == _READY or getattr(self._thread, "fresh", False)

    def _committed(self) -> None:
        if getattr(self._thread, "fresh", False):
            self._thread.fresh = False
            self.ring()

    # -- messages out
    def ready(self, lanes: tuple[str, ...] | None = None) -> bool:
        return bool(self._database.rows(self._statements(lanes)[0], lanes or ()))

    def lanes_ready(self, lanes: tuple[str, ...]) -> list[str]:
        if not lanes:
            return []
        if len(lanes) not in self._heads:
            self._heads[len(lanes)] = self._database.sql(" UNION ALL ".join([_HEAD] * len(lanes)))
        return [lane for (lane,) in self._database.rows(self._heads[len(lanes)], lanes)]

    def claim(self, lanes: tuple[str, ...] | None = None) -> Delivery | None:
        with self._database.write():
            found = self._database.rows(
                self._statements(lanes)[1], (self._owner, time.time() + self.lease, *(lanes or ()))
            )
        if not found:
            return None
        delivery = Delivery(found[0][0], bytes(found[0][1]), found[0][2])
        self._held[delivery.id] = delivery
        return delivery

    def _statements(self, lanes: tuple[str, ...] | None) -> tuple[str, str]:
        count = len(lanes) if lanes is not None else 0
        if count not in self._by_lanes:
            each = " UNION ALL ".join([f"SELECT * FROM ({_NEXT_OF}) AS one"] * count)
            following = f"SELECT id FROM ({each}) AS heads ORDER BY turn, id LIMIT 1" if count else _NEXT
            if count == 1:
                following = f"SELECT id FROM ({_NEXT_OF}) AS one"
            self._by_lanes[count] = (
                self._database.sql(following),
                self._database.sql(
                    f"UPDATE ingot_task SET state = {_LEASED}, owner = ?, due = ?, deliveries = deliveries + 1 "
                    f"WHERE id = ({following}) RETURNING id, message, deliveries"
                ),
            )
        return self._by_lanes[count]

    def acknowledge(self, delivery: Delivery) -> bool:
        return self._end(self._ack, delivery)

    def release(self, delivery: Delivery) -> bool:
        with self._database.write():
            self._thread.fresh = True
            return self._end(self._back, delivery)

    def bury(self, delivery: Delivery) -> None:
        self._end(self._hide, delivery)

    def _end(self, statement: str, delivery: Delivery) -> bool:
        # Fenced by the number too: one process may have leased the message to two of its threads, one after the other.
        with self._database.write():
            return self._database.run(statement, (delivery.id, self._owner, delivery.number)) == 1

    def forget(self, delivery: Delivery) -> None:
        if self._held.get(delivery.id) == delivery:
            self._held.pop(delivery.id, None)

    # -- leases
    def renew(self) -> None:
        self._renewed = time.time()
        held = list(self._held.values())
        if not held:
            return
        with self._database.write():
            until = time.time() + self.lease
            for delivery in held:
                if not self._database.run(self._prolong, (until, delivery.id, self._owner, delivery.number)):
                    self.forget(delivery)

    def recover(self) -> int:
        with self._database.write():
            dead = [o for (o,) in self._database.rows(self._owners) if o and owner.gone(o)]
            freed = sum(self._database.run(self._free, (o,)) for o in dead)
        if freed:
            self.ring()
        return freed

    def promote(self) -> int:
        if time.time() - self._renewed > self.lease / 2:  # the machine slept: our own leases must not look abandoned
            self.renew()
        now = time.time()
        if self._database.rows(self._ahead, (now + _FAR,)):
            with self._database.write():
                self._database.run(self._pull, (now, now + _FAR))
        if not self._database.rows(self._late, (now, now)):
            return 0
        with self._database.write():
            promoted = self._database.run(self._promote, (time.time(),))
        self.ring()
        return promoted

    # -- the bell
    def rings(self) -> int:
        return self._rings

    def wait(self, heard: int, timeout: float) -> None:
        with self._bell:
            self._bell.wait_for(lambda: self._rings != heard, timeout)

    def ring(self) -> None:
        with self._bell:
            self._rings += 1
            self._bell.notify_all()

    # -- for people
    def waiting(self) -> dict[str, tuple[int, float]]:
        now = time.time()
        return {lane: (count, max(now - since, 0.0)) for lane, count, since in self._database.rows(self._lanes)}

    def depth(self) -> dict[str, int]:
        counted: dict[int, int] = dict(self._database.rows("SELECT state, count(*) FROM ingot_task GROUP BY state"))
        return {name: counted.get(number, 0) for number, name in enumerate(_STATES)}

    def check(self) -> tuple[str, str]:
        try:
            depth = self.depth()
        except Exception as error:
            return "down", str(error)
        words = ", ".join(f"{count} {name}" for name, count in depth.items() if count) or told(say("empty"))
        return ("degraded" if depth[BURIED] else "ok"), words

    # -- huey's storage contract, as far as its consumer and its admin calls go
    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        self.put(data, priority=int(priority or 0))

    def add_to_schedule(self, data: bytes, ts: datetime) -> None:
        self.put(data, due=ts.replace(tzinfo=UTC).timestamp())

    def read_schedule(self, ts: datetime) -> list[bytes]:
        return []  # `promote` does it in place: huey would hold what is due in memory for a moment

    def queue_size(self) -> int:
        return self.depth()[READY]

    def schedule_size(self) -> int:
        return self.depth()[SCHEDULED]

    def enqueued_items(self, limit: int | None = None) -> list[bytes]:
        return self._items(_READY, "turn, id", limit)

    def scheduled_items(self, limit: int | None = None) -> list[bytes]:
        return self._items(_SCHEDULED, "due, id", limit)

    def _items(self, state: int, order: str, limit: int | None) -> list[bytes]:
        sql = self._database.sql(f"SELECT message FROM ingot_task WHERE state = ? ORDER BY {order} LIMIT ?")
        return [bytes(message) for (message,) in self._database.rows(sql, (state, limit or 1_000_000))]

    def peek_many(self, keys: list[str]) -> dict[str, Any]:
        return {}  # huey asks whether a task was revoked: a job is cancelled in its own row

    def delete_data(self, key: str) -> bool:
        return False
