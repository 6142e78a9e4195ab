"""/api/undo: one transaction of the log, or all that a job did, is taken back. /api/<type>/<id>/restore: a record as it was.
/api/<type>/deleted: what can be brought back."""

from __future__ import annotations

from flask import Blueprint, Response, request

from appliance.base import clock
from appliance.base.digits import is_id
from appliance.base.errors import Conflict, Invalid, NotFound, Problem
from appliance.base.text import say
from appliance.features.undo.jobs import KIND
from appliance.features.undo.restoring import bring_back, deleted_records, restore
from appliance.features.undo.taking_back import Undone, UndoRefused
from appliance.features.undo.tracing import Traces, trace_of_job
from appliance.features.undo.undoing import AT_ONCE, entries_of, undo_transaction
from appliance.http import requests
from appliance.http.errors import translate
from appliance.http.jsonapi.answers import answer, no_parameters
from appliance.http.jsonapi.document import VERSION, Documents
from appliance.http.jsonapi.given import attributes, query_number
from appliance.http.jsonapi.job_resource import accepted, job_actor
from appliance.http.jsonapi.resources import etag_of, read_id
from appliance.http.route_policy import RoutePolicy, declare
from appliance.jobs.jobs import Jobs
from appliance.records.permissions import Actor
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.work import Work


def start_undo(records: Records, jobs: Jobs, actor: Actor, job_id: int) -> int:
    """Take back what a job did, as a job; returns its id. NotFound for a job that is not the actor's (administrators: any),
    Conflict while it runs, and when it changed nothing."""
    name = trace_of_job(job_id)
    job = jobs.table.get(job_id)
    if job is None or not (actor.admin or job.actor == job_actor(actor)):
        raise NotFound(say("There is no job {id}.", id=job_id))
    if not job.final:
        raise Conflict(say("This job is still running; cancel it first."), code="running")
    traces = Traces(records.database)
    if not traces.spans(name):
        raise Conflict(say("This job changed no records that could be taken back."), code="nothing")
    with records.database.write():
        arguments = {"name": name, "scopes": list(actor.scopes)}
        return jobs.enqueue(KIND, arguments, actor=job_actor(actor), key=f"{KIND}:{name}")


