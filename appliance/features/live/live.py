"""Live notices: entries of the log go to those who subscribed and may know of them. A service with one thread, which
serves wishes (replays in turns, so that a long one delays nobody), looks after actors, and tells of jobs."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque

from wsproto.frame_protocol import CloseReason

from appliance.base.errors import BadRequest, IngotError
from appliance.base.text import say
from appliance.features.live.job_news import JobNews
from appliance.features.live.messages import (
    MOST_TOPICS,
    Wish,
    check_topics,
    notice,
    read_wish,
    reset,
    type_of_entry,
    written,
)
from appliance.features.live.subscribers import Board, Sight, Subscriber
from appliance.http.sockets.connection import Connection
from appliance.http.sockets.hub import Hub
from appliance.jobs.jobs import Jobs
from appliance.records.log import Entry
from appliance.records.records import Records
from appliance.records.tail import Tail

log = logging.getLogger(__name__)

FURTHEST = 10_000  # entries that are replayed; who is further behind reads anew
CHUNK = 500
BURST = 500  # notices for one client in one batch: an import; it is told to read anew
UNSENT = 1 << 18  # bytes that may wait for a client while it is replayed to
MOST_WISHES = 50  # that wait of one client
LOOK = 1.0  # seconds between looks at users, roles and tokens
LOOK_ANYWAY = 5.0  # a session that ended moves no version
ACCESS = frozenset({"user", "role", "token"})


class Live:
    """Make it before the tail starts; start it after."""

    name = "live"

    def __init__(self, records: Records, hub: Hub, tail: Tail, jobs: Jobs | None = None):
        self._records, self._hub = records, hub
        self._lock = (
            threading.Lock()
        )  # over the board and `_heard`: a replay goes live between two of the tail's batches
        self._board = Board()
        self._heard = 0
        self._subscribers: set[Subscriber] = set()
        self._queue: deque[Subscriber] = deque()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._access: tuple[int, ...] = ()
        self._look_at = self._look_anyway_at = 0.0
        self._job_news = JobNews(hub, jobs, self._board, self._lock, self._wake) if jobs else None
        tail.listen(self._hear)

    # ------------------------------------------------------------------ the service

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self._thread.start()

    def stop(self, deadline_seconds: float) -> None:
        """Sockets are the hub's, which closes them."""
        self._stopping = True
        self._wake.set()
        if self._thread:
            self._thread.join(deadline_seconds)

    def health(self) -> tuple[str, str]:
        """("ok" | "down", reason)."""
        if not (self._thread and self._thread.is_alive()):
            return "down", "not running"
        return "ok", f"{len(self._subscribers)} connected"

    # ------------------------------------------------------------------ clients; the hub's thread

    def welcome(self, subscriber: Subscriber) -> None:
        self._subscribers.add(subscriber)

    def on_message(self, connection: Connection, message: str | bytes) -> None:
        subscriber: Subscriber = connection.user
        subscriber.connection = connection
        wish: Wish | IngotError
        try:
            wish = read_wish(message)
        except BadRequest as error:
            wish = error
        if len(subscriber.wishes) >= MOST_WISHES:
            self._hub.close(connection, CloseReason.POLICY_VIOLATION)
            return
        subscriber.wishes.append(wish)
        with self._lock:
            if not subscriber.queued:
                subscriber.queued = True
                self._queue.append(subscriber)
        self._wake.set()

    def on_close(self, connection: Connection) -> None:
        subscriber: Subscriber = connection.user
        self._subscribers.discard(subscriber)
        subscriber.wishes.clear()
        with self._lock:
            self._board.remove(subscriber, subscriber.topics)

    # ------------------------------------------------------------------ the tail's thread

    def _hear(self, entries: list[Entry]) -> None:
        try:
            with self._lock:
                self._heard = entries[-1].position
                if self._board.by_topic:
                    self._publish(entries)
        except Exception:
            log.exception("Live notices failed; clients are told to read anew")
            self._send(list(self._subscribers), reset(entries[-1].position))
        if self._subscribers and not ACCESS.isdisjoint(e.entity for e in entries):
            self._look_at = 0.0
            self._wake.set()

    def _publish(self, entries: list[Entry]) -> None:
        registry = self._records.registry
        news: list[tuple[Entry, str, list[Subscriber]]] = []
        own: dict[str, list[int]] = {}
        for entry in entries:
            type_ = type_of_entry(registry, entry)
            if type_ is None:
                continue
            topics = (type_, f"{type_}/{entry.record}")
            to = [s for s in self._board.of(*topics) if s.wants(topics, entry.position)]
            if to:
                news.append((entry, type_, to))
                if any(s.actor.reach("read", entry.entity) == "own" for s in to):
                    own.setdefault(entry.entity, []).append(entry.record)
        sight = Sight(self._records, registry)
        for name, ids in own.items():
            sight.read(name, ids)
        news = [(entry, type_, [s for s in to if sight.may(s.actor, entry)]) for entry, type_, to in news]
        drowned = _drowned(news) if len(news) > BURST else set()
        for entry, type_, to in news:
            self._send([s for s in to if s not in drowned], notice(entry.position, type_, entry.record, entry.action))
        self._send(list(drowned), reset(entries[-1].position))

    def _send(self, to: list[Subscriber], text: str) -> None:
        if to:
            self._hub.publish(text, [s.connection for s in to if s.connection is not None])

    # ------------------------------------------------------------------ our own thread

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(0.01 if self._queue else LOOK)
            self._wake.clear()
            try:
                self._look_after_actors()
                if self._job_news:
                    self._job_news.tell()
                for _ in range(len(self._queue)):  # one turn for each
                    self._serve(self._queue.popleft())
                if any(not _full(s) for s in self._queue.copy()):
                    self._wake.set()
            except Exception:
                log.exception("Live notices: a turn failed")
                time.sleep(0.5)
        self._records.database.release()

    def _serve(self, subscriber: Subscriber) -> None:
        """A part of a client's first wish; it goes to the end of the queue when something is left."""
        if not _full(subscriber):
            try:
                done = self._grant(subscriber)
            except IngotError as error:
                self._answer(subscriber, {"error": error.message.render(subscriber.actor.language), "code": error.code})
                done = True
            except Exception:
                log.exception("Live notices: a wish failed")
                self._answer(subscriber, {"error": "internal", "code": "internal"})
                done = True
            if done:
                subscriber.replayed = None
                if subscriber.wishes:
                    subscriber.wishes.popleft()
        with self._lock:
            subscriber.queued = bool(subscriber.wishes)
            if subscriber.queued:
                self._queue.append(subscriber)

    def _grant(self, subscriber: Subscriber) -> bool:
        """True when the wish is fulfilled."""
        if not subscriber.wishes:  # it has gone
            return True
        wish = subscriber.wishes[0]
        if isinstance(wish, IngotError):
            raise wish
        if subscriber.replayed is None:
            return self._begin(subscriber, wish)
        return self._replay(subscriber, wish)

    def _begin(self, subscriber: Subscriber, wish: Wish) -> bool:
        check_topics(self._records.registry, wish.subscribe)
        if len({*subscriber.topics, *wish.subscribe} - {*wish.unsubscribe}) > MOST_TOPICS:
            raise BadRequest(say("At most {max} topics for one connection.", max=MOST_TOPICS), code="too_many")
        if wish.unsubscribe:
            with self._lock:
                self._board.remove(subscriber, wish.unsubscribe)
            self._answer(subscriber, {"unsubscribed": wish.unsubscribe})
        if not wish.subscribe:
            return True
        last = self._records.log.last()
        if wish.after is not None and wish.after <= last <= wish.after + FURTHEST:
            self._answer(subscriber, {"subscribed": wish.subscribe, "position": wish.after})
            subscriber.replayed = wish.after
            return False
        with self._lock:
            position = max(last, self._heard)
            self._answer(
                subscriber,
                {
                    "subscribed": wish.subscribe,
                    "position": position,
                    **({"reset": True} if wish.after is not None else {}),
                },
            )
            self._go_live(subscriber, wish, position, position)
        return True

    def _replay(self, subscriber: Subscriber, wish: Wish) -> bool:
        assert subscriber.replayed is not None and wish.after is not None
        entries = self._records.log.after(subscriber.replayed, CHUNK)
        if entries:
            self._tell_again(subscriber, wish, entries)
            subscriber.replayed = entries[-1].position
        if len(entries) == CHUNK:
            return False
        with self._lock:
            if subscriber.replayed < self._heard:  # the tail was quicker: what it told others meanwhile is in the log
                return False
            self._go_live(subscriber, wish, wish.after, subscriber.replayed)
        return True

    def _tell_again(self, subscriber: Subscriber, wish: Wish, entries: list[Entry]) -> None:
        registry, actor, wanted = self._records.registry, subscriber.actor, set(wish.subscribe)
        chosen: list[tuple[Entry, str]] = []
        for entry in entries:
            type_ = type_of_entry(registry, entry)
            if type_ is None:
                continue
            topics = (type_, f"{type_}/{entry.record}")
            if not wanted.isdisjoint(topics) and not subscriber.knows(topics, entry.position):
                chosen.append((entry, type_))
        sight = Sight(self._records, registry)
        for name in {e.entity for e, _ in chosen if actor.reach("read", e.entity) == "own"}:
            sight.read(name, [e.record for e, _ in chosen if e.entity == name])
        for entry, type_ in chosen:
            if sight.may(actor, entry):
                self._send([subscriber], notice(entry.position, type_, entry.record, entry.action))

    def _go_live(self, subscriber: Subscriber, wish: Wish, since: int, live: int) -> None:
        if subscriber in self._subscribers:  # else it has gone meanwhile
            for topic in wish.subscribe:
                self._board.add(subscriber, topic, since, live)

    def _answer(self, subscriber: Subscriber, words: dict[str, object]) -> None:
        self._send([subscriber], written(words))

    # ------------------------------------------------------------------ actors

    def _look_after_actors(self) -> None:
        """Whose user was disabled, whose token revoked, whose session has ended: out. Whose rights changed: noted."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + LOOK
        access = tuple(self._records.versions.of(name) for name in sorted(ACCESS))
        if access == self._access and now < self._look_anyway_at:
            return
        self._access, self._look_anyway_at = access, now + LOOK_ANYWAY
        for subscriber in list(self._subscribers):
            try:
                actor = subscriber.again()
            except IngotError:
                actor = None
            if actor is not None:
                subscriber.actor = actor
            elif subscriber.connection is not None:
                self._hub.close(subscriber.connection, CloseReason.POLICY_VIOLATION)


def _drowned(news: list[tuple[Entry, str, list[Subscriber]]]) -> set[Subscriber]:
    """Those for whom there is more than a client should be told one by one."""
    load = Counter(s for _, _, to in news for s in to)
    return {s for s, count in load.items() if count > BURST}


def _full(subscriber: Subscriber) -> bool:
    """Does the client read too slowly to be replayed to?"""
    return subscriber.connection is not None and subscriber.connection.unsent > UNSENT
