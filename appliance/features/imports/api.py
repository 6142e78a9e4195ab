"""/api/imports: a file that was uploaded (or is the body) is looked at, becomes records as a job whose progress and report
can be read, and can be taken back. /api/import-mappings: which column went where, to be used again."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, Response, request

from appliance.base.errors import Conflict, Invalid, NotFound, Problem
from appliance.base.text import say
from appliance.engines.files.protocol import FileStore
from appliance.features.files.storing import add_file, keep
from appliance.features.imports import asking
from appliance.features.imports.analysis import analyse
from appliance.features.imports.history import History, Import
from appliance.features.imports.jobs import RUN, UNDO, local_file
from appliance.features.imports.layout import read_options
from appliance.features.imports.remembered import LAST, Remembered, signature
from appliance.features.imports.shown import import_resource, mapping_resource
from appliance.features.jobs.api import accepted, job_actor
from appliance.http import requests
from appliance.http.jsonapi.answers import answer, no_content
from appliance.http.jsonapi.document import VERSION
from appliance.jobs.jobs import Jobs
from appliance.jobs.row import FINAL, JobRow
from appliance.records.declaration import read_entity
from appliance.records.entity import Entity
from appliance.records.permissions import Actor, may
from appliance.records.reading import Reading
from appliance.records.records import Records

_ANALYSIS = {"file", "entity", "options"}
_MAPPING = {"entity", "name", "mapping", "options", "keys", "mode", "columns"}


def make_api(records: Records, jobs: Jobs, files: FileStore, *, max_upload: int) -> Blueprint:
    api = Blueprint("imports", __name__, url_prefix="/api")
    history, remembered = History(records.database), Remembered(records.database)

    # ------------------------------------------------------------------ look, run, undo

    @api.post("/imports/analysis")
    def analysis() -> Response:
        """Attributes file, entity (may be missing: then a declaration is proposed) and options; or the file itself as the
        body, which is kept as a private file, with ?entity= and ?name= in the address."""
        actor = requests.actor()
        if asking.is_file():
            asking.only("entity", "name")
            given: dict[str, Any] = {"entity": request.args.get("entity"), "file": _kept_body(actor)}
        else:
            given = asking.attributes(_ANALYSIS)
        name, sha = _uploaded(actor, given.get("file"))
        entity = _importable(actor, given["entity"]) if given.get("entity") is not None else None
        options = read_options(given.get("options") or {})
        with local_file(files, sha) as path:
            found = analyse(records, actor, path, name, entity, options)
        found |= {"file": str(given["file"]), "file_name": name}
        return answer(
            {"jsonapi": VERSION, "data": {"type": "import-analyses", "id": str(given["file"]), "attributes": found}}
        )

    @api.post("/imports")
    def start() -> Response:
        """Attributes file, entity or create_entity (a declaration), mapping, keys, mode, dry_run, options, saved_mapping;
        or the file itself as the body, with the words of `asking.from_address` in the address."""
        actor = requests.actor()
        if asking.is_file():
            wanted = asking.from_address()
            request.max_content_length = max_upload  # a file, though it comes as a body
            wanted["blob"] = files.put(cast(Any, request.stream), max_upload).sha256
            name = asking.name_of_body()
        else:
            wanted = asking.from_document()
            if (saved := wanted.pop("saved_mapping", None)) is not None:
                held = remembered.get(actor, str(saved)).shown()
                wanted = {k: held[k] for k in ("mapping", "options", "keys", "mode")} | wanted
            wanted = asking.checked(wanted)
            name, wanted["blob"] = _uploaded(actor, wanted.pop("file"))
        if declared := wanted.pop("create_entity", None):
            with records.change_schema(actor) as schema:
                made = schema.create_entities([read_entity(declared, "/data/attributes/create_entity")])[0]
            entity = records.registry.entity(made.name)
        else:
            entity = _importable(actor, str(wanted["entity"]))
        wanted["entity"] = entity.name
        plan = {k: wanted[k] for k in ("mapping", "keys", "mode", "dry_run", "options")}
        with records.database.write():
            job_id = jobs.enqueue(RUN, {**wanted, "scopes": list(actor.scopes)}, actor=job_actor(actor))
            history.begin(job_id, job_actor(actor), entity.name, name, plan)
        return accepted(jobs.get(job_id))

    @api.post("/imports/<id_>/undo")
    def undo(id_: str) -> Response:
        """A job that takes it back: 202. Conflict while it runs, and when it was a dry run."""
        actor, done = requests.actor(), mine(id_)
        job = _job(done.job)
        if done.plan.get("dry_run"):
            raise Conflict(say("This import was a dry run: it changed nothing."), code="dry_run")
        if job is not None and job.state not in FINAL:
            raise Conflict(say("This import is still running; cancel it first."), code="running")
        with records.database.write():
            arguments = {"id": done.public_id, "scopes": list(actor.scopes)}
            job_id = jobs.enqueue(UNDO, arguments, actor=job_actor(actor), key=f"{UNDO}:{done.public_id}")
            history.undoing(done.id, job_id)
        return accepted(jobs.get(job_id))

    @api.get("/imports")
    def list_imports() -> Response:
        actor = requests.actor()
        asking.only()
        found = history.newest(None if actor.admin else job_actor(actor))
        return answer({"jsonapi": VERSION, "data": [import_resource(i, _job(i.job)) for i in found]})

    @api.get("/imports/<id_>")
    def get_import(id_: str) -> Response:
        done = mine(id_)
        return answer({"jsonapi": VERSION, "data": import_resource(done, _job(done.job))})

    # ------------------------------------------------------------------ mappings

    @api.get("/import-mappings")
    def list_mappings() -> Response:
        actor = requests.actor()
        asking.only("filter[entity]")
        wanted = request.args.get("filter[entity]")
        entity = _importable(actor, wanted).name if wanted else None
        return answer({"jsonapi": VERSION, "data": [mapping_resource(s) for s in remembered.named(actor, entity)]})

    @api.post("/import-mappings")
    def save_mapping() -> Response:
        """Attributes entity, name, mapping, options, keys, mode; `columns` of the file let it be proposed for others like
        it. One of the same name is replaced. 201."""
        actor = requests.actor()
        given = asking.attributes(_MAPPING)
        name, columns = given.pop("name", None), given.pop("columns", [])
        problems = [
            Problem(n, say("is required"), "required")
            for n, v in (("name", name), ("entity", given.get("entity"))) if not isinstance(v, str) or not v
        ]  # fmt: skip
        if isinstance(name, str) and (name.startswith(f"{LAST} ") or len(name) > 100):
            problems.append(Problem("name", say("must be at most {max} characters", max=100), "too_long"))
        if not isinstance(columns, list) or not all(isinstance(c, str) for c in columns):
            problems.append(Problem("columns", say("must be a list of texts"), "type"))
        if problems:
            raise Invalid(problems)
        entity = _importable(actor, given.pop("entity"))
        words = asking.checked(given)
        columns = columns or list(words["mapping"].values())
        id_ = remembered.save(job_actor(actor), entity.name, str(name), signature(columns), words)
        resource = mapping_resource(remembered.get(actor, str(id_)))
        return answer({"jsonapi": VERSION, "data": resource}, 201, location=resource["links"]["self"])

    @api.get("/import-mappings/<id_>")
    def get_mapping(id_: str) -> Response:
        return answer({"jsonapi": VERSION, "data": mapping_resource(remembered.get(requests.actor(), id_))})

    @api.delete("/import-mappings/<id_>")
    def forget_mapping(id_: str) -> Response:
        remembered.forget(requests.actor(), id_)
        return no_content()

    # ------------------------------------------------------------------ steps

    def mine(id_: str) -> Import:
        actor = requests.actor()
        done = history.get(id_)
        if not actor.admin and done.actor != job_actor(actor):
            raise NotFound(say("There is no import {id}.", id=id_[:30]))
        return done

    def _job(job_id: int | None) -> JobRow | None:
        try:
            return jobs.get(job_id) if job_id is not None else None
        except NotFound:  # pruned
            return None

    def _importable(actor: Actor, word: Any) -> Entity:
        entity = records.registry.find(str(word))
        if entity.builtin:
            raise NotFound(say("{entity} cannot be imported.", entity=entity.plural))
        if not actor.reach("update", entity.name):
            may(actor, "create", entity.name)
        return entity

    def _kept_body(actor: Actor) -> str:
        may(actor, "create", "file")
        request.max_content_length = max_upload
        kept = keep(
            files, cast(Any, request.stream), limit=max_upload, name=asking.name_of_body(), claimed=request.mimetype
        )
        with records.work(actor) as work:
            return str(add_file(work, kept)[0])

    def _uploaded(actor: Actor, file_id: Any) -> tuple[str, str]:
        """(name, digest) of an uploaded file that the actor may read."""
        table = records.registry.tables["file"]
        number = str(file_id)
        ids = [int(number)] if number.isascii() and number.isdigit() and len(number) < 18 else []
        found = Reading(records.database, records.registry, actor).by_ids("file", ids)
        if not found:
            text = say("there is no {entity} with id {id}", entity="file", id=number[:30])
            raise Invalid([Problem("file", text, "not_found")])
        row = next(iter(found.values()))
        return str(row[table.place["name"]]), str(row[table.place["sha"]])

    return api
