"""The benchmark of jobs: `uv run python tests/bench/jobs.py [--database URL]`. Claim time at 0, 10,000 and 250,000 waiting
jobs, time from the commit that asks to the start when idle, jobs a second. Without a URL on SQLite in a temporary home."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from playhouse.migrations import Runner

import appliance
from appliance.engines.database.postgres import PostgresDatabase
from appliance.engines.database.sqlite import SqliteDatabase
from appliance.engines.queue.database import DatabaseQueue
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import JobKind
from appliance.jobs.worker import Worker

BACKLOGS = (0, 10_000, 250_000)
LANES = ("default", "mail", "import", "index")


def percentiles(times: list[float]) -> str:
    ordered = sorted(times)
    p95 = ordered[int(len(ordered) * 0.95) - 1]
    return f"p50 {statistics.median(ordered) * 1000:7.3f} ms   p95 {p95 * 1000:7.3f} ms   most {ordered[-1] * 1000:7.2f} ms"


def claims(database: Any, queue: DatabaseQueue) -> None:
    """Put one, look for the lane, claim, acknowledge; the claim's transaction alone is timed."""
    have = 0
    for backlog in BACKLOGS:
        with database.write():
            for n in range(have, backlog):
                queue.put(
                    b'{"x":1}', priority=n % 5 - 2, lane=LANES[n % 2]
                )  # two lanes stay empty: looking into them must cost nothing
        have = backlog
        if database.dialect == "postgres":
            database.run("VACUUM ANALYZE ingot_task")
        looks, times = [], []
        for n in range(300):
            queue.put(b'{"x":1}', priority=n % 5 - 2)
            began = time.perf_counter()
            queue.lanes_ready(LANES)
            looked = time.perf_counter()
            with database.write():
                delivery = queue.claim(("default",))
            ended = time.perf_counter()
            looks.append(looked - began)
            times.append(ended - looked)
            assert delivery
            queue.acknowledge(delivery)
        print(f"claim, {backlog:7,} waiting: {percentiles(times)}")
        print(f"  look for lanes:        {percentiles(looks)}")
    database.run("DELETE FROM ingot_task")


def starts(jobs: Jobs, begun: list[float]) -> None:
    worker, times = Worker(jobs, 3), []
    worker.start()
    time.sleep(1.0)
    for n in range(200):
        begun.clear()
        jobs.enqueue("stamp")
        asked = time.perf_counter()
        while not begun:
            time.sleep(0.0002)
        times.append(max(begun[0] - asked, 0.0))
        time.sleep(0.01 + n % 7 / 1000)
    worker.stop()
    print(f"commit to start, idle:   {percentiles(times)}")


def throughput(jobs: Jobs, database: Any, count: int) -> None:
    began = time.perf_counter()
    with database.write():
        for _ in range(count):
            jobs.enqueue("nothing")
    inside = time.perf_counter() - began
    began = time.perf_counter()
    for _ in range(count // 10):
        jobs.enqueue("nothing")
    each = time.perf_counter() - began
    total, done = count + count // 10, threading.Event()
    ended = [0]

    def note(job_id: int, state: str) -> None:
        ended[0] += state == "success"
        if ended[0] >= total:
            done.set()

    jobs.on_change(note)
    worker = Worker(jobs, 3)
    began = time.perf_counter()
    worker.start()
    done.wait(300)
    seconds = time.perf_counter() - began
    worker.stop()
    print(f"enqueue: {count / inside:7,.0f}/s in one transaction, {count / 10 / each:7,.0f}/s one by one")
    print(f"run:     {total / seconds:7,.0f}/s of nothing, three threads")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", help="postgresql://...: an empty database; its tables are made")
    parser.add_argument("--jobs", type=int, default=3000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "ingot.db"
        database: Any = PostgresDatabase(options.database) if options.database else SqliteDatabase(path)
        folder = str(Path(appliance.__file__).parent / "migrations")
        Runner(database.peewee, folder, table_name="ingot_migration").up()
        begun: list[float] = []
        stamp = JobKind("stamp", lambda run: begun.append(time.perf_counter()))
        queue = DatabaseQueue(database)
        jobs = Jobs(database, queue, [stamp, JobKind("nothing", lambda run: None)])
        claims(database, queue)
        starts(jobs, begun)
        throughput(jobs, database, options.jobs)
        database.close()


if __name__ == "__main__":
    main()
