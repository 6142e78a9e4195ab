"""Actors from users: with the rights their roles give them now. Knows no request; jobs ask here whom they act for."""

from __future__ import annotations

import orjson

from appliance.base.errors import NotSignedIn
from appliance.base.text import say
from appliance.features.identity.accounts import grants_of
from appliance.records.permissions import SYSTEM, Actor
from appliance.records.records import Records


class Actors:
    def __init__(self, records: Records):
        self._records = records

    def actor_of(
        self, user_id: int, kind: str, key: int, *, scopes: tuple[str, ...] = (), via: str = "api"
    ) -> Actor | None:
        """An actor with a user's rights as they are now; None when there is no such active user."""
        sql = self._records.database.sql(
            "SELECT name, roles, language, timezone, theme, shortcuts FROM ingot_user WHERE id = ? AND active"
        )
        rows = self._records.database.rows(sql, (user_id,))
        if not rows:
            return None
        name, roles, language, timezone, theme, shortcuts = rows[0]
        grants, admin = grants_of(self._records, orjson.loads(roles))
        return Actor(
            f"{kind}:{key}",
            grants,
            user=user_id,
            name=name,
            admin=admin and not scopes,
            administers=admin,
            scopes=scopes,
            via=via,
            language=language or "",
            timezone=timezone or "",
            theme=theme or "",
            shortcuts=shortcuts != "off",
        )

    def of_user(self, user_id: int) -> Actor | None:
        """What a user may see now; None when they are gone or disabled."""
        return self.actor_of(user_id, "user", user_id)

    def of_job(self, key: str, scopes: list[str]) -> Actor:
        """Who a job acts for, with the rights they have now. NotSignedIn when the user is gone or disabled."""
        if key == SYSTEM.key:
            return SYSTEM
        actor = self.actor_of(
            int(key.partition(":")[2]), "user", int(key.partition(":")[2]), scopes=tuple(scopes), via="job"
        )
        if actor is None:
            raise NotSignedIn(say("The user this job acts for is gone or disabled."))
        return actor
