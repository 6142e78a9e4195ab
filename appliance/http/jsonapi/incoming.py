"""Documents that clients send: checked for their JSON:API form, then reduced to field values.

What is wrong with the form is a 400 with a pointer; a wrong type or id is a 409; what is wrong with values, `Work` says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from appliance.base.errors import BadRequest, Conflict, Invalid, NotAllowed, Problem
from appliance.base.text import say
from appliance.http.errors import MAX_ERRORS, Missing, pointer_part
from appliance.records.entity import Entity, Field
from appliance.records.kinds import Wrong, record_id
from appliance.records.registry import Registry

ById = Callable[[str, str, str], int]


@dataclass
class Incoming:
    """One resource object. `values` are wire values by field name; links by `lid` are still objects in them."""

    entity: Entity
    values: dict[str, Any]
    id: int | None = None
    lid: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    inverses: dict[str, list[Any]] = field(default_factory=dict)
    where: str = "/data"


def read_data(document: Mapping[str, Any]) -> Mapping[str, Any]:
    data = document.get("data")
    if not isinstance(data, dict):
        raise BadRequest(say("data must be a resource object."), pointer="/data")
    return data


def version_in(meta: Mapping[str, Any], pointer: str) -> int | None:
    """meta.version, wherever in a request it stands. BadRequest for another type than a number: a lock that a client believes in
    must not be off in silence."""
    if not isinstance(meta, Mapping):
        raise BadRequest(say("meta must be an object."), pointer=pointer.removesuffix("/version"))
    if "version" not in meta:
        return None
    version = meta["version"]
    if type(version) is not int:
        raise BadRequest(say("meta.version must be a whole number."), pointer=pointer)
    return version


def read_resource(
    registry: Registry,
    data: Mapping[str, Any],
    where: str,
    *,
    entity: Entity | None = None,
    id_: int | None = None,
    creating: bool,
) -> Incoming:
    """A resource object for an entity. With `id_` it must be that record."""
    type_ = data.get("type")
    if not isinstance(type_, str):
        raise BadRequest(say("A resource needs its type."), pointer=f"{where}/type")
    found = registry.by_type.get(type_)
    if found is None or (entity is not None and found.name != entity.name):
        raise Conflict(
            say("This address takes {type} only.", type=entity.type if entity else "known types"),
            code="type",
            pointer=f"{where}/type",
        )
    resource_id = _id(data, where, id_, creating)
    lid = data.get("lid")
    if lid is not None and not isinstance(lid, str):
        raise BadRequest(say("lid must be a text."), pointer=f"{where}/lid")
    incoming = Incoming(found, {}, resource_id, lid, _object(data, "meta", where), where=where)
    problems: list[Problem] = []
    for name, value in _object(data, "attributes", where).items():
        declared = found.by_name.get(name)
        if name[:1] == "@":
            continue  # an @-Member, which JSON:API wants ignored
        if len(problems) >= MAX_ERRORS:
            break
        if declared is None or declared.relational:
            problems.append(
                Problem(
                    name,
                    say("there is no attribute called {name}", name=name[:100]),
                    "unknown",
                    f"{where}/attributes/{pointer_part(name)}",
                )
            )
        else:
            incoming.values[name] = value
    for name, value in _object(data, "relationships", where).items():
        if name[:1] != "@" and len(problems) < MAX_ERRORS:
            _relationship(found, incoming, name, value, problems)
    if problems:
        raise Invalid(problems)
    return incoming


def _id(data: Mapping[str, Any], where: str, id_: int | None, creating: bool) -> int | None:
    given = data.get("id")
    if given is None:
        if id_ is not None:
            raise BadRequest(say("A change needs the resource's id."), pointer=f"{where}/id")
        return None
    if not isinstance(given, str):
        raise BadRequest(say("id must be a text."), pointer=f"{where}/id")
    if creating and not _upserts(data):
        raise NotAllowed(say("Ids are given by the server; leave id out, or use lid."))
    try:
        found = record_id(given)
    except Wrong:
        found = -1
    if (id_ is not None and found != id_) or found == -1:
        raise Conflict(say("The id is not the one in the address."), code="id", pointer=f"{where}/id")
    return found


def _upserts(data: Mapping[str, Any]) -> bool:
    return isinstance(data.get("meta"), dict) and bool(data["meta"].get("upsert"))


def _object(data: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    value = data.get(key)
    if value is None and key not in data:
        return {}
    if not isinstance(value, dict):
        raise BadRequest(say("{name} must be an object.", name=key), pointer=f"{where}/{key}")
    return value


def _relationship(entity: Entity, incoming: Incoming, name: str, value: Any, problems: list[Problem]) -> None:
    pointer = f"{incoming.where}/relationships/{pointer_part(name)}"
    declared = entity.by_name.get(name)
    inverse = entity.inverse_by_name.get(name)
    if (declared is None or not declared.relational) and inverse is None:
        problems.append(
            Problem(name, say("there is no relationship called {name}", name=name[:100]), "unknown", pointer)
        )
        return
    if not isinstance(value, dict):
        raise BadRequest(say("A relationship must be an object with data."), pointer=pointer)
    if "data" not in value:
        if set(value) & {"links", "meta"}:
            return  # the client sends back what it was given: nothing to change
        raise BadRequest(say("A relationship must be an object with data."), pointer=pointer)
    data = value["data"]
    many = inverse is not None or (declared is not None and declared.many)
    if many != isinstance(data, list):
        raise BadRequest(
            say("data must be a list of identifiers.") if many else say("data must be one identifier, or null."),
            pointer=f"{pointer}/data",
        )
    target = inverse.source if inverse else str(declared.target) if declared else ""
    if inverse:
        incoming.inverses[name] = [checked(target, one, f"{pointer}/data/{n}") for n, one in enumerate(data)]
    elif many:
        incoming.values[name] = [checked(target, one, f"{pointer}/data/{n}") for n, one in enumerate(data)]
    else:
        incoming.values[name] = None if data is None else checked(target, data, f"{pointer}/data")


def checked(target: str, value: Any, pointer: str) -> Any:
    """Checked for form here; the type is compared in `identifiers`, where the registry is at hand."""
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        raise BadRequest(say("An identifier needs type and id."), pointer=pointer)
    if not isinstance(value.get("id"), str) and not isinstance(value.get("lid"), str):
        raise BadRequest(say("An identifier needs id, as a text."), pointer=f"{pointer}/id")
    return {**value, "_target": target, "_pointer": pointer}


def settle(registry: Registry, incoming: Incoming, by_lid: ById | None = None) -> None:
    """Turn identifiers into ids. `by_lid(type, lid, pointer)` finds (or makes) what a local id stands for."""

    def one(value: Any) -> int:
        return target_id(registry, value, by_lid)

    for name, value in incoming.values.items():
        declared: Field = incoming.entity.by_name[name]
        if declared.relational and value is not None:
            incoming.values[name] = [one(v) for v in value] if declared.many else one(value)
    for name, listed in incoming.inverses.items():
        incoming.inverses[name] = [one(v) for v in listed]


def target_id(registry: Registry, value: Mapping[str, Any], by_lid: ById | None) -> int:
    entity = registry.entities.get(value["_target"])
    if entity is None or value["type"] != entity.type:
        expected = entity.type if entity else value["_target"]
        raise Conflict(
            say("This relationship holds {type} only.", type=expected), code="type", pointer=f"{value['_pointer']}/type"
        )
    if isinstance(value.get("lid"), str):
        if by_lid is None:
            raise BadRequest(
                say("There is no resource with this lid in the request."), pointer=f"{value['_pointer']}/lid"
            )
        return by_lid(value["type"], value["lid"], f"{value['_pointer']}/lid")
    try:
        return record_id(value["id"])
    except Wrong:
        raise Missing(
            [
                Problem(
                    "id",
                    say("there is no {entity} with id {id}", entity=entity.name, id=value["id"][:50]),
                    "not_found",
                    value["_pointer"],
                )
            ]
        ) from None


def identifiers(registry: Registry, entity: Entity, name: str, data: Any) -> list[int]:
    """The ids in the body of a to-many relationship endpoint."""
    step = entity.by_name.get(name)
    target = str(step.target) if step else entity.inverse_by_name[name].source
    if not isinstance(data, list):
        raise BadRequest(say("data must be a list of identifiers."), pointer="/data")
    return [target_id(registry, checked(target, one, f"/data/{n}"), None) for n, one in enumerate(data)]


def identifier(registry: Registry, field_: Field, data: Any) -> int | None:
    """The id in the body of a to-one relationship endpoint."""
    if data is None:
        return None
    if isinstance(data, list):
        raise BadRequest(say("data must be one identifier, or null."), pointer="/data")
    return target_id(registry, checked(str(field_.target), data, "/data"), None)


def placed(error: Invalid, entity: Entity, where: str = "/data", *, at: str | None = None) -> Invalid:
    """The same problems, each with a pointer into the request: into a resource at `where`, or to the one value `at`."""
    found = []
    missing = isinstance(error, Missing)
    for p in error.problems:
        declared = entity.by_name.get(p.field)
        part = "relationships" if declared and declared.relational else "attributes"
        missing = missing or (part == "relationships" and p.code == "not_found")
        pointer = p.pointer or at or f"{where}/{part}/{pointer_part(p.field)}"
        found.append(Problem(p.field, p.message, p.code, pointer))
    return Missing(found) if missing else Invalid(found)
