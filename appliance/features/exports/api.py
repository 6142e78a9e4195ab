"""/api/exports: any list as a file. GET /api/exports/contacts.csv?filter... streams it at once; POST makes a job and a private
file of it, for what is too large to wait for."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from appliance.base.errors import Conflict, Invalid, NotFound, Problem
from appliance.base.text import say
from appliance.engines.files.protocol import FileStore
from appliance.features.exports.cells import LOSSLESS
from appliance.features.exports.exporting import MEDIA, stream, write
from appliance.features.exports.listing import FORMATS, Wanted, count, read_wanted
from appliance.features.files.storing import add_file, keep
from appliance.features.security_events.security_events import SecurityEvents
from appliance.http import requests
from appliance.http.jsonapi.answers import check_accept
from appliance.http.jsonapi.incoming import read_data
from appliance.http.jsonapi.job_resource import accepted, job_actor
from appliance.http.jsonapi.media import check_content_type
from appliance.http.route_policy import RoutePolicy, declare
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import JobKind
from appliance.jobs.run import Run
from appliance.records.permissions import Actor, may
from appliance.records.records import Records
from appliance.records.steps import Steps

KIND = "exports.run"
SMALL = 50_000
"""Records that are streamed at once: a few seconds. XLSX is built before the first byte goes out, and is a tenth as fast."""
SMALL_SHEET = 5_000


def make_api(records: Records, jobs: Jobs, events: SecurityEvents) -> Blueprint:
    api = Blueprint("exports", __name__, url_prefix="/api/exports")

    @api.get("/<name>")
    def export_now(name: str) -> Response:
        """`name` is TYPE.FORMAT; the query is the list's: filter, sort, fields[type]; and mode. Conflict when it is large."""
        actor = requests.actor()
        type_, _, format_ = name.rpartition(".")
        if format_ not in FORMATS:
            raise NotFound(say("Exports are called TYPE.FORMAT; the formats are: {names}.", names=", ".join(FORMATS)))
        text = request.query_string.decode("latin-1")
        wanted = read_wanted(records, type_, text, format_, request.args.get("mode", LOSSLESS), requests.language())
        may(actor, "read", wanted.entity)
        if count(records, actor, wanted) > (SMALL_SHEET if format_ == "xlsx" else SMALL):
            text_ = say("These are too many records to wait for: POST to /api/exports makes a file of them.")
            raise Conflict(text_, code="too_many")
        events.tell("export", actor=actor, entity=wanted.entity, format=format_, query=text[:500])
        headers = {
            "Content-Type": MEDIA[format_],
            "Content-Disposition": f'attachment; filename="{type_}.{format_}"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        }
        if format_ == "xlsx":
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "export"
                write(records, actor, wanted, path)
                return Response(path.read_bytes(), headers=headers)
        parts = stream(records, actor, wanted)
        first = next(parts, b"")  # what is wrong with the list is an error of its own, not an answer that breaks off
        return Response(itertools.chain([first], parts), headers=headers)

    @api.post("")
    def export_later() -> Response:
        """Attributes type, format, mode, query (the list's query string). 202 with the job; its result names the file."""
        check_content_type(request.headers.get("Content-Type", ""))
        check_accept()
        actor = requests.actor()
        found = read_data(requests.body_object()).get("attributes")
        given: dict[str, Any] = found if isinstance(found, dict) else {}
        problems = [
            Problem(n[:100], say("there is no field called {name}", name=n[:100]), "unknown")
            for n in given if n not in ("type", "format", "mode", "query")
        ]  # fmt: skip
        problems += [Problem(n, say("must be a text"), "type") for n, v in given.items() if not isinstance(v, str)]
        if "type" not in given:
            problems.append(Problem("type", say("is required"), "required"))
        if problems:
            raise Invalid(problems)
        asked = {"format": "csv", "mode": LOSSLESS, "query": "", **given}
        wanted = _wanted(records, asked, requests.language())
        may(actor, "read", wanted.entity)
        may(actor, "create", "file")
        arguments = {**asked, "language": requests.language(), "scopes": list(actor.scopes)}
        job = jobs.enqueue(KIND, arguments, actor=job_actor(actor))
        events.tell(
            "export", actor=actor, entity=wanted.entity, format=wanted.format, query=asked["query"][:500], job=job
        )
        return accepted(jobs.get(job))

    return declare(api, RoutePolicy("export"), export_now=RoutePolicy("export", None))


def _wanted(records: Records, asked: dict[str, Any], language: str) -> Wanted:
    return read_wanted(
        records, asked["type"], asked["query"].removeprefix("?"), asked["format"], asked["mode"], language
    )


def export_kind(records: Records, files: FileStore, actor_of: Callable[[str, list[str]], Actor]) -> JobKind:
    """The job behind POST: a file that only whoever asked may read."""

    def body(run: Run, scopes: list[str], language: str, **asked: Any) -> Any:
        steps = Steps(records.database, f"job:{run.job_id}")
        if earlier := steps.result(0):
            return earlier
        actor = actor_of(run.actor, scopes)
        wanted = _wanted(records, asked, language)
        total = count(records, actor, wanted)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export"
            write(records, actor, wanted, path, lambda done: run.progress(done, total))
            with path.open("rb") as file:
                kept = keep(
                    files, file, limit=None, name=f"{asked['type']}.{wanted.format}", claimed=MEDIA[wanted.format]
                )
        with records.work(actor) as work:
            file_id = add_file(work, kept)[0]
            result = {"file": str(file_id), "link": f"/files/{file_id}", "size": kept.size, "records": total}
            steps.mark(0, result)
        return result

    return JobKind(KIND, body, lane="import", label=say("Export"), attempts=3)
