"""Parts of the process that run: started in order, stopped in reverse, asked for their health."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from appliance.base import clock

_log = logging.getLogger(__name__)
_LEAST = 0.5  # seconds that even the last of a late lot gets


@dataclass(frozen=True, slots=True)
class Health:
    """How a part does; `reason` says in a sentence what is wrong."""

    state: Literal["ok", "degraded", "down"] = "ok"
    reason: str = ""


class Service(Protocol):
    """`start` returns when the part works and raises StartRefused when it cannot. `stop` ends it within the deadline,
    cutting off what is not done by then; it is never called twice, nor before `start` returned."""

    @property
    def name(self) -> str: ...
    def start(self) -> None: ...
    def stop(self, deadline_seconds: float) -> None: ...
    def health(self) -> Health: ...


class Services:
    """A row of services. `running` are those that started."""

    def __init__(self) -> None:
        self.running: list[Service] = []

    def start(self, services: Sequence[Service], within_seconds: float = 10.0) -> None:
        """Start one after the other. When one fails, those before it are stopped in reverse and its error is raised."""
        for service in services:
            try:
                service.start()
            except BaseException:
                self.stop(within_seconds)
                raise
            self.running.append(service)
            _log.debug("started: %s", service.name)

    def stop(self, deadline_seconds: float, hurried: Callable[[], bool] = lambda: False) -> list[str]:
        """Stop the last one first. Each gets what is left of the time, less a little for those after it; one that
        does not end in its time is left behind. Returns the names of those. `hurried()` turning true cuts all short."""
        until, late = time.monotonic() + deadline_seconds, []
        while self.running:
            service = self.running.pop()
            left = until - time.monotonic() - _LEAST * len(self.running)
            if not _stopped(service, _LEAST if hurried() else max(_LEAST, left), hurried):
                _log.error("%s did not stop in time", service.name)
                late.append(service.name)
        return late

    def health(self) -> dict[str, Health]:
        """By name; a service that cannot even say how it does is down."""
        answers = {}
        for service in list(self.running):
            try:
                answers[service.name] = service.health()
            except Exception as error:
                answers[service.name] = Health("down", str(error) or type(error).__name__)
        return answers


class Since:
    """When each part came to be as it is: noted whenever somebody asks, and every few seconds by the sampler."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, str]] = {}

    def note(self, healths: Mapping[str, Health]) -> dict[str, str]:
        """{name: wire time}. A part in the same state as at the last look has been in it since then."""
        for name, health in healths.items():
            state, _ = self._known.get(name, ("", ""))
            if state != health.state:
                self._known[name] = (health.state, clock.wire_now())
        return {name: self._known[name][1] for name in healths}


def _stopped(service: Service, seconds: float, hurried: Callable[[], bool]) -> bool:
    """Stop it in a thread of its own: a service that hangs must not keep the others from stopping."""

    def stop() -> None:
        try:
            service.stop(seconds)
        except Exception:
            _log.exception("stopping %s", service.name)

    thread = threading.Thread(target=stop, name=f"stop-{service.name}", daemon=True)
    thread.start()
    until = time.monotonic() + seconds + _LEAST
    while thread.is_alive() and time.monotonic() < until:
        thread.join(0.05)
        if hurried():
            until = min(until, time.monotonic() + _LEAST)
    return not thread.is_alive()
