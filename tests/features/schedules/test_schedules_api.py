"""/api/schedules: made, changed, paused, run now; by administrators alone."""

from __future__ import annotations

import time

import pytest

from appliance.jobs.schedule import Schedules


def make(door, status=201, **attributes):
    values = {"name": "hourly", "kind": "echo", "crontab": "5 * * * *", **attributes}
    return door.ask("POST", "/api/schedules", status, **{k: v for k, v in values.items() if v is not None})


def test_a_schedule_made_by_an_administrator_runs_for_them_and_shows_how_it_went(door):
    made = make(door, arguments={"n": 1, "token": "t"}, timezone="Europe/Berlin")["data"]
    assert made["id"] == "hourly" and made["attributes"]["arguments"] == {"n": 1, "token": "••••"}
    assert made["attributes"]["next_run"] > made["attributes"]["created_at"]
    door.worker.start()
    try:
        job = door.ask("POST", "/api/schedules/hourly/runs", 202)["data"]
        deadline = time.monotonic() + 20
        while (shown := door.ask("GET", "/api/schedules/hourly")["data"])["attributes"]["last_state"] != "success":
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        door.worker.stop()
    assert shown["relationships"]["last_job"]["data"] == {"type": "jobs", "id": job["id"]}
    assert shown["attributes"]["last_seconds"] >= 0 and shown["attributes"]["actor"] == "user:1"
    assert job["attributes"]["actor"] == "user:1"
    assert shown["attributes"]["next_run"] == made["attributes"]["next_run"]


def test_pressing_run_twice_starts_one_job(door):
    make(door)
    first, second = (door.ask("POST", "/api/schedules/hourly/runs", 202)["data"]["id"] for _ in range(2))
    assert first == second and len(door.ids()) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [({"kind": "fail"}, "kind"), ({"crontab": "x"}, "crontab"), ({"every": 60}, "crontab"), ({"crontab": None}, "crontab"),
     ({"crontab": None, "every": 0}, "every"), ({"timezone": "Mars/Olympus"}, "timezone"), ({"timezone": "../etc"}, "timezone"),
     ({"name": "No Name"}, "name"), ({"arguments": [1]}, "arguments"), ({"paused": "yes"}, "paused"), ({"extra": 1}, "extra")],
)  # fmt: skip
def test_what_cannot_be_planned_is_said_by_field(door, values, field):
    errors = make(door, 422, **values)["errors"]
    assert [e["meta"]["field"] for e in errors] == [field]
    assert door.ask("GET", "/api/schedules")["data"] == []


def test_a_name_is_taken_once(door):
    make(door)
    make(door, 409)
    make(door, 409, name="nightly")


def test_built_in_schedules_can_be_paused_and_moved_but_not_deleted_and_keep_what_was_set(door):
    Schedules(door.jobs).settle()
    door.ask("DELETE", "/api/schedules/nightly", 409)
    moved = door.ask("PATCH", "/api/schedules/nightly", crontab="30 4 * * *", timezone="Asia/Tokyo", paused=True)[
        "data"
    ]
    assert moved["attributes"]["next_run"] is None and moved["attributes"]["built_in"] is True
    Schedules(door.jobs).settle()
    kept = door.ask("GET", "/api/schedules/nightly")["data"]["attributes"]
    assert (kept["crontab"], kept["timezone"], kept["paused"]) == ("30 4 * * *", "Asia/Tokyo", True)
    every = door.ask("PATCH", "/api/schedules/nightly", every=90, paused=False)["data"]["attributes"]
    assert (every["crontab"], every["every"]) == (None, 90) and every["next_run"]


def test_a_deleted_schedule_is_gone_and_an_unknown_one_was_never_there(door):
    make(door)
    door.ask("DELETE", "/api/schedules/hourly", 204)
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/runs")):
        door.ask(method, f"/api/schedules/hourly{path}", 404)


def test_only_administrators_see_schedules(door):
    make(door)
    door.who = "ann"
    for method, path in (("GET", ""), ("GET", "/hourly"), ("PATCH", "/hourly"), ("POST", ""), ("POST", "/hourly/runs")):
        door.ask(method, f"/api/schedules{path}", 403)


def test_the_list_says_which_kinds_can_be_planned_and_by_whose_clock(door):
    found = door.ask("GET", "/api/schedules")["meta"]
    assert found == {"timezone": "UTC", "kinds": [{"kind": "echo", "label": "Echo"}]}
