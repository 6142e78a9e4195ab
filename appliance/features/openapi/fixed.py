"""The addresses that are the same in every installation. `document.py` leaves out those that this process does not serve."""

from __future__ import annotations

from typing import Any

from appliance.features.openapi.entities import Paths
from appliance.features.openapi.parts import (
    NOTHING,
    PLAIN,
    READ,
    UNCHANGED,
    WRITE,
    body,
    header_parameter,
    ok,
    operation,
    query,
    shared,
)
from appliance.features.openapi.schemas import NO_NUL, Schema, obj, ref
from appliance.http.jsonapi.media import MEDIA_ATOMIC
from appliance.jobs.row import STATES
from appliance.records.kinds import KINDS

NAME = "^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
DELETE = (401, 403, 404, 406, 409, 412, 421, 503)
TEXT: Schema = {"type": "string"}
POSITION: Schema = {"type": "integer", "minimum": 0}
UP_TO_500: Schema = {"type": "integer", "minimum": 1, "maximum": 500}
ANYTHING: Schema = {}
DOCUMENT, LIST = ref("ResourceDocument"), ref("ResourceList")


def fixed_paths() -> Paths:
    return {
        **_schema(),
        **_log(),
        **_search(),
        **_files(),
        **_people(),
        **_tokens(),
        **_operations(),
        **_jobs(),
        **_self(),
    }


def resource(type_: str, attributes: Schema, required: tuple[str, ...] = (), *, changing: bool = False) -> Schema:
    """A request document for one of the fixed types."""
    properties = {"type": {"const": type_}, "attributes": obj(attributes, required), "meta": {"type": "object"}}
    if changing:
        properties["id"] = TEXT
    return obj(
        {"data": obj(properties, ("type", "id", "attributes") if changing else ("type", "attributes"))}, ("data",)
    )


def path(name: str, schema: Schema | None = None, text: str = "") -> Schema:
    return {"name": name, "in": "path", "required": True, "description": text or name, "schema": schema or TEXT}


def _schema() -> Paths:
    flags = {n: {"type": "boolean"} for n in ("required", "unique", "indexed", "read_only")}
    words: Schema = {
        "name": {"type": "string", "pattern": NAME, "maxLength": 50}, "kind": {"type": "string", "enum": list(KINDS)},
        "label": {"type": "string", "pattern": NO_NUL}, "help": {"type": "string", "pattern": NO_NUL}, **flags,
        "searchable": {"type": "integer", "minimum": 0, "maximum": 4}, "default": ANYTHING, "min": ANYTHING, "max": ANYTHING,
        "min_length": {"type": "integer"}, "max_length": {"type": "integer"}, "pattern": TEXT, "places": {"type": "integer"},
        "choices": {"type": "array"}, "currency": TEXT, "target": TEXT, "inverse": TEXT,
        "on_delete": {"type": "string", "enum": ["clear", "restrict", "cascade"]},
    }  # fmt: skip
    groups: Schema = {"type": "array", "items": {"type": "array", "items": TEXT}}
    entity: Schema = {
        "name": {"type": "string", "pattern": NAME}, "plural": {"type": "string", "pattern": NAME}, "label": TEXT,
        "plural_label": TEXT, "title": TEXT, "help": TEXT, "icon": TEXT, "indexes": groups, "unique": groups, "views": {"type": "array"},
    }  # fmt: skip
    declared = {**entity, "fields": {"type": "array", "items": obj(words, ("name", "kind"))}}
    paging = [query("page[size]", "ignored: the list is whole"), query("page[number]", "ignored")]
    names = {"/api/entities": ("filter[name]", "filter[pack]"), "/api/fields": ("filter[entity]", "filter[name]")}
    found: Paths = {}
    for base, type_, one, attributes, required in (
        ("/api/entities", "entities", "entity", declared, ("name",)),
        ("/api/fields", "fields", "field", {"entity": TEXT, **words}, ("entity", "name", "kind")),
    ):
        changing = {**(entity if one == "entity" else words), "order" if one == "entity" else "position": ANYTHING}
        key = path("id", text="id or name" if one == "entity" else "id")
        found[base] = {
            "get": operation("schema", f"list_{type_}", f"List {type_}", {200: ok("All of them.", LIST)}, READ,
                             parameters=[*(query(n, "only these") for n in names[base]), *paging]),
            "post": operation("schema", f"create_{one}", f"Create a {one}; it is live at once",
                              {201: ok("Created.", DOCUMENT, "Location")}, WRITE, request=body(resource(type_, attributes, required))),
        }  # fmt: skip
        found[f"{base}/{{id}}"] = {
            "parameters": [key],
            "get": operation("schema", f"get_{one}", f"Read a {one}", {200: ok("It.", DOCUMENT)}, READ),
            "patch": operation("schema", f"change_{one}", f"Change a {one}", {200: ok("As it is now.", ref("MaybeResourceDocument"))}, WRITE,
                               request=body(resource(type_, changing, changing=True))),
            "delete": operation("schema", f"remove_{one}", f"Move a {one} to the trash", {204: NOTHING}, (*DELETE, 422)),
        }  # fmt: skip
    found["/api/trash"] = {
        "get": operation("schema", "list_trash", "Removed entities and fields", {200: ok("All of them.", LIST)}, READ)
    }
    found["/api/trash/{kind}/{id}/restoration"] = {
        "parameters": [
            path("kind", {"type": "string", "enum": ["entities", "fields"]}),
            path("id", {"type": "integer", "minimum": 0}),
        ],
        "post": operation("schema", "restore_from_trash", "Bring one back", {200: ok("It is back.", DOCUMENT)}, WRITE),
    }
    return found


