"""The health page itself, on each database: who may see it, what it says of what was found, and what its buttons do."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from box import eventually

from appliance.base import clock, paths
from appliance.base.text import say, told
from appliance.engines.files.local import LocalFiles
from appliance.engines.queue.database import DatabaseQueue
from appliance.features.files.storing import add_file, keep
from appliance.features.health import pages
from appliance.features.health.looks import FILES, look_kinds
from appliance.features.home.box import Box
from appliance.features.home.navigation import Navigation
from appliance.http.app import create_app
from appliance.http.assets import Assets
from appliance.http.hosts import Hosts
from appliance.http.pages.rendering import furnish
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import JobKind
from appliance.jobs.worker import Worker
from appliance.records.permissions import SYSTEM, Actor
from appliance.records.records import Records


class House:
    def __init__(self, records: Records, folder: Path):
        self.records, self.store = records, LocalFiles(folder / "files")
        self.jobs = Jobs(records.database, DatabaseQueue(records.database), look_kinds(records.database, self.store, 0))
        self.jobs.add(JobKind("boom", _boom, attempts=1, label="Boom"))
        self.worker = Worker(self.jobs, 1)
        self.health = {
            "disk": {"state": "ok", "reason": "much", "since": clock.wire_now()},
            "database": {
                "state": "degraded",
                "reason": told(say("{count} changes behind", count=7)),
                "since": clock.wire_now(),
            },
        }
        self.who: Actor | None = SYSTEM
        facts = {"disk_free": 1, "disk_total": 2, "files_bytes": 3, "index_lag": 4, "memory": 5}
        box = Box(records.database, "UTC")
        self.client = create_app(
            blueprints=[pages.make_pages(records, self.jobs, lambda: self.health,
                                         lambda: {"started_at": clock.wire_now(), **facts})],
            authenticate=lambda: self.who,
            hosts=Hosts(),
            templates=paths.TEMPLATES,
            max_body=50_000,
            furnish=lambda app: furnish(
                app, Assets(), Navigation(records), box, version="0", log_position=records.log.last
            ),
        ).test_client()  # fmt: skip

    def get(self, status: int = 200, language: str = "en") -> str:
        answer = self.client.get("/health", headers={"Accept": "text/html", "Accept-Language": language})
        assert answer.status_code == status
        return answer.text

    def press(self, button: str, status: int = 303) -> None:
        assert self.client.post(f"/health/{button}", headers={"Accept": "text/html"}).status_code == status


def _boom(run: Any) -> None:
    raise ZeroDivisionError("by zero")


@pytest.fixture
def house(records: Records, tmp_path: Path) -> Iterator[House]:
    house = House(records, tmp_path)
    house.worker.start()
    yield house
    house.worker.stop(5)


def test_what_is_wrong_comes_first_and_in_the_readers_words(house: House) -> None:
    page = house.get()
    assert page.index("7 changes behind") < page.index("much") and "Impaired" in page
    german = house.get(language="de")
    assert "7 Änderungen im Rückstand" in german and "Eingeschränkt" in german and "Datenbank" in german


def test_it_is_for_administrators(house: House) -> None:
    house.who = Actor("user:1", {"*": {"read": "all"}})
    assert "for administrators" in house.get(403)
    house.press("integrity", 403)
    assert not house.jobs.list()


def test_a_look_is_a_job_and_what_it_found_stays(house: House) -> None:
    house.press("integrity")
    house.press("files")
    eventually(lambda: all(job.final for job in house.jobs.list()))
    page = house.get()
    assert "The database is whole." in page and "All 0 files have their content." in page
    kept = keep(house.store, io.BytesIO(b"x"), limit=None, name="lost.pdf")
    with house.records.work(SYSTEM) as work:
        add_file(work, kept)
    house.store.delete(kept.sha)
    house.health["database"]["state"] = "ok"
    assert "Everything is in order." in house.get()
    house.press("files")
    eventually(lambda: all(job.final for job in house.jobs.list(kind=FILES)))
    page = house.get()
    assert "1 files have lost their content" in page and "lost.pdf" in page and "Everything is in order." not in page


def test_jobs_that_failed_are_tried_again_or_given_up_together(house: House) -> None:
    ids = [house.jobs.enqueue("boom") for _ in range(2)]
    eventually(lambda: all(house.jobs.get(one).final for one in ids))
    assert "Boom" in house.get() and "something needs a look" in house.get()
    house.press("retry")
    eventually(lambda: all(house.jobs.get(one).final for one in ids))
    house.press("discard")
    assert {house.jobs.get(one).state for one in ids} == {"cancelled"}
    assert "None." in house.get()
    house.press("reindex", 404)  # no worker of this process makes the index: there is no such button
