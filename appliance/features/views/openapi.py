"""/api/views."""

from __future__ import annotations

from appliance.features.views.view import KINDS
from appliance.http.openapi.entities import Paths
from appliance.http.openapi.parts import NOTHING, READ, WRITE, ok, operation, query, shared
from appliance.http.openapi.schemas import NO_NUL, Schema, nullable
from appliance.http.openapi.shorthand import DELETE, DOCUMENT, LIST, TEXT, changing, in_path, making, one_of

_LABEL: Schema = {"type": "string", "minLength": 1, "maxLength": 100, "pattern": NO_NUL}
_VIEW: Schema = {
    "label": _LABEL,
    "name": {"type": "string", "maxLength": 100, "pattern": NO_NUL},
    "kind": one_of(*KINDS),
    "query": {
        "type": "string",
        "maxLength": 4000,
        "description": "the list's query string: `filter[city]=Bonn&sort=name&fields[contacts]=name,city`",
    },
    "shared": {"type": "boolean", "description": "for everybody (administrators)"},
    "role": nullable({"type": "string", "description": "people of this role begin with it (administrators)"}),
    "position": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
}
_OF: Schema = {"type": "string", "description": "the entity, by name or type"}


def paths() -> Paths:
    item = in_path("id", {"type": "string", "pattern": "^([0-9]{1,17}|[a-z0-9_]+:.+)$"}, "ENTITY:NAME: a declared one")
    created = ok("Kept.", DOCUMENT, "ETag", "Location")
    now = ok("As it is now.", DOCUMENT, "ETag")
    text = (
        "Your own, the shared ones and those of the declarations. `problem` says why a query cannot be asked any more."
    )
    return {
        "/api/views": {
            "get": operation(
                "views", "list_views", "Saved views", {200: ok("In order.", LIST)}, READ,
                parameters=[query("filter[entity]", "only these: by name or type", TEXT)], description=text,
            ),
            "post": operation(
                "views", "create_view", "Keep a view", {201: created}, WRITE,
                request=making("views", {"entity": _OF, **_VIEW}, ("entity", "label")),
            ),
        },
        "/api/views/{id}": {
            "parameters": [item],
            "get": operation("views", "get_view", "One view", {200: now}, READ),
            "patch": operation(
                "views", "update_view", "Change a view", {200: now}, WRITE, parameters=shared("IfMatch"),
                request=changing("views", _VIEW),
            ),
            "delete": operation("views", "delete_view", "Forget a view", {204: NOTHING}, DELETE),
        },
    }  # fmt: skip
