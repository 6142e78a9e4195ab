"""Administrators are told when a part of the server is in trouble that a person must look at."""

from __future__ import annotations

import time

import orjson

from appliance.base import clock
from appliance.base.text import Text, say
from appliance.engines.database.protocol import Database
from appliance.features.notices.table import HEALTH, TROUBLE, Notices

_PARTS = ("database", "backups")


def tell_administrators(notices: Notices, database: Database, part: str) -> int:
    """Write the notice of one part to every administrator; one a day and part at most. Returns how many were told."""
    position = int(time.time() // 86_400) * 100 + (_PARTS.index(part) if part in _PARTS else 99)
    admins = [user for user, roles, active in database.rows("SELECT id, roles, active FROM ingot_user ORDER BY id")
              if active and "admin" in (orjson.loads(roles) if roles else [])]  # fmt: skip
    rows = [(user, TROUBLE, HEALTH, None, part, 1, None, clock.wire_now(), position) for user in admins]
    with database.write():
        notices.add(rows, again=True)
    return len(rows)


def sentence(part: str) -> Text:
    return {
        "database": say("The database is damaged: the health page says what to do."),
        "backups": say("Backups are in trouble: the health page says what to do."),
    }.get(part, say("Something does not work: the health page says what."))
