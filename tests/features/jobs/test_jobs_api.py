"""/api/jobs: who sees what, and what can be done to it."""

from __future__ import annotations

import pytest

from appliance.base import clock


def test_lists_are_narrowed_sorted_and_paged_with_links_that_keep_what_was_asked(door):
    jobs = door.jobs
    ids = [jobs.enqueue("echo", {"n": n}, priority="low" if n % 2 else "high", delay=n) for n in range(5)]
    mail = jobs.enqueue("fail", actor="user:2")
    jobs.cancel(ids[4])
    assert door.ids() == [mail, *reversed(ids)]
    assert door.ids("?filter[kind]=echo&filter[state]=waiting&sort=id") == ids[:4]
    assert door.ids("?filter[state]=cancelled,new") == [ids[4]]
    assert door.ids("?filter[lane]=mail") == door.ids("?filter[actor]=user:2") == [mail]
    assert door.ids("?sort=-priority&filter[kind]=echo") == [ids[4], ids[2], ids[0], ids[3], ids[1]]
    assert door.ids("?sort=finished_at")[0] == ids[4]
    now = clock.wire_now()
    assert door.ids(f"?filter[created_at][gt]={now}") == []
    assert len(door.ids(f"?filter[created_at][lte]={now}&filter[created_at][gte]=2020-01-01")) == 6
    page = door.ask("GET", "/api/jobs?page[size]=2&filter[kind]=echo")
    seen = []
    while True:
        seen += [int(r["id"]) for r in page["data"]]
        if not page["links"]["next"]:
            break
        page = door.ask("GET", page["links"]["next"])
    assert seen == list(reversed(ids))
    second = door.ask("GET", "/api/jobs?page[size]=3&sort=created_at")["links"]["next"]
    assert door.ids(second.removeprefix("/api/jobs")) == [ids[3], ids[4], mail]


@pytest.mark.parametrize(
    "query",
    ["filter[state]=odd", "filter[parent]=x", "sort=kind", "page[number]=0", "filter[created_at][gte]=soon", "x=1",
     "sort=id&page[after]=3", "filter[kind]=%00"],
)  # fmt: skip
def test_a_wrong_parameter_is_named(door, query):
    error = door.ask("GET", f"/api/jobs?{query}", 400)["errors"][0]
    assert error["source"]["parameter"] in query


def test_people_see_their_own_jobs_alone(door):
    mine, other = door.jobs.enqueue("echo", actor="user:2"), door.jobs.enqueue("echo", actor="user:1")
    door.who = "ann"
    assert door.ids() == door.ids("?filter[actor]=user:1") == [mine]
    door.ask("GET", f"/api/jobs/{other}", 404)
    door.ask("PATCH", f"/api/jobs/{other}", 404, state="cancelled")
    assert door.ask("PATCH", f"/api/jobs/{mine}", state="cancelled")["data"]["attributes"]["state"] == "cancelled"


def test_secrets_in_arguments_are_masked_at_any_depth(door):
    job_id = door.jobs.enqueue("echo", {"password": "p", "hooks": [{"api_key": "k", "url": "u"}]})
    shown = door.ask("GET", f"/api/jobs/{job_id}")["data"]["attributes"]["arguments"]
    assert shown == {"password": "••••", "hooks": [{"api_key": "••••", "url": "u"}]}


def test_a_tree_shows_its_children_and_what_it_waits_for(door):
    with door.jobs.group("nightly things") as root:
        first = door.jobs.enqueue("echo", parent=root)
        last = door.jobs.enqueue("echo", parent=root, after=first)
    shown = door.ask("GET", f"/api/jobs/{root}")["data"]
    assert shown["attributes"]["state"] == "new"
    assert shown["attributes"]["children"] == {"total": 2, "open": 2, "states": {"waiting": 1, "new": 1}}
    assert door.ids(f"?filter[root]={root}") == door.ids(f"?filter[parent]={root}") == [last, first]
    needs = door.ask("GET", f"/api/jobs/{last}")["data"]["relationships"]["after"]["data"]
    assert needs == [{"type": "jobs", "id": str(first)}]


def test_waiting_starts_a_delayed_job_and_tries_an_ended_one_again(door):
    delayed = door.jobs.enqueue("echo", delay=3600)
    shown = door.ask("PATCH", f"/api/jobs/{delayed}", state="waiting")["data"]["attributes"]
    assert shown["run_after"] is None and door.jobs.queue.depth()["ready"] == 1
    door.jobs.cancel(delayed)
    assert door.ask("PATCH", f"/api/jobs/{delayed}", state="waiting")["data"]["attributes"]["state"] == "waiting"


def test_priority_goes_by_name(door):
    job_id = door.jobs.enqueue("echo")
    assert door.ask("GET", f"/api/jobs/{job_id}")["data"]["attributes"]["priority"] == "normal"
    moved = door.ask("PATCH", f"/api/jobs/{job_id}", priority="very-high")
    assert moved["data"]["attributes"]["priority"] == "very-high"
    door.ask("PATCH", f"/api/jobs/{job_id}", 422, priority="urgent")
    door.ask("PATCH", f"/api/jobs/{job_id}", 422, kind="other")


def test_gauges_tell_what_waits_how_long_and_what_has_ended(door):
    jobs = door.jobs
    jobs.cancel(jobs.enqueue("echo"))
    jobs.enqueue("fail")
    numbers = jobs.gauges()
    assert numbers['ingot_jobs{state="waiting"}'] == 1 == numbers['ingot_jobs_waiting{lane="mail"}']
    assert 0 <= numbers['ingot_jobs_oldest_waiting_seconds{lane="mail"}'] < 60
    assert numbers['ingot_jobs_ended_total{lane="default",state="cancelled"}'] == 1
    assert numbers["ingot_job_retries_total"] == 0


def test_all_that_filters_find_is_retried_or_discarded_and_people_steer_their_own(door):
    jobs = door.jobs
    ids = [jobs.enqueue("echo", actor=f"user:{1 + n % 2}") for n in range(6)]
    lost = jobs.enqueue("fail")
    for job_id in ids:
        jobs.tree.end(job_id, "dead", error="it broke")
    jobs.tree.end(lost, "failed", error="it broke")
    door.who = "ann"
    assert door.ask("POST", "/api/jobs/retry?filter[actor]=user:1")["meta"]["count"] == 3
    assert {jobs.get(i).state for i in ids[1::2]} == {"waiting"}
    door.who = "root"
    assert door.ask("POST", "/api/jobs/discard?filter[state]=failed,dead&filter[kind]=fail")["meta"]["count"] == 1
    assert jobs.get(lost).state == "cancelled" and jobs.get(lost).error == "it broke"
    assert door.ask("POST", "/api/jobs/retry?filter[state]=dead")["meta"] == {
        "count": 3, "refused": 0, "reasons": [], "more": False,
    }  # fmt: skip
    assert jobs.counts()["dead"] == 0
    for query in ("filter[state]=running", "page[size]=3", "sort=id", "filter[kind]=%00"):
        door.ask("POST", f"/api/jobs/retry?{query}", 400)
    door.ask("POST", "/api/jobs/discard?filter[state]=cancelled", 400)
