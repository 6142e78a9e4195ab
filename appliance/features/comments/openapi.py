"""The paths of comments."""

from __future__ import annotations

from appliance.http.openapi.entities import Paths
from appliance.http.openapi.parts import NOTHING, READ, WRITE, ok, operation, shared
from appliance.http.openapi.schemas import NO_NUL, Schema
from appliance.http.openapi.shorthand import (
    AFTER,
    DELETE,
    DOCUMENT,
    LIST,
    TYPE_IN_PATH,
    changing,
    making,
)

_COMMENT: Schema = {"text": {"type": "string", "minLength": 1, "maxLength": 10_000, "pattern": NO_NUL}}


def paths() -> Paths:
    one = {200: ok("The comment.", DOCUMENT, "ETag")}
    made = {201: ok("Added.", DOCUMENT, "ETag", "Location")}
    mention = (
        "`@[user:7]` in the text mentions a user, who gets a notice. Whoever may read the record may comment on it."
    )
    return {
        "/api/{type}/{id}/comments": {
            "parameters": [TYPE_IN_PATH, *shared("Id")],
            "get": operation(
                "comments", "comments_of", "Comments on a record", {200: ok("Newest first.", LIST)}, READ, parameters=AFTER
            ),
            "post": operation(
                "comments", "add_comment", "Comment", made, WRITE,
                request=making("comments", _COMMENT, ("text",), typed=False), description=mention,
            ),
        },
        "/api/comments/{id}": {
            "parameters": shared("Id"),
            "get": operation("comments", "get_comment", "One comment", one, READ),
            "patch": operation(
                "comments", "edit_comment", "Edit one's own comment", one, WRITE, parameters=shared("IfMatch"),
                request=changing("comments", _COMMENT, typed=False),
            ),
            "delete": operation("comments", "delete_comment", "Delete one's own comment", {204: NOTHING}, DELETE),
        },
    }  # fmt: skip
