"""Parents, children of any depth, and jobs that wait for whole trees."""

from __future__ import annotations

import threading

import pytest
from job_parts import until

from appliance.base.errors import Conflict, NotFound
from appliance.jobs.kind import JobKind


def echo(run, **arguments):
    return arguments


ECHO = JobKind("echo", echo)
FAIL = JobKind("fail", lambda run: 1 / 0, attempts=1)


def nest(run, depth, width):
    for n in range(width if depth else 0):
        run.child("nested", {"depth": depth - 1, "width": width, "n": n})
    return depth


def nested(run, depth, width, n):
    return nest(run, depth, width)


NEST = (JobKind("nest", nest), JobKind("nested", nested))


def test_a_root_ends_only_when_its_whole_tree_has_and_counts_its_children(shop):
    here = shop(*NEST).start()
    root = here.jobs.enqueue("nest", {"depth": 3, "width": 2})
    job = here.reaches(root, "success")
    tree = here.jobs.list(root=root, limit=100)
    assert len(tree) == 2 + 4 + 8 and {j.state for j in tree} == {"success"}
    assert (job.children, job.open_children, job.progress_done, job.progress_total) == (2, 0, 2, 2)
    assert job.result == 3 and job.finished_at >= max(j.finished_at for j in tree)
    assert here.jobs.children(root) == {"success": 2}


def test_a_parent_runs_on_after_its_own_part_until_the_last_child_has_ended(shop):
    going = threading.Event()

    def wait(run):
        going.wait(20)

    here = shop(JobKind("parent", lambda run: run.child("wait") and "own"), JobKind("wait", wait)).start()
    parent = here.jobs.enqueue("parent")
    until(lambda: here.jobs.get(parent).own_state == "success")
    job = here.jobs.get(parent)
    assert job.state == "running" and (job.progress_done, job.children) == (0, 1)
    going.set()
    assert here.reaches(parent, "success").result == "own"


@pytest.mark.parametrize(
    ("kinds", "state"),
    [(["echo", "echo"], "success"), (["echo", "fail"], "failed"), (["echo", "cancel"], "cancelled"),
     (["fail", "cancel"], "failed")],
)  # fmt: skip
def test_a_group_comes_to_what_its_children_came_to(shop, kinds, state):
    here = shop(ECHO, FAIL)
    with here.jobs.group("nightly") as root:
        children = [here.jobs.enqueue("echo" if kind == "cancel" else kind, parent=root) for kind in kinds]
    assert here.jobs.get(root).state == "new"
    for child, kind in zip(children, kinds, strict=True):
        if kind == "cancel":
            here.jobs.cancel(child)
    here.start()
    job = here.reaches(root, state)
    assert job.progress_done == job.progress_total == 2 and job.started_at
    assert (job.error == "Of its 2 children: 1 failed.") == (state == "failed")


def test_an_empty_group_is_done_and_a_group_key_names_its_holder(shop):
    here = shop(ECHO)
    with here.jobs.group("empty") as root:
        pass
    assert here.jobs.get(root).state == "success"
    with here.jobs.group("held", key="k") as holder:
        here.jobs.enqueue("echo", parent=holder)
    with pytest.raises(Conflict, match=str(holder)), here.jobs.group("held", key="k"):
        raise AssertionError
    here.start()
    here.reaches(holder, "success")


