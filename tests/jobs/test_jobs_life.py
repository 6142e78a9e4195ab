"""A job's way from being asked for to its end, through a real worker."""

from __future__ import annotations

import logging
import pickle
import threading
import time

import heavy_bodies
import pytest
from job_parts import until
from private_databases import POSTGRES_ALONE

from appliance.base import clock
from appliance.base.errors import Conflict, Invalid, NotFound, Problem
from appliance.base.text import Text, say
from appliance.jobs import row
from appliance.jobs.kind import JobKind


def echo(run, **arguments):
    return arguments


ECHO = JobKind("echo", echo)


def test_a_job_starts_soon_after_the_commit_that_asked_for_it(shop, capsys):
    begun: list[float] = []
    here = shop(JobKind("stamp", lambda run: begun.append(time.monotonic()))).start()
    delays = []
    for n in range(20):
        asked = time.monotonic()
        here.jobs.enqueue("stamp")
        until(lambda n=n: len(begun) > n)
        delays.append((begun[-1] - asked) * 1000)
    with capsys.disabled():
        print(f"\nstart after commit: median {sorted(delays)[10]:.1f} ms, most {max(delays):.1f} ms")  # noqa: T201
    assert max(delays) < 2000


def test_record_and_job_are_one_transaction(database, shop):
    ran: list[int] = []
    here = shop(JobKind("note", lambda run, n: ran.append(n))).start()
    with pytest.raises(RuntimeError), database.write():
        lost = here.jobs.enqueue("note", {"n": 1})
        raise RuntimeError
    with database.write():
        with pytest.raises(RuntimeError), database.write():
            here.jobs.enqueue("note", {"n": 2})
            raise RuntimeError
        kept = here.jobs.enqueue("note", {"n": 3})
        time.sleep(0.1)
        assert ran == []
    assert here.reaches(kept, "success").attempts == 1
    assert ran == [3]
    with pytest.raises(NotFound):
        here.jobs.get(lost if lost != kept else -1)


def test_the_result_actor_and_arguments_stay_on_the_job(shop):
    here = shop(ECHO).start()
    job = here.reaches(here.jobs.enqueue("echo", {"name": "Zoë", "ids": [1, 2]}, actor="user:7"), "success")
    assert job.result == {"name": "Zoë", "ids": [1, 2]} == job.arguments
    assert job.actor == "user:7" and job.error is None and job.unique_key is None
    assert job.created_at <= job.started_at <= job.finished_at <= clock.wire_now()


def test_a_failing_job_is_tried_again_ever_later_and_then_lies_dead_with_its_error(shop):
    starts: list[float] = []

    def fail(run):
        starts.append(time.monotonic())
        raise OSError(f"no answer at attempt {run.attempt}")

    here = shop(JobKind("fail", fail, attempts=3, retry_delay=0.02)).start()
    job = here.reaches(here.jobs.enqueue("fail"), "dead")
    assert len(starts) == job.attempts == 3
    assert "OSError: no answer at attempt 3" in job.error and "Traceback" in job.error
    assert job.message == "no answer at attempt 3"
    assert starts[2] - starts[1] >= 0.03 and starts[1] - starts[0] >= 0.015
    assert sum(here.queue.depth().values()) == 0


def test_waiting_before_a_retry_doubles_and_is_spread_and_has_an_end():
    kind = JobKind("x", echo, retry_delay=4)
    for failures, middle in ((1, 4), (2, 8), (3, 16), (40, 3600)):
        waits = {kind.wait_before_retry(failures) for _ in range(50)}
        assert len(waits) > 10 and min(waits) >= middle * 0.75 and max(waits) <= middle * 1.25


def test_of_an_error_that_is_raised_on_purpose_a_job_keeps_the_sentence(shop):
    def refuse(run):
        raise Conflict(say("There is no field called {name}.", name="c"))

    here = shop(
        JobKind("here", refuse, attempts=1), JobKind("apart", heavy_bodies.refuse, heavy=True, attempts=1)
    ).start()
    for kind in ("here", "apart"):
        job = here.reaches(here.jobs.enqueue(kind), "failed")
        assert job.error == job.message == "There is no field called c."


def test_a_job_waiting_for_its_retry_keeps_its_priority_and_says_why_and_until_when(database, shop):
    here = shop(JobKind("fail", lambda run: 1 / 0, priority=3, retry_delay=1000)).start()
    job = here.reaches(here.jobs.enqueue("fail"), "retrying")
    assert job.message == "division by zero" and "ZeroDivisionError" in job.error
    assert job.run_after > clock.wire_now() and job.finished_at is None
    [(priority, due)] = database.rows("SELECT priority, due FROM ingot_task")
    assert priority == 3 and 700 < due - time.time() < 1300


