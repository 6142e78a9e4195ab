"""The server does not grow with the number of threads that have come and gone."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

HEAP = 64 << 20
_PROGRAM = """
import sys, threading
if sys.argv[1] == "limited":
    from appliance.run.memory import limit_arenas
    limit_arenas()
gate = threading.Barrier(12)
def use():
    gate.wait()
    held = [bytes(5_000) for _ in range(200)]
    gate.wait()
threads = [threading.Thread(target=use) for _ in range(12)]
[t.start() for t in threads]
[t.join() for t in threads]
starts = [int(line.split("-")[0], 16) for line in open("/proc/self/maps") if " rw-p 00000000 00:00 0" in line]
print(sum(start % (64 << 20) == 0 for start in starts))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")
def test_threads_share_two_heaps() -> None:
    def heaps(how: str) -> int:
        return int(subprocess.run([sys.executable, "-c", _PROGRAM, how], capture_output=True, check=True).stdout)

    assert heaps("limited") <= 2 < heaps("free")