def test_a_body_that_starts_again_finds_the_children_of_its_first_start(shop):
    def parent(run):
        made = [run.child("echo", {"n": n // 2}) for n in range(4)]  # two of each
        if run.attempt == 1:
            raise OSError("after the children")
        return made

    here = shop(JobKind("parent", parent, retry_delay=0.01), ECHO).start()
    job = here.reaches(here.jobs.enqueue("parent"), "success")
    assert job.attempts == 2 and job.children == 4 and len(set(job.result)) == 4
    assert len(here.jobs.list(parent=job.id)) == 4


def test_retrying_a_child_reopens_those_above_and_retrying_a_root_retries_what_failed_below(shop):
    broken = [True]

    def flaky(run):
        if broken[0]:
            raise OSError
        return "mended"

    ran: list[int] = []

    def parent(run):
        ran.append(run.job_id)
        run.child("flaky")
        run.child("echo")

    here = shop(
        JobKind("parent", parent), JobKind("flaky", flaky, attempts=1), ECHO,
        JobKind("above", lambda run: run.child("parent") and None),
    ).start()  # fmt: skip
    root = here.jobs.enqueue("above")
    here.reaches(root, "failed")
    [middle] = here.jobs.list(parent=root)
    flaky_child = here.jobs.list(kind="flaky")[0].id
    here.jobs.retry(flaky_child)
    until(lambda: here.jobs.get(root).state == "failed" and here.jobs.get(flaky_child).state == "failed")
    broken[0] = False
    here.jobs.retry(root)
    assert here.reaches(root, "success").error is None or "children" in here.jobs.get(root).error
    assert here.jobs.get(middle.id).state == "success" and here.jobs.get(flaky_child).result == "mended"
    assert ran == [middle.id]  # its own part had succeeded
    with pytest.raises(Conflict):
        here.jobs.retry(root)


def test_cancel_goes_down_the_tree_to_any_depth_and_past_what_runs(shop):
    entered, going = threading.Event(), threading.Event()

    def stubborn(run):
        entered.set()
        going.wait(20)

    here = shop(ECHO, JobKind("stubborn", stubborn))
    with here.jobs.group("root") as root:
        runs = here.jobs.enqueue("stubborn", parent=root, priority="very-high")
        with here.jobs.group("middle", parent=root) as middle:
            leaves = [here.jobs.enqueue("echo", parent=middle, delay=3600) for _ in range(3)]
    here.start()
    assert entered.wait(20)
    here.jobs.cancel(root)
    assert {here.jobs.get(i).state for i in (middle, *leaves)} == {"cancelled"}
    assert here.jobs.get(root).state == "running" and here.jobs.get(runs).cancel_requested
    going.set()
    here.reaches(root, "cancelled")


def test_a_dependent_job_runs_when_the_whole_tree_it_waits_for_has_ended(shop):
    here = shop(*NEST, ECHO)
    trees = [here.jobs.enqueue("nest", {"depth": 2, "width": 2}) for _ in range(2)]
    last = here.jobs.enqueue("echo", {"n": 1}, after=trees)
    even_later = here.jobs.enqueue("echo", after=last, delay=0.01)
    assert {here.jobs.get(i).state for i in (last, even_later)} == {"new"}
    here.start()
    here.reaches(even_later, "success")
    ended = max(j.finished_at for tree in trees for j in [here.jobs.get(tree), *here.jobs.list(root=tree)])
    assert here.jobs.get(last).started_at >= ended


def test_a_job_that_needed_success_is_cancelled_with_all_that_hang_on_it(shop):
    here = shop(ECHO, FAIL).start()
    failing = here.jobs.enqueue("fail", delay=0.2)
    needs = here.jobs.enqueue("echo", after=failing, only_if_success=True)
    chain = [needs]
    for _ in range(400):
        chain.append(here.jobs.enqueue("echo", after=chain[-1], only_if_success=True))
    anyway = here.jobs.enqueue("echo", after=failing)
    assert here.reaches(needs, "cancelled").message == f"Job {failing}, which had to succeed first, is failed."
    here.reaches(chain[-1], "cancelled")
    here.reaches(anyway, "success")
    too_late = here.jobs.enqueue("echo", after=[failing], only_if_success=True)
    assert here.jobs.get(too_late).state == "cancelled"
    assert here.reaches(here.jobs.enqueue("echo", after=[failing]), "success")


def test_jobs_that_would_wait_for_each_other_for_ever_are_refused(shop):
    here = shop(ECHO)
    root = here.jobs.enqueue("echo", delay=3600)
    after_root = here.jobs.enqueue("echo", after=root)
    for needs in (root, after_root):
        with pytest.raises(Conflict, match="neither would ever run"):
            here.jobs.enqueue("echo", parent=root, after=needs)
    with pytest.raises(NotFound):
        here.jobs.enqueue("echo", after=999)
    assert here.jobs.get(root).children == 0 and len(here.jobs.list()) == 2


def test_a_job_that_has_ended_takes_no_more_children(shop):
    here = shop(ECHO).start()
    ended = here.jobs.enqueue("echo")
    here.reaches(ended, "success")
    with pytest.raises(Conflict):
        here.jobs.enqueue("echo", parent=ended)


def test_run_now_starts_what_is_delayed_waits_for_others_or_for_its_retry(shop):
    here = shop(ECHO, JobKind("fail", lambda run: 1 / 0, attempts=3, retry_delay=1000)).start()
    delayed = here.jobs.enqueue("echo", delay=3600)
    dependent = here.jobs.enqueue("echo", after=here.jobs.enqueue("echo", delay=3600))
    failing = here.jobs.enqueue("fail")
    here.reaches(failing, "retrying")
    for job_id in (delayed, dependent):
        assert here.jobs.run_now(job_id).run_after is None
        here.reaches(job_id, "success")
    for attempts in (2, 3):
        here.jobs.run_now(failing)
        until(lambda n=attempts: (j := here.jobs.get(failing)).attempts == n and j.state in ("retrying", "dead"))
    assert here.jobs.get(failing).state == "dead"
    with pytest.raises(Conflict):
        here.jobs.run_now(delayed)


def test_a_job_moved_to_a_higher_priority_overtakes(shop):
    order: list[str] = []
    here = shop(JobKind("say", lambda run, word: order.append(word)), threads=1)
    ids = [here.jobs.enqueue("say", {"word": word}, priority="low") for word in "abc"]
    here.jobs.set_priority(ids[2], "very-high")
    here.start()
    for job_id in ids:
        here.reaches(job_id, "success")
    assert order == ["c", "a", "b"]


def test_what_expires_while_it_is_delayed_or_waits_for_others_becomes_stale_by_itself(shop):
    here = shop(ECHO).start()
    first = here.jobs.enqueue("echo", delay=3600, expires_in=0.05)
    second = here.jobs.enqueue("echo", after=here.jobs.enqueue("echo", delay=3600), expires_in=0.05)
    here.reaches(first, "stale")
    here.reaches(second, "stale")
