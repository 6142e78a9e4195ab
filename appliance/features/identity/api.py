"""/api/users, /api/roles and /api/tokens: what is not plain reading. Lists and records come from the generic API."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, request

from appliance.base.digits import is_digits, is_id
from appliance.base.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from appliance.base.text import say
from appliance.features.identity import accounts, last_administrator, tokens
from appliance.features.identity.confirmation import need_confirmation
from appliance.features.identity.passwords import new_password
from appliance.http import requests
from appliance.http.jsonapi.answers import answer, check_accept, no_content
from appliance.http.jsonapi.document import VERSION, Documents
from appliance.http.jsonapi.incoming import placed, read_data, read_resource
from appliance.http.jsonapi.media import check_content_type
from appliance.http.jsonapi.resources import read_id, wanted_version
from appliance.http.route_policy import RoutePolicy, declare
from appliance.records.permissions import VERBS, Actor
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.tables import Row
from appliance.records.work import Work


def make_api(records: Records) -> Blueprint:
    api = Blueprint("identity", __name__, url_prefix="/api")

    def attributes(type_: str) -> dict[str, Any]:
        check_content_type(request.headers.get("Content-Type", ""))
        check_accept()
        data = read_data(requests.body_object())
        if data.get("type") != type_:
            raise Conflict(say("This address takes {type} only.", type=type_), code="type", pointer="/data/type")
        found = data.get("attributes", {})
        if not isinstance(found, dict):
            raise Invalid([Problem("attributes", say("must be an object"), "type", "/data/attributes")])
        return found

    def shown(work: Work, entity: str, row: Row, status: int) -> Response:
        table = work.table(entity)
        document = Documents(Reading(records.database, work.registry, work.actor)).one(table, row)
        location = document["data"]["links"]["self"] if status == 201 else None
        return answer(document, status, etag=f'"{row[1]}"', location=location)

    def administrator() -> Actor:
        """Who may change who gets in; a session's person has given the password lately."""
        actor = requests.actor()
        if not actor.admin:
            raise NotAllowed(say("Only an administrator may do this."))
        need_confirmation()
        return actor

    @api.post("/users")
    def create_user() -> Response:
        actor = administrator()
        values = attributes("users")
        unknown = set(values) - {"email", "name", "roles", "password", "language", "active"}
        if (
            unknown
            or not isinstance(values.get("email"), str)
            or not isinstance(values.get("password", ""), str | None)
        ):
            problems = [Problem(n, say("there is no field called {name}", name=n), "unknown") for n in sorted(unknown)]
            raise Invalid(problems or [Problem("email", say("is required"), "required")])
        name = values["name"] if isinstance(values.get("name"), str) else ""
        password = values.get("password")
        fresh = new_password(password) if password is not None else None
        with records.work(actor) as work:
            row = accounts.add_user(work, values["email"], name=name, roles=values.get("roles"), password=fresh)
            rest: dict[str, Any] = {k: values[k] for k in ("name", "language", "active") if k in values}
            row = work.update("user", row[0], rest) if rest else row
            return shown(work, "user", row, 201)

    @api.patch("/users/<id_>")
    def change_user(id_: str) -> Response:
        check_content_type(request.headers.get("Content-Type", ""))
        check_accept()
        actor = administrator()
        data = dict(read_data(requests.body_object()))
        given = data.get("attributes") or {}
        if not isinstance(given, dict):
            raise Invalid([Problem("attributes", say("must be an object"), "type", "/data/attributes")])
        password, revoke = given.get("password"), given.get("revoke_tokens", False)
        if not isinstance(password, str | None):
            raise Invalid([Problem("password", say("must be a text"), "type")])
        if not isinstance(revoke, bool) or (revoke and password is None):
            raise Invalid([Problem("revoke_tokens", say("is true or false, beside a new password"), "type")])
        given = {name: value for name, value in given.items() if name not in ("password", "revoke_tokens")}
        fresh = new_password(password) if password is not None else None
        with records.work(actor) as work:
            entity = work.registry.entity("user")
            user_id = read_id(entity, id_)
            incoming = read_resource(
                work.registry, {**data, "attributes": given}, "/data", entity=entity, id_=user_id, creating=False
            )
            if "roles" in incoming.values:
                accounts.check_roles(work, incoming.values["roles"])
            try:
                row = work.update("user", user_id, incoming.values, version=wanted_version(incoming.meta))
            except Invalid as error:
                raise placed(error, entity) from None
            if fresh is not None:
                accounts.set_password(work, user_id, fresh, revoke_tokens=revoke)
            return shown(work, "user", row, 200)

    @api.post("/roles")
    def create_role() -> Response:
        actor, values = administrator(), attributes("roles")
        with records.work(actor) as work:
            _check_grants(work, values.get("grants"))
            held = (
                work.find(work.table("role"), {"name": values.get("name", "")})
                if isinstance(values.get("name"), str)
                else []
            )
            if held:
                raise Invalid(
                    [Problem("name", say("there is a role called {name} already", name=values["name"]), "unique")]
                )
            return shown(work, "role", work.create("role", {"label": values.get("name"), **values}), 201)

    @api.patch("/roles/<id_>")
    def change_role(id_: str) -> Response:
        actor, values = administrator(), attributes("roles")
        with records.work(actor) as work:
            if "grants" in values:
                _check_grants(work, values["grants"])
            role_id = read_id(work.registry.entity("role"), id_)
            last_administrator.keep_role(work, role_id, values)
            version = wanted_version(read_data(requests.body_object()).get("meta", {}))
            row = work.update("role", role_id, values, version=version)
            return shown(work, "role", row, 200)

    @api.get("/tokens")
    def list_tokens() -> Response:
        actor = requests.actor()
        where = "" if actor.admin else ' AND "user" = ?'
        sql = records.database.sql(
            'SELECT id, name, "user", hint, scopes, created_at, expires_at FROM ingot_token WHERE revoked_at IS NULL'
            + where
            + " ORDER BY id"
        )
        rows = records.database.rows(sql, () if actor.admin else (actor.user,))
        return answer({"jsonapi": VERSION, "data": [_token(*row) for row in rows]})

    @api.post("/tokens")
    def create_token() -> Response:
        actor = requests.actor()
        values = attributes("tokens")
        user = values.get("user", actor.user)
        user_id = int(str(user)) if is_digits(str(user)) else -1
        if actor.scopes or (user_id != actor.user and not actor.admin):
            raise NotAllowed(say("Tokens for others are made by an administrator; a token with scopes makes none."))
        need_confirmation()
        name, scopes, expires = values.get("name"), values.get("scopes"), values.get("expires")
        scopes = (
            [] if scopes is None else scopes
        )  # and nothing else: a slip must not make a token that may do everything
        if not isinstance(scopes, list) or not all(isinstance(s, str) for s in scopes):
            raise Invalid([Problem("scopes", say("must be a list of scopes"), "type")])
        for field, value in (("name", name), ("expires", expires)):
            if not isinstance(value, str | None):
                raise Invalid([Problem(field, say("must be a text"), "type")])
        with records.work(actor) as work:
            token_id, secret = tokens.create_token(work, user_id, name or "", scopes, expires)
            sql = records.database.sql(
                'SELECT id, name, "user", hint, scopes, created_at, expires_at FROM ingot_token WHERE id = ?'
            )
            resource = _token(*records.database.rows(sql, (token_id,))[0])
        resource["attributes"]["secret"] = secret
        return answer({"jsonapi": VERSION, "data": resource}, 201, location=f"/api/tokens/{token_id}")

    @api.delete("/tokens/<id_>")
    def delete_token(id_: str) -> Response:
        actor = requests.actor()
        token_id = int(id_) if is_id(id_) else -1
        rows = records.database.rows(records.database.sql('SELECT "user" FROM ingot_token WHERE id = ?'), (token_id,))
        if not rows or (rows[0][0] != actor.user and not actor.admin):
            raise NotFound(say("There is no token with id {id}.", id=id_[:30]))
        with records.work(actor) as work:
            tokens.revoke_token(work, token_id)
        return no_content()

    return declare(
        api,
        RoutePolicy("user"),
        create_role=RoutePolicy("role"),
        change_role=RoutePolicy("role", locks=True),
        change_user=RoutePolicy("user", locks=True),
        list_tokens=RoutePolicy("token"),
        create_token=RoutePolicy("token"),
        delete_token=RoutePolicy("token"),
    )


def _token(id_: int, name: str, user: int, hint: str, scopes: str, created: str, expires: str | None) -> dict[str, Any]:
    attributes = {
        "name": name,
        "hint": hint + "…",
        "scopes": orjson.loads(scopes),
        "created_at": created,
        "expires_at": expires,
    }
    user_link = {"data": {"type": "users", "id": str(user)}}
    return {"type": "tokens", "id": str(id_), "attributes": attributes, "relationships": {"user": user_link}}


def _check_grants(work: Work, grants: Any) -> None:
    fine = isinstance(grants, dict) and all(
        isinstance(verbs, dict) and all(v in VERBS and reach in ("all", "own") for v, reach in verbs.items())
        for verbs in grants.values()
    )
    if not fine:
        raise Invalid(
            [Problem("grants", say('must be like {{"contact": {{"read": "all", "update": "own"}}}}'), "type")]
        )
    for name in grants:
        if name != "*" and name not in work.registry.entities:
            raise Invalid([Problem("grants", say("there is no entity called {name}", name=name), "not_found")])
