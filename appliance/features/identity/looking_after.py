"""What the person at the box itself may do to accounts without signing in: whoever owns the home folder owns them anyway."""

from __future__ import annotations

from typing import Any

import orjson

from appliance.base import ids
from appliance.base.errors import Conflict, NotFound
from appliance.base.text import say
from appliance.features.identity import accounts
from appliance.features.identity.login_throttle import LoginThrottle
from appliance.features.identity.passwords import new_password
from appliance.features.identity.sessions import Claim
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records


def people(records: Records, claim: Claim, throttle: LoginThrottle) -> dict[str, Any]:
    """Everybody who has an account, and whether the box has an owner. `locked`: too many wrong passwords of late."""
    rows = records.database.rows(
        "SELECT id, email, name, roles, active, password IS NOT NULL FROM ingot_user ORDER BY name, id"
    )
    names = ("id", "email", "name", "roles", "active", "has_password")
    found = [dict(zip(names, row, strict=True)) for row in rows]
    for one in found:
        one["roles"] = orjson.loads(one["roles"])
        one["active"], one["has_password"] = bool(one["active"]), bool(one["has_password"])
        one["admin"] = "admin" in one["roles"]
        one["locked"] = throttle.locked_anywhere(one["email"])
    return {"users": found, "claimed": claim.claimed()}


def reset_password(records: Records, throttle: LoginThrottle, user_id: int, *, revoke_tokens: bool = False) -> str:
    """A new password, shown once; every session of the user ends (their tokens too, if asked), and no wrong one counts any
    more. NotFound when there is no such user."""
    password = "-".join(ids.token(3) for _ in range(4))
    fresh = new_password(password)
    with records.work(SYSTEM) as work:
        accounts.set_password(work, user_id, fresh, revoke_tokens=revoke_tokens)
    unlock(records, throttle, user_id)
    return password


def unlock(records: Records, throttle: LoginThrottle, user_id: int) -> None:
    """Wrong passwords are forgotten. NotFound when there is no such user."""
    found = records.database.rows("SELECT email FROM ingot_user WHERE id = ?", (user_id,))
    if not found:
        raise NotFound(say("There is no user with id {id}.", id=user_id))
    throttle.forgive(str(found[0][0]))


def set_active(records: Records, user_id: int, active: bool) -> None:
    with records.work(SYSTEM) as work:
        if work.row(work.table("user"), user_id) is None:
            raise NotFound(say("There is no user with id {id}.", id=user_id))
        work.update("user", user_id, {"active": active})


def first_administrator(records: Records, claim: Claim, email: str, name: str, password: str) -> int:
    """Owns the box from now on. Conflict when somebody does already; Invalid for an address or password that does not do."""
    fresh = new_password(password)
    with records.work(SYSTEM) as work:
        if claim.claimed():  # inside: of two at once the second must see the first
            raise Conflict(say("This box is set up already."), code="claimed")
        user = accounts.add_user(work, email, name=name, roles=["admin"], password=fresh)[0]
        claim.close()
    return int(user)
