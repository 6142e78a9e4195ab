"""Schemas and parts that several of the fixed addresses share."""

from __future__ import annotations

from appliance.http.openapi.parts import body, query
from appliance.http.openapi.schemas import Schema, obj, ref

DELETE = (401, 403, 404, 406, 409, 412, 421, 503)
TEXT: Schema = {"type": "string"}
TEXTS: Schema = {"type": "array", "items": TEXT}
FLAG: Schema = {"type": "string", "enum": ["true", "false", "1", "0", "on", ""]}
POSITION: Schema = {"type": "integer", "minimum": 0}
ANYTHING: Schema = {}
DOCUMENT, LIST = ref("ResourceDocument"), ref("ResourceList")


def one_of(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


def making(type_: str, attributes: Schema, required: tuple[str, ...] = (), *, typed: bool = True) -> Schema:
    """The body of a POST. `typed`: the server insists on the type."""
    properties = {"type": {"const": type_}, "attributes": obj(attributes, required), "meta": {}}
    if not typed:
        properties["type"] = {"description": type_}
    return body(obj({"data": obj(properties, ("type", "attributes") if typed else ("attributes",))}, ("data",)))


def changing(type_: str, attributes: Schema, *, typed: bool = True) -> Schema:
    """The body of a PATCH."""
    properties = {"type": {"const": type_}, "id": TEXT, "attributes": obj(attributes), "meta": {}}
    if not typed:
        properties |= {"type": {"description": type_}, "id": {}}
    return body(obj({"data": obj(properties, ("type", "id", "attributes") if typed else ())}, ("data",)))


def in_path(name: str, schema: Schema | None = None, text: str = "") -> Schema:
    return {"name": name, "in": "path", "required": True, "description": text or name, "schema": schema or TEXT}


def attributes_alone(type_: str, attributes: Schema, required: tuple[str, ...]) -> Schema:
    """The server looks at the attributes alone."""
    data = obj(
        {"type": {"description": type_}, "id": {}, "attributes": obj(attributes, required, closed=True)},
        ("attributes",),
    )
    return obj({"data": data}, ("data",))


TYPE_IN_PATH = in_path("type", {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"}, "the type of the record: contacts")
AFTER = [
    query("page[after]", "the id of the last one you have", POSITION),
    query("page[size]", "entries of a page, 200 at most", {**POSITION, "default": 50}),
]