def _log() -> Paths:
    names = ("entity", "record", "action", "actor", "transaction", "via")
    parameters = [query(f"filter[{n}]", "only these", POSITION if n == "record" else TEXT) for n in names]
    parameters += [
        query("page[after]", "the last position you have; with sort=-position the next older ones follow", POSITION),
        query("page[size]", "entries of a page", {**UP_TO_500, "default": 100}),
        query("sort", "oldest or newest first", {"type": "string", "enum": ["position", "-position"]}),
    ]
    text = "Every change, in order. Ids are positions: resume with `page[after]`, without gap or double."
    answers = {200: ok("Entries of records that you may see.", ref("LogList"))}
    return {
        "/api/log": {
            "get": operation(
                "log", "read_log", "The feed of changes", answers, READ, parameters=parameters, description=text
            )
        }
    }


def _search() -> Paths:
    parameters = [
        query("filter[q]", "what to look for", required=True),
        query("filter[type]", "only these types, with commas between"),
        query("include", "send the records along", {"type": "string", "enum": ["record"]}),
        query("page[size]", "hits of a page", {"type": "integer", "minimum": 1, "default": 25}),
        query("page[number]", "from 1", {"type": "integer", "minimum": 1}),
        *shared("IfNoneMatch"),
    ]
    answers = {200: ok("Hits, best first, with highlights.", LIST, "ETag"), 304: UNCHANGED}
    return {
        "/api/search": {
            "get": operation("search", "search", "Search all entities", answers, READ, parameters=parameters)
        }
    }