def test_a_job_that_recovers_is_a_success_like_any_other(shop):
    def second_time(run, n):
        if run.attempt == 1:
            raise OSError("once")
        return n

    here = shop(JobKind("second", second_time, retry_delay=0.01)).start()
    job = here.reaches(here.jobs.enqueue("second", {"n": 5}), "success")
    assert (job.result, job.attempts, job.run_after, job.error) == (5, 2, None, None)


def test_what_we_refused_ourselves_is_not_tried_again(shop):
    def refuse(run):
        raise Invalid([Problem("email", Text("is not an address"))])

    here = shop(JobKind("refuse", refuse), JobKind("once", lambda run: 1 / 0, attempts=1)).start()
    job = here.reaches(here.jobs.enqueue("refuse"), "failed", "dead")
    assert (job.state, job.attempts, job.message) == ("failed", 1, "email: is not an address")
    assert here.reaches(here.jobs.enqueue("once"), "failed", "dead").state == "failed"


def test_a_result_that_is_no_json_fails_visibly_and_the_work_is_not_repeated(shop):
    ran: list[int] = []
    here = shop(JobKind("odd", lambda run: ran.append(1) or object())).start()
    assert "not JSON" in here.reaches(here.jobs.enqueue("odd"), "failed").error
    assert ran == [1]


def test_an_error_that_no_database_would_store_is_kept_all_the_same(shop, caplog):
    caplog.set_level(logging.CRITICAL)  # half a character in a captured line breaks pytest's own parallel runner

    def fail(run):
        run.progress(0, 1, "\0")
        raise OSError("caf\udce9\0")

    here = shop(JobKind("fail", fail, attempts=2, retry_delay=0.01)).start()
    job = here.reaches(here.jobs.enqueue("fail"), "dead")
    assert job.message == "caf??" and "OSError: caf??" in job.error


def test_a_body_that_wants_to_end_the_process_only_fails(shop):
    def leave(run, how):
        raise {"exit": SystemExit, "interrupt": KeyboardInterrupt}[how](3)

    here = shop(JobKind("leave", leave, attempts=1), ECHO, threads=1).start()
    assert "SystemExit" in here.reaches(here.jobs.enqueue("leave", {"how": "exit"}), "failed").error
    assert "KeyboardInterrupt" in here.reaches(here.jobs.enqueue("leave", {"how": "interrupt"}), "failed").error
    here.reaches(here.jobs.enqueue("echo"), "success")


def test_a_job_with_damaged_arguments_does_not_stop_those_behind_it(database, shop):
    here = shop(ECHO)
    damaged = here.jobs.enqueue("echo", priority=9)
    database.run(database.sql("UPDATE ingot_job SET arguments = ? WHERE id = ?"), ("{", damaged))
    here.start()
    here.reaches(here.jobs.enqueue("echo"), "success")
    assert here.queue.depth()["buried"] == 1


def test_a_job_of_a_kind_this_release_does_not_know_lies_dead_and_can_be_retried_by_one_that_does(shop):
    newer, older = shop(ECHO, JobKind("tomorrow", echo)), shop(ECHO)
    job_id = newer.jobs.enqueue("tomorrow", {"a": 1})
    older.start()
    assert "knows no kind of job called tomorrow" in older.reaches(job_id, "dead").error
    with pytest.raises(Conflict):
        older.jobs.retry(job_id)
    older.stop()
    newer.start()
    newer.jobs.retry(job_id)
    assert newer.reaches(job_id, "success").result == {"a": 1}
    with pytest.raises(NotFound):
        older.jobs.enqueue("tomorrow")


def test_a_message_nobody_can_read_is_kept_aside_and_stops_nothing(shop):
    here = shop(ECHO)
    here.queue.put(b"\x80\x04N.", priority=9)
    here.queue.put(b'{"id":"1"}', priority=9)
    here.start()
    here.reaches(here.jobs.enqueue("echo"), "success")
    assert here.queue.depth()["buried"] == 2
    assert here.worker.health()[0] == "degraded"


