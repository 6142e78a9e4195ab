"""No kind of work keeps the others waiting."""

from __future__ import annotations

import threading

import pytest
from job_parts import until

from appliance.jobs.kind import JobKind
from appliance.jobs.lanes import LaneBook


@pytest.mark.parametrize(("threads", "imports", "together"), [(1, 1, 1), (2, 1, 1), (3, 1, 2), (4, 2, 3), (8, 6, 7)])
def test_long_lanes_leave_threads_to_the_others(threads, imports, together):
    book = LaneBook(threads)
    taken = sum(book.enter("import") for _ in range(20))
    both = taken + sum(book.enter("index") for _ in range(20))
    assert (taken, both) == (imports, together)
    assert set(book.open()) == {"default", "mail"}
    book.leave("import")
    assert "import" in book.open()


def test_lanes_take_turns():
    book = LaneBook(8)
    served = []
    for _ in range(6):
        lane = next(lane for lane in book.open() if lane in ("default", "mail"))
        assert book.enter(lane)
        book.leave(lane)
        served.append(lane)
    assert served in (["default", "mail"] * 3, ["mail", "default"] * 3)


def test_imports_that_never_end_keep_neither_mail_nor_index_waiting(shop):
    end = threading.Event()
    kinds = [
        JobKind("import", lambda run: end.wait(20) and None, lane="import"),
        JobKind("index", lambda run: end.wait(20) and None, lane="index"),
        JobKind("mail", lambda run: None, lane="mail"),
    ]
    here = shop(*kinds, threads=3)
    imports = [here.jobs.enqueue("import", priority="very-high") for _ in range(5)]
    mails = [here.jobs.enqueue("mail", priority="very-low") for _ in range(5)]
    index = [here.jobs.enqueue("index", priority="very-low") for _ in range(5)]
    here.start()
    for mail in mails:
        here.reaches(mail, "success")
    here.reaches(index[0], "running")
    assert here.jobs.counts()["running"] == 2
    end.set()
    for job_id in (*imports, *index):
        here.reaches(job_id, "success")


def test_a_mail_is_sent_before_thousands_that_were_there_first_in_another_lane(database, shop):
    done: list[str] = []
    here = shop(
        JobKind("bulk", lambda run: done.append("bulk")), JobKind("mail", lambda run: done.append("mail"), lane="mail"),
        threads=1,
    )  # fmt: skip
    with database.write():
        for _ in range(500):
            here.jobs.enqueue("bulk")
        mail = here.jobs.enqueue("mail")
    here.start()
    here.reaches(mail, "success")
    assert done.index("mail") <= 2


def test_a_worker_bound_to_a_lane_leaves_the_others_alone(shop):
    here = shop(JobKind("mail", lambda run: None, lane="mail"), JobKind("echo", lambda run: None))
    here.worker._lanes = ("mail",)
    other, mail = here.jobs.enqueue("echo"), here.jobs.enqueue("mail")
    here.start()
    here.reaches(mail, "success")
    assert here.jobs.get(other).state == "waiting"


def test_a_body_that_hangs_in_silence_ends_dead_after_five_tries_and_its_threads_are_replaced(shop, monkeypatch):
    monkeypatch.setattr("appliance.jobs.worker._GRACE", 0.05)
    monkeypatch.setattr("appliance.jobs.worker._LOOK_AFTER", 0.05)
    end = threading.Event()

    def hang(run):
        end.wait(60)
        return "too late"

    here = shop(JobKind("hang", hang, time_limit=0, retry_delay=0.01), JobKind("echo", lambda run: None), threads=1)
    here.start()
    job_id = here.jobs.enqueue("hang")
    job = here.reaches(job_id, "dead")
    assert job.attempts == 5 and "did not react" in job.error and "end.wait(60)" in job.error
    here.reaches(here.jobs.enqueue("echo"), "success")
    assert "5 jobs hung" in here.worker.health()[1]
    end.set()
    until(lambda: sum(thread.name == "Worker-1" for thread in threading.enumerate()) == 1)
    assert here.jobs.get(job_id).result is None and sum(here.queue.depth().values()) == 0
