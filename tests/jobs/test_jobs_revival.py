"""The dead-letter list is emptied in one go, and a retry gives those another chance that were cancelled in vain."""

from __future__ import annotations

import pytest

from appliance.base.errors import Conflict
from appliance.jobs.kind import JobKind

ECHO = JobKind("echo", lambda run, **arguments: arguments)


@pytest.fixture
def mended():
    return set()


@pytest.fixture
def flaky(mended):
    """A kind that fails until its name is in `mended`."""

    def body(run, name):
        if name not in mended:
            raise OSError(name)
        return name

    return JobKind("flaky", body, attempts=2, retry_delay=0.01)


def test_a_retry_revives_all_that_was_cancelled_because_of_it(shop, flaky, mended):
    here = shop(ECHO, flaky).start()
    first = here.jobs.enqueue("flaky", {"name": "a"}, delay=0.1)
    second = here.jobs.enqueue("echo", {"n": 2}, after=first, only_if_success=True)
    third = here.jobs.enqueue("echo", {"n": 3}, after=second, only_if_success=True)
    here.reaches(first, "dead")
    here.reaches(third, "cancelled")
    too_late = here.jobs.enqueue("echo", {"n": 4}, after=first, only_if_success=True)
    assert here.jobs.get(too_late).state == "cancelled"
    here.jobs.retry(first)  # in vain once more
    assert {here.jobs.get(i).state for i in (second, third, too_late)} <= {"new", "cancelled"}
    here.reaches(first, "dead")
    here.reaches(third, "cancelled")
    mended.add("a")
    here.jobs.retry(first)
    assert [here.reaches(i, "success").result["n"] for i in (second, third, too_late)] == [2, 3, 4]
    assert here.jobs.tree.needs(third) == []


def test_one_that_needs_two_is_revived_when_neither_has_failed(shop, flaky, mended):
    here = shop(ECHO, flaky).start()
    pair = [here.jobs.enqueue("flaky", {"name": name}, delay=0.1) for name in "ab"]
    both = here.jobs.enqueue("echo", after=pair, only_if_success=True)
    for job_id in pair:
        here.reaches(job_id, "dead")
    mended.update("ab")
    here.jobs.retry(pair[0])
    here.reaches(pair[0], "success")
    assert here.jobs.get(both).state == "cancelled"
    here.jobs.retry(pair[1])
    here.reaches(both, "success")


def test_a_retried_child_revives_who_waited_for_its_root_and_a_hand_retry_waits_for_nobody(shop, flaky, mended):
    here = shop(ECHO, flaky)
    with here.jobs.group("tree") as root:
        child = here.jobs.enqueue("flaky", {"name": "a"}, parent=root)
    with here.jobs.group("later") as other:
        waits = here.jobs.enqueue("echo", parent=other, after=root, only_if_success=True)
    alone = here.jobs.enqueue("echo", after=root, only_if_success=True)
    mine = here.jobs.enqueue("echo", after=root, only_if_success=True)
    here.jobs.cancel(mine)
    here.start()
    here.reaches(other, "cancelled")
    here.jobs.retry(alone)
    here.reaches(alone, "success")
    mended.add("a")
    here.jobs.retry(child)
    assert here.reaches(waits, "success") and here.reaches(other, "success")
    assert here.jobs.get(mine).state == "cancelled"  # by a person, not in vain


def test_all_dead_jobs_are_retried_and_what_hinders_one_hinders_no_other(shop, flaky, mended):
    here = shop(ECHO, flaky).start()
    dead = [here.jobs.enqueue("flaky", {"name": "a"}) for _ in range(120)]
    held = here.jobs.enqueue("flaky", {"name": "a"}, key="k")
    for job_id in (*dead, held):
        here.reaches(job_id, "dead")
    holder = here.jobs.enqueue("echo", key="k", delay=3600)
    mended.add("a")
    some = here.jobs.retry_all(most=20, kind="flaky")
    assert some.done == dead[:20] and some.more
    rest = here.jobs.retry_all(kind="flaky")
    assert rest.done == dead[20:] and list(rest.refused) == [held] and not rest.more
    assert str(holder) in str(rest.refused[held].message)
    for job_id in dead:
        here.reaches(job_id, "success")


def test_a_discarded_job_keeps_its_error_and_can_still_be_retried(shop, flaky, mended):
    here = shop(ECHO, flaky).start()
    job_id = here.jobs.enqueue("flaky", {"name": "a"})
    here.reaches(job_id, "dead")
    assert here.jobs.discard_all().done == [job_id]
    job = here.jobs.get(job_id)
    assert job.state == "cancelled" and "OSError" in job.error and here.jobs.counts()["dead"] == 0
    with pytest.raises(Conflict):
        here.jobs.discard(job_id)
    mended.add("a")
    here.jobs.retry(job_id)
    here.reaches(job_id, "success")
