"""The small parts that operations are put together from: parameters, bodies, responses."""

from __future__ import annotations

from typing import Any

from appliance.http.jsonapi.media import MEDIA
from appliance.http.openapi.schemas import ID, Schema, ref

Operation = dict[str, Any]
PLAIN = "application/json"

_ERRORS = {
    400: ("BadRequest", "The request itself cannot be understood; `source` names the part."),
    401: ("NotSignedIn", "No token, a wrong one, or no session."),
    403: ("NotAllowed", "This actor may not do that."),
    404: ("NotFound", "It is not there, or this actor may not know of it."),
    406: ("NotAcceptable", "The client accepts nothing that can be answered with."),
    409: ("Conflict", "An id, a type or a unique value that does not fit, or a link that forbids it."),
    412: ("Stale", "The record was changed meanwhile; `meta.fields` says what differs."),
    413: ("TooLarge", "The body is larger than the server takes."),
    415: ("Unsupported", "The media type of the body is not understood here."),
    421: ("Misdirected", "The server does not go by this host name."),
    422: ("Invalid", "Values that cannot be stored; one error for each."),
    429: ("TooManyRequests", "Too much at this moment; see Retry-After."),
    503: ("Unavailable", "A part that is needed is down; see Retry-After."),
}
READ = (400, 401, 403, 404, 406, 421, 503)
WRITE = (400, 401, 403, 404, 406, 409, 412, 413, 415, 421, 422, 503)


def error_responses() -> dict[str, Any]:
    content = {MEDIA: {"schema": ref("Errors")}}
    return {name: {"description": text, "content": content} for name, text in _ERRORS.values()}


def header_parameter(name: str, description: str, schema: Schema | None = None) -> Schema:
    return {"name": name, "in": "header", "description": description, "schema": schema or {"type": "string"}}


def query(name: str, description: str, schema: Schema | None = None, *, required: bool = False) -> Schema:
    found = {"name": name, "in": "query", "description": description, "schema": schema or {"type": "string"}}
    return {**found, "required": True} if required else found


_KEY: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
SHARED_PARAMETERS: dict[str, Any] = {
    "Id": {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "pattern": ID}},
    "Size": query("page[size]", "rows of a page", {"type": "integer", "minimum": 1, "maximum": 500, "default": 25}),
    "Number": query("page[number]", "from 1", {"type": "integer", "minimum": 1, "maximum": 100_000}),
    "After": query("page[after]", "a cursor from a `next` link; empty for the first page"),
    "Before": query("page[before]", "a cursor from a `prev` link"),
    "Totals": query("page[totals]", "count all rows, as `meta.page.total`", {"type": "boolean"}),
    "AsOf": query("as-of", "as it was then: a position of the log, a date or a time"),
    "IfNoneMatch": header_parameter("If-None-Match", "an ETag: 304 when it is still right"),
    "IfMatch": header_parameter("If-Match", "the ETag you have seen: 412 when it is not the stored one"),
    "IdempotencyKey": header_parameter("Idempotency-Key", "sent twice with one key, done once; kept for a day", _KEY),
}
SHARED_HEADERS: dict[str, Any] = {
    "ETag": {"schema": {"type": "string"}},
    "Location": {"description": "the address of what was made", "schema": {"type": "string"}},
    "Retry-After": {"description": "seconds", "schema": {"type": "integer"}},
}
LIST_PARAMETERS = ("Size", "Number", "After", "Before", "Totals", "IfNoneMatch")


def shared(*names: str) -> list[Schema]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def some_of(name: str, choices: list[str], description: str) -> Schema:
    """A comma-separated list of known words."""
    schema = {"type": "array", "items": {"type": "string", "enum": choices}}
    return {**query(name, description, schema), "style": "form", "explode": False}


def body(schema: Schema, *media: str) -> Schema:
    return {"required": True, "content": {m: {"schema": schema} for m in media or (MEDIA, PLAIN)}}


def ok(description: str, schema: Schema, *headers: str, media: tuple[str, ...] = (MEDIA, PLAIN)) -> Schema:
    found: Schema = {"description": description, "content": {m: {"schema": schema} for m in media}}
    if headers:
        found["headers"] = {h: {"$ref": f"#/components/headers/{h}"} for h in headers}
    return found


NOTHING: Schema = {"description": "Done; there is nothing to say."}
UNCHANGED: Schema = {
    "description": "What the client has is still right.",
    "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
}


def operation(
    tag: str,
    id_: str,
    summary: str,
    answers: dict[int, Schema],
    errors: tuple[int, ...],
    *,
    parameters: list[Schema] | None = None,
    request: Schema | None = None,
    description: str = "",
) -> Operation:
    """One operation. `id_` is unique in the document; `errors` are statuses of the shared error responses."""
    responses = {str(status): answer for status, answer in sorted(answers.items())}
    responses |= {str(status): {"$ref": f"#/components/responses/{_ERRORS[status][0]}"} for status in errors}
    found: Operation = {"tags": [tag], "operationId": id_, "summary": summary}
    if description:
        found["description"] = description
    if parameters:
        found["parameters"] = parameters
    if request:
        found["requestBody"] = request
    found["responses"] = responses
    return found
