"""Periodic jobs: when they are due, and that each due time runs once."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest
from job_parts import until

from appliance.base import clock
from appliance.jobs.due import next_crontab, zone
from appliance.jobs.kind import JobKind
from appliance.jobs.schedule import Schedules


def nothing(run):
    return None


@pytest.mark.parametrize(
    ("crontab", "after", "expected"),
    [
        ("*/15 * * * *", "2026-11-22T17:34:57", "2026-11-22T17:45"),
        ("0 3 * * *", "2026-11-22T03:00:00", "2026-11-23T03:00"),
        ("30 2 1 * *", "2026-12-01T02:30:01", "2027-01-01T02:30"),
        ("0 12 * * 1-5", "2026-11-20T12:00:00", "2026-11-23T12:00"),  # a Friday, then Monday
        ("0 0 29 2 *", "2026-11-22T00:00:00", "2028-02-29T00:00"),
    ],
)
def test_a_crontab_says_when_it_is_due_next(crontab, after, expected):
    due = next_crontab(crontab, zone("UTC"), datetime.fromisoformat(after).replace(tzinfo=UTC))
    assert due == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("crontab", ["* * * *", "61 * * * *", "x * * * *", "0 0 31 2 *"])
def test_a_crontab_that_is_wrong_is_refused(crontab):
    with pytest.raises(ValueError):
        next_crontab(crontab, zone("UTC"), clock.now())


def overdue(database):
    database.run(database.sql("UPDATE ingot_schedule SET next_run = ?"), ("2020-01-01T00:00:00.000Z",))


def test_a_due_time_runs_once_however_many_look_at_it(database, shop):
    kind = JobKind("nightly", nothing, crontab="0 3 * * *")
    shops = [shop(kind) for _ in range(4)]
    for one in shops:
        Schedules(one.jobs).settle()
    overdue(database)
    fired: list[int] = []

    def look(one):
        fired.extend(Schedules(one.jobs).fire())
        database.release()

    threads = [threading.Thread(target=look, args=(one,)) for one in shops]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(fired) == 1 and len(shops[0].jobs.list()) == 1


def test_two_workers_share_an_interval_job_and_a_missed_time_is_made_up_for(database, shop):
    ran: list[float] = []
    kind = JobKind("tick", lambda run: ran.append(time.time()), every=3600)
    one, two = shop(kind).start(), shop(kind).start()
    time.sleep(0.05)
    assert ran == []
    overdue(database)
    until(lambda: len(ran) == 1)
    one.stop()
    two.stop()
    assert len(ran) == 1
    [(planned,)] = database.rows("SELECT next_run FROM ingot_schedule")
    assert planned > clock.wire_now()


def test_a_run_that_still_waits_swallows_the_next(database, shop):
    here = shop(JobKind("slow", nothing, every=60))
    schedules = Schedules(here.jobs)
    schedules.settle()
    overdue(database)
    first = schedules.fire()
    overdue(database)
    assert schedules.fire() == first and len(here.jobs.list()) == 1


def test_a_changed_schedule_counts_from_now_and_an_unchanged_one_keeps_its_time(database, shop):
    Schedules(shop(JobKind("k", nothing, every=60)).jobs).settle()
    overdue(database)
    Schedules(shop(JobKind("k", nothing, every=60)).jobs).settle()
    assert database.rows("SELECT next_run FROM ingot_schedule") == [("2020-01-01T00:00:00.000Z",)]
    Schedules(shop(JobKind("k", nothing, every=120)).jobs).settle()
    assert database.rows("SELECT next_run FROM ingot_schedule")[0][0] > clock.wire_now()


def test_a_schedule_of_a_kind_unknown_here_is_left_to_others(database, shop):
    Schedules(shop(JobKind("newer", nothing, every=60)).jobs).settle()
    overdue(database)
    assert Schedules(shop().jobs).fire() == []


def test_a_schedule_written_by_the_release_before_keeps_its_time_and_learns_the_rest(database, shop):
    here = shop(JobKind("k", nothing, crontab="0 3 * * *"))
    Schedules(here.jobs).settle()
    overdue(database)
    database.run("UPDATE ingot_schedule SET kind = NULL, crontab = NULL")
    Schedules(here.jobs).settle()
    [row] = database.rows("SELECT kind, crontab, next_run FROM ingot_schedule")
    assert row == ("k", "0 3 * * *", "2020-01-01T00:00:00.000Z")


def test_a_kind_that_runs_by_the_clock_no_longer_loses_its_schedule(database, shop):
    Schedules(shop(JobKind("k", nothing, every=60)).jobs).settle()
    Schedules(shop(JobKind("k", nothing)).jobs).settle()
    assert database.rows("SELECT name FROM ingot_schedule") == []
