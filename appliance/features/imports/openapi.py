"""The paths of /api/imports and /api/import-mappings."""

from __future__ import annotations

from typing import Any

from appliance.features.imports.asking import BODIES
from appliance.features.imports.layout import ORDERS
from appliance.http.openapi.entities import Paths
from appliance.http.openapi.job_schemas import ACCEPTED
from appliance.http.openapi.parts import NOTHING, READ, WRITE, body, ok, operation, query, shared
from appliance.http.openapi.schemas import Schema, nullable, obj
from appliance.http.openapi.shorthand import DELETE, DOCUMENT, LIST, TEXT, TEXTS, attributes_alone, in_path, one_of

_BYTES: Schema = {"type": "string", "format": "binary"}
_ONE_CHARACTER = nullable({"type": "string", "minLength": 1, "maxLength": 1})
_MAYBE = nullable(TEXT)
_OPTIONS = obj(
    {
        **dict.fromkeys(("encoding", "sheet"), _MAYBE),
        **dict.fromkeys(("delimiter", "separator"), _ONE_CHARACTER),
        "header_row": nullable({"type": "integer", "minimum": 0, "maximum": 1000, "description": "0: there is none"}),
        "date_order": {"enum": [*ORDERS, None]},
        "decimal": {"enum": [".", ",", None]},
        "short_rows": {"enum": ["reject", "fill", None]},
        "only_mapping": nullable(
            {"type": "boolean", "description": "columns that the mapping does not name are left out"}
        ),
        "add_choices": nullable({"type": "boolean"}),
        "create_missing": nullable(TEXTS),
    },
    closed=True,
)
_PLAN: Schema = {
    "mapping": {"type": "object", "additionalProperties": TEXT, "description": "field, or relation.key: column"},
    "keys": {**TEXTS, "description": "fields that tell records apart"},
    "mode": one_of("upsert", "create", "update"),
    "options": _OPTIONS,
}


def paths() -> Paths:
    return {**_imports(), **_mappings()}


def _imports() -> Paths:
    file: Schema = {"type": "string", "description": "the id of an uploaded file"}
    wanted: Schema = {
        "entity": TEXT,
        "create_entity": {"type": "object", "description": "instead of entity: a declaration, made first"},
        "file": file,
        "dry_run": {"type": "boolean"},
        "saved_mapping": {
            "type": "string",
            "description": "the id of an import mapping that says what is not said here",
        },
        **_PLAN,
    }
    start = _or_file(attributes_alone("imports", wanted, ("file",)))
    looked = {"file": {**file, "type": ["string", "integer"]}, "entity": _MAYBE, "options": _OPTIONS}
    look = _or_file(attributes_alone("import-analyses", looked, ("file",)))
    entity = query("entity", "for a file as the body: which records its rows are")
    name = query("name", "likewise: the file's name")
    parameters = [
        entity,
        query("key", "likewise: a field that tells records apart; may be repeated", TEXTS),
        query("map", "likewise: FIELD=COLUMN; may be repeated", TEXTS),
        query("mode", "likewise", _PLAN["mode"]),
        query("dry_run", "likewise: only look", one_of("true", "false", "1", "0")),
        name,
    ]
    item = in_path("id", {"type": "string", "pattern": "^(shell-)?[0-9]{1,17}$"}, "that of its job, or shell-NUMBER")
    return {
        "/api/imports": {
            "get": operation("imports", "list_imports", "Your imports", {200: ok("The newest.", LIST)}, READ),
            "post": operation(
                "imports", "start_import", "Import a file", ACCEPTED, WRITE, parameters=parameters, request=start,
                description="A document that names an uploaded file, or the file itself as the body.",
            ),
        },
        "/api/imports/analysis": {
            "post": operation(
                "imports", "analyse_import", "Look at a file",
                {200: ok("What stands in it, and a proposal.", DOCUMENT), **ACCEPTED},
                (*WRITE, 429), parameters=[entity, name], request=look,
                description="With an entity a mapping onto it is proposed, without one the declaration of a new one. Beyond "
                "10 MB, and where it takes long, it is a job: 202; once that has ended, the same request has the answer.",
            ),
        },
        "/api/imports/{id}": {
            "parameters": [item],
            "get": operation("imports", "get_import", "One import, with its report", {200: ok("It.", DOCUMENT)}, READ),
        },
        "/api/imports/{id}/undo": {
            "parameters": [item],
            "post": operation(
                "imports", "undo_import", "Take an import back", ACCEPTED, (401, 403, 404, 406, 409, 421, 503),
                description="409 while it runs, and for a dry run.",
            ),
        },
    }  # fmt: skip


def _mappings() -> Paths:
    held: Schema = {
        "entity": TEXT,
        "name": {"type": "string", "minLength": 1, "maxLength": 100},
        "columns": {**TEXTS, "description": "of the file: it is proposed for others that have the same"},
        **_PLAN,
    }
    sent = body(attributes_alone("import-mappings", held, ("entity", "name")))
    created = {201: ok("Kept; one of the same name is replaced.", DOCUMENT, "Location")}
    listing = [query("filter[entity]", "only these")]
    return {
        "/api/import-mappings": {
            "get": operation(
                "imports", "list_import_mappings", "Your mappings", {200: ok("Newest first.", LIST)}, READ,
                parameters=listing,
            ),
            "post": operation("imports", "save_import_mapping", "Keep a mapping", created, WRITE, request=sent),
        },
        "/api/import-mappings/{id}": {
            "parameters": shared("Id"),
            "get": operation("imports", "get_import_mapping", "One mapping", {200: ok("It.", DOCUMENT)}, READ),
            "delete": operation("imports", "forget_import_mapping", "Forget it", {204: NOTHING}, DELETE),
        },
    }  # fmt: skip


def _or_file(document: Schema) -> Any:
    found: Any = body(document)
    found["content"] |= {media: {"schema": _BYTES} for media in BODIES}
    return found
