"""What JSON:API 1.1 says of a document that a server sends, as a JSON schema: strict where the text says MUST NOT."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

_GLOBAL = "[a-zA-Z0-9\\u0080-\\uffff]"
NAME = f"^{_GLOBAL}([a-zA-Z0-9\\u0080-\\uffff_ -]*{_GLOBAL})?$"
_URI = "^[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*$"  # RFC 3986: no brackets outside a host


def _object(properties: dict[str, Any], required: list[str] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required or [],
        "additionalProperties": False,
        **more,
    }


_LINK = {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/uri"}, {"$ref": "#/$defs/link_object"}]}
_DEFS: dict[str, Any] = {
    "uri": {"type": "string", "pattern": _URI},
    "meta": {"type": "object"},
    "type": {"type": "string", "pattern": NAME},
    "link_object": _object(
        {
            "href": {"$ref": "#/$defs/uri"},
            "rel": {"type": "string"},
            "describedby": {},
            "title": {"type": "string"},
            "type": {"type": "string"},
            "hreflang": {},
            "meta": {"$ref": "#/$defs/meta"},
        },
        ["href"],
    ),
    "links": {"type": "object", "additionalProperties": _LINK},
    "identifier": _object(
        {"type": {"$ref": "#/$defs/type"}, "id": {"type": "string"}, "meta": {"$ref": "#/$defs/meta"}}, ["type", "id"]
    ),
    "linkage": {
        "anyOf": [
            {"type": "null"},
            {"$ref": "#/$defs/identifier"},
            {"type": "array", "items": {"$ref": "#/$defs/identifier"}, "uniqueItems": True},
        ]
    },
    "relationship": _object(
        {
            "links": {"$ref": "#/$defs/links"},
            "data": {"$ref": "#/$defs/linkage"},
            "meta": {"$ref": "#/$defs/meta"},
        },
        minProperties=1,
    ),
    "names": {"pattern": NAME, "not": {"enum": ["type", "id"]}},
    "resource": _object(
        {
            "type": {"$ref": "#/$defs/type"},
            "id": {"type": "string", "minLength": 1},
            "attributes": {"type": "object", "propertyNames": {"$ref": "#/$defs/names"}},
            "relationships": {
                "type": "object",
                "propertyNames": {"$ref": "#/$defs/names"},
                "additionalProperties": {"$ref": "#/$defs/relationship"},
            },
            "links": {"$ref": "#/$defs/links"},
            "meta": {"$ref": "#/$defs/meta"},
        },
        ["type", "id"],
    ),
    "error": _object(
        {
            "id": {"type": "string"},
            "links": {"$ref": "#/$defs/links"},
            "status": {"type": "string", "pattern": "^[45][0-9][0-9]$"},
            "code": {"type": "string"},
            "title": {"type": "string"},
            "detail": {"type": "string"},
            "source": _object(
                {
                    "pointer": {"type": "string", "pattern": "^(/([^~]|~[01])*)?$"},
                    "parameter": {"type": "string"},
                    "header": {"type": "string"},
                }
            ),
            "meta": {"$ref": "#/$defs/meta"},
        },
        minProperties=1,
    ),
    "jsonapi": _object(
        {
            "version": {"const": "1.1"},
            "ext": {"type": "array", "items": {"$ref": "#/$defs/uri"}},
            "profile": {"type": "array", "items": {"$ref": "#/$defs/uri"}},
            "meta": {"$ref": "#/$defs/meta"},
        }
    ),
    "result": _object({"data": {"$ref": "#/$defs/resource"}, "meta": {"$ref": "#/$defs/meta"}}),
}
_TOP: dict[str, Any] = {
    "jsonapi": {"$ref": "#/$defs/jsonapi"},
    "links": {"$ref": "#/$defs/links"},
    "meta": {"$ref": "#/$defs/meta"},
}
_PRIMARY = {
    "anyOf": [
        {"type": "null"},
        {"$ref": "#/$defs/resource"},
        {"$ref": "#/$defs/identifier"},
        {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/resource"}, {"$ref": "#/$defs/identifier"}]}},
    ]
}
_KINDS: dict[str, dict[str, Any]] = {
    "data": _object(
        {**_TOP, "data": _PRIMARY, "included": {"type": "array", "items": {"$ref": "#/$defs/resource"}}}, ["data"]
    ),
    "errors": _object(
        {**_TOP, "errors": {"type": "array", "items": {"$ref": "#/$defs/error"}, "minItems": 1}}, ["errors"]
    ),
    "atomic:results": _object(
        {**_TOP, "atomic:results": {"type": "array", "items": {"$ref": "#/$defs/result"}}}, ["atomic:results"]
    ),
    "meta": _object(_TOP, ["meta"]),
}
_VALIDATORS = {name: Draft202012Validator({"$defs": _DEFS, **kind}) for name, kind in _KINDS.items()}


def check_document(document: Any) -> None:
    """AssertionError with what is wrong; also for what a schema cannot say: no resource twice, and full linkage."""
    assert isinstance(document, dict), "a document is an object"
    kind = next((name for name in _KINDS if name in document), "meta")
    problems = list(_VALIDATORS[kind].iter_errors(document))
    assert not problems, [f"{list(e.path)}: {[c.message for c in e.context or [e]]}"[:800] for e in problems]
    if "included" not in document:
        return
    data = document["data"]
    primary = data if isinstance(data, list) else [data] if data else []
    included = document["included"]
    # identifiers as primary data (a relationship's own address) may be met again as resources
    known = [(r["type"], r["id"]) for r in [*(p for p in primary if "attributes" in p), *included]]
    assert len(known) == len(set(known)), "a resource stands twice in one document"


def check_full_linkage(document: Any) -> None:
    """Every included resource is reached from the primary data."""
    data = document["data"]
    primary = data if isinstance(data, list) else [data]
    held = {(r["type"], r["id"]): r for r in [*document["included"], *(p for p in primary if "relationships" in p)]}
    reached: set[tuple[str, str]] = set()
    waiting = [(r["type"], r["id"]) for r in primary]
    while waiting:
        key = waiting.pop()
        if key in reached:
            continue
        reached.add(key)
        for relationship in held.get(key, {}).get("relationships", {}).values():
            linked = relationship.get("data")
            several = linked if isinstance(linked, list) else [linked] if linked else []
            waiting += [(one["type"], one["id"]) for one in several]
    lost = [(r["type"], r["id"]) for r in document["included"] if (r["type"], r["id"]) not in reached]
    assert not lost, f"included without a link to the primary data: {lost}"
