"""/api/imports: a file that was uploaded (or is the body) becomes records, as a job whose progress and report can be read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from flask import Blueprint, Response, request

from appliance.base.errors import BadRequest, Invalid, NotFound, Problem
from appliance.base.text import say
from appliance.engines.files.protocol import FileStore
from appliance.features.imports.running import Plan, run_import
from appliance.features.jobs.api import accepted, job_actor, job_resource
from appliance.http import requests
from appliance.http.jsonapi.answers import answer
from appliance.http.jsonapi.document import VERSION
from appliance.http.jsonapi.incoming import read_data
from appliance.http.jsonapi.media import check_content_type
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import JobKind
from appliance.jobs.run import Run
from appliance.records.permissions import Actor, may
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.steps import Steps

KIND = "imports.run"
TABLES = ("text/csv", "text/tab-separated-values")


def make_api(records: Records, jobs: Jobs, files: FileStore, *, max_upload: int) -> Blueprint:
    api = Blueprint("imports", __name__, url_prefix="/api")

    @api.post("/imports")
    def start() -> Response:
        """JSON:API with attributes entity, file (the id of an upload), mapping, keys, mode, dry_run; or the CSV itself as
        the body, with ?entity=, ?key=, ?map=FIELD=COLUMN (may be repeated) and ?mode= in the address."""
        actor = requests.actor()
        if request.mimetype in TABLES:
            wanted = _from_address()
            request.max_content_length = max_upload  # a file, though it comes as a body
            wanted["blob"] = files.put(cast(BinaryIO, request.stream), max_upload).sha256
        else:
            check_content_type(request.headers.get("Content-Type", ""))
            wanted = _from_document()
            wanted["blob"] = _uploaded(actor, wanted.pop("file"))
        entity = records.registry.find(str(wanted["entity"]))
        if entity.builtin:
            raise NotFound(say("{entity} cannot be imported.", entity=entity.plural))
        if not actor.reach("update", entity.name):
            may(actor, "create", entity.name)
        job_id = jobs.enqueue(
            KIND, {**wanted, "entity": entity.name, "scopes": list(actor.scopes)}, actor=job_actor(actor)
        )
        return accepted(jobs.get(job_id))

    @api.get("/imports")
    def list_imports() -> Response:
        actor = requests.actor()
        rows = jobs.list(kind=KIND, actor=None if actor.admin else job_actor(actor))
        return answer({"jsonapi": VERSION, "data": [_resource(r) for r in rows]})

    @api.get("/imports/<id_>")
    def get_import(id_: str) -> Response:
        actor = requests.actor()
        row = jobs.get(int(id_)) if id_.isascii() and id_.isdigit() and len(id_) < 18 else None
        if row is None or row.kind != KIND or not (actor.admin or row.actor == job_actor(actor)):
            raise NotFound(say("There is no import {id}.", id=id_[:30]))
        return answer({"jsonapi": VERSION, "data": _resource(row)})

    def _uploaded(actor: Actor, file_id: Any) -> str:
        table = records.registry.tables["file"]
        found = Reading(records.database, records.registry, actor).by_ids(
            "file", [int(file_id)] if str(file_id).isdigit() else []
        )
        if not found:
            raise Invalid(
                [
                    Problem(
                        "file",
                        say("there is no {entity} with id {id}", entity="file", id=str(file_id)[:30]),
                        "not_found",
                    )
                ]
            )
        return str(next(iter(found.values()))[table.place["sha"]])

    return api


def _from_address() -> dict[str, Any]:
    for name in request.args:
        if name not in ("entity", "key", "map", "mode", "dry_run"):
            raise BadRequest(say("There is no parameter {name} here.", name=name[:100]), parameter=name[:100])
    if "entity" not in request.args:
        raise BadRequest(say("Say which entity the rows are: ?entity=contacts."), parameter="entity")
    pairs = [m.partition("=") for m in request.args.getlist("map")]
    return _checked({
        "entity": request.args["entity"], "keys": request.args.getlist("key"), "mapping": {a: c for a, _, c in pairs},
        "mode": request.args.get("mode", "upsert"), "dry_run": request.args.get("dry_run", "false").lower() in ("true", "1"),
    })  # fmt: skip


def _from_document() -> dict[str, Any]:
    data = read_data(requests.body_object())
    given = data.get("attributes") if isinstance(data.get("attributes"), dict) else {}
    assert isinstance(given, dict)
    unknown = set(given) - {"entity", "file", "mapping", "keys", "mode", "dry_run"}
    problems = [Problem(n, say("there is no field called {name}", name=n[:100]), "unknown") for n in sorted(unknown)]
    problems += [
        Problem(n, say("is required"), "required") for n in ("entity", "file") if not isinstance(given.get(n), str)
    ]
    if problems:
        raise Invalid(problems)
    return _checked({"mapping": {}, "keys": [], "mode": "upsert", "dry_run": False, **given})


def _checked(wanted: dict[str, Any]) -> dict[str, Any]:
    problems = []
    if wanted["mode"] not in ("upsert", "create", "update"):
        problems.append(Problem("mode", say("must be one of: {choices}", choices="upsert, create, update"), "choice"))
    if not isinstance(wanted["keys"], list) or not all(isinstance(k, str) for k in wanted["keys"]):
        problems.append(Problem("keys", say("must be a list of field names"), "type"))
    if not isinstance(wanted["mapping"], dict) or not all(isinstance(v, str) for v in wanted["mapping"].values()):
        problems.append(Problem("mapping", say("must be an object: field or relation.key to column"), "type"))
    if problems:
        raise Invalid(problems)
    return wanted


def _resource(row: Any) -> dict[str, Any]:
    resource = job_resource(row)
    attributes = resource["attributes"]
    shown = {k: attributes[k] for k in ("state", "progress", "error", "created_at", "started_at", "finished_at")}
    shown |= {
        "entity": row.arguments.get("entity"),
        "keys": row.arguments.get("keys"),
        "mapping": row.arguments.get("mapping"),
        "report": row.result,
    }
    job = {"data": {"type": "jobs", "id": str(row.id)}, "links": {"related": f"/api/jobs/{row.id}"}}
    return {
        "type": "imports",
        "id": str(row.id),
        "attributes": shown,
        "relationships": {"job": job},
        "links": {"self": f"/api/imports/{row.id}"},
    }


def import_kind(records: Records, files: FileStore, actor_of: Callable[[str, list[str]], Actor]) -> JobKind:
    """The job behind it. Killed half-way it goes on behind the last chunk that was stored."""

    def body(
        run: Run,
        entity: str,
        blob: str,
        keys: list[str],
        mapping: dict[str, str],
        mode: str,
        dry_run: bool,
        scopes: list[str],
    ) -> Any:
        actor = actor_of(run.actor, scopes)
        steps = Steps(records.database, f"job:{run.job_id}")
        with local_file(files, blob) as path:
            plan = Plan(entity, path, tuple(keys), mapping, dry_run, mode)
            return run_import(records, actor, plan, run.progress, steps).shown()

    return JobKind(KIND, body, lane="import", label=say("Import"), attempts=3)


@contextmanager
def local_file(files: FileStore, sha: str) -> Iterator[Path]:
    """The blob as a file on this machine: the store's own, or a copy that goes away afterwards."""
    found = files.path(sha)
    if found:
        yield found
        return
    with tempfile.NamedTemporaryFile() as copy, files.open(sha) as source:
        shutil.copyfileobj(source, copy)
        copy.flush()
        yield Path(copy.name)
