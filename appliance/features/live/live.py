"""Live notices: entries of the log go to those who subscribed and may know of them. A service with one thread, which
serves wishes (replays in turns, so that a long one delays nobody), looks after actors, and tells of jobs."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque

from wsproto.frame_protocol import CloseReason

from appliance.base.errors import BadRequest, IngotError
from appliance.base.text import Text, say, told
from appliance.features.live.job_news import JobNews
from appliance.features.live.messages import Wish, read_wish
from appliance.features.live.notice_news import NoticeNews, Unread
from appliance.features.live.presence import Presence
from appliance.features.live.publishing import Publisher
from appliance.features.live.subscribers import Subscriber
from appliance.features.live.wishes import Wishes
from appliance.http.sockets.connection import Connection
from appliance.http.sockets.hub import Hub
from appliance.jobs.jobs import Jobs
from appliance.records.log import Entry
from appliance.records.records import Records
from appliance.records.tail import Tail

log = logging.getLogger(__name__)

UNSENT = 1 << 18  # bytes that may wait for a client while it is replayed to
MOST_WISHES = 50  # that wait of one client
LOOK = 1.0  # seconds between looks at users, roles and tokens
LOOK_ANYWAY = 5.0  # a session that ended moves no version
ACCESS = frozenset({"user", "role", "token"})


class Live:
    """Make it before the tail starts; start it after."""

    name = "live"

    def __init__(self, records: Records, hub: Hub, tail: Tail, jobs: Jobs | None = None, notices: Unread | None = None):
        self._records, self._hub = records, hub
        self._publisher = Publisher(records, hub)
        self._presence = Presence(records, self._publisher)
        self._subscribers: set[Subscriber] = set()
        self._queue: deque[Subscriber] = deque()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._access: tuple[int, ...] = ()
        self._look_at = self._look_anyway_at = 0.0
        self._job_news = JobNews(self._publisher, jobs, self._wake) if jobs else None
        self._wishes = Wishes(records, self._publisher, self._presence, self._job_news)
        self._notice_news = NoticeNews(self._publisher, records.database, notices, self._wake) if notices else None
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
            return "down", told(say("not running"))
        return "ok", told(say("{count} connected", count=len(self._subscribers)))

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
        with self._publisher.lock:
            if not subscriber.queued:
                subscriber.queued = True
                self._queue.append(subscriber)
        self._wake.set()

    def on_close(self, connection: Connection) -> None:
        subscriber: Subscriber = connection.user
        self._subscribers.discard(subscriber)
        subscriber.wishes.clear()
        with self._publisher.lock:
            subscriber.gone = True
            self._publisher.board.remove(subscriber, subscriber.topics)
        self._presence.gone(subscriber)  # after `gone`: a wish that is being granted joins no more
        if self._presence.due() is not None:
            self._wake.set()

    def look_again(self) -> None:
        """Somebody's session may have ended, in whichever thread: ask everybody who they are, at once."""
        self._look_at = self._look_anyway_at = 0.0
        self._wake.set()

    # ------------------------------------------------------------------ the tail's thread

    def _hear(self, entries: list[Entry]) -> None:
        self._publisher.hear(entries)
        if self._subscribers and not ACCESS.isdisjoint(e.entity for e in entries):
            self._look_at = 0.0
            self._wake.set()

    # ------------------------------------------------------------------ our own thread

    def _run(self) -> None:
        while not self._stopping:
            due = self._presence.due()
            self._wake.wait(0.01 if self._queue else LOOK if due is None else min(due, LOOK))
            self._wake.clear()
            try:
                self._look_after_actors()
                if self._job_news:
                    self._job_news.tell()
                for _ in range(len(self._queue)):  # one turn for each
                    self._serve(self._queue.popleft())
                if self._notice_news:
                    self._notice_news.tell()
                self._presence.tell()
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
                done = self._wishes.grant(subscriber)
            except IngotError as error:
                done = self._refuse(subscriber, error.message, error.code)
            except Exception:
                log.exception("Live notices: a wish failed")
                done = self._refuse(subscriber, say("Something went wrong on our side."), "internal")
            if done:
                subscriber.replayed = None
                if subscriber.wishes:
                    subscriber.wishes.popleft()
        with self._publisher.lock:
            subscriber.queued = bool(subscriber.wishes)
            if subscriber.queued:
                self._queue.append(subscriber)

    def _refuse(self, subscriber: Subscriber, reason: Text, code: str) -> bool:
        self._wishes.answer(subscriber, {"error": reason.render(subscriber.actor.language), "code": code})
        return True

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
                if subscriber.present and actor != subscriber.actor:
                    self._presence.look_again(subscriber)
                subscriber.actor = actor
            elif subscriber.connection is not None:
                self._hub.close(subscriber.connection, CloseReason.POLICY_VIOLATION)


def _full(subscriber: Subscriber) -> bool:
    """Does the client read too slowly to be replayed to?"""
    return subscriber.connection is not None and subscriber.connection.unsent > UNSENT
