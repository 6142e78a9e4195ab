"""The path of /api/search."""

from __future__ import annotations

from appliance.http.openapi.entities import Paths
from appliance.http.openapi.parts import READ, UNCHANGED, ok, operation, query, shared
from appliance.http.openapi.schemas import Schema
from appliance.http.openapi.shorthand import LIST, one_of

FROM_ONE: Schema = {"type": "integer", "minimum": 1}


def paths() -> Paths:
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
