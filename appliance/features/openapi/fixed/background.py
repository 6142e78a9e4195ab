"""/api/jobs and /api/imports."""

from __future__ import annotations

from typing import Any

from appliance.features.openapi.entities import Paths
from appliance.features.openapi.fixed.words import DOCUMENT, FLAG, LIST, POSITION, TEXT, TEXTS, one_of
from appliance.features.openapi.parts import READ, WRITE, body, ok, operation, query, shared
from appliance.features.openapi.schemas import Schema, obj
from appliance.jobs.row import STATES

ACCEPTED = {202: ok("It will be done; Location says where to watch it.", DOCUMENT, "Location")}


def background_paths() -> Paths:
    return {**_jobs(), **_imports()}


def _document(type_: str, attributes: Schema) -> Schema:
    data = obj({"type": {"description": type_}, "id": {}, "attributes": attributes}, ("attributes",))
    return obj({"data": data}, ("data",))


def _jobs() -> Paths:
    change = body(_document("jobs", obj({"state": one_of("cancelled", "waiting")}, ("state",))))
    listing = [
        query("filter[state]", "only these", one_of(*STATES)),
        query("filter[kind]", "only these"),
        query("page[size]", "jobs of a page, 500 at most", POSITION),
        query("page[after]", "the id of the last job you have", POSITION),
    ]
    one, now = {200: ok("It.", DOCUMENT)}, {200: ok("As it is now.", DOCUMENT)}
    page = {200: ok("Newest first.", LIST)}
    return {
        "/api/jobs": {"get": operation("jobs", "list_jobs", "Background work", page, READ, parameters=listing)},
        "/api/jobs/{id}": {
            "parameters": shared("Id"),
            "get": operation("jobs", "get_job", "One job", one, READ),
            "patch": operation("jobs", "change_job", "Cancel a job, or try it again", now, WRITE, request=change),
        },
    }


def _imports() -> Paths:
    mode = one_of("upsert", "create", "update")
    wanted: Schema = {
        "entity": TEXT,
        "file": {"type": "string", "description": "the id of an uploaded file"},
        "mapping": {"type": "object", "additionalProperties": TEXT, "description": "field, or relation.key: column"},
        "keys": {**TEXTS, "description": "fields that tell records apart"},
        "mode": mode,
        "dry_run": {"type": "boolean"},
    }
    start: Any = body(_document("imports", obj(wanted, ("entity", "file"))))
    start["content"] |= {media: {"schema": TEXT} for media in ("text/csv", "text/tab-separated-values")}
    parameters = [
        query("entity", "for a table as the body: which records its rows are"),
        query("key", "likewise: a field that tells records apart; may be repeated", TEXTS),
        query("map", "likewise: FIELD=COLUMN; may be repeated", TEXTS),
        query("mode", "likewise", mode),
        query("dry_run", "likewise: only look", FLAG),
    ]
    return {
        "/api/imports": {
            "get": operation("imports", "list_imports", "Your imports", {200: ok("All of them.", LIST)}, READ),
            "post": operation(
                "imports", "start_import", "Import a table", ACCEPTED, WRITE, parameters=parameters, request=start
            ),
        },
        "/api/imports/{id}": {
            "parameters": shared("Id"),
            "get": operation("imports", "get_import", "One import, with its report", {200: ok("It.", DOCUMENT)}, READ),
        },
    }
