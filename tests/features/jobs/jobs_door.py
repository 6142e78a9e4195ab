"""A small public door for the tests of jobs and schedules: these two alone, over a real database, for an administrator and
two people."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from appliance.base import paths
from appliance.engines.database.protocol import Database
from appliance.engines.queue.database import DatabaseQueue
from appliance.features.jobs import api as jobs_api
from appliance.features.schedules import api as schedules_api
from appliance.http.app import create_app
from appliance.http.hosts import Hosts
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import JobKind
from appliance.jobs.worker import Worker
from appliance.records.permissions import Actor

MEDIA = "application/vnd.api+json"
ACTORS = {
    "root": Actor("user:1", {}, user=1, admin=True),
    "ann": Actor("user:2", {}, user=2),
    "bob": Actor("token:9", {}, user=3),
}


KINDS = [
    JobKind("echo", lambda run, **arguments: arguments, schedulable=True, label="Echo"),
    JobKind("fail", lambda run: 1 / 0, attempts=1, lane="mail"),
    JobKind("nightly", lambda run: {"swept": 3}, crontab="17 3 * * *"),
]


def make_door(database: Database) -> Door:
    return Door(Jobs(database, DatabaseQueue(database), KINDS))


class Door:
    def __init__(self, jobs: Jobs):
        self.jobs, self.worker, self.who = jobs, Worker(jobs, 2), "root"
        app = create_app(
            blueprints=[jobs_api.make_api(jobs), schedules_api.make_api(jobs)],
            authenticate=lambda: ACTORS.get(self.who),
            hosts=Hosts(),
            templates=paths.TEMPLATES,
            max_body=50_000,
        )
        self.client: FlaskClient = app.test_client()

    def ask(self, method: str, path: str, status: int = 200, **attributes: Any) -> Any:
        """The document of an answer that must have this status; attributes become a document of the path's type."""
        body = None
        if method in ("POST", "PATCH") and not path.endswith("/runs"):
            parts = path.split("/")
            data = {"type": parts[2], "attributes": attributes} | ({"id": parts[3]} if len(parts) > 3 else {})
            body = {"data": data}
        answer = self.client.open(path, method=method, json=body, content_type=MEDIA if body else None)
        assert answer.status_code == status, answer.text
        return answer.get_json(force=True) if answer.data else None

    def ids(self, query: str = "") -> list[int]:
        return [int(r["id"]) for r in self.ask("GET", f"/api/jobs{query}")["data"]]
