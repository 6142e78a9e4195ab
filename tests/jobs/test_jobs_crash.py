"""kill -9 at any moment loses no job and repeats only what was not finished."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from crash_worker import LONG, NAP, PID
from job_parts import Shop, until

HERE = Path(__file__).parent
JOBS, KILLS, THREADS, MANY = 200, 4, 3, 40


def start_worker(url: str, threads: int = THREADS) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (HERE, *HERE.parents[:2])))}
    process = subprocess.Popen(
        [sys.executable, str(HERE / "crash_worker.py"), url, str(threads)], stdout=subprocess.PIPE, env=environment
    )
    assert process.stdout and process.stdout.readline() == b"up\n"
    return process


@pytest.mark.slow
def test_a_worker_killed_again_and_again_loses_no_job_and_repeats_no_finished_one(database, database_url):
    jobs = Shop(database, [NAP]).jobs
    ids = [jobs.enqueue("nap", {"number": n}) for n in range(JOBS)]
    finished: dict[int, int] = {}
    for kill in range(1, KILLS + 1):
        worker = start_worker(database_url)
        try:
            until(lambda goal=kill: jobs.counts()["success"] >= goal * JOBS // (KILLS + 2))
        finally:
            worker.kill()
            worker.wait()
            worker.stdout.close()
        finished |= {job.id: job.attempts for job in jobs.list(state="success", limit=JOBS)}
    assert 0 < len(finished) < JOBS
    worker = start_worker(database_url)
    try:
        until(lambda: jobs.counts()["success"] == JOBS)
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()
    ended = {job.id: job for job in jobs.list(limit=JOBS)}
    assert sorted(ended) == ids
    assert [ended[i].result for i in ids] == [{"number": n} for n in range(JOBS)]
    assert {i: ended[i].attempts for i in finished} == finished
    assert sum(job.attempts for job in ended.values()) <= JOBS + KILLS * THREADS
    assert sum(jobs.queue.depth().values()) == 0


def test_a_worker_killed_while_many_of_200_jobs_run_repeats_these_and_no_other(database, database_url):
    jobs = Shop(database, [LONG]).jobs
    ids = [jobs.enqueue("long", {"number": n}) for n in range(JOBS)]
    worker = start_worker(database_url, MANY)
    try:
        until(lambda: jobs.counts()["success"] >= MANY and jobs.counts()["running"] >= MANY // 2)
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()
    cut = {job.id for job in jobs.list(state="running", limit=JOBS)}
    done = {job.id for job in jobs.list(state="success", limit=JOBS)}
    assert len(cut) >= MANY // 2
    worker = start_worker(database_url, MANY)
    try:
        until(lambda: jobs.counts()["success"] == JOBS)
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()
    ended = {job.id: job for job in jobs.list(limit=JOBS)}
    assert sorted(ended) == ids and [ended[i].result for i in ids] == [{"number": n} for n in range(JOBS)]
    assert {i for i, job in ended.items() if job.attempts == 2} == cut
    assert all(ended[i].attempts == 1 for i in done)
    assert sum(jobs.queue.depth().values()) == 0


def test_a_job_that_kills_its_process_every_time_ends_dead_instead_of_killing_it_for_ever(database, shop):
    here = shop(NAP)
    job_id = here.jobs.enqueue("nap", {"number": 1})
    for _ in range(5):  # claimed and started, then the process is gone: nobody acknowledges
        assert here.jobs.huey.dequeue() is not None
        database.run(database.sql("UPDATE ingot_task SET state = 0, owner = NULL"))
    here.start()
    job = here.reaches(job_id, "dead")
    assert "ended 5 times" in job.error
    assert sum(here.queue.depth().values()) == 0


def test_a_killed_worker_leaves_no_helper_process_behind_and_its_heavy_job_starts_again(database, database_url):
    jobs = Shop(database, [NAP, PID]).jobs
    job_id = jobs.enqueue("pid")
    helpers = []
    for attempt in (1, 2):
        worker = start_worker(database_url)
        try:
            job = until(lambda n=attempt: (j := jobs.get(job_id)).attempts == n and j.message and j)
            helpers.append(int(job.message))
            assert Path(f"/proc/{helpers[-1]}").exists() or sys.platform != "linux"
        finally:
            worker.kill()
            worker.wait()
            worker.stdout.close()
    until(lambda: not any(_runs(pid) for pid in helpers))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
