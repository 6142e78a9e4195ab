"""/api/openapi.json, and the same for people at /api/docs. Both are made once per schema; the cache keeps them over a
restart."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import orjson
from flask import Blueprint, Response, current_app, render_template, request
from markupsafe import Markup

from appliance.engines.cache.protocol import Cache
from appliance.features.openapi.document import describe
from appliance.features.openapi.page import sections
from appliance.http import requests
from appliance.http.app import sign_in_address
from appliance.http.jsonapi.answers import answer_bytes
from appliance.http.pages.rendering import page
from appliance.http.route_policy import RoutePolicy, declare
from appliance.records.declaration import write_entity
from appliance.records.records import Records
from appliance.records.registry import Registry


def make_api(
    records: Records, cache: Cache, *, version: str = "0", fixed: Callable[[], dict[str, Any]] = dict
) -> Blueprint:
    """Both need an actor; what they say is the same for everybody who may sign in. `fixed` makes the paths that are the same in
    every installation."""
    api = Blueprint("openapi", __name__, url_prefix="/api")

    @api.get("/openapi.json")
    def openapi() -> Response:
        requests.actor()
        registry = records.registry
        body = made(registry, "json", lambda: orjson.dumps(document(registry)))
        return answer_bytes(
            body, etag=f'"{hashlib.blake2b(body, digest_size=9).hexdigest()}"', media="application/json"
        )

    @api.get("/docs")
    def docs() -> Response:
        if requests.maybe_actor() is None and "text/html" in request.headers.get("Accept", ""):
            return Response(status=303, headers={"Location": sign_in_address()})
        requests.actor()
        registry = records.registry
        base = request.host_url.rstrip("/")

        def write() -> bytes:
            whole = document(registry)
            return render_template("parts/api_docs.html", info=whole["info"], sections=sections(whole, base)).encode()

        content = made(registry, f"page {base}", write)  # the frame around it is each reader's own
        return page("pages/api_docs.html", content=Markup(content.decode()))

    def made(registry: Registry, what: str, make: Callable[[], bytes]) -> bytes:
        def cached() -> bytes:
            words = repr([write_entity(e) for e in registry.entities.values()])
            key = f"openapi {what} {hashlib.blake2b((version + words).encode(), digest_size=16).hexdigest()}"
            known = cache.get(key)
            if isinstance(known, bytes):
                return known
            fresh = make()
            cache.set(key, fresh, ttl=30 * 86_400)
            return fresh

        return registry.memo(("openapi", what), cached)

    def document(registry: Registry) -> dict[str, Any]:
        served = {(m, str(r)) for r in current_app.url_map.iter_rules() for m in r.methods or ()}
        return describe(registry, served, version, fixed())

    return declare(api, RoutePolicy("*"))
