"""/api/users, /api/roles and /api/tokens, as far as they are not generic."""

from __future__ import annotations

from appliance.http.openapi.entities import Paths
from appliance.http.openapi.parts import NOTHING, READ, WRITE, ok, operation, shared
from appliance.http.openapi.schemas import NO_NUL, Schema, ref
from appliance.http.openapi.shorthand import DELETE, DOCUMENT, LIST, TEXT, TEXTS, changing, making

_USER: Schema = {
    "email": {"type": "string", "format": "email"},
    "name": {"type": "string", "pattern": NO_NUL},
    "password": {
        "type": "string",
        "minLength": 10,
        "maxLength": 500,
        "description": "none of the commonest, and without the user's own name or address; sessions end when it changes",
    },
    "roles": {**TEXTS, "description": "role names, or ENTITY:ROLE for one entity alone"},
    "language": {"enum": ["en", "de", None]},
    "active": {"type": "boolean"},
}
_REVOKE: Schema = {"type": "boolean", "description": "beside a new password: end the user's tokens as well"}
_CONFIRM = "A session whose password was given more than ten minutes ago gets 403 `confirmation_required`: POST /account/confirm."
_REACH: Schema = {"type": "object", "additionalProperties": {"enum": ["all", "own"]}}
_ROLE: Schema = {"name": TEXT, "label": TEXT, "grants": {"type": "object", "additionalProperties": _REACH}}
_TOKEN: Schema = {
    "name": {"type": "string", "minLength": 1, "maxLength": 200},
    "user": {"type": "string", "description": "another user (administrators)"},
    "scopes": {
        **TEXTS,
        "description": "ENTITY:read, ENTITY:write, AREA:read, AREA:write; for example contact:read, job:read, *:write",
    },
    "expires": {"type": "string", "description": "a date, a time, or a span like 90d"},
}


def paths() -> Paths:
    return {**_managed("user", _USER, ("email",)), **_managed("role", _ROLE, ("name", "grants")), **_tokens()}


def _managed(one: str, attributes: Schema, required: tuple[str, ...]) -> Paths:
    type_, document = f"{one}s", ref(f"{one.capitalize()}Document")
    created, now = ok("Created.", document, "ETag", "Location"), ok("As it is now.", document, "ETag")
    making_one = making(type_, attributes, required, typed=False)
    more = {"revoke_tokens": _REVOKE} if "password" in attributes else {}
    changing_one = changing(type_, attributes | more, typed=False)
    text, errors = f"For administrators. {_CONFIRM}", (*WRITE, 429)
    return {
        f"/api/{type_}": {
            "post": operation(
                type_, f"create_{one}", f"Create a {one}", {201: created}, errors, request=making_one, description=text
            )
        },
        f"/api/{type_}/{{id}}": {
            "parameters": shared("Id"),
            "patch": operation(
                type_, f"update_{one}", f"Change a {one}", {200: now}, errors, request=changing_one, description=text
            ),
        },
    }


def _tokens() -> Paths:
    listed = {200: ok("Without their secrets.", LIST)}
    created = {201: ok("`secret` is shown this once.", DOCUMENT, "Location")}
    sent = making("tokens", _TOKEN, ("name",), typed=False)
    return {
        "/api/tokens": {
            "get": operation("tokens", "list_tokens", "Your tokens", listed, READ),
            "post": operation(
                "tokens", "create_token", "Create a token", created, WRITE, request=sent, description=_CONFIRM
            ),
        },
        "/api/tokens/{id}": {
            "parameters": shared("Id"),
            "delete": operation("tokens", "revoke_token", "Revoke a token", {204: NOTHING}, DELETE),
        },
    }
