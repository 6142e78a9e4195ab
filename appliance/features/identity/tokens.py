"""Tokens for programs: shown once, stored as a digest, with scopes and an expiry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from appliance.base import clock, ids
from appliance.base.errors import Invalid, NotFound, Problem
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.records.entity import Field
from appliance.records.kinds import KINDS, Wrong
from appliance.records.permissions import VERBS
from appliance.records.registry import Registry
from appliance.records.scopes import AREAS
from appliance.records.work import Work

PREFIX = "ingot_"


@dataclass(frozen=True, slots=True)
class Token:
    id: int
    user: int
    name: str
    scopes: tuple[str, ...]
    expires_at: str | None
    used: bool = True


def create_token(work: Work, user_id: int, name: str, scopes: list[str], expires: str | None) -> tuple[int, str]:
    """(id, secret). The secret is not stored and cannot be shown again. Invalid for scopes or an expiry nobody knows."""
    if not work.database.rows(work.database.sql("SELECT 1 FROM ingot_user WHERE id = ?"), (user_id,)):
        raise NotFound(say("There is no user with id {id}.", id=user_id))
    if not name.strip():
        raise Invalid([Problem("name", say("is required"), "required")])
    try:
        name = KINDS["text"].cleaner(Field("name", KINDS["text"], "Name", max_length=200))(name)
    except Wrong as wrong:
        raise Invalid([Problem("name", wrong.message, wrong.code)]) from None
    tidy = [_scope(work.registry, s) for s in scopes]
    secret = PREFIX + ids.token()
    now = clock.wire_now()
    sql = work.database.sql(
        "INSERT INTO ingot_token (version, created_at, updated_at, created_by, owner, "
        'name, "user", digest, hint, scopes, expires_at) '
        "VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"
    )
    params = (
        now,
        now,
        work.actor.user,
        user_id,
        name,
        user_id,
        ids.digest(secret),
        secret[:10],
        orjson.dumps(tidy).decode(),
        expiry(expires),
    )
    token_id = work.database.rows(sql, params)[0][0]
    work.note(
        "token", token_id, 1, "created", {"name": [None, name], "user": [None, str(user_id)], "scopes": [None, tidy]}
    )
    return token_id, secret


def revoke_token(work: Work, token_id: int) -> None:
    sql = work.database.sql("UPDATE ingot_token SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL")
    if not work.database.run(sql, (clock.wire_now(), token_id)):
        raise NotFound(say("There is no token with id {id}.", id=token_id))
    work.note("token", token_id, 2, "deleted", {})


def find_token(database: Database, digest: str) -> Token | None:
    """The token whose secret has this digest, unless it is revoked or has expired."""
    sql = database.sql(
        'SELECT id, "user", name, scopes, expires_at, first_used_at FROM ingot_token WHERE digest = ? AND revoked_at IS NULL'
    )
    rows = database.rows(sql, (digest,))
    if not rows or (rows[0][4] and rows[0][4] <= clock.wire_now()):
        return None
    id_, user, name, scopes, expires, used = rows[0]
    return Token(id_, user, name, tuple(orjson.loads(scopes)), expires, used is not None)


def _scope(registry: Registry, text: str) -> str:
    """ENTITY:VERB, where ENTITY may be a name, a type or *, and VERB a verb, `write` or *; or AREA:read, AREA:write."""
    name, _, verb = text.partition(":")
    area = name in AREAS and name not in registry.entities
    known = ("read",) if name == "health" else ("read", "write") if area else ("", "*", "write", *VERBS)
    if verb not in known:
        text_ = say(
            "a scope is ENTITY:read or ENTITY:write, or one of {areas} with :read or :write, or health:read; not {text}",
            areas=", ".join(AREAS[:-1]), text=text[:100],
        )  # fmt: skip
        raise Invalid([Problem("scopes", text_)])
    if name != "*" and not area:
        try:
            name = registry.find(name).name
        except NotFound as error:
            raise Invalid([Problem("scopes", error.message, "not_found")]) from None
    return f"{name}:{verb or '*'}"


def expiry(text: str | None) -> str | None:
    """A time in wire form from a date, a time, or a span: 2027-01-31, 90d, 12h."""
    if not text:
        return None
    if found := re.fullmatch(r"(\d{1,5})([dh])", text):
        span = timedelta(days=int(found[1])) if found[2] == "d" else timedelta(hours=int(found[1]))
        return clock.wire(clock.now() + span)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid([Problem("expires", say("must be a date, a time, or a span like 90d"))]) from None
    return clock.wire(at if at.tzinfo else at.replace(tzinfo=UTC))
