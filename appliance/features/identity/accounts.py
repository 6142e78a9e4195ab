"""Users and roles: who there is and what they may do. Written in work, so that each change leaves an entry; passwords
never reach the log."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from appliance.base.errors import Invalid, NotFound, Problem
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.records.permissions import ROLES, Grants, merge
from appliance.records.records import Records
from appliance.records.tables import Row
from appliance.records.work import Work

SHORTEST_PASSWORD = 10
_hasher = PasswordHasher()  # argon2id with the library's current parameters


@lru_cache
def _nobody() -> str:
    """A hash that nobody's password fits. At first use: it is slow, as it should be."""
    return _hasher.hash("nobody has this password")


def seed_roles(work: Work) -> None:
    """The three roles every installation has."""
    held = {row[0] for row in work.database.rows("SELECT name FROM ingot_role")}
    for name, role in ROLES.items():
        if name not in held:
            work.create("role", {"name": name, "label": role["label"], "grants": role["grants"]})


def add_user(
    work: Work, email: str, *, name: str = "", roles: list[str] | None = None, password: str | None = None
) -> Row:
    """A new user. Invalid when the address is taken or a role does not exist."""
    table = work.table("user")
    if work.find(table, {"email": email}) or find_user(work.database, email):
        raise Invalid([Problem("email", say("there is a user with this address already"), "unique")])
    wanted = roles or ["reader"]
    check_roles(work, wanted)
    if password is not None:
        check_password(password)
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


def check_password(password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(
            [Problem("password", say("must be at least {min} characters", min=SHORTEST_PASSWORD), "too_short")]
        )
    if len(password) > 500:
        raise Invalid([Problem("password", say("must be at most {max} characters", max=500), "too_long")])


def set_password(work: Work, user_id: int, password: str) -> None:
    """Store a new password; every session of the user ends."""
    check_password(password)
    sql = work.database.sql
    if not work.database.run(sql("UPDATE ingot_user SET password = ? WHERE id = ?"), (_hasher.hash(password), user_id)):
        raise NotFound(say("There is no user with id {id}.", id=user_id))
    work.database.run(sql('DELETE FROM ingot_session WHERE "user" = ?'), (user_id,))


def find_user(database: Database, email: str) -> int | None:
    rows = database.rows(database.sql("SELECT id FROM ingot_user WHERE lower(email) = ?"), (email.strip().lower(),))
    return rows[0][0] if rows else None


def check_sign_in(database: Database, email: str, password: str) -> int | None:
    """The user's id when address and password fit and the user is active. Takes equally long when there is no such user."""
    sql = database.sql("SELECT id, password, active FROM ingot_user WHERE lower(email) = ?")
    rows = database.rows(sql, (email.strip().lower(),))
    held = rows[0][1] if rows and rows[0][1] else _nobody()
    try:
        _hasher.verify(held, password[:500])
    except (VerifyMismatchError, InvalidHashError):
        return None
    return rows[0][0] if rows and rows[0][1] and rows[0][2] else None


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
