"""How the follower shares the interpreter with the threads that answer requests.

A request lets the interpreter go at every row that SQLite gives it, and while another thread computes it may wait up to a
switch interval (0.5 ms, run/process.py) each time to get it back. Small slices with a pause behind each cost the follower
no more CPU than few large ones (30 s for 170,000 documents either way), but a request soon meets a pause."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

SLICE = 8
"""Documents: less than a millisecond of work. Beside an import on an otherwise quiet machine of two cores the p99 of a list
was 9 to 11 ms with 20, and 9 in the one comparable run with 8, which is within the noise; before slices, and before
run/process.py froze the collector, it was 14 to 34."""


def slices(things: Sequence[T]) -> Iterator[Sequence[T]]:
    """Some at a time, a third of the time being left to others. A single slice, an ordinary edit, is not followed by a
    pause."""
    for start in range(0, len(things), SLICE):
        began = time.monotonic()
        yield things[start : start + SLICE]
        if start + SLICE < len(things):
            rest(began)


def rest(began: float) -> None:
    """Leave a third of the time since `began` (monotonic seconds) to others."""
    time.sleep((time.monotonic() - began) / 2)
