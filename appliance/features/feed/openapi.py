"""The path of /api/log."""

from __future__ import annotations

from appliance.http.openapi.entities import Paths
from appliance.http.openapi.parts import READ, ok, operation, query
from appliance.http.openapi.schemas import ref
from appliance.http.openapi.shorthand import POSITION, TEXT, one_of


def paths() -> Paths:
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
