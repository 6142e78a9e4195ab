"""The one clock. Times are UTC; on the wire `2026-11-22T17:34:57.120Z`, in the log integer microseconds."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def micros() -> int:
    """Microseconds since 1970, UTC."""
    return time.time_ns() // 1000


def wire(at: datetime) -> str:
    """Milliseconds and a Z, as JavaScript writes it: fixed width, so that text order is time order."""
    at = at.astimezone(UTC)
    return (
        f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
        if at.year > 999
        else (f"{at.year:04d}{at:-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z")
    )


def wire_now() -> str:
    """`wire(now())`, at a third of its cost: this runs once per write."""
    ms = time.time_ns() // 1_000_000
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + f".{ms % 1000:03d}Z"


def moment() -> tuple[int, str]:
    """The same moment as the log and as the wire have it: what is read twice may be a millisecond apart."""
    at = micros()
    ms = at // 1000
    return at, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + f".{ms % 1000:03d}Z"


def from_micros(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1_000_000, UTC)