def _files() -> Paths:
    bytes_: Schema = {"type": "string", "format": "binary"}
    flag = {"type": "string", "enum": ["true", "false"]}
    form = obj({"file": bytes_, "name": {"type": "string", "maxLength": 200}, "public": flag}, ("file",))
    request = {
        "required": True,
        "content": {"multipart/form-data": {"schema": form}, "application/octet-stream": {"schema": bytes_}},
    }
    document = ref("FileDocument")
    upload = operation(
        "files", "upload_file", "Upload a file",
        {201: ok("Stored. `mime` is what the bytes are, whatever the client said.", document, "ETag", "Location")},
        (400, 401, 403, 406, 409, 413, 415, 421, 503), request=request,
        parameters=[
            query("name", "its name, when the body is the file itself", {"type": "string", "maxLength": 200}),
            query("public", "for everybody, signed in or not; when the body is the file itself", flag),
            header_parameter("Content-Disposition", "another way to say the name: `attachment; filename=\"photo.jpg\"`"),
            *shared("IdempotencyKey"),
        ],
        description="A form with a field `file`, or the file itself as the body, of any type. Link it to a record by its id.",
    )  # fmt: skip
    attributes = {"name": {"type": "string", "minLength": 1, "pattern": NO_NUL}, "public": {"type": "boolean"}}
    content = ok("The file.", bytes_, "ETag", media=("*/*",))
    part = {**content, "description": "The part that Range asked for."}
    beyond = {"description": "The file has no such part."}
    download: dict[str, Any] = operation(
        "files", "download_file", "The content of a file", {200: content, 206: part, 304: UNCHANGED, 416: beyond}, (401, 404, 421, 503),
        parameters=[
            query("inline", "show a PDF instead of saving it"), header_parameter("Range", "`bytes=0-1023`, `bytes=-500`"),
            *shared("IfNoneMatch"),
        ],
        description="For its owner, administrators, and whoever may read a record that links to it; a public one for everybody.",
    )  # fmt: skip
    download["security"] = [{"bearer": []}, {"cookie": []}, {}]
    return {
        "/api/files": {"post": upload},
        "/api/files/{id}": {
            "parameters": shared("Id"),
            "patch": operation("files", "update_file", "Rename a file, publish it", {200: ok("As it is now.", document, "ETag")}, WRITE,
                               parameters=shared("IfMatch"), request=body(resource("files", attributes, changing=True))),
            "delete": operation("files", "delete_file", "Delete a file", {204: NOTHING}, DELETE, parameters=shared("IfMatch")),
        },
        "/files/{id}/{name}": {"parameters": [*shared("Id"), path("name", text="for people; the file's own name decides")], "get": download},
    }  # fmt: skip


def _people() -> Paths:
    user: Schema = {
        "email": {"type": "string", "format": "email"}, "name": {"type": "string", "pattern": NO_NUL}, "password": {"type": "string", "minLength": 10},
        "roles": {"type": "array", "items": TEXT, "description": "role names, or ENTITY:ROLE for one entity alone"},
        "language": {"enum": ["en", "de", None]}, "active": {"type": "boolean"},
    }  # fmt: skip
    reach = {"type": "object", "additionalProperties": {"enum": ["all", "own"]}}
    role = {"name": TEXT, "label": TEXT, "grants": {"type": "object", "additionalProperties": reach}}
    found: Paths = {}
    for type_, one, attributes, required in (
        ("users", "user", user, ("email",)),
        ("roles", "role", role, ("name", "grants")),
    ):
        document = ref(f"{one.capitalize()}Document")
        found[f"/api/{type_}"] = {
            "post": operation(type_, f"create_{one}", f"Create a {one} (administrators)", {201: ok("Created.", document, "ETag", "Location")}, WRITE,
                              request=body(resource(type_, attributes, required))),
        }  # fmt: skip
        found[f"/api/{type_}/{{id}}"] = {
            "parameters": shared("Id"),
            "patch": operation(type_, f"update_{one}", f"Change a {one} (administrators)", {200: ok("As it is now.", document, "ETag")}, WRITE,
                               request=body(resource(type_, attributes, changing=True))),
        }  # fmt: skip
    return found


def _tokens() -> Paths:
    attributes: Schema = {
        "name": {"type": "string", "minLength": 1, "maxLength": 200}, "user": {"type": "string", "description": "another user (administrators)"},
        "scopes": {"type": "array", "items": TEXT, "description": "ENTITY:VERB, for example contact:read or *:write"},
        "expires": {"type": "string", "description": "a date, a time, or a span like 90d"},
    }  # fmt: skip
    return {
        "/api/tokens": {
            "get": operation("tokens", "list_tokens", "Your tokens", {200: ok("Without their secrets.", LIST)}, READ),
            "post": operation("tokens", "create_token", "Create a token", {201: ok("`secret` is shown this once.", DOCUMENT, "Location")}, WRITE,
                              request=body(resource("tokens", attributes, ("name",)))),
        },
        "/api/tokens/{id}": {
            "parameters": shared("Id"),
            "delete": operation("tokens", "revoke_token", "Revoke a token", {204: NOTHING}, DELETE),
        },
    }  # fmt: skip


