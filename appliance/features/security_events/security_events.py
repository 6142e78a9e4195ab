"""Security events on their way into the table. Nobody who tells of one waits for the database, and none that cannot be written
ever breaks what it tells of: it is logged instead. What strangers cause is gathered in memory and written in batches."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from appliance.base.client_ip import client_network
from appliance.engines.database.protocol import Database
from appliance.features.security_events.event import GATHERED, SecurityEvent, event
from appliance.features.security_events.table import SecurityEventTable
from appliance.records.permissions import Actor

log = logging.getLogger(__name__)
PAUSE_SECONDS = 2.0
"""Between two batches: so long what was refused meanwhile is gathered, and so much is lost by kill -9."""
MOST_ROWS_A_DAY = 10_000
"""Of gathered ones, for strangers and for people who are known each: noise of the former must not push out what the latter tried.
What comes then is only counted, in a row a day. What succeeded, and every change of who gets in, is not gathered and falls
under no cap."""
MOST_WAITING, MOST_KEYS = 10_000, 2_000
"""Single events that wait, and different rows that are gathered of people and of strangers each, between two batches."""


class SecurityEvents:
    """A service with one thread. Without it, as in a command at the shell, `flush` writes what was told."""

    name = "security events"

    def __init__(self, database: Database):
        self.table, self._database = SecurityEventTable(database), database
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._waiting: list[SecurityEvent] = []
        self._gathered: dict[str, tuple[SecurityEvent, int]] = {}
        self._keys: Counter[bool] = Counter()  # different rows: of people, and of strangers
        self._dropped = 0
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._trouble = ""

    # ---- telling

    def tell(self, kind: str, *, actor: Actor | None = None, account: int | None = None, **detail: Any) -> None:
        """Something happened. Returns at once, whatever state the database is in."""
        try:
            found = event(kind, actor=actor, account=account, **detail)
            with self._lock:
                if kind in GATHERED:
                    self._gather(found)
                elif len(self._waiting) < MOST_WAITING:
                    self._waiting.append(found)
                else:
                    self._dropped += 1
        except Exception:
            log.exception("A security event was lost: %s", kind)

    def refused(self, actor: Actor | None, code: str, method: str, path: str) -> None:
        """A request was refused, by 403 or 421."""
        self.tell("refused", actor=actor, codes={code[:40]: 1}, method=method[:10], path=path[:200])

    def _gather(self, found: SecurityEvent) -> None:
        minute = f"{found.at[:16]}:00.000Z"
        network = client_network(found.client_ip) if found.client_ip else ""
        found = replace(found, at=minute, client_ip=network)
        key = "|".join((minute, found.kind, found.actor, str(found.account or ""), network))
        if key not in self._gathered and self._keys[known := bool(found.actor)] >= MOST_KEYS:
            found = _anybody(found, minute)
            key = f"{minute}|{found.kind}|{'people' if known else 'strangers'}"
        held = self._gathered.get(key)
        self._keys[bool(found.actor)] += held is None
        self._gathered[key] = (_joined(held[0], found), held[1] + 1) if held else (found, 1)

    # ---- writing

    def flush(self) -> None:
        """Write what waits. What cannot be written is kept for the next time, as far as there is room."""
        with self._writing:
            with self._lock:
                waiting, gathered, dropped = self._waiting, self._gathered, self._dropped
                self._waiting, self._gathered, self._dropped = [], {}, 0
                self._keys = Counter()
            if dropped:
                log.error("%s security events were not kept: too many at once", dropped)
            if not waiting and not gathered:
                return
            try:
                with self._database.write():
                    for one in waiting:
                        self._write(one)
                    self._write_gathered(gathered)
                self._trouble = ""
            except Exception as error:
                if not self._trouble:
                    log.exception("Security events cannot be written")
                self._trouble = str(error) or type(error).__name__
                self._keep(waiting, gathered)

    def _write(self, one: SecurityEvent) -> None:
        if one.kind == "token_first_used" and not self.table.note_first_use(one.detail["number"], one.at):
            return
        self.table.insert(one)

    def _write_gathered(self, gathered: dict[str, tuple[SecurityEvent, int]]) -> None:
        rows: dict[tuple[str, bool], int] = {}
        for key, (one, count) in gathered.items():
            day, known = one.at[:10], bool(one.actor)
            if (day, known) not in rows:
                rows[day, known] = self.table.gathered_on(day, known=known)
            if rows[day, known] < MOST_ROWS_A_DAY or self.table.has(key):
                rows[day, known] += self.table.gather(one, count, key)
            else:
                at = f"{day}T00:00:00.000Z"
                self.table.gather(
                    _anybody(one, at), count, f"{day}|{one.kind}|{'people' if known else 'strangers'}|counted"
                )

    def _keep(self, waiting: list[SecurityEvent], gathered: dict[str, tuple[SecurityEvent, int]]) -> None:
        with self._lock:
            room = max(0, MOST_WAITING - len(self._waiting))
            self._waiting = waiting[:room] + self._waiting
            self._dropped += max(0, len(waiting) - room)
            for key, (one, count) in gathered.items():
                held = self._gathered.get(key)
                if held:
                    self._gathered[key] = (_joined(one, held[0]), held[1] + count)
                elif self._keys[bool(one.actor)] < MOST_KEYS:
                    self._gathered[key] = (one, count)
                    self._keys[bool(one.actor)] += 1

    # ---- the service

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="security-events", daemon=True)
        self._thread.start()

    def stop(self, _seconds: float) -> None:
        self._ended.set()
        if self._thread:
            self._thread.join(_seconds)

    def health(self) -> tuple[str, str]:
        return ("degraded", self._trouble) if self._trouble else ("ok", "")

    def _run(self) -> None:
        while not self._ended.wait(PAUSE_SECONDS):
            self.flush()
        self.flush()
        self._database.release()


def _anybody(one: SecurityEvent, at: str) -> SecurityEvent:
    """A row that only counts: nobody is named in it."""
    codes = {"codes": one.detail["codes"]} if "codes" in one.detail else {}
    return SecurityEvent(one.kind, at, detail={"only_counted": True, **codes})


def _joined(first: SecurityEvent, more: SecurityEvent) -> SecurityEvent:
    codes = Counter(first.detail.get("codes") or {}) + Counter(more.detail.get("codes") or {})
    return replace(first, detail={**first.detail, "codes": dict(codes.most_common(20))}) if codes else first


def write_now(database: Database, events: Iterable[SecurityEvent]) -> None:
    """In the write transaction at hand: the event stands when what it tells of does, and goes when that is taken back. An event
    that cannot be written is logged, and breaks nothing."""
    try:
        with database.write():
            table = SecurityEventTable(database)
            for one in events:
                table.insert(one)
    except Exception:
        log.exception("A security event was lost")
