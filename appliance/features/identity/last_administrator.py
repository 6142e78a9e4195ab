"""Somebody must remain who can administer: held before each commit that touches users, on every path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from appliance.base.errors import Invalid, Problem
from appliance.base.text import say
from appliance.records.log import Change
from appliance.records.work import Work

ROLE = "admin"


def check(work: Work) -> None:
    """Invalid when this work takes away the last administrator who is enabled: by disabling, by another role, by deleting. A
    home that has none yet may change its users as it likes."""
    if any(_took_one(work, *one) for one in work.changes("user")) and not _any_left(work):
        raise Invalid([Problem("roles", say("somebody must remain administrator"), "last_admin")])


def keep_role(work: Work, role_id: int, values: Mapping[str, Any]) -> None:
    """Invalid for a change of what administrators may do, or of the name by which they are known; its label may change."""
    row = work.row(work.table("role"), role_id)
    held = work.table("role").show(row) if row else {}
    changed = [n for n in ("name", "grants") if n in values and values[n] != held.get(n)]
    if held.get("name") == ROLE and changed:
        text = say("cannot be changed for administrators; make another role instead")
        raise Invalid([Problem(name, text, "last_admin") for name in changed])


def _took_one(work: Work, user_id: int, action: str, change: Change) -> bool:
    """Was this user an administrator until now?"""
    if action == "created":
        return False
    table = work.table("user")
    row = work.row(table, user_id)
    now = table.show(row) if row else {}
    roles, active = (change[name][0] if name in change else now.get(name) for name in ("roles", "active"))
    return bool(active) and ROLE in (roles or ())


def _any_left(work: Work) -> bool:
    rows = work.database.rows("SELECT roles FROM ingot_user WHERE active")
    return any(ROLE in orjson.loads(row[0]) for row in rows)
