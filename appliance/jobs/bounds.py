"""What one body may use of the machine while it runs in a helper process: memory and processor time, held by the system."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

OUT_OF_MEMORY = 77
"""How the process exits where the system itself holds no bound on memory."""
_LOOK = 0.25  # seconds between looks, there


@contextlib.contextmanager
def bounded(memory: int | None = None, processor: int | None = None) -> Iterator[None]:
    """`memory`: bytes beyond what the process has now; more is a MemoryError (on macOS, which knows no such bound, the end of
    the process). `processor`: seconds; then SIGXCPU ends the process. Both are taken back afterwards. On Windows neither is
    held; whoever waits for the process watches the clock."""
    try:
        import resource
    except ImportError:  # Windows
        yield
        return
    with contextlib.ExitStack() as stack:
        if memory is not None and sys.platform == "linux":
            stack.enter_context(_soft(resource.RLIMIT_AS, _address_space() + memory))
        elif memory is not None:
            stack.enter_context(_watched(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + memory))
        if processor is not None:
            used = resource.getrusage(resource.RUSAGE_SELF)
            stack.enter_context(_soft(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + processor + 1))
        yield


@contextlib.contextmanager
def _soft(kind: int, most: int) -> Iterator[None]:
    import resource

    soft, hard = resource.getrlimit(kind)
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(kind, (soft, hard))


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def _watched(most: int) -> Iterator[None]:
    import resource

    over = threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK):
            if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > most:
                os._exit(OUT_OF_MEMORY)

    threading.Thread(target=watch, name="memory-watch", daemon=True).start()
    try:
        yield
    finally:
        over.set()
