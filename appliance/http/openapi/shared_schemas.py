"""Schemas that belong to no entity: errors, links, log entries, resources of any type."""

from __future__ import annotations

from appliance.http.openapi.schemas import Schema, document, obj, ref

SHARED: dict[str, Schema] = {
    "Version": obj({"version": {"const": "1.1"}}),
    "Links": {
        "type": "object",
        "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "object"}, {"type": "null"}]},
    },
    "Resource": obj(
        {
            "type": {"type": "string"},
            "id": {"type": "string"},
            "attributes": {"type": "object"},
            "relationships": {"type": "object"},
            "links": ref("Links"),
            "meta": {"type": "object"},
        },
        ("type", "id"),
    ),
    "ResourceDocument": document(ref("Resource")),
    "ResourceList": document({"type": "array", "items": ref("Resource")}),
    "Errors": obj(
        {
            "jsonapi": ref("Version"),
            "errors": {
                "type": "array",
                "minItems": 1,
                "items": obj(
                    {
                        "id": {"type": "string", "description": "what the server's log knows a 500 by"},
                        "status": {"type": "string"},
                        "code": {"type": "string", "description": "for programs; does not change with the language"},
                        "title": {"type": "string"},
                        "detail": {"type": "string"},
                        "source": obj({n: {"type": "string"} for n in ("pointer", "parameter", "header")}),
                        "meta": {"type": "object"},
                    },
                    ("status", "code", "title", "detail"),
                ),
            },
        },
        ("errors",),
    ),
    "LogEntry": obj(
        {
            "type": {"const": "log"},
            "id": {"type": "string", "description": "the position in the log"},
            "attributes": obj(
                {
                    "at": {"type": "string", "format": "date-time"},
                    "actor": {"type": "string"},
                    "via": {"type": "string"},
                    "transaction": {"type": "string"},
                    "entity": {"type": "string"},
                    "record": {"type": "string"},
                    "version": {"type": "integer"},
                    "action": {"type": "string"},
                    "change": {
                        "type": "object",
                        "additionalProperties": {"type": "array", "description": "before, after"},
                    },
                }
            ),
        },
        ("type", "id", "attributes"),
    ),
    "LogList": document({"type": "array", "items": ref("LogEntry")}),
}
