"""JSON Schemas: what every document is made of, and for each entity what it answers with and what it takes."""

from __future__ import annotations

from typing import Any

import orjson

from appliance.records.entity import Entity, Field
from appliance.records.kinds.number import DecimalKind
from appliance.records.registry import Registry

Schema = dict[str, Any]
ID = "^[0-9]{1,18}$"
NO_NUL = "^[^\\u0000]*$"


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def name_of(entity: Entity) -> str:
    """The name of an entity's schemas: `line_item` -> `LineItem`."""
    return "".join(part.capitalize() for part in entity.name.split("_"))


def obj(properties: Schema, required: tuple[str, ...] = (), *, closed: bool = False) -> Schema:
    found: Schema = {"type": "object", "properties": properties}
    if required:
        found["required"] = list(required)
    if closed:
        found["additionalProperties"] = False
    return found


def nullable(schema: Schema) -> Schema:
    if not schema:
        return schema  # anything at all holds null already
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    told: Schema = {k: schema[k] for k in ("title", "description") if k in schema}
    rest = {k: v for k, v in schema.items() if k not in told}
    return {**told, "anyOf": [rest, {"type": "null"}]}


# ---------------------------------------------------------------------- one field


def taken(field: Field, *, creating: bool) -> Schema:
    """What a client may send for a field. No `default`, ever: clients generated from this would send it with each change and so
    reset fields that nobody named, or demand it of who creates a record. What a new record gets stands in the description."""
    schema = dict(field.kind.schema(field))
    if isinstance(field.kind, DecimalKind):
        places = field.kind.places(field)
        text = rf"^-?[0-9]{{1,9}}(\.[0-9]{{1,{places}}})?$" if places else "^-?[0-9]{1,9}$"
        number: Schema = {"type": "number"}
        schema["anyOf"] = [{"type": "string", "pattern": text}, number]
        if field.kind.monetary:
            amount = {"anyOf": [{"type": "string", "pattern": text}, number, {"type": "null"}]}
            schema["anyOf"].append(obj({"amount": amount, "currency": {"const": field.currency or "EUR"}}))
    if (pattern := field.kind.json_pattern) and "pattern" not in schema:
        schema["pattern"] = pattern
    if field.kind.has_choices and field.kind.is_list and field.required:
        schema["minItems"] = 1
    if field.required and schema.get("type") == "string" and "enum" not in schema:
        schema["minLength"] = max(1, schema.get("minLength", 0))  # an empty text is no value
    schema = {**_told(field), **schema}
    if creating and field.default is not None:
        told = f"A new record gets {orjson.dumps(field.default).decode()} where this is left out."
        schema["description"] = " ".join(filter(None, (schema.get("description"), told)))
    return schema if field.required else nullable(schema)


def shown(field: Field) -> Schema:
    """What the server answers with: the type without bounds, for a value may be older than they are."""
    schema = field.kind.schema(field)
    told = _told(field)
    if field.kind.exact:
        return nullable({**told, "type": "string"})
    if not schema.get("type"):
        return told
    found: Schema = {**told, "type": schema["type"]}
    if schema.get("format") in ("date", "date-time"):
        found["format"] = schema["format"]
    if schema["type"] == "array":
        found["items"] = {"type": "string"}
    return nullable(found)


def _told(field: Field) -> Schema:
    words = {"title": field.label}
    if field.help:
        words["description"] = field.help
    return words


# ---------------------------------------------------------------------- one entity


def entity_schemas(registry: Registry, entity: Entity) -> dict[str, Schema]:
    """`Contact` and its documents; `ContactCreate` and `ContactUpdate` unless the entity is built in."""
    name = name_of(entity)
    found = {
        name: _resource(registry, entity),
        f"{name}Document": document(ref(name)),
        f"{name}MaybeDocument": document({"anyOf": [ref(name), {"type": "null"}]}),
        f"{name}List": document({"type": "array", "items": ref(name)}),
        f"{name}Identifier": obj(
            {"type": {"const": entity.type}, "id": {"type": "string", "pattern": ID}}, ("type", "id")
        ),
    }
    if not entity.builtin:
        found[f"{name}Create"] = incoming(registry, entity, creating=True)
        found[f"{name}Update"] = incoming(registry, entity, creating=False)
    return found


