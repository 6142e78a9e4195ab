"""How many notices a person has not read, told when it changes to that person alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Protocol

from appliance.engines.database.protocol import Database
from appliance.features.live.messages import NOTICES, unread_notice
from appliance.features.live.publishing import Publisher
from appliance.features.live.subscribers import Subscriber
from appliance.records import scopes
from appliance.records.permissions import Actor


class Unread(Protocol):
    """What live wants to know of notices; features/notices/table.py has it."""

    def marks(self, users: Iterable[int]) -> dict[int, tuple[int, int]]: ...
    def unread(self, actor: Actor) -> int: ...
    def on_change(self, bell: Callable[[], None]) -> None: ...


class NoticeNews:
    """Changes of this process ring; those of others show in the database's mark, which a turn looks at."""

    def __init__(self, publisher: Publisher, database: Database, unread: Unread, wake: threading.Event):
        self._publisher, self._database, self._unread, self._wake = publisher, database, unread, wake
        self._told: dict[Subscriber, tuple[tuple[int, int] | None, int]] = {}
        self._rung = False
        self._mark: object = None
        unread.on_change(self._ring)

    def _ring(self) -> None:
        if NOTICES in self._publisher.board.by_topic:
            self._rung = True
            self._wake.set()

    def tell(self) -> None:
        """In the live thread: one query for all who listen, and one more for each who has something new."""
        with self._publisher.lock:
            listening = {s for s in self._publisher.board.of(NOTICES) if scopes.allow(s.actor.scopes, "notice", "read")}
        if not listening:
            self._told.clear()
            return
        mark = self._database.change_mark()
        fresh = listening - self._told.keys()
        if not (self._rung or fresh or mark != self._mark):
            return
        self._rung, self._mark = False, mark
        self._told = {s: told for s, told in self._told.items() if s in listening}
        marks = self._unread.marks({s.actor.user for s in listening if s.actor.user is not None})
        counts: dict[int | None, int] = {}
        for subscriber in listening:
            user = subscriber.actor.user
            now, told = marks.get(user or -1), self._told.get(subscriber)
            if told is not None and told[0] == now:
                continue
            if user not in counts:
                counts[user] = self._unread.unread(subscriber.actor) if now else 0
            self._told[subscriber] = (now, counts[user])
            if told is None or told[1] != counts[user]:
                self._publisher.send([subscriber], unread_notice(counts[user]))
