"""Where messages wait until a worker has finished with them. A message is leased, never taken out, before it is
acknowledged: kill -9 between the two brings it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

READY, LEASED, SCHEDULED, BURIED = "ready", "leased", "scheduled", "buried"

STEP = 300.0
"""Seconds of waiting that one step of priority is worth. A message's turn is the time it became ready less its priority
times this, and never changes: whoever waits 5 minutes longer per step overtakes, so nobody is starved for ever."""


def turn(since: float, priority: int) -> float:
    """Where a message stands in its queue: the least goes first."""
    return since - priority * STEP


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message in somebody's hands. `number` counts how often it was handed out, this time included."""

    id: int
    message: bytes
    number: int


class Queue(Protocol):
    """What jobs ask of a queue. An engine is a huey storage as well (`huey.storage.BaseStorage`), since huey's consumer
    holds it; huey's own `dequeue` is not used, because it forgets a task before it runs."""

    blocking: bool

    def put(self, message: bytes, *, priority: int = 0, lane: str = "default", due: float | None = None) -> None:
        """Add a message; part of the caller's `Database.write()` when there is one. It goes by its `turn`: higher
        priority first, equal ones in order of arrival. `due` (seconds since 1970) keeps it back until then."""
        ...

    def ready(self, lanes: tuple[str, ...] | None = None) -> bool:
        """Would `claim` find something? Takes no lock. `lanes=None` means every lane."""
        ...

    def lanes_ready(self, lanes: tuple[str, ...]) -> list[str]:
        """Which of these lanes have something ready. Takes no lock, and costs the same however much waits."""
        ...

    def claim(self, lanes: tuple[str, ...] | None = None) -> Delivery | None:
        """Lease the next message. Called inside `Database.write()`, what the caller notes down belongs to the claim."""
        ...

    def acknowledge(self, delivery: Delivery) -> bool:
        """Done with it. False when the lease was lost meanwhile: then the caller rolls back its notes."""
        ...

    def release(self, delivery: Delivery) -> bool:
        """Put it back as if it had not been handed out. False when the lease was lost meanwhile."""
        ...

    def bury(self, delivery: Delivery) -> None:
        """Nobody can read it: keep it for a person to look at, but hand it out no more."""
        ...

    def forget(self, delivery: Delivery) -> None:
        """Stop renewing this lease. Harmless after `acknowledge`; after a failure the message comes back by itself."""
        ...

    def renew(self) -> None:
        """Prolong every lease held through this object; call it at least every third of `lease` seconds."""
        ...

    def recover(self) -> int:
        """At start: messages leased by processes of this machine that are gone become ready. Returns how many."""
        ...

    def promote(self) -> int:
        """What is due, and what is leased by somebody who stopped renewing, becomes ready. Returns how many. Turns that
        lie further ahead than a clock that was wrong could explain are pulled back to now."""
        ...

    def rings(self) -> int:
        """How often the bell has rung; read it before `ready`, hand it to `wait`."""
        ...

    def wait(self, heard: int, timeout: float) -> None:
        """Sleep until the bell rings once more than `heard`, at most `timeout` seconds."""
        ...

    def ring(self) -> None:
        """Wake everybody in `wait`."""
        ...

    def waiting(self) -> dict[str, tuple[int, float]]:
        """By lane: how many messages are ready, and how long the oldest of them has been, in seconds."""
        ...

    def depth(self) -> dict[str, int]:
        """How many messages are ready, leased, scheduled, buried."""
        ...

    def check(self) -> tuple[str, str]:
        """("ok" | "degraded" | "down", reason)."""
        ...

    @property
    def lease(self) -> float:
        """Seconds after which an unrenewed lease ends."""
        ...
