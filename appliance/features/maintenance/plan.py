"""Maintenance mode: kept in the home, so that it outlives a restart and every process of the home goes by it."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from appliance.base import clock, ids
from appliance.base.errors import BadRequest
from appliance.base.text import say

LONGEST_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """`on`: closed, from `at` on where that lies ahead, till somebody says it is over. `until` is what people are told; nothing
    opens by itself at a time when somebody may still be at work. Times are on the wire's form, None where nobody said."""

    on: bool = False
    message: str = ""
    at: str | None = None
    until: str | None = None

    def closed(self) -> bool:
        return self.on and (self.at is None or self.at <= clock.wire_now())

    def announced(self) -> bool:
        return self.on and not self.closed()

    def shown(self) -> dict[str, Any]:
        return {**asdict(self), "closed": self.closed()}


def wish(asked: dict[str, Any]) -> Plan:
    """What somebody wants: {"on", "message", "at", "until"}. Raises BadRequest for what cannot be."""
    if not isinstance(asked.get("on"), bool):
        raise BadRequest(say("on must be true or false."))
    if not asked["on"]:
        return Plan()
    message = asked.get("message") or ""
    if not isinstance(message, str) or len(message) > LONGEST_MESSAGE:
        raise BadRequest(say("The message must be a text of {max} characters at most.", max=LONGEST_MESSAGE))
    at, until = _time(asked.get("at"), "at"), _time(asked.get("until"), "until")
    now = clock.wire_now()
    if at is not None and at <= now:
        at = None
    if until is not None and until <= (at or now):
        raise BadRequest(say("until must lie after the beginning."))
    return Plan(True, " ".join(message.split()), at, until)


def _time(value: Any, name: str) -> str | None:
    if value in (None, ""):
        return None
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise BadRequest(say("{name} must be a time like 2026-11-22T18:00:00Z.", name=name)) from None
    return clock.wire(found.astimezone() if found.tzinfo is None else found)


class Plans:
    """The plan of one home. `current` costs nothing; `refresh` looks whether another process changed it."""

    def __init__(self, file: Path):
        self._file, self._lock = file, threading.Lock()
        self._seen: tuple[int, int] | None = None
        self.current = Plan()
        self.refresh()

    def refresh(self) -> Plan:
        try:
            found = self._file.stat()
        except OSError:
            self._seen, self.current = None, Plan()
            return self.current
        mark = (found.st_mtime_ns, found.st_size)
        if mark != self._seen:
            self._seen, self.current = mark, _read(self._file)
        return self.current

    def change(self, plan: Plan) -> None:
        """On return it is on disk."""
        with self._lock:
            if not plan.on:
                self._file.unlink(missing_ok=True)
            else:
                beside = self._file.with_name(f".{self._file.name}.{ids.short()}")
                try:
                    beside.write_text(json.dumps(asdict(plan)), "utf-8")
                    with beside.open("rb") as written:
                        os.fsync(written.fileno())
                    beside.replace(self._file)
                finally:
                    beside.unlink(missing_ok=True)  # on a full disk
            self.refresh()


def _read(file: Path) -> Plan:
    """A file that cannot be read closes nothing: it must not be what keeps a whole office out."""
    try:
        written = json.loads(file.read_text("utf-8"))
        plan = Plan(**{f.name: written[f.name] for f in fields(Plan) if f.name in written})
        for moment in filter(None, (plan.at, plan.until)):
            datetime.fromisoformat(moment)
        return plan
    except (OSError, ValueError, TypeError):
        return Plan()
