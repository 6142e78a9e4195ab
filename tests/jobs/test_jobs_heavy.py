"""Heavy bodies run in one helper process, which may be killed or crash without harm to anything else."""

from __future__ import annotations

import os

import heavy_bodies
import pytest
from job_parts import until

from appliance.jobs.kind import JobKind

ADD = JobKind("add", heavy_bodies.add, heavy=True)


def test_a_heavy_body_runs_in_another_process_that_knows_no_flask_and_is_used_again(shop):
    here = shop(ADD).start()
    one, two = (here.reaches(here.jobs.enqueue("add", {"a": 1, "b": n}), "success") for n in (2, 3))
    assert (one.result["sum"], two.result["sum"]) == (3, 4)
    assert one.result["pid"] == two.result["pid"] != os.getpid()
    assert one.result["flask"] is False and one.message == "all" and one.progress_done == 2


def test_a_heavy_body_finds_the_context_it_was_promised(shop):
    here = shop(ADD)
    here.worker._context = {"home": "here"}
    here.start()
    job = here.reaches(here.jobs.enqueue("add", {"a": 1, "b": 1}), "success")
    assert job.result["context"] == {"home": "here"}


def test_an_error_in_the_helper_is_told_with_its_traceback_there(shop):
    here = shop(JobKind("fail", heavy_bodies.fail, heavy=True, attempts=1)).start()
    job = here.reaches(here.jobs.enqueue("fail"), "failed")
    assert job.message == "no answer" and "heavy_bodies.py" in job.error and "OSError" in job.error


def test_bodies_that_abort_leave_or_hang_end_dead_after_five_tries_while_others_go_on(shop):
    poison = {"abort": heavy_bodies.abort, "leave": heavy_bodies.leave, "hang": heavy_bodies.sleep}
    kinds = [JobKind(n, b, heavy=True, retry_delay=0.01, time_limit=1) for n, b in poison.items() if n != "hang"]
    kinds.append(JobKind("hang", heavy_bodies.sleep, heavy=True, retry_delay=0.01, time_limit=0))
    here = shop(ADD, JobKind("echo", lambda run, n: n), *kinds, threads=3).start()
    ids = {name: here.jobs.enqueue(name) for name in poison}
    others = [here.jobs.enqueue("echo", {"n": n}) for n in range(20)] + [here.jobs.enqueue("add", {"a": 1, "b": 1})]
    ended = {name: here.reaches(job_id, "dead") for name, job_id in ids.items()}
    assert {job.attempts for job in ended.values()} == {5}
    assert "SIGABRT" in ended["abort"].message and "heavy_bodies.py" in ended["abort"].error
    assert "SystemExit" in ended["leave"].error and "time limit of 0 s" in ended["hang"].error
    for job_id in others:
        here.reaches(job_id, "success")
    assert here.worker.health()[0] == "ok"


def test_a_body_that_hangs_past_its_limit_is_killed_with_its_process_each_time(shop):
    hang = JobKind("hang", heavy_bodies.tell_pid, heavy=True, attempts=2, retry_delay=0.01, time_limit=1)
    here = shop(hang, ADD, JobKind("echo", lambda run, n: n)).start()
    job_id = here.jobs.enqueue("hang")
    pids = []
    for attempt in (1, 2):
        told = until(
            lambda n=attempt: (j := here.jobs.get(job_id)).attempts == n and j.message and j.message.isdigit() and j
        )
        pids.append(int(told.message))
        assert here.reaches(here.jobs.enqueue("echo", {"n": attempt}), "success").finished_at  # others go on beside it
        until(lambda n=attempt: here.jobs.get(job_id).attempts > n or here.jobs.get(job_id).state == "dead")
    job = here.reaches(job_id, "dead")
    assert "time limit of 1 s" in job.error and len(set(pids)) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    here.reaches(here.jobs.enqueue("add", {"a": 1, "b": 1}), "success")


@pytest.mark.parametrize("body", [heavy_bodies.count, heavy_bodies.sleep])
def test_a_heavy_job_is_cancelled_whether_it_listens_or_not(shop, monkeypatch, body):
    monkeypatch.setattr("appliance.jobs.kind.GRACE", 0.2)
    here, elsewhere = shop(JobKind("long", body, heavy=True), ADD), shop(JobKind("long", body, heavy=True))
    here.start()
    job_id = here.jobs.enqueue("long")
    here.reaches(job_id, "running")
    elsewhere.jobs.cancel(job_id)
    here.reaches(job_id, "cancelled")
    here.reaches(here.jobs.enqueue("add", {"a": 1, "b": 1}), "success")


def test_stopping_the_worker_gives_a_heavy_job_back_and_leaves_no_process_behind(shop, monkeypatch):
    monkeypatch.setattr("appliance.jobs.kind.GRACE", 0.1)
    here = shop(JobKind("long", heavy_bodies.sleep, heavy=True)).start()
    job_id = here.jobs.enqueue("long")
    here.reaches(job_id, "running")
    process = until(lambda: here.jobs.huey.helper._process)
    assert here.worker.stop(4)
    assert here.jobs.get(job_id).state == "waiting" and process.ended()


def test_a_heavy_body_that_no_other_process_could_import_is_refused_at_once():
    with pytest.raises(ValueError, match="top of a module"):
        JobKind("inner", lambda run: None, heavy=True)
