"""/api/entities and /api/fields: the schema itself, as resources. Create one and it is live; remove one and it waits in
/api/trash. An entity is addressed by its id or its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from appliance.base.errors import BadRequest, Conflict, Invalid, NotFound, Problem
from appliance.base.text import say
from appliance.http import requests
from appliance.http.jsonapi.answers import answer, check_accept, no_content
from appliance.http.jsonapi.document import VERSION
from appliance.http.jsonapi.incoming import read_data
from appliance.http.jsonapi.media import check_content_type
from appliance.http.route_policy import RoutePolicy, declare
from appliance.records.declaration import read_entity, read_field, write_entity, write_field
from appliance.records.entity import Entity, Field
from appliance.records.records import Records
from appliance.records.registry import Registry
from appliance.records.schema import Schema


def make_api(records: Records) -> Blueprint:
    """Reading needs an actor; changing needs an administrator, which Schema checks."""
    api = Blueprint("schema", __name__, url_prefix="/api")

    def words(type_: str, expect_id: str | None = None) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """(attributes, meta) of the body."""
        check_content_type(request.headers.get("Content-Type", ""))
        check_accept()
        document = requests.body_object()
        data = read_data(document)
        if data.get("type") != type_:
            raise Conflict(say("This address takes {type} only.", type=type_), code="type", pointer="/data/type")
        if expect_id is not None and str(data.get("id", expect_id)) != expect_id:
            raise Conflict(say("The id is not the one in the address."), code="id", pointer="/data/id")
        attributes = data.get("attributes") or {}
        meta = (
            {**(document.get("meta") or {}), **(data.get("meta") or {})}
            if isinstance(data.get("meta") or {}, dict)
            else {}
        )
        if not isinstance(attributes, dict):
            raise BadRequest(say("{name} must be an object.", name="attributes"), pointer="/data/attributes")
        return attributes, meta

    # ------------------------------------------------------------------ entities

    @api.get("/entities")
    def list_entities() -> Response:
        requests.actor()
        wanted = only("filter[name]", "filter[pack]", "page[size]", "page[number]")
        shown = [e for e in records.registry.entities.values() if not e.builtin]
        shown = [
            e
            for e in shown
            if wanted.get("filter[name]") in (None, e.name) and wanted.get("filter[pack]") in (None, e.pack)
        ]
        return answer(
            {"jsonapi": VERSION, "data": [entity_resource(e) for e in shown], "links": {"self": request.path}}
        )

    @api.get("/entities/<key>")
    def get_entity(key: str) -> Response:
        requests.actor()
        return one(entity_resource(entity_by(records.registry, key)))

    @api.post("/entities")
    def create_entity() -> Response:
        requests.actor()
        attributes, _ = words("entities")
        with records.change_schema(requests.actor()) as schema:
            made = schema.create_entities([read_entity(attributes)])[0]
        return one(entity_resource(records.registry.entity(made.name)), 201)

    @api.patch("/entities/<key>")
    def change_entity(key: str) -> Response:
        requests.actor()
        entity = entity_by(records.registry, key)
        attributes, _ = words("entities", str(entity.id) if key == str(entity.id) else None)
        changes = dict(attributes)
        order = changes.pop("order", None)
        if "fields" in changes:
            text = say("fields are changed one by one, at /api/fields")
            raise Invalid([Problem("fields", text, "read_only", "/data/attributes/fields")])
        with records.change_schema(requests.actor()) as schema:
            entity = entity_in(schema, entity.id)
            if changes:
                entity = schema.change_entity(entity, changes)
            if order is not None:
                if not isinstance(order, list) or not all(n in entity.by_name for n in order):
                    raise Invalid(
                        [Problem("order", say("must be a list of field names"), "invalid", "/data/attributes/order")]
                    )
                schema.order_fields(entity, order)
        return one(entity_resource(records.registry.entity(entity.name)))

    @api.delete("/entities/<key>")
    def remove_entity(key: str) -> Response:
        requests.actor()
        entity = entity_by(records.registry, key)
        with records.change_schema(requests.actor()) as schema:
            schema.remove_entity(entity_in(schema, entity.id))
        return no_content()

    # ------------------------------------------------------------------ fields

    @api.get("/fields")
    def list_fields() -> Response:
        requests.actor()
        wanted = only("filter[entity]", "filter[name]", "page[size]", "page[number]")
        data = [
            field_resource(e, f)
            for e in records.registry.entities.values()
            if not e.builtin and wanted.get("filter[entity]") in (None, e.name, e.plural, e.type)
            for f in e.fields
            if wanted.get("filter[name]") in (None, f.name)
        ]
        return answer({"jsonapi": VERSION, "data": data, "links": {"self": request.path}})

    @api.get("/fields/<id_>")
    def get_field(id_: str) -> Response:
        requests.actor()
        entity, field = field_by(records.registry.entities.values(), id_)
        return one(field_resource(entity, field))

    @api.post("/fields")
    def add_field() -> Response:
        requests.actor()
        attributes, _ = words("fields")
        rest = dict(attributes)
        name = rest.pop("entity", None)
        with records.change_schema(requests.actor()) as schema:
            known = schema.entities()
            entity = next((e for e in known.values() if name in (e.name, e.plural, e.type)), None)
            if entity is None:
                text = say("there is no entity called {name}", name=name)
                raise Invalid([Problem("entity", text, "not_found", "/data/attributes/entity")])
            made = schema.add_field(with_inverses(records.registry, entity), read_field(rest))
        entity, field = field_by(records.registry.entities.values(), str(made.id))
        return one(field_resource(entity, field), 201)

    @api.patch("/fields/<id_>")
    def change_field(id_: str) -> Response:
        """`meta.preview` answers what a re-typing would do and changes nothing; `meta.clear` empties what will not convert."""
        requests.actor()
        attributes, meta = words("fields", id_)
        changes = {k: v for k, v in attributes.items() if k != "entity"}
        position = changes.pop("position", None)
        with records.change_schema(requests.actor()) as schema:
            entity, field = field_by(schema.entities().values(), id_)
            entity = with_inverses(records.registry, entity)
            if meta.get("preview"):
                return answer({"jsonapi": VERSION, "meta": {"preview": schema.preview_retype(entity, field, changes)}})
            if changes:
                field = schema.change_field(entity, field, changes, clear_bad=bool(meta.get("clear")))
            if position is not None:
                if type(position) is not int or position < 0:
                    raise Invalid(
                        [Problem("position", say("must be a whole number"), "type", "/data/attributes/position")]
                    )
                names = [f.name for f in schema.entities()[entity.name].fields if f.name != field.name]
                names.insert(position, field.name)
                schema.order_fields(schema.entities()[entity.name], names)
        entity, field = field_by(records.registry.entities.values(), id_)
        return one(field_resource(entity, field))

    @api.delete("/fields/<id_>")
    def remove_field(id_: str) -> Response:
        with records.change_schema(requests.actor()) as schema:
            entity, field = field_by(schema.entities().values(), id_)
            schema.remove_field(entity, field)
        return no_content()

    # ------------------------------------------------------------------ trash

    @api.get("/trash")
    def list_trash() -> Response:
        requests.actor()
        definitions = records.definitions
        data = [_trash("entities", r.id, r.name, r.removed_at) for r in definitions.removed_entities()]
        data += [_trash("fields", r.id, r.name, r.removed_at) for r in definitions.removed_fields()]
        return answer({"jsonapi": VERSION, "data": data})

    @api.post("/trash/<kind>/<int:id_>/restoration")
    def restore(kind: str, id_: int) -> Response:
        with records.change_schema(requests.actor()) as schema:
            if kind == "entities":
                name = schema.restore_entity(id_).name
            elif kind == "fields":
                schema.restore_field(id_)
            else:
                raise NotFound(say("There is nothing at this address."))
        if kind == "entities":
            return one(entity_resource(records.registry.entity(name)))
        return one(field_resource(*field_by(records.registry.entities.values(), str(id_))))

    def one(resource: dict[str, Any], status: int = 200) -> Response:
        location = resource["links"]["self"] if status == 201 else None
        return answer(
            {"jsonapi": VERSION, "data": resource, "links": {"self": resource["links"]["self"]}},
            status,
            location=location,
        )

    return declare(api, RoutePolicy("*"), list_entities=RoutePolicy("*", None), list_fields=RoutePolicy("*", None))


def only(*known: str) -> Mapping[str, str]:
    for name in request.args:
        if name not in known:
            raise BadRequest(say("There is no parameter {name} here.", name=name[:100]), parameter=name[:100])
    return request.args


def entity_resource(entity: Entity) -> dict[str, Any]:
    attributes = {**write_entity(entity), "type": entity.type, "table": entity.table}
    attributes.pop("type")
    for words, field in zip(attributes["fields"], entity.fields, strict=True):
        words["id"] = str(field.id)
    attributes |= {
        "path": f"/api/{entity.type}",
        "inverses": [{"name": i.name, "entity": i.source, "field": i.field} for i in entity.inverses],
    }
    return {
        "type": "entities",
        "id": str(entity.id),
        "attributes": attributes,
        "links": {"self": f"/api/entities/{entity.id}"},
    }


def field_resource(entity: Entity, field: Field) -> dict[str, Any]:
    position = [f.id for f in entity.fields].index(field.id)
    attributes = {"entity": entity.name, **write_field(field), "column": field.column, "position": position}
    return {
        "type": "fields",
        "id": str(field.id),
        "attributes": attributes,
        "links": {"self": f"/api/fields/{field.id}"},
    }


def entity_by(registry: Registry, key: str) -> Entity:
    """By id, name, plural or type; NotFound for the built-in ones too, they are not declared."""
    for entity in registry.entities.values():
        if not entity.builtin and key in (str(entity.id), entity.name, entity.plural, entity.type):
            return entity
    raise NotFound(say("There is no entity called {name}.", name=key[:100]))


def entity_in(schema: Schema, id_: int | None) -> Entity:
    return next(e for e in schema.entities().values() if e.id == id_)


def field_by(entities: Any, id_: str) -> tuple[Entity, Field]:
    for entity in entities:
        for field in entity.fields:
            if not entity.builtin and str(field.id) == id_:
                return entity, field
    raise NotFound(say("There is no field with id {id}.", id=id_[:50]))


def with_inverses(registry: Registry, entity: Entity) -> Entity:
    """The entity with its far ends of relations, whose names its own fields must not take."""
    held = registry.entities.get(entity.name)
    from dataclasses import replace

    return replace(entity, inverses=held.inverses) if held else entity


def _trash(type_: str, id_: int, name: str, at: str) -> dict[str, Any]:
    return {"type": "trash", "id": f"{type_}-{id_}", "attributes": {"kind": type_, "name": name, "removed_at": at},
            "links": {"restoration": f"/api/trash/{type_}/{id_}/restoration"}}  # fmt: skip
