"""A small house for imports over HTTP: its door, its files, a worker for the jobs, and a client for anybody."""

from __future__ import annotations

import html
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from appliance.base import paths
from appliance.engines.cache.memory import MemoryCache
from appliance.engines.files.local import LocalFiles
from appliance.engines.queue.database import DatabaseQueue
from appliance.features.exports import api as exports_api
from appliance.features.files import api as files_api
from appliance.features.home.box import Box
from appliance.features.home.navigation import Navigation
from appliance.features.identity import accounts
from appliance.features.imports import api as imports_api
from appliance.features.imports import kind_pages, pages, report_pages
from appliance.features.imports.analyses import Analyses
from appliance.features.imports.desk import Desk
from appliance.features.imports.inspection import FileInspector
from appliance.features.imports.jobs import RUN, UNDO, bodies
from appliance.features.jobs import api as jobs_api
from appliance.features.security_events.security_events import SecurityEvents
from appliance.http.app import create_app
from appliance.http.assets import Assets
from appliance.http.hosts import Hosts
from appliance.http.jsonapi.blueprint import make_blueprint, make_resources
from appliance.http.pages.rendering import furnish
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import JobKind
from appliance.jobs.worker import Worker
from appliance.records.permissions import ROLES, SYSTEM, Actor
from appliance.records.records import Records

MAX = 1_000_000


@dataclass
class Office:
    records: Records
    folder: Path
    who: str = "root"
    actors: dict[str, Actor] = field(default_factory=dict)
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        with self.records.work(SYSTEM) as work:
            accounts.seed_roles(work)
            for name, role in (("root", "admin"), ("alice", "editor"), ("rita", "reader")):
                user = accounts.add_user(work, f"{name}@example.org", name=name)[0]
                self.actors[name] = Actor(
                    f"user:{user}", ROLES[role]["grants"], user=user, name=name, admin=role == "admin"
                )
        by_key = {a.key: a for a in self.actors.values()}
        files = LocalFiles(self.folder / "files")
        database, resources = self.records.database, make_resources(self.records)
        # In a thread here: the helper process would not know these actors.
        run, undo = bodies(self.records, files, lambda key, _: by_key[key])
        kinds = [
            JobKind(RUN, run, lane="import", attempts=3),
            JobKind(UNDO, undo, lane="import", attempts=3),
            exports_api.export_kind(self.records, files, lambda key, _: by_key[key]),
        ]
        self.jobs = Jobs(database, DatabaseQueue(database), kinds)
        self.worker = Worker(self.jobs, 1)
        inspector = FileInspector(self.records, files)  # in this process, for the same reason
        analyses = Analyses(self.records, self.jobs, MemoryCache(), files, inspector)
        desk, box = Desk(self.records, self.jobs, files, inspector, analyses), Box(database, "UTC")
        app = create_app(
            blueprints=[
                imports_api.make_api(desk, max_upload=MAX),
                pages.make_pages(desk, max_upload=MAX),
                kind_pages.make_pages(desk, max_upload=MAX),
                report_pages.make_pages(desk),
                exports_api.make_api(self.records, self.jobs, SecurityEvents(database)),
                jobs_api.make_api(self.jobs),
                files_api.make_api(resources, files, max_upload=MAX),
                make_blueprint(self.records, resources),
            ],
            authenticate=lambda: self.actors.get(self.who),
            hosts=Hosts(),
            templates=paths.TEMPLATES,
            max_body=50_000,
            furnish=lambda app: furnish(
                app, Assets(), Navigation(self.records), box, version="0", log_position=self.records.log.last
            ),
        )
        self.client = app.test_client()
        self.worker.start()

    def ask(
        self, method: str, path: str, attributes: dict[str, Any] | None = None, *, status: int = 200, **more: Any
    ) -> Any:
        """The data of the answer, or its errors."""
        if attributes is not None:
            more["json"] = {"data": {"type": "things", "attributes": attributes}}
        answer = self.client.open(path, method=method, **more)
        assert answer.status_code == status, answer.text
        found = answer.get_json(force=True) if answer.data else {}
        return found.get("data", found.get("errors"))

    def page(
        self, path: str, form: dict[str, Any] | None = None, *, status: int = 200, language: str = "en"
    ) -> tuple[str, str]:
        """(where one comes to, what stands there) in a browser that runs no script."""
        headers = {"Accept": "text/html", "Accept-Language": language}
        answer = self.client.open(
            path, method="GET" if form is None else "POST", data=form, headers=headers, follow_redirects=True
        )
        assert answer.status_code == status, answer.text
        return answer.request.full_path.rstrip("?"), html.unescape(answer.text)

    def report(self, path: str, language: str = "en") -> str:
        """The page of an import that has ended."""
        job = path.split("?")[0].rsplit("/", 1)[1]
        deadline = time.monotonic() + 60
        while not self.ask("GET", f"/api/jobs/{job}")["attributes"]["finished_at"]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return self.page(path, language=language)[1]

    def upload(self, content: str | bytes, name: str = "people.csv") -> str:
        data = content.encode() if isinstance(content, str) else content
        return str(self.ask("POST", "/api/files", status=201, data=data, query_string={"name": name})["id"])

    def done(self, job: dict[str, Any]) -> dict[str, Any]:
        """The attributes of a job that has ended well."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = self.ask("GET", f"/api/jobs/{job['id']}")["attributes"]
            if found["finished_at"]:
                assert found["state"] == "success", found
                return dict(found)
            time.sleep(0.02)
        raise AssertionError(found)

    def bring(self, **attributes: Any) -> tuple[str, dict[str, Any]]:
        """(id of the import, its report)"""
        job = self.ask("POST", "/api/imports", attributes, status=202)
        return job["id"], self.done(job)["result"]
