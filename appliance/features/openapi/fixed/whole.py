"""What spans all entities: the index, this document, the log, search, atomic operations."""

from __future__ import annotations

from appliance.features.openapi.entities import Paths
from appliance.features.openapi.fixed.words import ANYTHING, LIST, POSITION, TEXT, one_of
from appliance.features.openapi.parts import NOTHING, PLAIN, READ, UNCHANGED, WRITE, body, ok, operation, query, shared
from appliance.features.openapi.schemas import Schema, obj, ref
from appliance.http.jsonapi.media import MEDIA_ATOMIC

FROM_ONE: Schema = {"type": "integer", "minimum": 1}


def whole_paths() -> Paths:
    return {**_itself(), **_log(), **_search(), **_operations()}


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


def _log() -> Paths:
    names = ("entity", "record", "action", "actor", "transaction", "via")
    parameters = [query(f"filter[{n}]", "only these", POSITION if n == "record" else TEXT) for n in names]
    parameters += [
        query("page[after]", "the last position you have; with sort=-position the next older ones follow", POSITION),
        query("page[size]", "entries of a page, 500 at most", {**POSITION, "default": 100}),
        query("sort", "oldest or newest first", one_of("position", "-position")),
    ]
    text = "Every change, in order. Ids are positions: resume with `page[after]`, without gap or double."
    answers = {200: ok("Entries of records that you may see.", ref("LogList"))}
    return {
        "/api/log": {
            "get": operation("log", "read_log", "The feed", answers, READ, parameters=parameters, description=text)
        }
    }


def _search() -> Paths:
    parameters = [
        query("filter[q]", "what to look for", required=True),
        query("filter[type]", "only these types, with commas between"),
        query("include", "send the records along", one_of("record")),
        query("page[size]", "hits of a page", {**FROM_ONE, "default": 25}),
        query("page[number]", "from 1", FROM_ONE),
        *shared("IfNoneMatch"),
    ]
    answers = {200: ok("Hits, best first, with highlights.", LIST, "ETag"), 304: UNCHANGED}
    search = operation("search", "search_all", "Search all entities", answers, READ, parameters=parameters)
    return {"/api/search": {"get": search}}


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
