"""The addresses of the generic API. Features add theirs under /api beside these; a fixed address wins over <type_>."""

from __future__ import annotations

from flask import Blueprint, Response

from appliance.http import requests
from appliance.http.jsonapi.answers import Memory, answer, no_parameters
from appliance.http.jsonapi.atomic import Operations
from appliance.http.jsonapi.document import VERSION
from appliance.http.jsonapi.idempotency import Idempotency
from appliance.http.jsonapi.media import ATOMIC, CURSOR
from appliance.http.jsonapi.relationships import Relationships
from appliance.http.jsonapi.resources import Resources
from appliance.http.route_policy import RECORDS, RoutePolicy, declare
from appliance.records.records import Records


def make_blueprint(records: Records, resources: Resources) -> Blueprint:
    """All generic routes, bound to these records."""
    api = Blueprint("api", __name__, url_prefix="/api")
    relationships = Relationships(resources)
    operations = Operations(records, resources.idempotency)

    def index() -> Response:
        actor = requests.actor()
        no_parameters()
        readable = [e for e in records.registry.entities.values() if actor.reach("read", e.name)]
        links = {e.type: f"/api/{e.type}" for e in readable}
        fixed = ("entities", "fields", "search", "log", "jobs", "files", "views", "operations", "openapi.json", "docs")
        links |= {name.removesuffix(".json"): f"/api/{name}" for name in fixed}
        return answer(
            {"jsonapi": VERSION, "meta": {"name": "Ingot", "ext": [ATOMIC], "profile": [CURSOR]}, "links": links}
        )

    item, step = "/<type_>/<id_>", "/<type_>/<id_>/<name>"
    rule = api.add_url_rule
    rule("", "index", index, methods=["GET"])
    rule("/", "index_slash", index, methods=["GET"])
    rule("/operations", "operations", operations.post, methods=["POST"])
    rule("/<type_>", "list", resources.list, methods=["GET"])
    rule("/<type_>", "create", resources.create, methods=["POST"])
    rule(item, "get", resources.get, methods=["GET"])
    rule(item, "update", resources.update, methods=["PATCH"])
    rule(item, "delete", resources.delete, methods=["DELETE"])
    rule("/<type_>/<id_>/history", "history", relationships.history, methods=["GET"])
    rule(step, "related", relationships.related, methods=["GET"])
    rule("/<type_>/<id_>/relationships/<name>", "linkage", relationships.linkage, methods=["GET"])
    rule("/<type_>/<id_>/relationships/<name>", "relate", relationships.change, methods=["PATCH", "POST", "DELETE"])
    locking = RoutePolicy(RECORDS, None, locks=True)
    return declare(api, RoutePolicy(RECORDS, None), operations=locking, update=locking, delete=locking, relate=locking)


def make_resources(records: Records) -> Resources:
    return Resources(records, Memory(), Idempotency(records))
