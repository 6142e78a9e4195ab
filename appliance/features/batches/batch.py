"""PATCH and DELETE on a list: an asynchronous batch. `data` as a list creates and updates each; `data` as one object, with
filters in the address, changes every record that matches, and DELETE deletes them; both can be tried with `?dry-run=true`. It
runs as a job, in chunks; an item that fails is reported, not fatal, and the whole can be taken back."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import orjson
from flask import Blueprint, Response, request

from appliance.base.errors import BadRequest, IngotError
from appliance.base.text import say
from appliance.engines.files.protocol import FileStore
from appliance.features.batches.bulk import CHUNK, KIND, change_chunk, chunks, preview, start_bulk, told
from appliance.features.batches.changing import Change, from_resource
from appliance.features.batches.matching import matching_ids, question
from appliance.features.undo.tracing import Trace, trace_of_job
from appliance.http import requests
from appliance.http.jsonapi.answers import answer, check_accept, no_parameters
from appliance.http.jsonapi.document import VERSION
from appliance.http.jsonapi.incoming import read_resource, version_in
from appliance.http.jsonapi.job_resource import accepted, job_actor
from appliance.http.jsonapi.media import check_content_type
from appliance.http.jsonapi.parameters import write_query
from appliance.http.jsonapi.resources import may_write, writable
from appliance.http.jsonapi.storing import Storing
from appliance.http.route_policy import RECORDS, RoutePolicy, declare
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import JobKind
from appliance.jobs.run import Run
from appliance.records.permissions import Actor
from appliance.records.records import Records
from appliance.records.steps import Steps
from appliance.records.work import Work

MAX_ITEMS = 10_000
SHOWN = 1_000
TRIED = 500
"""Resources that a dry run tries while the client waits."""
COUNTED = ("created", "updated", "deleted", "unchanged")
IDS = -1
"""The step that settles which records a batch is about."""


def make_api(records: Records, jobs: Jobs, files: FileStore) -> Blueprint:
    api = Blueprint("batches", __name__, url_prefix="/api")

    @api.patch("/<type_>")
    def batch(type_: str) -> Response:
        check_content_type(request.headers.get("Content-Type", ""))
        check_accept()
        actor = requests.actor()
        entity = writable(records.registry, type_)
        may_write(actor, entity, "update", "create", "delete")
        data = requests.body_object(None).get("data")
        if isinstance(data, dict):
            query = _query()[0]
            question(records.registry, entity, query)
            return _bulk(actor, entity.name, from_resource(records.registry, entity, data))
        query, dry_run = _query()
        if "If-Match" in request.headers:
            text = say("A list changes several records: give each its meta.version instead of If-Match.")
            raise BadRequest(text, header="If-Match")
        if not isinstance(data, list) or not 1 <= len(data) <= MAX_ITEMS:
            raise BadRequest(say("data must be a list of 1 to {max} resources.", max=MAX_ITEMS), pointer="/data")
        if query:  # a list of resources names its records itself
            no_parameters("dry-run")
        if dry_run:
            return answer({"jsonapi": VERSION, "meta": _tried(actor, type_, data)})
        stored = files.put(io.BytesIO(orjson.dumps(data)))
        arguments = {"type": type_, "query": query, "blob": stored.sha256, "scopes": list(actor.scopes)}
        return accepted(jobs.get(jobs.enqueue(KIND, arguments, actor=job_actor(actor))))

    def _tried(actor: Actor, type_: str, data: list[Any]) -> dict[str, Any]:
        """What the first of the resources would do; nothing is kept."""
        part = data[:TRIED]
        with records.rehearsal(), records.work(actor) as work:
            done = _chunk(work, type_, part, 0)
        return {"tried": len(part), "of": len(data), **done, "errors": done["errors"][:SHOWN]}

    @api.delete("/<type_>")
    def delete(type_: str) -> Response:
        check_accept()
        actor = requests.actor()
        entity = writable(records.registry, type_)
        return _bulk(actor, entity.name, Change(delete=True))

    def _bulk(actor: Actor, entity: str, change: Change) -> Response:
        query, dry_run = _query()
        if "If-Match" in request.headers:
            raise BadRequest(say("If-Match says nothing of many records."), header="If-Match")
        if dry_run:
            return answer({"jsonapi": VERSION, "meta": preview(records, actor, entity, query, change)})
        return accepted(jobs.get(start_bulk(records, jobs, actor, entity, query, change)))

    return declare(api, RoutePolicy(RECORDS, None, rehearses=True, locks=True))


def _query() -> tuple[str, bool]:
    """(the query string without dry-run, whether it said so)"""
    dry_run, rest = False, []
    for name, value in request.args.items(multi=True):
        if name != "dry-run":
            rest.append((name, value))
        elif value in ("true", "false"):
            dry_run = value == "true"
        else:
            raise BadRequest(say("{name} must be true or false.", name="dry-run"), parameter="dry-run")
    return write_query(rest).removeprefix("?"), dry_run


def batch_kind(records: Records, files: FileStore, actor_of: Callable[[str, list[str]], Actor]) -> JobKind:
    """The job behind it. It acts with the rights its requester has when it runs."""

    def body(
        run: Run,
        type: str,
        query: str,
        scopes: list[str],
        blob: str | None = None,
        change: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        actor = actor_of(run.actor, scopes)
        steps, trace = Steps(records.database, f"job:{run.job_id}"), Trace(records, trace_of_job(run.job_id))
        data: Any = None
        if blob is not None:
            with files.open(blob) as stored:
                data = orjson.loads(stored.read())
        if isinstance(data, dict):  # asked for by an earlier release
            entity = records.registry.of_type(type)
            change = from_resource(records.registry, entity, {**data, "type": type}).shown()
        if change is None:
            return _items(run, actor, type, data, steps, trace)
        return _change(run, actor, type, query, Change.read(change), steps, trace)

    def _items(run: Run, actor: Actor, type_: str, data: list[Any], steps: Steps, trace: Trace) -> dict[str, Any]:
        listed = iter(data)
        parts = iter(lambda: list(islice(listed, CHUNK)), [])
        return _through(run, actor, parts, len(data), steps, trace, lambda w, part, n: _chunk(w, type_, part, n))

    def _change(
        run: Run, actor: Actor, type_: str, query: str, change: Change, steps: Steps, trace: Trace
    ) -> dict[str, Any]:
        """The records are settled at the first start: after a kill -9 those changed already may not match any more, and
        the others would be taken for them."""
        entity = records.registry.of_type(type_)
        kept = steps.result(IDS)
        if kept is None:
            asked = question(records.registry, entity, query)
            ids = list(matching_ids(records, actor, asked))
            kept = {"blob": files.put(io.BytesIO(orjson.dumps(ids))).sha256}
            with records.database.write():
                steps.mark(IDS, kept)
        with files.open(kept["blob"]) as stored:
            ids = orjson.loads(stored.read())

        def chunk(work: Work, part: list[Any], first: int) -> dict[str, Any]:
            return change_chunk(work, entity.name, part, change, first)

        return _through(run, actor, chunks(ids), len(ids), steps, trace, chunk)

    def _through(
        run: Run, actor: Actor, parts: Iterator[list[Any]], total: int, steps: Steps, trace: Trace,
        do: Callable[[Work, list[Any], int], dict[str, Any]],
    ) -> dict[str, Any]:  # fmt: skip
        summary: dict[str, Any] = {"read": 0, **dict.fromkeys(COUNTED, 0), "failed": 0, "errors": []}
        for number, part in enumerate(parts):
            done = steps.result(number)
            if done is None:
                with records.work(actor) as work, trace.of(work):
                    done = do(work, part, number * CHUNK)
                    steps.mark(number, done)
            summary["read"] += len(part)
            for name in COUNTED:
                summary[name] += done.get(name, 0)
            summary["failed"] += len({e["index"] for e in done["errors"]})
            summary["errors"] = (summary["errors"] + done["errors"])[:SHOWN]
            run.progress(summary["read"], total, f"{summary['failed']} errors")
        return summary

    return JobKind(KIND, body, lane="import", label=say("Batch of records"))


def _chunk(work: Work, type_: str, chunk: list[Any], first: int) -> dict[str, Any]:
    entity = work.registry.of_type(type_)
    done: dict[str, Any] = {"created": 0, "updated": 0, "errors": []}
    for n, item in enumerate(chunk, first):
        try:
            if not isinstance(item, dict):
                raise BadRequest(say("data must be a resource object."), pointer="")
            upsert = isinstance(item.get("meta"), dict) and item["meta"].get("upsert")
            creating = "id" not in item or bool(upsert)
            with work.attempt():
                incoming = read_resource(work.registry, item, "/data", entity=entity, creating=creating)
                storing = Storing(work)
                if creating:
                    _, created = storing.create(incoming)
                else:
                    storing.update(incoming, version_in(incoming.meta, "/data/meta/version"))
                    created = False
            done["created" if created else "updated"] += 1
        except IngotError as error:
            done["errors"] += told(error, work.actor, n, None)
    return done
