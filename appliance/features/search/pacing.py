"""How the follower shares the interpreter with the threads that answer requests.

A request lets the interpreter go at every row SQLite gives it, some forty times for a list, and while another thread
computes it waits up to a switch interval (0.5 ms, run/process.py) to get it back each time: 17 ms for a list that takes 1.5.
Many small slices with a pause behind each cost the follower nothing more than the few large ones with long pauses that
it had, but a request meets a pause within a slice."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

SLICE = 8
"""Documents: about 0.7 ms of work. With 20 the p99 of a list beside an import was 10 ms instead of 9, with 1,000 it was 23."""


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
