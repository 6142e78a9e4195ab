"""/api/openapi.json, and the same for people at /api/docs. Both are made once per schema revision."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from flask import Blueprint, Response, current_app, render_template, request

from appliance.features.openapi.document import describe
from appliance.features.openapi.page import sections
from appliance.http import requests
from appliance.http.jsonapi.answers import answer_bytes
from appliance.records.records import Records
from appliance.records.registry import Registry


def make_api(records: Records, *, version: str = "0") -> Blueprint:
    """Both need an actor; what they say is the same for everybody who may sign in."""
    api = Blueprint("openapi", __name__, url_prefix="/api")

    @api.get("/openapi.json")
    def openapi() -> Response:
        requests.actor()
        registry = records.registry
        body = registry.kept("openapi bytes") or registry.keep("openapi bytes", orjson.dumps(document(registry)))
        return answer_bytes(
            body, etag=f'"{hashlib.blake2b(body, digest_size=9).hexdigest()}"', media="application/json"
        )

    @api.get("/docs")
    def docs() -> Response:
        if requests.maybe_actor() is None and "text/html" in request.headers.get("Accept", ""):
            return Response(status=303, headers={"Location": "/sign-in"})
        requests.actor()
        registry = records.registry
        base = request.host_url.rstrip("/")
        key = ("openapi page", base)
        page = registry.kept(key)
        if page is None:
            whole = document(registry)
            page = registry.keep(
                key, render_template("pages/api_docs.html", info=whole["info"], sections=sections(whole, base))
            )
        return Response(page, headers={"Cache-Control": "private, no-cache", "Vary": "Cookie, Authorization"})

    def document(registry: Registry) -> dict[str, Any]:
        served = {(m, str(r)) for r in current_app.url_map.iter_rules() for m in r.methods or ()}
        return describe(registry, served, version)

    return api
