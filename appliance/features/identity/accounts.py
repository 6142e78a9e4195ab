"""Users and roles: who there is and what they may do. Written in work, so that each change leaves an entry; passwords
never reach the log."""

from __future__ import annotations

from typing import Any

import orjson

from appliance.base.email import canonical_email
from appliance.base.errors import Invalid, NotFound, Problem
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.features.identity.passwords import (
    NewPassword,
    check_password,
    hash_password,
    is_outdated,
    new_password,
    verify_password,
)
from appliance.features.identity.tokens import revoke_token
from appliance.features.security_events.access_changes import password_changed
from appliance.records.permissions import ROLES, Grants, merge
from appliance.records.records import Records
from appliance.records.tables import Row
from appliance.records.work import Work


def seed_roles(work: Work) -> None:
    """The three roles every installation has."""
    held = {row[0] for row in work.database.rows("SELECT name FROM ingot_role")}
    for name, role in ROLES.items():
        if name not in held:
            work.create("role", {"name": name, "label": role["label"], "grants": role["grants"]})


def add_user(
    work: Work, email: str, *, name: str = "", roles: list[str] | None = None, password: str | NewPassword | None = None
) -> Row:
    """A new user. Invalid when the address is taken or a role does not exist."""
    if find_user(work.database, email):
        raise Invalid([Problem("email", say("there is a user with this address already"), "unique")])
    wanted = roles or ["reader"]
    check_roles(work, wanted)
    if password is not None:
        password = password if isinstance(password, NewPassword) else new_password(password)
        check_password(password.text, name=name, email=email)
    row = work.create("user", {"email": email, "name": name or email.split("@")[0], "active": True, "roles": wanted})
    if password is not None:
        set_password(work, row[0], password)
    return row


def check_roles(work: Work, roles: Any) -> None:
    """ROLE, or ENTITY:ROLE for one entity alone."""
    known = {row[0] for row in work.database.rows("SELECT name FROM ingot_role")}
    problems = []
    if not isinstance(roles, list) or not all(isinstance(r, str) for r in roles):
        raise Invalid([Problem("roles", say("must be a list of role names"), "type")])
    for word in roles:
        entity, colon, role = word.rpartition(":")
        if role not in known or (colon and entity not in work.registry.entities):
            problems.append(Problem("roles", say("there is no role {name}", name=word), "not_found"))
    if problems:
        raise Invalid(problems)


def set_password(work: Work, user_id: int, password: str | NewPassword, *, revoke_tokens: bool = False) -> None:
    """Store a new password; every session of the user ends, and their tokens too when `revoke_tokens` says so. A
    `NewPassword` is hashed already, which spares everybody who writes meanwhile the wait. Invalid for a password that does not
    do, NotFound when there is no such user, TooManyRequests as passwords.py says."""
    sql = work.database.sql
    rows = work.database.rows(sql("SELECT name, email FROM ingot_user WHERE id = ?"), (user_id,))
    if not rows:
        raise NotFound(say("There is no user with id {id}.", id=user_id))
    found = password if isinstance(password, NewPassword) else new_password(password)
    check_password(found.text, name=rows[0][0] or "", email=rows[0][1])
    work.database.run(sql("UPDATE ingot_user SET password = ? WHERE id = ?"), (found.hash, user_id))
    work.database.run(sql('DELETE FROM ingot_session WHERE "user" = ?'), (user_id,))
    password_changed(work, user_id)
    work.touched.add("user")  # open sockets ask again who they belong to
    if revoke_tokens:
        listed = sql('SELECT id FROM ingot_token WHERE "user" = ? AND revoked_at IS NULL ORDER BY id')
        for (token_id,) in work.database.rows(listed, (user_id,)):
            revoke_token(work, token_id)


def find_user(database: Database, email: str) -> int | None:
    """The user of an address, however it is written. Where two older accounts share a form, the one whose address is written
    just so: both can be named."""
    text = email.strip()
    if "\x00" in text:
        return None
    exact = database.rows(database.sql("SELECT id FROM ingot_user WHERE email = ?"), (text,))
    return exact[0][0] if exact else find_signing_in(database, email)


def check_sign_in(database: Database, email: str, password: str) -> int | None:
    """The user's id when address and password fit and the user is active. Takes equally long when there is no such user. A hash
    made with older parameters is made anew. Raises TooManyRequests as passwords.py says; `PasswordAuthenticator` counts."""
    user_id = find_signing_in(database, email)
    rows = database.rows(database.sql("SELECT password, active FROM ingot_user WHERE id = ?"), (user_id or 0,))
    stored, active = rows[0] if rows else (None, False)
    if not verify_password(stored, password) or not active:
        return None
    if is_outdated(stored):
        fresh = hash_password(password)
        with database.write():  # unless it was changed meanwhile
            sql = database.sql("UPDATE ingot_user SET password = ? WHERE id = ? AND password = ?")
            database.run(sql, (fresh, user_id, stored))
    return user_id


def find_signing_in(database: Database, email: str) -> int | None:
    """The user who signs in with an address: the one whose canonical form it is."""
    form = canonical_email(email)
    sql = database.sql("SELECT id FROM ingot_user WHERE email_canonical = ?")
    rows = database.rows(sql, (form,)) if form and "\x00" not in form else []
    return rows[0][0] if rows else None


def shared_emails(database: Database) -> list[tuple[tuple[int, str], tuple[int, str]]]:
    """Accounts from before addresses had one form: (who has it, who shares it and cannot sign in), as (id, address)."""
    found = []
    for user_id, email in database.rows("SELECT id, email FROM ingot_user WHERE email_canonical IS NULL ORDER BY id"):
        first = find_signing_in(database, email)
        held = database.rows(database.sql("SELECT id, email FROM ingot_user WHERE id = ?"), (first or user_id,))
        found.append(((held[0][0], held[0][1]), (user_id, email)))
    return found


def grants_of(records: Records, roles: list[str]) -> tuple[Grants, bool]:
    """What these role names grant together, and whether they make an administrator."""
    rows = records.database.rows("SELECT name, grants FROM ingot_role")
    held: dict[str, str] = dict(rows)
    whole: list[Grants] = []
    for word in roles:
        entity, _, role = word.rpartition(":")
        grants: Grants = orjson.loads(held.get(role, "{}"))
        whole.append({entity: grants.get(entity, grants.get("*", {}))} if entity else grants)
    merged = dict(merge(whole))
    everywhere = merged.get("*", {})
    for name, verbs in merged.items():  # a grant by name adds to `*`, it takes nothing away
        if name not in ("*", "user", "role", "file", "comment"):
            merged[name] = merge([{name: everywhere}, {name: verbs}])[name]
    return merged, "admin" in roles
