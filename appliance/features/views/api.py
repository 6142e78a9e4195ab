"""/api/views: the views of lists as resources; what a person may see, and change."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from appliance.base.errors import BadRequest, Conflict, NotFound
from appliance.base.text import say
from appliance.features.views.view import View
from appliance.features.views.views import Views
from appliance.http import requests
from appliance.http.jsonapi.answers import answer, check_accept, no_content, no_parameters
from appliance.http.jsonapi.document import VERSION
from appliance.http.jsonapi.incoming import read_data
from appliance.http.jsonapi.media import check_content_type
from appliance.http.jsonapi.parameters import write_query
from appliance.http.jsonapi.resources import wanted_version
from appliance.http.route_policy import RoutePolicy, declare
from appliance.records.records import Records

TYPE = "views"


def make_api(records: Records, views: Views) -> Blueprint:
    api = Blueprint("views", __name__, url_prefix="/api")

    @api.get("/views")
    def list_views() -> Response:
        actor = requests.actor()
        no_parameters("filter[entity]")
        named = request.args.get("filter[entity]")
        found = views.views_for(actor, None if named is None else _entity(records, named))
        link = "/api/views" + write_query(request.args.items())
        return answer(
            {"jsonapi": VERSION, "data": [resource(records, v) for v in found], "links": {"self": link}},
        )

    @api.post("/views")
    def create_view() -> Response:
        actor = requests.actor()
        return shown(records, views.create(actor, _attributes(None)[0]), 201)

    @api.get("/views/<id_>")
    def get_view(id_: str) -> Response:
        no_parameters()
        return shown(records, views.get(requests.actor(), id_))

    @api.patch("/views/<id_>")
    def change_view(id_: str) -> Response:
        actor = requests.actor()
        words, meta = _attributes(id_)
        return shown(records, views.change(actor, id_, words, wanted_version(meta)))

    @api.delete("/views/<id_>")
    def delete_view(id_: str) -> Response:
        check_accept()
        no_parameters()
        views.delete(requests.actor(), id_)
        return no_content()

    return declare(api, RoutePolicy("view", None), change_view=RoutePolicy("view", None, locks=True))


def _entity(records: Records, named: str) -> str:
    """By name or type, as a filter names it."""
    registry = records.registry
    entity = registry.entities.get(named) or registry.by_type.get(named)
    if entity is None:
        raise BadRequest(say("There is no resource type {type}.", type=named[:100]), parameter="filter[entity]")
    return entity.name


def _attributes(id_: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Attributes and meta of the document in the body. Raises BadRequest for its form, Conflict for another type or id."""
    check_content_type(request.headers.get("Content-Type", ""))
    check_accept()
    no_parameters()
    data = read_data(requests.body_object())
    if data.get("type") != TYPE:
        raise Conflict(say("This address takes {type} only.", type=TYPE), code="type", pointer="/data/type")
    if id_ is not None and data.get("id") != id_:
        raise Conflict(say("The id in the document is not that of the address."), code="id", pointer="/data/id")
    given, meta = data.get("attributes", {}), data.get("meta", {})
    if not isinstance(given, dict):
        raise BadRequest(say("attributes must be an object."), pointer="/data/attributes")
    return given, meta if isinstance(meta, dict) else {}


def shown(records: Records, view: View, status: int = 200) -> Response:
    document = {"jsonapi": VERSION, "data": resource(records, view), "links": {"self": f"/api/views/{view.id}"}}
    location = f"/api/views/{view.id}" if status == 201 else None
    return answer(document, status, etag=_etag(view), location=location)


def _etag(view: View) -> str | None:
    """What a view says hangs on the schema too: a view with a problem, or of the declaration, has none."""
    return None if view.declared or view.problem else f'"{view.version}"'


def resource(records: Records, view: View) -> dict[str, Any]:
    entity = records.registry.entities.get(view.entity)
    if entity is None:
        raise NotFound(say("There is no entity called {name}.", name=view.entity))
    language = requests.language()
    found: dict[str, Any] = {
        "type": TYPE,
        "id": view.id,
        "attributes": {
            "entity": view.entity, "name": view.name, "label": view.label, "kind": view.kind, "query": view.query,
            "shared": view.shared, "role": view.role, "position": view.position, "declared": view.declared,
            "problem": view.problem.render(language) if view.problem else None,
            "created_at": view.created_at, "updated_at": view.updated_at,
        },
        "relationships": {"owner": {"data": None if view.owner is None else {"type": "users", "id": str(view.owner)}}},
        "links": {"self": f"/api/views/{view.id}"},
        "meta": {"version": view.version},
    }  # fmt: skip
    return found
