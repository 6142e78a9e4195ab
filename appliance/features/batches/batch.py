"""PATCH on a list: an asynchronous batch. `data` as a list creates and updates each; `data` as one object, with filters in
the address, changes every record that matches. It runs as a job, in chunks; an item that fails is reported, not fatal."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import orjson
from flask import Blueprint, Response, request

from appliance.base.errors import BadRequest, IngotError, Invalid, NotFound
from appliance.base.text import say
from appliance.engines.files.protocol import FileStore
from appliance.features.jobs.api import accepted, job_actor
from appliance.http import requests
from appliance.http.errors import translate
from appliance.http.jsonapi import parameters
from appliance.http.jsonapi.answers import check_accept
from appliance.http.jsonapi.incoming import read_resource
from appliance.http.jsonapi.media import check_content_type
from appliance.http.jsonapi.resources import writable
from appliance.http.jsonapi.storing import Storing
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import JobKind
from appliance.jobs.run import Run
from appliance.records.permissions import Actor
from appliance.records.query import Page, Query
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.steps import Steps
from appliance.records.work import Work

KIND = "records.batch"
CHUNK = 200
MAX_ITEMS = 10_000
SHOWN = 1_000


def make_api(records: Records, jobs: Jobs, files: FileStore) -> Blueprint:
    api = Blueprint("batches", __name__, url_prefix="/api")

    @api.patch("/<type_>")
    def batch(type_: str) -> Response:
        check_content_type(request.headers.get("Content-Type", ""))
        check_accept()
        actor = requests.actor()
        entity = writable(records.registry, type_)
        document = requests.body_object()
        data = document.get("data")
        text = request.query_string.decode("latin-1")
        if isinstance(data, dict):
            asked = parameters.read(records.registry, entity, text)
            if not asked.query.conditions:
                raise BadRequest(
                    say("To change many records by one resource, say which by filter[...]."), parameter="filter"
                )
        elif not isinstance(data, list) or not 1 <= len(data) <= MAX_ITEMS:
            raise BadRequest(say("data must be a list of 1 to {max} resources.", max=MAX_ITEMS), pointer="/data")
        stored = files.put(io.BytesIO(orjson.dumps(data)))
        arguments = {"type": type_, "query": text, "blob": stored.sha256, "scopes": list(actor.scopes)}
        job_id = jobs.enqueue(KIND, arguments, actor=job_actor(actor))
        return accepted(jobs.get(job_id))

    return api


def batch_kind(records: Records, files: FileStore, actor_of: Callable[[str, list[str]], Actor]) -> JobKind:
    """The job behind it. It acts with the rights its requester has when it runs."""

    def body(run: Run, type: str, query: str, blob: str, scopes: list[str]) -> dict[str, Any]:
        actor = actor_of(run.actor, scopes)
        with files.open(blob) as stored:
            data = orjson.loads(stored.read())
        steps = Steps(records.database, f"job:{run.job_id}")
        summary: dict[str, Any] = {"read": 0, "created": 0, "updated": 0, "errors": []}
        items = _matching(records, actor, type, query, data) if isinstance(data, dict) else iter(data)
        total = len(data) if isinstance(data, list) else None
        number = 0
        while chunk := list(islice(items, CHUNK)):
            done = steps.result(number)
            if done is None:
                with records.work(actor) as work:
                    done = _chunk(work, type, chunk, number * CHUNK)
                    steps.mark(number, done)
            summary["read"] += len(chunk)
            for name in ("created", "updated"):
                summary[name] += done[name]
            summary["errors"] = (summary["errors"] + done["errors"])[:SHOWN]
            number += 1
            run.progress(summary["read"], total, f"{len(summary['errors'])} errors")
        return summary

    return JobKind(KIND, body, lane="import", label=say("Batch of records"))


def _matching(records: Records, actor: Actor, type_: str, query_text: str, data: dict[str, Any]) -> Iterator[Any]:
    """The resource once for each record that matches now, by id, whatever the changes do to the filter."""
    registry = records.registry
    entity = registry.of_type(type_)
    asked = parameters.read(registry, entity, query_text)
    reading = Reading(records.database, registry, actor)
    ids: list[int] = []
    after: tuple[Any, ...] | None = None
    while True:
        found = reading.page(Query(entity.name, asked.query.conditions, (), Page(size=500, after=after, cursor=True)))
        ids += [row[0] for row in found.rows]
        if not found.more:
            break
        after = (ids[-1],)
    for record_id in ids:
        yield {**data, "type": type_, "id": str(record_id)}


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
                    version = incoming.meta.get("version")
                    storing.update(incoming, version if type(version) is int else None)
                    created = False
            done["created" if created else "updated"] += 1
        except (IngotError, Invalid, NotFound) as error:
            _, errors, _ = translate(error, work.actor.language)
            done["errors"] += [{"index": n, **e} for e in errors]
    return done