def make_api(records: Records, jobs: Jobs) -> Blueprint:
    api = Blueprint("undo", __name__, url_prefix="/api")

    @api.post("/undo")
    def undo() -> Response:
        """Attributes `transaction`, or `job`; with `partly`, what cannot be taken back is left and reported. 200 with what
        happened, 202 for a job; 409 with an error for each field that was changed since."""
        actor, given = requests.actor(), attributes("transaction", "job", "partly")
        no_parameters()
        if ("transaction" in given) == ("job" in given):
            text = say("give transaction, or job, and not both")
            raise Invalid([Problem("transaction", text, "required")])
        for word in ("transaction", "job"):
            if word in given and not isinstance(given[word], str):
                raise Invalid([Problem(word, say("must be a text"), "type")])
        if type(given.get("partly", False)) is not bool:
            raise Invalid([Problem("partly", say("must be true or false"), "type")])
        if "job" in given:
            number = given["job"]
            if not is_id(number):
                raise NotFound(say("There is no job {id}.", id=number[:30]))
            return accepted(jobs.get(start_undo(records, jobs, actor, int(number))))
        try:
            with records.work(actor) as work:
                if entries_of(work, given["transaction"]) > AT_ONCE:
                    return _long(work, actor, given["transaction"])
                done = undo_transaction(work, given["transaction"], partly=given.get("partly", False))
                return _answer(work.transaction, done)
        except UndoRefused as refused:
            return _refused(refused, actor)

    def _long(work: Work, actor: Actor, transaction: str) -> Response:
        """One transaction as long as a job gets a trace of its own."""
        name = f"transaction:{transaction}"
        traces = Traces(records.database)
        if not traces.spans(name):
            sql = 'SELECT min("position"), max("position") FROM ingot_log WHERE "transaction" = ?'
            traces.note(name, *work.database.rows(work.database.sql(sql), (transaction,))[0])
        arguments = {"name": name, "scopes": list(actor.scopes)}
        job_id = jobs.enqueue(KIND, arguments, actor=job_actor(actor), key=f"{KIND}:{name}")
        return accepted(jobs.get(job_id))

    @api.post("/<type_>/<id_>/restore")
    def restore_record(type_: str, id_: str) -> Response:
        """Attributes `version` and `fields` (all when it is missing): the record with the values of that version. Without a
        version: a deleted record, with what went with it. 200 with the record."""
        actor, given = requests.actor(), attributes("version", "fields")
        no_parameters()
        version, fields = given.get("version"), given.get("fields")
        if version is not None and (type(version) is not int or version < 1):
            raise Invalid([Problem("version", say("must be a whole number"), "type")])
        if fields is not None and not (isinstance(fields, list) and all(isinstance(f, str) for f in fields)):
            raise Invalid([Problem("fields", say("must be a list of texts"), "type")])
        if fields is not None and version is None:
            raise Invalid([Problem("version", say("is required"), "required")])
        try:
            with records.work(actor) as work:
                entity = work.registry.of_type(type_)
                if entity.builtin and entity.name != "file":
                    raise NotFound(say("{type} cannot be written at this address.", type=type_))
                record_id, left = read_id(entity, id_), []
                if version is None:
                    left = bring_back(work, entity.name, record_id).left
                else:
                    restore(work, entity.name, record_id, version, fields)
                table = work.table(entity.name)
                row = work.row(table, record_id)
                if row is None:
                    raise UndoRefused(left)
                document = Documents(Reading(records.database, work.registry, actor), None).one(table, row)
                document["meta"] = {**document.get("meta", {}), "transaction": work.transaction, "left": left}
                etag = etag_of(work.registry, row)
        except UndoRefused as refused:
            return _refused(refused, actor)
        return answer(document, etag=etag)

    @api.get("/<type_>/deleted")
    def deleted(type_: str) -> Response:
        """The records of a type that were deleted and can come back, newest first."""
        actor = requests.actor()
        no_parameters("page[after]", "page[size]")
        entity = records.registry.of_type(type_)
        size = min(max(query_number("page[size]", 50), 1), 200)
        found = deleted_records(records, actor, entity.name, before=query_number("page[after]", None), limit=size)
        data = [
            {
                "type": "deleted-records", "id": f"{entity.type}-{one['id']}",
                "attributes": {
                    "title": one["title"], "at": clock.wire(clock.from_micros(one["at"])), "actor": one["actor"],
                    "position": one["position"], "transaction": one["transaction"], "record": str(one["id"]),
                },
                "links": {"restore": f"/api/{entity.type}/{one['id']}/restore"},
            }
            for one in found
        ]  # fmt: skip
        more = f"{request.path}?page[after]={found[-1]['position']}&page[size]={size}" if len(found) == size else None
        links = {"self": request.full_path.rstrip("?"), "next": more}
        return answer({"jsonapi": VERSION, "data": data, "links": links})

    return declare(api, RoutePolicy("undo", None))


def _answer(transaction: str, done: Undone) -> Response:
    attributes = {"transaction": transaction, **done.shown()}
    return answer({"jsonapi": VERSION, "data": {"type": "undo", "id": transaction, "attributes": attributes}})


def _refused(refused: UndoRefused, actor: Actor) -> Response:
    """An error for each field, or record, that hinders."""
    status, plain, _ = translate(refused, actor.language or requests.language())
    listed = []
    for one in refused.left:
        told = {"entity": one["entity"], "id": one["id"]}
        fields = one["fields"] or [{}]
        listed += [{**plain[0], "detail": one["reason"], "meta": {**told, **field}} for field in fields]
    return answer({"jsonapi": VERSION, "errors": (listed or plain)[:100]}, status)
