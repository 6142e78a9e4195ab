"""The paths of the index, of this document, and of atomic operations."""

from __future__ import annotations

from appliance.http.jsonapi.media import MEDIA_ATOMIC
from appliance.http.openapi.entities import Paths
from appliance.http.openapi.parts import NOTHING, PLAIN, UNCHANGED, WRITE, body, ok, operation, shared
from appliance.http.openapi.schemas import Schema, obj, ref
from appliance.http.openapi.shorthand import ANYTHING, TEXT, one_of


def paths() -> Paths:
    return {**_itself(), **_operations()}


def _itself() -> Paths:
    index = obj({"jsonapi": {"type": "object"}, "links": ref("Links"), "meta": {"type": "object"}}, ("links",))
    few = (401, 421, 503)
    document = {200: ok("OpenAPI 3.1.", {"type": "object"}, "ETag", media=(PLAIN,)), 304: UNCHANGED}
    page = {200: ok("For people.", TEXT, media=("text/html",))}
    known = shared("IfNoneMatch")
    return {
        "/api": {"get": operation("api", "index", "What there is", {200: ok("Links.", index)}, (406, *few))},
        "/api/openapi.json": {"get": operation("api", "openapi", "This document", document, few, parameters=known)},
        "/api/docs": {"get": operation("api", "docs", "This document as a page", page, few)},
    }


def _operations() -> Paths:
    parts: Schema = {"op": one_of("add", "update", "remove"), "ref": {"type": "object"}, "href": TEXT, "data": ANYTHING}
    listed: Schema = {"type": "array", "items": obj(parts, ("op",)), "minItems": 1, "maxItems": 1000}
    results: Schema = {"type": "array", "items": {"type": "object"}}
    document = obj({"jsonapi": {"type": "object"}, "atomic:results": results}, ("atomic:results",))
    sent = body(obj({"atomic:operations": listed}, ("atomic:operations",)), MEDIA_ATOMIC)
    answers = {200: ok("The results, in order.", document, media=(MEDIA_ATOMIC,)), 204: NOTHING}
    once = shared("IdempotencyKey")
    many = operation(
        "operations", "atomic", "Several writes, all or none", answers, WRITE, parameters=once, request=sent
    )
    return {"/api/operations": {"post": many}}
