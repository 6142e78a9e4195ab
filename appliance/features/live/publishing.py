"""From the tail to the subscribers: one frame for all who may know of an entry."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterable

from appliance.features.live.commented import as_heard
from appliance.features.live.messages import notice, reset, type_of_entry
from appliance.features.live.subscribers import Board, Sight, Subscriber
from appliance.http.sockets.hub import Hub
from appliance.records.log import Entry
from appliance.records.permissions import visibility
from appliance.records.records import Records

log = logging.getLogger(__name__)

BURST = 500  # notices for one client in one batch: an import; it is told to read anew


class Publisher:
    """`lock` is over the board and `heard`, so that a replay goes live between two of the tail's batches."""

    def __init__(self, records: Records, hub: Hub):
        self.lock = threading.Lock()
        self.board = Board()
        self.heard = 0
        self._records, self._hub = records, hub

    def hear(self, entries: list[Entry]) -> None:
        """A batch of the tail, in its thread. Never raises: whom it could not serve is told to read anew."""
        with self.lock:
            self.heard = entries[-1].position
            if not self.board.by_topic:
                return
            try:
                self._publish(entries)
            except Exception:
                log.exception("Live notices failed; clients are told to read anew")
                self.send(set().union(*self.board.by_topic.values()), reset(self.heard))

    def _publish(self, entries: list[Entry]) -> None:
        registry = self._records.registry
        news: list[tuple[Entry, str, str, list[Subscriber]]] = []
        heard: list[tuple[Entry, str, list[Subscriber]]] = []
        own: dict[str, list[int]] = {}
        for entry in as_heard(self._records, registry, entries):
            type_ = type_of_entry(registry, entry)
            if type_ is None:
                continue
            topics = (type_, f"{type_}/{entry.record}")
            to = [s for s in self.board.of(*topics) if s.wants(topics, entry.position)]
            if to:
                heard.append((entry, type_, to))
                if any(not visibility(s.actor, entry.entity).every for s in to):
                    own.setdefault(entry.entity, []).append(entry.record)
        sight = Sight(self._records, registry)
        for name, ids in own.items():
            sight.read(name, ids)
        for entry, type_, to in heard:
            by_action: dict[str, list[Subscriber]] = {}
            for subscriber in to:
                if action := sight.action(subscriber.actor, entry):
                    by_action.setdefault(action, []).append(subscriber)
            news += [(entry, type_, action, some) for action, some in by_action.items()]
        drowned = _drowned(news) if len(news) > BURST else set()
        for entry, type_, action, to in news:
            self.send([s for s in to if s not in drowned], notice(entry.position, type_, entry.record, action))
        self.send(drowned, reset(entries[-1].position))

    def send(self, to: Iterable[Subscriber], text: str) -> None:
        """Never waits."""
        if connections := [s.connection for s in to if s.connection is not None]:
            self._hub.publish(text, connections)


def _drowned(news: list[tuple[Entry, str, str, list[Subscriber]]]) -> set[Subscriber]:
    """Those for whom there is more than a client should be told one by one."""
    load = Counter(s for _, _, _, to in news for s in to)
    return {s for s, count in load.items() if count > BURST}
