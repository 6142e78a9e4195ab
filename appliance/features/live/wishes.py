"""Wishes fulfilled: subscribe, unsubscribe, and what has happened since a position, exactly once."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.base.errors import BadRequest, IngotError
from appliance.base.text import say
from appliance.features.live.commented import as_heard
from appliance.features.live.job_news import JobNews
from appliance.features.live.messages import (
    JOBS,
    MOST_TOPICS,
    NOTICES,
    Wish,
    check_topics,
    notice,
    type_of,
    type_of_entry,
    written,
)
from appliance.features.live.presence import Presence
from appliance.features.live.publishing import Publisher
from appliance.features.live.subscribers import Sight, Subscriber
from appliance.records.log import Entry
from appliance.records.permissions import visibility
from appliance.records.records import Records

FURTHEST = 10_000  # entries that are replayed; who is further behind reads anew
CHUNK = 500


class Wishes:
    """For one thread. A wish is fulfilled in parts, so that a long replay delays nobody else."""

    def __init__(self, records: Records, publisher: Publisher, presence: Presence, job_news: JobNews | None):
        self._records, self._publisher, self._presence, self._job_news = records, publisher, presence, job_news

    def answer(self, subscriber: Subscriber, words: dict[str, object]) -> None:
        self._publisher.send([subscriber], written(words))

    def grant(self, subscriber: Subscriber) -> bool:
        """A part of the client's first wish; True when it is fulfilled. Raises IngotError for a wish that cannot be."""
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
            with self._publisher.lock:
                self._publisher.board.remove(subscriber, wish.unsubscribe)
            self._presence.leave(subscriber, wish.unsubscribe)
            self.answer(subscriber, {"unsubscribed": wish.unsubscribe})
        if not wish.subscribe:
            return True
        last = self._records.log.last()
        if wish.after is not None and wish.after <= last <= wish.after + FURTHEST:
            with self._publisher.lock:
                jobs = [
                    topic for topic in wish.subscribe if type_of(topic) in (JOBS, NOTICES)
                ]  # not in the log: they begin now
                self._go_live(subscriber, jobs, last, last)
            self.answer(subscriber, {"subscribed": wish.subscribe, "position": wish.after})
            self._join(subscriber, wish)
            self._tell_of_jobs(subscriber, wish)
            subscriber.replayed = wish.after
            return False
        with self._publisher.lock:
            position = max(last, self._publisher.heard)
            self._go_live(subscriber, wish.subscribe, position, position)  # before the answer, which is a promise
            anew = {"reset": True} if wish.after is not None else {}
            self.answer(subscriber, {"subscribed": wish.subscribe, "position": position, **anew})
        self._join(subscriber, wish)
        self._tell_of_jobs(subscriber, wish)
        return True

    def _join(self, subscriber: Subscriber, wish: Wish) -> None:
        if wish.presence:
            self._presence.join(subscriber, wish.subscribe)

    def _tell_of_jobs(self, subscriber: Subscriber, wish: Wish) -> None:
        if self._job_news:
            self._job_news.now(subscriber, wish.subscribe)

    def _replay(self, subscriber: Subscriber, wish: Wish) -> bool:
        assert subscriber.replayed is not None and wish.after is not None
        entries = self._records.log.after(subscriber.replayed, CHUNK)
        if entries:
            self._tell_again(subscriber, wish, entries)
            subscriber.replayed = entries[-1].position
        if len(entries) == CHUNK:
            return False
        with self._publisher.lock:
            if subscriber.replayed < self._publisher.heard:
                return False  # what the tail told others meanwhile is in the log by now
            self._go_live(subscriber, wish.subscribe, wish.after, subscriber.replayed)
        return True

    def _tell_again(self, subscriber: Subscriber, wish: Wish, entries: list[Entry]) -> None:
        registry, actor, wanted = self._records.registry, subscriber.actor, set(wish.subscribe)
        chosen: list[tuple[Entry, str]] = []
        for entry in as_heard(self._records, registry, entries):
            type_ = type_of_entry(registry, entry)
            if type_ is None:
                continue
            topics = (type_, f"{type_}/{entry.record}")
            if not wanted.isdisjoint(topics) and not subscriber.knows(topics, entry.position):
                chosen.append((entry, type_))
        sight = Sight(self._records, registry)
        for name in {e.entity for e, _ in chosen if not visibility(actor, e.entity).every}:
            sight.read(name, [e.record for e, _ in chosen if e.entity == name])
        for entry, type_ in chosen:
            if action := sight.action(actor, entry):
                self._publisher.send([subscriber], notice(entry.position, type_, entry.record, action))

    def _go_live(self, subscriber: Subscriber, topics: Iterable[str], since: int, live: int) -> None:
        if not subscriber.gone:
            for topic in topics:
                self._publisher.board.add(subscriber, topic, since, live)
