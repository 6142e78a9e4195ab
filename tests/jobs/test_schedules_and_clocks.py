"""Schedules against clocks that jump, zones that change the hour, and several processes."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import time_machine
from job_parts import until
from test_jobs_crash import start_worker

from appliance.base import clock
from appliance.jobs.due import next_crontab, next_interval, zone
from appliance.jobs.kind import JobKind
from appliance.jobs.planning import Planning
from appliance.jobs.schedule import Schedules

PAST = "2020-01-01T00:00:00.000Z"
BERLIN = zone("Europe/Berlin")


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(crontab, tz, start, count):
    found = [utc(start)]
    for _ in range(count):
        found.append(next_crontab(crontab, tz, found[-1]))
    return [f"{at:%m-%dT%H:%M}" for at in found[1:]]


def test_a_skipped_local_time_runs_once_right_after_the_gap():
    # on 2026-03-29 Berlin's clocks go from 02:00 (+1) to 03:00 (+2) at 01:00 UTC
    assert times("30 2 * * *", BERLIN, "2026-03-27T12:00", 3) == ["03-28T01:30", "03-29T01:00", "03-30T00:30"]
    assert times("*/20 2 * * *", BERLIN, "2026-03-28T12:00", 2) == ["03-29T01:00", "03-30T00:00"]


def test_a_repeated_local_time_runs_once():
    # on 2026-10-25 they go from 03:00 (+2) back to 02:00 (+1) at 01:00 UTC
    assert times("30 2 * * *", BERLIN, "2026-10-24T12:00", 2) == ["10-25T00:30", "10-26T01:30"]
    assert times("0,30 2 * * *", BERLIN, "2026-10-24T12:00", 3) == ["10-25T00:00", "10-25T00:30", "10-26T01:00"]


def test_every_quarter_of_an_hour_stays_that_when_the_clocks_change():
    for start in ("2026-03-29T00:30", "2026-10-25T00:30"):
        found = [utc(f"2026-{t}") for t in times("*/15 * * * *", BERLIN, start, 8)]
        assert {b - a for a, b in pairwise(found)} == {timedelta(minutes=15)}


def test_a_whole_day_that_a_country_left_out_is_one_run():
    apia = zone("Pacific/Apia")  # 2011-12-30 did not happen there
    assert times("0 12 * * *", apia, "2011-12-29T00:00", 3) == ["12-29T22:00", "12-30T10:00", "12-30T22:00"]


def test_an_interval_keeps_its_rhythm_and_makes_up_for_nothing_twice():
    planned = utc("2026-01-01T00:00")
    assert next_interval(60, planned, planned + timedelta(seconds=0.4)) == planned + timedelta(seconds=60)
    assert next_interval(60, planned, planned + timedelta(days=3, seconds=61)) == planned + timedelta(
        days=3, seconds=120
    )


def nightly(shop):
    here = shop(JobKind("nightly", lambda run: None, crontab="0 3 * * *"))
    return here, Schedules(here.jobs)


def runs(here):
    """Finish what was fired, so that the next is not swallowed; how many there were."""
    waiting = here.jobs.list(state="waiting")
    for job in waiting:
        here.jobs.cancel(job.id)
    return len(waiting)


def test_nights_that_were_missed_are_made_up_for_once(shop):
    with time_machine.travel(utc("2026-06-01T12:00"), tick=False) as clock_:
        here, schedules = nightly(shop)
        schedules.settle()
        schedules.fire()
        assert runs(here) == 0
        clock_.move_to(utc("2026-06-20T12:00"))
        for _ in range(3):
            schedules.tick()
        assert runs(here) == 1
        [schedule] = Planning(here.jobs).all()
        assert schedule.next_run == "2026-06-21T03:00:00.000Z" and schedule.due_run == "2026-06-02T03:00:00.000Z"


def test_a_clock_that_jumps_ahead_and_comes_back_neither_storms_nor_falls_silent(shop):
    with time_machine.travel(utc("2026-06-01T02:59:59"), tick=False) as clock_:
        here, schedules = nightly(shop)
        schedules.settle()
        counted = []
        for at in (
            "2036-01-01T00:00",
            "2036-01-01T00:01",
            "2026-06-01T03:00:01",
            "2026-06-01T03:05",
            "2026-06-02T03:00:01",
        ):
            clock_.move_to(utc(at))
            schedules.recheck()
            schedules.fire()
            schedules.fire()
            counted.append(runs(here))
        assert counted == [1, 0, 0, 0, 1]


def test_a_clock_set_back_a_little_does_not_run_the_same_due_time_twice(shop):
    with time_machine.travel(utc("2026-06-01T02:00"), tick=False) as clock_:
        here, schedules = nightly(shop)
        schedules.settle()
        counted = []
        for at in ("03:00:01", "02:59:50", "03:00:01", "02:30:00", "03:00:05"):
            clock_.move_to(utc(f"2026-06-01T{at}"))
            schedules.recheck()
            schedules.fire()
            counted.append(runs(here))
        assert counted == [1, 0, 0, 0, 0]


def test_a_change_of_the_boxs_zone_is_followed_at_the_next_look(shop):
    with time_machine.travel(utc("2026-06-01T12:00"), tick=False):
        here, schedules = nightly(shop)
        schedules.settle()
        here.jobs.timezone = "Europe/Berlin"
        Schedules(here.jobs).settle()
        [schedule] = Planning(here.jobs).all()
        assert schedule.next_run == "2026-06-02T01:00:00.000Z"


def test_a_paused_schedule_sleeps_and_does_not_make_up_for_it(shop):
    with time_machine.travel(utc("2026-06-01T12:00"), tick=False) as clock_:
        here, schedules = nightly(shop)
        schedules.settle()
        planning = Planning(here.jobs)
        planning.change("nightly", {"paused": True})
        clock_.move_to(utc("2026-06-05T12:00"))
        schedules.tick()
        planning.change("nightly", {"paused": False})
        schedules.tick()
        assert runs(here) == 0 and planning.get("nightly").next_run == "2026-06-06T03:00:00.000Z"


def test_a_schedule_that_cannot_be_read_any_more_is_paused_with_the_reason(database, shop):
    here, schedules = nightly(shop)
    schedules.settle()
    database.run(database.sql("UPDATE ingot_schedule SET next_run = ?, timezone = ?"), (PAST, "Gone/Zone"))
    assert schedules.fire() == []
    [schedule] = Planning(here.jobs).all()
    assert schedule.paused and "Gone/Zone" in schedule.last_message


def test_the_run_tells_the_schedule_how_it_ended_and_how_long_it_took(shop):
    here = shop(JobKind("nightly", lambda run: {"rows": 3}, crontab="0 3 * * *")).start()
    planning = Planning(here.jobs)
    here.reaches(planning.run_now("nightly"), "success")
    schedule = planning.get("nightly")
    assert (schedule.last_state, schedule.last_result) == ("success", {"rows": 3})
    assert 0 <= schedule.last_seconds < 20 and schedule.last_run <= clock.wire_now()


def test_several_processes_run_each_due_time_once(database, database_url, shop):
    here = shop(JobKind("nap", lambda run, number: None, schedulable=True))
    Planning(here.jobs).create({"name": "naps", "kind": "nap", "arguments": {"number": 1}, "every": 1}, "user:1")
    workers: list[subprocess.Popen[bytes]] = [start_worker(database_url) for _ in range(3)]
    try:
        until(lambda: here.jobs.counts()["success"] >= 3)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
            worker.stdout.close()
    made = here.jobs.list(limit=100)
    schedule = Planning(here.jobs).get("naps")
    due_times = datetime.fromisoformat(schedule.due_run) - datetime.fromisoformat(schedule.created_at)
    assert len(made) <= round(due_times.total_seconds())  # one a second, counted from when it was made
    assert {job.actor for job in here.jobs.list()} == {"user:1"}
