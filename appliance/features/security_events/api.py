"""/api/security-events: for administrators, the newest first."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from appliance.base.errors import NotAllowed
from appliance.base.text import say
from appliance.features.security_events.query import FILTERS, read_query
from appliance.features.security_events.table import SecurityEventTable, StoredEvent
from appliance.http import requests
from appliance.http.jsonapi.answers import answer, check_accept
from appliance.http.jsonapi.document import VERSION
from appliance.http.route_policy import RoutePolicy, declare


def make_api(table: SecurityEventTable) -> Blueprint:
    api = Blueprint("security_events", __name__, url_prefix="/api/security-events")

    @api.get("")
    def listed() -> Response:
        """The newest first; `page[after]` goes on behind the id of the last one seen."""
        if not requests.actor().admin:
            raise NotAllowed(say("Only an administrator may see security events."))
        check_accept()
        query = read_query(request.args.get)
        found = query.run(table)
        links = {"self": request.full_path.rstrip("?"), "next": None}
        if len(found) == query.size:
            asked = [(n, v) for n, v in request.args.items() if n != "page[after]"]
            links["next"] = f"{request.path}?{urlencode([*asked, ('page[after]', found[-1].id)])}"
        document = {"jsonapi": VERSION, "data": [_resource(one) for one in found], "links": links}
        response = answer(document)
        response.headers["Cache-Control"] = "private, no-store"
        return response

    return declare(api, RoutePolicy(None, (*FILTERS, "page[after]", "page[size]")))


def _resource(one: StoredEvent) -> dict[str, Any]:
    attributes = {
        "at": one.at, "kind": one.kind, "actor": one.actor, "client_ip": one.client_ip, "agent": one.agent, "via": one.via,
        "count": one.count, "detail": one.detail,
    }  # fmt: skip
    links = {
        name: {"data": {"type": "users", "id": str(number)} if number is not None else None}
        for name, number in (("user", one.user), ("account", one.account))
    }
    return {"type": "security-events", "id": str(one.id), "attributes": attributes, "relationships": links}
