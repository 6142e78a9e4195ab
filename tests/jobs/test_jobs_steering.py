"""Progress, cancelling, time limits, leases and the end of the process."""

from __future__ import annotations

import threading
import time

from job_parts import until

from appliance.jobs.kind import JobKind


def endless(run):
    done = 0
    while True:
        done += 1
        try:
            run.progress(done, 1000, "counting")
        except Exception:  # what importers do around a bad row must not swallow a cancellation
            raise AssertionError from None
        time.sleep(0.005)


ENDLESS = JobKind("endless", endless)


def test_a_waiting_job_is_cancelled_at_once_and_never_runs(shop):
    ran: list[int] = []
    here = shop(JobKind("note", lambda run: ran.append(run.job_id)))
    first, second = here.jobs.enqueue("note"), here.jobs.enqueue("note")
    assert here.jobs.cancel(first).state == "cancelled"
    here.start()
    here.reaches(second, "success")
    until(lambda: sum(here.queue.depth().values()) == 0)
    assert ran == [second]
    assert here.jobs.cancel(second).state == "success"


def test_a_running_job_is_cancelled_at_its_next_word(shop):
    here = shop(ENDLESS).start()
    job_id = here.jobs.enqueue("endless")
    here.reaches(job_id, "running")
    assert here.jobs.cancel(job_id).cancel_requested
    job = here.reaches(job_id, "cancelled")
    assert job.progress_total == 1000 and job.message == "counting" and job.finished_at


def test_a_running_job_hears_of_a_cancellation_in_another_process(shop):
    here, elsewhere = shop(ENDLESS).start(), shop(ENDLESS)
    job_id = elsewhere.jobs.enqueue("endless")
    here.reaches(job_id, "running")
    elsewhere.jobs.cancel(job_id)
    here.reaches(job_id, "cancelled")


def test_cancelling_a_job_cancels_its_children(shop):
    here = shop(ENDLESS)
    root = here.jobs.enqueue("endless")
    children = [here.jobs.enqueue("endless", parent=root) for _ in range(2)]
    here.jobs.cancel(root)
    assert {here.jobs.get(i).state for i in (root, *children)} == {"cancelled"}


def test_a_cancelled_job_that_fails_is_not_tried_again(shop):
    going = threading.Event()

    def stubborn(run):
        going.wait(20)
        raise OSError

    here = shop(JobKind("stubborn", stubborn, retry_delay=0.01)).start()
    job_id = here.jobs.enqueue("stubborn")
    here.reaches(job_id, "running")
    here.jobs.cancel(job_id)
    going.set()
    assert here.reaches(job_id, "cancelled").attempts == 1


def test_progress_is_written_twice_a_second_at_most_and_its_last_word_is_kept(shop):
    told: list[int] = []

    def quick(run):
        for n in range(2001):
            run.progress(n, 2000, f"row {n}")

    here = shop(JobKind("quick", quick))
    here.jobs.on_change(lambda job_id, state: told.append(job_id))
    here.start()
    started = time.monotonic()
    job = here.reaches(here.jobs.enqueue("quick"), "success")
    seconds = time.monotonic() - started
    assert (job.progress_done, job.progress_total, job.message) == (2000, 2000, "row 2000")
    assert len(told) <= 4 + 2 * (seconds + 1)


def test_a_job_over_its_time_limit_counts_as_failed(shop):
    here = shop(JobKind("endless", endless, attempts=1, time_limit=1)).start()
    job = here.reaches(here.jobs.enqueue("endless"), "failed")
    assert "time limit of 1 s" in job.message


def test_a_body_that_outlives_its_time_limit_in_silence_shows_in_the_health(shop):
    end = threading.Event()
    here = shop(JobKind("silent", lambda run: end.wait(20) and None, time_limit=0)).start()
    assert here.worker.health()[0] == "ok"
    job_id = here.jobs.enqueue("silent")
    here.reaches(job_id, "running")
    until(lambda: "past their time limit" in here.worker.health()[1])
    end.set()
    here.reaches(job_id, "success")


def test_the_heartbeat_prolongs_the_lease_of_a_job_while_it_runs(database, shop):
    def due():
        return database.rows("SELECT due FROM ingot_task")[0][0]

    def until_renewed(run):
        first = due()
        until(lambda: due() > first)

    here = shop(JobKind("long", until_renewed), lease=1.0).start()
    assert here.reaches(here.jobs.enqueue("long"), "success").attempts == 1


def test_who_lost_the_lease_cannot_write_the_outcome(database, shop):
    entered = [threading.Event(), threading.Event()]
    leave = [threading.Event(), threading.Event()]

    def twofold(run):
        entered[run.attempt - 1].set()
        leave[run.attempt - 1].wait(20)
        return run.attempt

    here = shop(JobKind("twofold", twofold), threads=2).start()
    job_id = here.jobs.enqueue("twofold")
    assert entered[0].wait(20)
    database.run(database.sql("UPDATE ingot_task SET due = 0"))  # as if nobody had renewed the lease
    assert entered[1].wait(20)
    leave[0].set()
    until(lambda: len(here.jobs.huey.runs()) == 1)
    job = here.jobs.get(job_id)
    assert (job.state, job.result, here.queue.depth()["leased"]) == ("running", None, 1)
    leave[1].set()
    assert here.reaches(job_id, "success").result == 2


def test_the_outcome_and_the_acknowledgement_happen_together_or_not_at_all(database, shop):
    entered, leave = threading.Event(), threading.Event()

    def wait(run):
        entered.set()
        leave.wait(20)
        raise OSError("so that a retry would be scheduled as well")

    here = shop(JobKind("wait", wait)).start()
    job_id = here.jobs.enqueue("wait")
    assert entered.wait(20)
    database.run(database.sql("UPDATE ingot_task SET owner = ?"), ("elsewhere:1:mark",))
    leave.set()
    until(lambda: not here.jobs.huey.runs())
    assert here.jobs.get(job_id).state == "running"
    depth = here.queue.depth()
    assert depth["leased"] == sum(depth.values()) == 1


def test_stopping_gives_a_long_job_back_and_the_next_worker_takes_it(shop):
    here = shop(ENDLESS).start()
    job_id = here.jobs.enqueue("endless")
    here.reaches(job_id, "running")
    assert here.worker.stop(2.0)
    job = here.jobs.get(job_id)
    assert job.state == "waiting" and here.queue.depth()["ready"] == 1
    assert here.worker.health() == ("down", "not running")
    here.start()
    assert here.reaches(job_id, "running").attempts == 2
    here.jobs.cancel(job_id)
    here.reaches(job_id, "cancelled")


def test_stopping_lets_a_short_job_finish(shop):
    here = shop(JobKind("short", lambda run: time.sleep(0.2))).start()
    job_id = here.jobs.enqueue("short")
    here.reaches(job_id, "running")
    assert here.worker.stop(20)
    assert here.jobs.get(job_id).state == "success"


def test_a_worker_thread_that_dies_is_replaced(shop, monkeypatch):
    here = shop(ENDLESS, threads=1)
    monkeypatch.setattr("appliance.jobs.worker._HEALTH", 0.05)
    once = iter([True])
    dequeue = here.jobs.huey.dequeue

    def deadly():
        if next(once, False):
            raise SystemExit
        return dequeue()

    monkeypatch.setattr(here.jobs.huey, "dequeue", deadly)
    here.start()
    job_id = here.jobs.enqueue("endless")
    here.reaches(job_id, "running")
    here.jobs.cancel(job_id)
    here.reaches(job_id, "cancelled")
