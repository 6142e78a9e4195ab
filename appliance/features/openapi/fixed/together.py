"""What people do together on records of any type: undo and restore, comments, notices."""

from __future__ import annotations

from appliance.features.openapi.entities import Paths
from appliance.features.openapi.fixed.jobs import ACCEPTED
from appliance.features.openapi.fixed.words import (
    DELETE,
    DOCUMENT,
    LIST,
    POSITION,
    TEXT,
    TEXTS,
    changing,
    in_path,
    making,
)
from appliance.features.openapi.parts import NOTHING, READ, WRITE, ok, operation, query, shared
from appliance.features.openapi.schemas import NO_NUL, Schema, obj

_FLAG: Schema = {"type": "boolean"}
_COMMENT: Schema = {"text": {"type": "string", "minLength": 1, "maxLength": 10_000, "pattern": NO_NUL}}
_TYPE = in_path("type", {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"}, "the type of the record: contacts")
_AFTER = [
    query("page[after]", "the id of the last one you have", POSITION),
    query("page[size]", "entries of a page, 200 at most", {**POSITION, "default": 50}),
]


def together_paths() -> Paths:
    return {**_undo(), **_comments(), **_notices()}


def _undo() -> Paths:
    undo: Schema = {
        "transaction": {
            **TEXT,
            "description": "as the header Ingot-Transaction of a write, or an entry of the log, names it",
        },
        "job": {**TEXT, "description": "all that this job changed"},
        "partly": {**_FLAG, "description": "take back what can be, and report the rest"},
    }
    restore: Schema = {"version": {"type": "integer", "minimum": 1}, "fields": TEXTS}
    back = "Values of an earlier version, all or some. Without a version: a deleted record, with its links and files."
    text = (
        "All or nothing unless `partly`: 409 names each field that was changed since, with what is there now and what it "
        "would have been. Undoing leaves ordinary entries, so it can be undone as well."
    )
    return {
        "/api/undo": {
            "post": operation(
                "undo", "take_back", "Take back", {200: ok("What happened.", DOCUMENT), **ACCEPTED}, WRITE,
                request=making("undo", undo), description=text,
            )
        },
        "/api/{type}/{id}/restore": {
            "parameters": [_TYPE, *shared("Id")],
            "post": operation(
                "undo", "restore", "Restore a record", {200: ok("The record.", DOCUMENT, "ETag")}, WRITE,
                request=making("restore", restore, typed=False), description=back,
            ),
        },
        "/api/{type}/deleted": {
            "parameters": [_TYPE],
            "get": operation(
                "undo", "list_deleted", "The trash", {200: ok("Newest first.", LIST)}, READ, parameters=_AFTER
            ),
        },
    }  # fmt: skip


def _comments() -> Paths:
    one = {200: ok("The comment.", DOCUMENT, "ETag")}
    made = {201: ok("Added.", DOCUMENT, "ETag", "Location")}
    mention = (
        "`@[user:7]` in the text mentions a user, who gets a notice. Whoever may read the record may comment on it."
    )
    return {
        "/api/{type}/{id}/comments": {
            "parameters": [_TYPE, *shared("Id")],
            "get": operation(
                "comments", "comments_of", "Comments on a record", {200: ok("Newest first.", LIST)}, READ, parameters=_AFTER
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


def _notices() -> Paths:
    listed = [
        query("filter[unread]", "only those not read yet", {"type": "string", "enum": ["true", "false"]}),
        *_AFTER,
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
