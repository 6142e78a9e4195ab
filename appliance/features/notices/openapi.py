"""The paths of notices."""

from __future__ import annotations

from appliance.http.openapi.entities import Paths
from appliance.http.openapi.parts import READ, WRITE, ok, operation, query, shared
from appliance.http.openapi.schemas import Schema, obj
from appliance.http.openapi.shorthand import (
    AFTER,
    DOCUMENT,
    LIST,
    TEXT,
    changing,
    making,
)

_FLAG: Schema = {"type": "boolean"}


def paths() -> Paths:
    listed = [
        query("filter[unread]", "only those not read yet", {"type": "string", "enum": ["true", "false"]}),
        *AFTER,
    ]
    upto: Schema = {"upto": {**TEXT, "description": "only those up to this id"}}
    done = obj({"jsonapi": {"type": "object"}, "meta": {"type": "object"}}, ("meta",))
    return {
        "/api/notices": {
            "get": operation(
                "notices", "list_notices", "What one was told", {200: ok("Newest first; `meta.unread` counts.", LIST)}, READ,
                parameters=listed,
            )
        },
        "/api/notices/{id}": {
            "parameters": shared("Id"),
            "patch": operation(
                "notices", "mark_notice", "Read, or unread again", {200: ok("The notice.", DOCUMENT)}, WRITE,
                request=changing("notices", {"read": _FLAG}, typed=False),
            ),
        },
        "/api/notices/read-all": {
            "post": operation(
                "notices", "read_notices", "Mark all as read", {200: ok("How many.", done)}, WRITE,
                request={**making("notices", upto, typed=False), "required": False},
            )
        },
    }  # fmt: skip
