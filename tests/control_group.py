"""Control groups for a systemd that a test starts: it takes whatever group it finds itself in for its own, with every process
in it. In this machine's own groups it would move everybody's processes."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

JOIN = 'for group in "$@"; do echo $$ > "$group/cgroup.procs"; done; '
"""What a shell does first, given the groups as arguments."""
_TOP = Path("/sys/fs/cgroup")
_LEFT_ALONE = (
    "cpuset",
    "freezer",
)  # systemd does not use the former ones of these; the first would have to be filled first


@contextlib.contextmanager
def own_groups() -> Iterator[list[str]]:
    """A new group below ours in each hierarchy; none where that is not allowed. Gone at the end, with what is below them."""
    made: list[Path] = []
    name = f"ingot-{os.getpid()}-{time.monotonic_ns()}"  # the same in all, for systemd looks for it so
    try:
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, place = line.split(":", 2)
            if controllers not in _LEFT_ALONE:
                made.append(_hierarchy(controllers) / place.lstrip("/") / name)
                made[-1].mkdir()
    except OSError:
        for group in made:
            _remove(group)
        made = []
    try:
        yield [str(group) for group in made]
    finally:
        for group in made:
            _remove(group)


def _hierarchy(controllers: str) -> Path:
    if not controllers:
        return _TOP / "unified" if (_TOP / "unified").is_dir() else _TOP
    return _TOP / controllers.removeprefix("name=")


def _remove(group: Path) -> None:
    end = time.monotonic() + 5
    while group.is_dir() and time.monotonic() < end:
        for folder in sorted((p for p in group.rglob("*") if p.is_dir()), reverse=True):
            with contextlib.suppress(OSError):
                folder.rmdir()
        with contextlib.suppress(OSError):
            group.rmdir()
            return
        time.sleep(0.05)  # its last processes are on their way out
