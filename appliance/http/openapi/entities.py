"""The operations of one entity: list, create, get, update, delete, its relations, its history."""

from __future__ import annotations

from typing import Any

from appliance.http.openapi.list_parameters import FILTERING, listing, shaping
from appliance.http.openapi.parts import (
    NOTHING,
    READ,
    UNCHANGED,
    WRITE,
    Operation,
    body,
    ok,
    operation,
    query,
    shared,
    some_of,
)
from appliance.http.openapi.schemas import Schema, linkage, name_of, ref
from appliance.records.entity import Entity, Field
from appliance.records.query import MAX_SIZE
from appliance.records.registry import Registry

Paths = dict[str, dict[str, Any]]


def entity_paths(registry: Registry, entity: Entity) -> Paths:
    """All generic paths of an entity; a built-in one is only read here."""
    base = f"/api/{entity.type}"
    item = f"{base}/{{id}}"
    paths: Paths = {
        base: {"get": _list(registry, entity)},
        item: {"parameters": shared("Id"), "get": _get(registry, entity)},
    }
    if not entity.builtin:
        paths[base]["post"] = _create(registry, entity)
        paths[item] |= {"patch": _update(registry, entity), "delete": _delete(entity)}
    paths[f"{item}/history"] = {"parameters": shared("Id"), "get": _history(entity)}
    for field in entity.relationships:
        if field.target in registry.entities:
            writable = field.writable and not entity.builtin
            paths |= _relation(registry, entity, field.name, registry.entities[field.target], field, writable)
    for inverse in entity.inverses:
        paths |= _relation(registry, entity, inverse.name, registry.entities[inverse.source], None, not entity.builtin)
    return paths


def _list(registry: Registry, entity: Entity) -> Operation:
    return operation(
        entity.type,
        f"list_{entity.plural}",
        f"List: {entity.plural_label or entity.label}",
        {200: ok("A page.", ref(f"{name_of(entity)}List"), "ETag"), 304: UNCHANGED},
        READ,
        parameters=listing(registry, entity),
        description=FILTERING,
    )


def _get(registry: Registry, entity: Entity) -> Operation:
    return operation(
        entity.type,
        f"get_{entity.name}",
        f"Read: {entity.label}",
        {200: ok("The record.", ref(f"{name_of(entity)}Document"), "ETag"), 304: UNCHANGED},
        READ,
        parameters=[*shaping(registry, entity), *shared("AsOf", "IfNoneMatch")],
    )


def _create(registry: Registry, entity: Entity) -> Operation:
    document = ref(f"{name_of(entity)}Document")
    return operation(
        entity.type,
        f"create_{entity.name}",
        f"Create: {entity.label}",
        {
            201: ok("Created.", document, "ETag", "Location"),
            200: ok("There was one already (`meta.upsert`); it was updated.", document, "ETag"),
        },
        WRITE,
        parameters=[*shaping(registry, entity), *shared("IdempotencyKey")],
        request=body(ref(f"{name_of(entity)}Create")),
    )


def _update(registry: Registry, entity: Entity) -> Operation:
    return operation(
        entity.type,
        f"update_{entity.name}",
        f"Change: {entity.label}",
        {200: ok("The record as it is now.", ref(f"{name_of(entity)}Document"), "ETag")},
        WRITE,
        parameters=[*shaping(registry, entity), *shared("IfMatch")],
        request=body(ref(f"{name_of(entity)}Update")),
        description="Only what is sent changes. A list of links is replaced as a whole.",
    )


def _delete(entity: Entity) -> Operation:
    errors = (401, 403, 404, 406, 409, 412, 421, 503)
    return operation(
        entity.type,
        f"delete_{entity.name}",
        f"Delete: {entity.label}",
        {204: NOTHING},
        errors,
        parameters=shared("IfMatch"),
    )


def _history(entity: Entity) -> Operation:
    size: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": 100}
    older = "the id of the last entry you have: older ones follow, as in the `next` link"
    return operation(
        entity.type,
        f"history_of_{entity.name}",
        f"History: {entity.label}",
        {200: ok("Log entries, newest first.", ref("LogList"))},
        READ,
        parameters=[
            query("page[size]", "entries of a page", size),
            query("page[after]", older, {"type": "integer", "minimum": 0}),
        ],
    )


def _relation(
    registry: Registry, entity: Entity, name: str, target: Entity, field: Field | None, writable: bool
) -> Paths:
    """The records at the far end, and the links themselves. `field` is None for the far end of another's field."""
    many = field is None or field.many
    item, there = f"/api/{entity.type}/{{id}}", name_of(target)
    label = field.label if field else name
    if many:
        parameters = listing(registry, target)
        related = {200: ok("A page.", ref(f"{there}List"), "ETag"), 304: UNCHANGED}
    else:
        parameters = shaping(registry, target)
        related = {200: ok("The record, or null.", ref(f"{there}MaybeDocument"))}
    one = f"{entity.name}_{name}"
    get_related = operation(
        entity.type, f"related_{one}", f"Linked records: {label}", related, READ, parameters=parameters
    )
    links = linkage(registry, target.name, many=many)
    through = [
        some_of("include", [name], f"The linked records along; paths begin with `{name}`."),
        *shaping(registry, target)[1:],
    ]
    get_links = operation(
        entity.type, f"links_{one}", f"Links: {label}", {200: ok("Identifiers.", links)}, READ, parameters=through
    )
    relationship: dict[str, Any] = {"parameters": shared("Id"), "get": get_links}
    if writable:
        required = bool(field and field.required and not field.many)
        taken = body(linkage(registry, target.name, many=many, required=required))
        ways = {"patch": ("set", "Replace"), "post": ("add", "Add to"), "delete": ("remove", "Remove from")}
        for method, (verb, word) in ways.items():
            if many or method == "patch":
                relationship[method] = operation(
                    entity.type, f"{verb}_{one}", f"{word} links: {label}", {204: NOTHING}, WRITE,
                    parameters=shared("IfMatch"), request=taken,
                )  # fmt: skip
    return {
        f"{item}/{name}": {"parameters": shared("Id"), "get": get_related},
        f"{item}/relationships/{name}": relationship,
    }
