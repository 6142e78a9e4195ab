"""What is done to who may get in (users, roles, tokens), on every path: read from the
work before its commit, and written with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import orjson

from appliance.features.security_events.event import SecurityEvent, event
from appliance.features.security_events.security_events import write_now
from appliance.records.log import Change
from appliance.records.records import Records
from appliance.records.work import Work


def watch(records: Records) -> None:
    """From now on each work of these records that touches users, roles or tokens leaves its events."""
    for entity in ("user", "role", "token"):
        records.guard(entity, _of_entity(entity))


def _of_entity(entity: str) -> Callable[[Work], None]:
    def note(work: Work) -> None:
        told = {"user": _of_user, "role": _of_role, "token": _of_token}[entity]
        found = [one for number, action, change in work.changes(entity) for one in told(work, number, action, change)]
        if found:
            write_now(work.database, found)

    return note


def password_changed(work: Work, user: int) -> None:
    write_now(work.database, [event("password_changed", actor=work.actor, account=user)])


def _of_user(work: Work, user: int, action: str, change: Change) -> Iterator[SecurityEvent]:
    def told(kind: str, **detail: object) -> SecurityEvent:
        return event(kind, actor=work.actor, account=user, **detail)

    if action == "created":
        yield told("user_made", **{name: change[name][1] for name in ("name", "roles") if name in change})
    elif action == "deleted":
        yield told("user_deleted", **{name: change[name][0] for name in ("name", "roles") if name in change})
    else:
        if "roles" in change:
            yield told("roles_changed", before=change["roles"][0], after=change["roles"][1])
        if "active" in change:
            yield told("user_enabled" if change["active"][1] else "user_disabled")
        if "email" in change:
            yield told("email_changed")


def _of_role(work: Work, role: int, action: str, change: Change) -> Iterator[SecurityEvent]:
    if action != "created" or work.actor.user is not None:  # those that every installation has are no news
        detail = {name: change[name] for name in ("name", "grants") if name in change}
        yield event("roles_changed", actor=work.actor, role=role, action=action, change=detail)


def _of_token(work: Work, token: int, action: str, change: Change) -> Iterator[SecurityEvent]:
    sql = work.database.sql('SELECT "user", name, scopes FROM ingot_token WHERE id = ?')
    rows = work.database.rows(sql, (token,))
    user, name, scopes = rows[0] if rows else (None, "", "[]")
    kind = "token_made" if action == "created" else "token_revoked"
    # `number`, not `token`: what stands under that name is hidden
    yield event(kind, actor=work.actor, account=user, number=token, name=name, scopes=orjson.loads(scopes))