def _operations() -> Paths:
    one = obj(
        {"op": {"enum": ["add", "update", "remove"]}, "ref": {"type": "object"}, "href": TEXT, "data": ANYTHING},
        ("op",),
    )
    sent = obj(
        {"atomic:operations": {"type": "array", "items": one, "minItems": 1, "maxItems": 1000}}, ("atomic:operations",)
    )
    results = obj(
        {"jsonapi": {"type": "object"}, "atomic:results": {"type": "array", "items": {"type": "object"}}},
        ("atomic:results",),
    )
    answers = {200: ok("The results, in order.", results, media=(MEDIA_ATOMIC,)), 204: NOTHING}
    return {
        "/api/operations": {
            "post": operation("operations", "atomic_operations", "Several writes, all or none", answers, WRITE,
                              parameters=shared("IdempotencyKey"), request=body(sent, MEDIA_ATOMIC)),
        }
    }  # fmt: skip


def _jobs() -> Paths:
    state = obj({"state": {"enum": ["cancelled", "waiting"]}}, ("state",))
    change = obj(
        {"data": obj({"type": {"const": "jobs"}, "id": TEXT, "attributes": state}, ("attributes",))}, ("data",)
    )
    listing = [
        query("filter[state]", "only these", {"type": "string", "enum": list(STATES)}), query("filter[kind]", "only these"),
        query("page[size]", "jobs of a page", POSITION), query("page[after]", "the id of the last job you have", POSITION),
    ]  # fmt: skip
    wanted: Schema = {
        "entity": TEXT, "file": {"type": "string", "description": "the id of an uploaded file"},
        "mapping": {"type": "object", "additionalProperties": TEXT}, "keys": {"type": "array", "items": TEXT},
        "mode": {"enum": ["upsert", "create", "update"]}, "dry_run": {"type": "boolean"},
    }  # fmt: skip
    table = {"schema": TEXT}
    start = body(
        obj(
            {
                "data": obj(
                    {"type": {"const": "imports"}, "attributes": obj(wanted, ("entity", "file"))}, ("attributes",)
                )
            },
            ("data",),
        )
    )
    start["content"] |= {"text/csv": table, "text/tab-separated-values": table}
    texts = {"type": "array", "items": TEXT}
    address = [
        query("entity", "for a table as the body: which records its rows are"), query("key", "fields that tell records apart", texts),
        query("map", "FIELD=COLUMN", texts), query("mode", "what to do", wanted["mode"]),
        query("dry_run", "only look", {"type": "string", "enum": ["true", "false"]}),
    ]  # fmt: skip
    accepted = {202: ok("It will be done; Location says where to watch it.", DOCUMENT, "Location")}
    return {
        "/api/jobs": {"get": operation("jobs", "list_jobs", "Background work, newest first", {200: ok("A page.", LIST)}, READ, parameters=listing)},
        "/api/jobs/{id}": {
            "parameters": shared("Id"),
            "get": operation("jobs", "get_job", "One job", {200: ok("It.", DOCUMENT)}, READ),
            "patch": operation("jobs", "change_job", "Cancel a job, or try it again", {200: ok("As it is now.", DOCUMENT)}, WRITE, request=body(change)),
        },
        "/api/imports": {
            "get": operation("imports", "list_imports", "Your imports", {200: ok("All of them.", LIST)}, READ),
            "post": operation("imports", "start_import", "Import a table", accepted, WRITE, parameters=address, request=start),
        },
        "/api/imports/{id}": {
            "parameters": shared("Id"),
            "get": operation("imports", "get_import", "One import, with its report", {200: ok("It.", DOCUMENT)}, READ),
        },
    }  # fmt: skip


def _self() -> Paths:
    index = obj(
        {"jsonapi": {"type": "object"}, "links": ref("Links"), "meta": {"type": "object"}}, ("jsonapi", "links")
    )
    anything = ok("OpenAPI 3.1.", {"type": "object"}, "ETag", media=(PLAIN,))
    page = ok("For people.", TEXT, media=("text/html",))
    few = (401, 421, 503)
    return {
        "/api": {"get": operation("api", "index", "What there is", {200: ok("Links.", index)}, (401, 406, 421, 503))},
        "/api/openapi.json": {
            "get": operation(
                "api",
                "openapi",
                "This document",
                {200: anything, 304: UNCHANGED},
                few,
                parameters=shared("IfNoneMatch"),
            )
        },
        "/api/docs": {"get": operation("api", "docs", "This document as a page", {200: page}, few)},
    }
