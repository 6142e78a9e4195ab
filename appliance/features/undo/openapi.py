"""The paths of undoing, restoring and the trash."""

from __future__ import annotations

from appliance.http.openapi.entities import Paths
from appliance.http.openapi.job_schemas import ACCEPTED
from appliance.http.openapi.parts import READ, WRITE, ok, operation, shared
from appliance.http.openapi.schemas import Schema
from appliance.http.openapi.shorthand import (
    AFTER,
    DOCUMENT,
    LIST,
    TEXT,
    TEXTS,
    TYPE_IN_PATH,
    making,
)

_FLAG: Schema = {"type": "boolean"}


def paths() -> Paths:
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
            "parameters": [TYPE_IN_PATH, *shared("Id")],
            "post": operation(
                "undo", "restore", "Restore a record", {200: ok("The record.", DOCUMENT, "ETag")}, WRITE,
                request=making("restore", restore, typed=False), description=back,
            ),
        },
        "/api/{type}/deleted": {
            "parameters": [TYPE_IN_PATH],
            "get": operation(
                "undo", "list_deleted", "The trash", {200: ok("Newest first.", LIST)}, READ, parameters=AFTER
            ),
        },
    }  # fmt: skip
