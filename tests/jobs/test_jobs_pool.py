"""Helper processes for those who wait: never more than there are places, each within its bounds, none that takes others along."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.base.errors import TooManyRequests
from appliance.jobs.kind import BodyFailed
from appliance.jobs.pool import Bounds, HelperPool, ProcessEnded, TookTooLong

WIDE = Bounds(seconds=60.0, processor=60, memory=1 << 30)
linux = pytest.mark.skipif(sys.platform != "linux", reason="the system holds no bound of memory elsewhere")


@pytest.fixture
def pool() -> Iterator[HelperPool]:
    found = HelperPool({"where": "here"}, places=2)
    yield found
    found.close()


def test_what_a_body_returns_or_raises_comes_back_and_the_process_is_used_again(pool: HelperPool) -> None:
    first = pool.call("pool_bodies:who", {"word": "x"}, WIDE)
    assert first[1:] == ["x", "here"]
    with pytest.raises(BodyFailed, match="no such word"):
        pool.call("pool_bodies:fail", {}, WIDE)
    assert pool.call("pool_bodies:who", {"word": "y"}, WIDE)[0] == first[0]


def test_the_third_is_refused_until_a_place_is_free(pool: HelperPool, tmp_path: Path) -> None:
    gates = [tmp_path / "one", tmp_path / "two"]
    threads = [
        threading.Thread(target=pool.call, args=("pool_bodies:wait_for", {"path": str(g)}, WIDE), daemon=True)
        for g in gates
    ]
    for thread in threads:
        thread.start()
    while not all(g.with_suffix(".begun").exists() for g in gates):
        pass
    with pytest.raises(TooManyRequests) as refused:
        pool.call("pool_bodies:who", {"word": "x"}, WIDE, wait=0.01)
    assert refused.value.retry_after > 0
    asked = []

    def enough() -> None:
        asked.append(1)
        if len(asked) > 3:
            gates[0].write_text("")

    assert pool.call("pool_bodies:who", {"word": "x"}, WIDE, wait=0.05, check=enough)[1] == "x"
    gates[1].write_text("")
    for thread in threads:
        thread.join(30)


def test_a_body_that_takes_too_long_is_ended_and_the_next_one_runs(pool: HelperPool, tmp_path: Path) -> None:
    with pytest.raises(TookTooLong):
        pool.call("pool_bodies:wait_for", {"path": str(tmp_path / "never")}, Bounds(0.5, 60, 1 << 30))
    assert pool.call("pool_bodies:who", {"word": "x"}, WIDE)[1] == "x"


@linux
def test_a_body_has_no_more_memory_and_time_than_it_is_given(pool: HelperPool) -> None:
    assert pool.call("pool_bodies:fill", {"megabytes": 900}, Bounds(60.0, 60, 256 << 20)) == "MemoryError"
    assert pool.call("pool_bodies:fill", {"megabytes": 100}, Bounds(60.0, 60, 256 << 20)) == "done"
    with pytest.raises(ProcessEnded):
        pool.call("pool_bodies:spin", {}, Bounds(60.0, 1, 256 << 20))
    assert pool.call("pool_bodies:who", {"word": "x"}, WIDE)[1] == "x"