def document(data: Schema) -> Schema:
    properties = {
        "jsonapi": ref("Version"),
        "data": data,
        "links": ref("Links"),
        "included": {"type": "array", "items": ref("Resource")},
        "meta": {"type": "object"},
    }
    return obj(properties, ("data",))


def _resource(registry: Registry, entity: Entity) -> Schema:
    relationships: Schema = {}
    for field in entity.relationships:
        if field.target in registry.entities:
            one = identifier(registry, field.target)
            data = {"type": "array", "items": one} if field.many else {"anyOf": [one, {"type": "null"}]}
            relationships[field.name] = obj({"data": data, "links": ref("Links")})
    for inverse in entity.inverses:
        data = {"type": "array", "items": identifier(registry, inverse.source)}
        relationships[inverse.name] = obj({"data": data, "links": ref("Links")})
    properties: Schema = {
        "type": {"const": entity.type},
        "id": {"type": "string"},
        "attributes": obj({f.name: shown(f) for f in entity.attributes}, closed=True),
        "relationships": obj(relationships, closed=True),
        "links": ref("Links"),
        "meta": obj({"version": {"type": "integer"}}),
    }
    found = obj(properties, ("type", "id"))
    return {**found, "title": entity.label, **({"description": entity.help} if entity.help else {})}


def incoming(registry: Registry, entity: Entity, *, creating: bool) -> Schema:
    """The request document of a create or an update."""
    writable = [f for f in entity.by_name.values() if f.writable]
    attributes = {f.name: taken(f, creating=creating) for f in writable if not f.relational}
    relationships: Schema = {}
    for field in writable:
        if field.relational and field.target in registry.entities:
            relationships[field.name] = linkage(registry, field.target, many=field.many, required=field.required)
    for inverse in entity.inverses:
        relationships[inverse.name] = linkage(registry, inverse.source, many=True)
    needed = {f.name for f in entity.fields if creating and f.required and f.default is None and f.writable}
    meta: Schema = {
        "version": {"type": "integer", "description": "the version you have seen: 412 when it is not the stored one"}
    }
    if creating:
        names = [f.name for f in entity.fields if not f.many]
        upsert = {"type": "array", "items": {"enum": names}, "minItems": 1} if names else {"const": True}
        meta = {
            "upsert": {
                "anyOf": [{"const": True}, upsert],
                "description": "update the record that has these values instead",
            }
        }
    needed_attributes = tuple(n for n in attributes if n in needed)
    needed_links = tuple(n for n in relationships if n in needed)
    data = obj(
        {
            "type": {"const": entity.type},
            "id": {"type": ["string", "null"], "pattern": ID} if creating else {"type": "string", "pattern": ID},
            "lid": {"type": ["string", "null"]},
            "attributes": obj(attributes, needed_attributes, closed=True),
            "relationships": obj(relationships, needed_links, closed=True),
            "links": {"type": "object"},
            "meta": obj(meta),
        },
        ("type",)
        + (() if creating else ("id",))
        + (("attributes",) if needed_attributes else ())
        + (("relationships",) if needed_links else ()),
        closed=True,
    )
    return obj({"data": data}, ("data",))


def identifier(registry: Registry, entity: str | None) -> Schema:
    return ref(f"{name_of(registry.entities[str(entity)])}Identifier")


def linkage(registry: Registry, target: str | None, *, many: bool, required: bool = False) -> Schema:
    """The document that a relationship is set by."""
    one = identifier(registry, target)
    data: Schema = {"type": "array", "items": one} if many else one
    return obj({"data": data if many or required else {"anyOf": [one, {"type": "null"}]}}, ("data",))
