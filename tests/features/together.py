"""A small house for what people do together: its door, jobs with a worker, and several people."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from appliance.base import paths
from appliance.engines.files.local import LocalFiles
from appliance.engines.queue.database import DatabaseQueue
from appliance.features.batches import batch
from appliance.features.comments import api as comments_api
from appliance.features.comments.jobs import purge_kind
from appliance.features.feed import api as feed_api
from appliance.features.identity import accounts
from appliance.features.jobs import api as jobs_api
from appliance.features.notices import api as notices_api
from appliance.features.notices.follower import NoticeFollower
from appliance.features.notices.jobs import tell_of_jobs
from appliance.features.notices.table import Notices
from appliance.features.undo import api as undo_api
from appliance.features.undo.jobs import undo_body, undo_kind
from appliance.http.app import create_app
from appliance.http.hosts import Hosts
from appliance.http.jsonapi.blueprint import make_blueprint, make_resources
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import JobKind
from appliance.jobs.worker import Worker
from appliance.records.declaration import read_entity
from appliance.records.permissions import ROLES, SYSTEM, Actor
from appliance.records.records import Records

MEDIA = "application/vnd.api+json"
OWN = dict.fromkeys(("read", "create", "update", "delete"), "own")
DECLARED: list[dict[str, Any]] = [
    {"name": "tag", "fields": [{"name": "name"}]},
    {"name": "firm", "fields": [{"name": "name"}]},
    {"name": "contact", "fields": [
        {"name": "name", "required": True}, {"name": "stage", "kind": "choice", "choices": ["new", "old"]},
        {"name": "code", "unique": True}, {"name": "tags", "kind": "relations", "target": "tag", "inverse": "contacts"},
        {"name": "firm", "kind": "relation", "target": "firm", "on_delete": "restrict"},
    ]},
]  # fmt: skip


class Together:
    """`who` acts in `ask`: root (administrator), alice and bob (editors), rita (reader), charlie (his own contacts only)."""

    def __init__(self, records: Records, folder: Path):
        self.records, self.who = records, "alice"
        self.actors: dict[str, Actor] = {}
        with records.change_schema(SYSTEM) as schema:
            schema.create_entities([read_entity(d) for d in DECLARED])
        with records.work(SYSTEM) as work:
            accounts.seed_roles(work)
            roles = {"root": "admin", "alice": "editor", "bob": "editor", "rita": "reader", "charlie": "editor"}
            for name, role in roles.items():
                user = accounts.add_user(work, f"{name}@example.org", name=name)[0]
                grants = {"*": OWN} if name == "charlie" else ROLES[role]["grants"]
                self.actors[name] = Actor(f"user:{user}", grants, user=user, name=name, admin=role == "admin", via="ui")
        by_user = {a.user: a for a in self.actors.values()}
        by_key = {a.key: a for a in self.actors.values()}
        files = LocalFiles(folder / "files")
        self.notices = Notices(records)
        self.follower = NoticeFollower(records.database, records, self.notices, by_user.get)
        kinds = [
            batch.batch_kind(records, files, lambda key, _: by_key[key]),
            undo_kind(undo_body(records, lambda key, _: by_key[key])),
            purge_kind(records, 30),
            JobKind("nap", lambda run: None),
            JobKind("fail", lambda run: 1 / 0, attempts=1),
        ]
        self.jobs = Jobs(records.database, DatabaseQueue(records.database), kinds)
        tell_of_jobs(self.notices, self.jobs)
        self.worker = Worker(self.jobs, 1)
        self._started = False
        resources = make_resources(records)
        app = create_app(
            blueprints=[
                undo_api.make_api(records, self.jobs),
                comments_api.make_api(resources),
                notices_api.make_api(self.notices),
                batch.make_api(records, self.jobs, files),
                jobs_api.make_api(self.jobs),
                feed_api.make_api(records),
                make_blueprint(records, resources),
            ],
            authenticate=lambda: self.actors.get(self.who),
            hosts=Hosts(),
            templates=paths.TEMPLATES,
            max_body=50_000,
        )
        self.client: FlaskClient = app.test_client()

    def stop(self) -> None:
        if self._started:
            self.worker.stop(10)

    def user(self, name: str) -> int:
        found = self.actors[name].user
        assert found
        return found

    def make(self, entity: str, who: str = "alice", **values: Any) -> int:
        with self.records.work(self.actors[who]) as work:
            return work.create(entity, values)[0]

    def ask(self, method: str, path: str, document: Any = None, status: int = 200, who: str | None = None) -> Any:
        """The document of an answer that must have this status."""
        if who is not None:
            self.who = who
        body = None if document is None else {"data": document}
        answer = self.client.open(path, method=method, json=body, content_type=MEDIA if body else None)
        assert answer.status_code == status, answer.text
        return answer.get_json(force=True) if answer.data else None

    def done(self, answer: Any) -> dict[str, Any]:
        """The attributes of the job in an answer, once it has ended well."""
        if not self._started:
            self.worker.start()
            self._started = True
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = self.ask("GET", f"/api/jobs/{answer['data']['id']}")["data"]["attributes"]
            if found["finished_at"]:
                assert found["state"] == "success", found
                return dict(found)
            time.sleep(0.02)
        raise AssertionError(found)

    def follow(self) -> None:
        """Notices catch up."""
        while self.follower.step():
            pass

    def transaction(self, entity: str, id_: int) -> str:
        """That of a record's newest entry."""
        return self.records.log.of_record(entity, id_, limit=1)[0].transaction
