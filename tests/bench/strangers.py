"""Signed-in people's lists while strangers do their worst: 50 clients that hammer the sign-in, and 1,500 idle connections, all
from one client IP. Prints medians and p95 in milliseconds, at 4 and at 2 threads; the aim is p95 <= 300, and /healthz answers.

    uv run python tests/bench/strangers.py"""

from __future__ import annotations

import contextlib
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import requests

sys.path.insert(0, str(Path(__file__).parents[1]))

from box import Box

HAMMERS, IDLE, LISTS = 50, 1_500, 200


def hammer(box: Box, stop: threading.Event, answers: dict[int, int]) -> None:
    session = requests.Session()
    while not stop.is_set():
        with contextlib.suppress(requests.RequestException):
            form = {"email": "admin@example.org", "password": "no such password"}
            status = session.post(box.url("/sign-in"), data=form, timeout=30).status_code
            answers[status] = answers.get(status, 0) + 1


def hold(box: Box, stop: threading.Event, held: list[socket.socket]) -> None:
    """Opens them again as they are closed, as an attacker would."""
    while not stop.is_set():
        if len(held) >= IDLE:
            held.pop(0).close()
        with contextlib.suppress(OSError):
            held.append(socket.create_connection(("127.0.0.1", box.port), 5))
        time.sleep(0.002)


def lists(box: Box) -> list[float]:
    times = []
    for n in range(LISTS):
        began = time.perf_counter()
        box.get(f"/api/contacts?page[size]=25&page[number]={n % 5 + 1}")
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.01)
    return times


def shown(name: str, times: list[float]) -> None:
    ordered = sorted(times)
    p95 = ordered[int(len(ordered) * 0.95)]
    print(f"  {name:<44} median {statistics.median(ordered):7.1f}   p95 {p95:7.1f}   worst {ordered[-1]:7.1f} ms")


def measure(threads: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        box = Box(Path(folder) / "home", INGOT_THREADS=str(threads), INGOT_LOG_LEVEL="error")
        box.start("--demo")
        box.sign_in()
        print(f"{threads} threads")
        shown("a list, nobody else there", lists(box))
        for name, crowd in (("50 clients hammer the sign-in", True), ("the same, and 1,500 idle connections", False)):
            stop, answers, held = threading.Event(), dict[int, int](), list[socket.socket]()
            working = [threading.Thread(target=hammer, args=(box, stop, answers)) for _ in range(HAMMERS)]
            if not crowd:
                working.append(threading.Thread(target=hold, args=(box, stop, held)))
            for thread in working:
                thread.start()
            time.sleep(2 if crowd else 5)
            shown(name, lists(box))
            began = time.perf_counter()
            alive = requests.get(box.url("/healthz"), timeout=30).status_code
            print(
                f"  {'/healthz':<44} {alive} in {(time.perf_counter() - began) * 1000:.0f} ms; sign-ins answered {answers}"
            )
            stop.set()
            for thread in working:
                thread.join()
            for one in held:
                one.close()
        box.stop()


if __name__ == "__main__":
    for threads in (4, 2):
        measure(threads)