def test_nothing_is_ever_unpickled(shop, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("pickle was reached")

    monkeypatch.setattr(pickle, "loads", refuse)
    monkeypatch.setattr(pickle, "dumps", refuse)
    here = shop(ECHO, JobKind("fail", lambda run: 1 / 0, attempts=2, retry_delay=0.01)).start()
    failing = here.jobs.enqueue("fail")
    assert here.reaches(here.jobs.enqueue("echo", {"a": "b"}), "success").result == {"a": "b"}
    assert "ZeroDivisionError" in here.reaches(failing, "dead").error
    for argument in (object(), {1, 2}, float("nan")):
        with pytest.raises((TypeError, ValueError)):
            here.jobs.enqueue("echo", {"a": argument})


def test_a_unique_key_is_held_until_its_job_is_finished(shop):
    here = shop(ECHO)
    first = here.jobs.enqueue("echo", {"n": 1}, key="reindex")
    assert here.jobs.enqueue("echo", {"n": 2}, key="reindex") == first
    assert here.jobs.enqueue("echo", key="other") != first
    here.start()
    here.reaches(first, "success")
    again = here.jobs.enqueue("echo", {"n": 3}, key="reindex")
    assert again != first and here.reaches(again, "success").unique_key == "reindex"


def test_many_threads_asking_with_one_key_get_one_job(database, shop):
    here = shop(ECHO)
    ids: list[int] = []

    def ask():
        ids.append(here.jobs.enqueue("echo", key="only"))
        database.release()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(ids) == 6 and len(set(ids)) == 1


def test_a_retry_does_not_take_the_key_from_its_holder(shop):
    here = shop(JobKind("fail", lambda run: 1 / 0, attempts=1)).start()
    failed = here.jobs.enqueue("fail", key="k")
    here.reaches(failed, "failed")
    holder = here.jobs.enqueue("fail", key="k", delay=3600)
    with pytest.raises(Conflict):
        here.jobs.retry(failed)
    here.jobs.cancel(holder)
    assert here.jobs.retry(failed).unique_key == "k"
    assert here.reaches(failed, "failed").attempts == 1


def test_a_delayed_job_waits_and_an_expired_one_is_stale(shop):
    here = shop(ECHO)
    later = here.jobs.enqueue("echo", delay=3600)
    soon = here.jobs.enqueue("echo", delay=0.05)
    expired = here.jobs.enqueue("echo", expires_in=0.001)
    time.sleep(0.01)
    here.start()
    here.reaches(soon, "success")
    here.reaches(expired, "stale")
    assert here.jobs.get(later).state == "waiting" and here.jobs.get(later).run_after > clock.wire_now()


def test_important_jobs_overtake(shop):
    order: list[str] = []
    here = shop(JobKind("say", lambda run, word: order.append(word)), threads=1)
    for word, priority in (("low", -1), ("normal", None), ("high", 9)):
        last = here.jobs.enqueue("say", {"word": word}, priority=priority)
    here.start()
    here.reaches(last, "success")
    until(lambda: len(order) == 3)
    assert order == ["high", "normal", "low"]


def test_changes_are_announced_after_their_commit_and_a_failing_listener_disturbs_nobody(database, shop):
    heard: list[tuple[int, str]] = []
    here = shop(ECHO)
    here.jobs.on_change(lambda job_id, state: 1 / 0)
    here.jobs.on_change(lambda job_id, state: heard.append((job_id, state)))
    with database.write():
        job_id = here.jobs.enqueue("echo")
        assert heard == []
    assert heard == [(job_id, "waiting")]
    here.start()
    until(lambda: len(heard) == 3)
    assert heard[1:] == [(job_id, "running"), (job_id, "success")]


def test_old_finished_jobs_are_deleted_and_unfinished_ones_are_not(database, shop):
    here = shop(ECHO).start()
    old, fresh = [here.jobs.enqueue("echo") for _ in range(2)]
    waiting = here.jobs.enqueue("echo", delay=3600)
    here.reaches(old, "success")
    here.reaches(fresh, "success")
    database.run(database.sql("UPDATE ingot_job SET created_at = ?"), ("2020-01-01T00:00:00.000Z",))
    database.run(database.sql("UPDATE ingot_job SET finished_at = ? WHERE id = ?"), ("2020-01-01T00:00:00.000Z", old))
    assert here.jobs.prune() == 1
    assert [job.id for job in here.jobs.list()] == [waiting, fresh]


def test_lists_and_counts_tell_states_apart(shop):
    here = shop(ECHO, JobKind("other", echo))
    a, b = here.jobs.enqueue("echo", actor="ann"), here.jobs.enqueue("other", actor="bob")
    child = here.jobs.enqueue("other", parent=b)
    grandchild = here.jobs.enqueue("other", parent=child)
    here.jobs.cancel(a)
    assert [j.id for j in here.jobs.list(kind="other", limit=2)] == [grandchild, child]
    assert [j.id for j in here.jobs.list(kind="other", before=child)] == [b]
    assert [j.id for j in here.jobs.list(actor="ann", state="cancelled")] == [a]
    assert [j.id for j in here.jobs.list(root=b)] == [grandchild, child]
    counts = here.jobs.counts()
    assert set(counts) == set(row.STATES) and counts["waiting"] == 3 and counts["cancelled"] == 1


@POSTGRES_ALONE  # SQLite has no connection to lose
def test_a_worker_whose_database_connections_broke_goes_on_with_new_ones(database, shop):
    here = shop(ECHO).start()
    here.reaches(here.jobs.enqueue("echo"), "success")
    database.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    here.reaches(here.jobs.enqueue("echo"), "success")
    assert until(lambda: here.worker.health()[0] == "ok")
