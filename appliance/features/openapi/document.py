"""The OpenAPI 3.1 document of what this installation serves now: one part for each entity in the registry, and the
fixed addresses."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from appliance.features.identity.sessions import COOKIE
from appliance.http.openapi.entities import Paths, entity_paths
from appliance.http.openapi.job_schemas import ACCEPTED, JOB_SCHEMAS
from appliance.http.openapi.parts import (
    SHARED_HEADERS,
    SHARED_PARAMETERS,
    WRITE,
    body,
    error_responses,
    ok,
    operation,
    query,
)
from appliance.http.openapi.schemas import document, entity_schemas, obj
from appliance.http.openapi.shared_schemas import SHARED
from appliance.records.entity import Entity
from appliance.records.registry import Registry

Served = Collection[tuple[str, str]]
"""(method, path) pairs; what stands in braces or angle brackets does not matter."""

_SLOT = re.compile(r"\{[^}]*\}|<[^>]*>")
METHODS = ("get", "post", "patch", "delete")
_ABOUT = """JSON:API 1.1 over all records. Ids, decimals and amounts of money are strings; times are UTC in ISO 8601.

Programs send `Authorization: Bearer TOKEN`. A browser's session needs its CSRF token in `X-CSRF-Token` for writes.
Errors are JSON:API errors: `code` is for programs, `detail` for people, in the language of `Accept-Language`.
Every record and list has an ETag. `application/json` is taken and given as well as `application/vnd.api+json`.
The WebSocket at `/live` tells what changed, never the data."""


def describe(registry: Registry, served: Served, version: str, fixed: Paths) -> dict[str, Any]:
    """The whole document. `fixed`: the paths that are the same in every installation. What is not `served` is left out."""
    paths: Paths = {}
    schemas = {**SHARED, **JOB_SCHEMAS, "MaybeResourceDocument": {**document({}), "required": []}}
    for entity in registry.entities.values():
        schemas |= entity_schemas(registry, entity)
        _merge(paths, entity_paths(registry, entity))
        if not entity.builtin:
            _merge(paths, {f"/api/{entity.type}": _bulk(entity)})
    _merge(paths, fixed)
    known = {(method.lower(), _SLOT.sub("*", path)) for method, path in served}
    generic = _generic(registry)
    for path in list(paths):
        for method in METHODS:
            shapes = {(method, _SLOT.sub("*", path)), (method, generic.get(path, path))}
            if method in paths[path] and not shapes & known:
                del paths[path][method]
        if not set(METHODS) & set(paths[path]):
            del paths[path]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ingot", "version": version, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"cookie": []}],
        "tags": _tags(registry, paths),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "a token from /api/tokens"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "a browser's session"},
            },
            "parameters": SHARED_PARAMETERS,
            "headers": SHARED_HEADERS,
            "responses": error_responses(),
            "schemas": schemas,
        },
    }


def _merge(paths: Paths, more: Paths) -> None:
    for path, methods in more.items():
        paths[path] = {**paths.get(path, {}), **methods}


def _generic(registry: Registry) -> dict[str, str]:
    """For the paths of entities, the shape of the generic route that serves them."""
    found = {}
    for entity in registry.entities.values():
        base = f"/api/{entity.type}"
        found[base], found[f"{base}/{{id}}"] = "/api/*", "/api/*/*"
        found[f"{base}/{{id}}/history"] = "/api/*/*/history"
        for name in (*(f.name for f in entity.relationships), *entity.inverse_by_name):
            found[f"{base}/{{id}}/{name}"] = "/api/*/*/*"
            found[f"{base}/{{id}}/relationships/{name}"] = "/api/*/*/relationships/*"
    return found


def _bulk(entity: Entity) -> dict[str, Any]:
    """Changing and deleting many at once, as a job; tried first with dry-run."""
    each = {"description": "a resource; what is none is an error in the job's result, not here"}
    data = {"anyOf": [{"type": "array", "minItems": 1, "maxItems": 10_000, "items": each}, {"type": "object"}]}
    change = (
        "A list of resources creates or updates each; one resource, with filters in the address, changes what matches. A "
        "relationship to many with `meta.how` add, remove or replace changes links."
    )
    dry = query("dry-run", "true: count and try, change nothing", {"type": "string", "enum": ["true", "false"]})
    counted = obj({"jsonapi": {"type": "object"}, "meta": {"type": "object"}}, ("meta",))
    answers = {200: ok("With dry-run: how many match, would change, are blocked.", counted), **ACCEPTED}
    request = body({"type": "object", "required": ["data"], "properties": {"data": data}})
    some = query("filter[id][in]", "these records; all filters of the list are taken")
    parameters = [some, dry]
    return {
        "patch": operation(
            entity.type, f"batch_{entity.name}", "Change many", answers, WRITE, parameters=parameters, request=request,
            description=change,
        ),
        "delete": operation(
            entity.type, f"delete_{entity.plural}", "Delete many", answers, WRITE, parameters=parameters,
            description="What the filters match, which must be there: `filter[id][gt]=0` means all.",
        ),
    }  # fmt: skip


def _tags(registry: Registry, paths: Paths) -> list[dict[str, str]]:
    used = {op["tags"][0] for methods in paths.values() for key, op in methods.items() if key in METHODS}
    named = {
        e.type: {"name": e.type, "description": e.help or e.plural_label or e.label} for e in registry.entities.values()
    }
    return [named.get(tag) or {"name": tag} for tag in (*named, *sorted(used - set(named))) if tag in used]
