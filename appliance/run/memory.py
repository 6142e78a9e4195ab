"""What the C library does with memory that threads have given back."""

from __future__ import annotations

import contextlib
import ctypes
import sys

_M_ARENA_MAX = -8  # malloc.h of glibc
ARENAS = 2


def limit_arenas() -> None:
    """Before the first thread: glibc gives threads heaps of their own, up to 8 for each core. The search index ends and begins
    threads with each commit, each leaves what it used (15 MB) in another heap, and the server grew by 0.3 MB with each of its
    first 500 writes: from 79 to 240 MB on 2 cores, and the more cores the further. With two heaps it stays at 100. Python's lock
    lets hardly two threads allocate at once. Other C libraries are left alone."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS)
