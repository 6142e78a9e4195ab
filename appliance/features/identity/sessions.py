"""Sessions of people: a random cookie whose digest is a row. And the claim: a link, valid once, that signs the first
administrator in on a box nobody owns yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from appliance.base import clock, ids
from appliance.engines.database.protocol import Database

COOKIE = "ingot_session"
SECURE_COOKIE = "__Host-ingot_session"
"""Under https. Browsers take this name from https alone and for this host alone. A name of its own, for a browser lets nothing
that came by http replace a cookie that came by https: with one name, nobody could sign in after https is switched off."""


@dataclass(frozen=True, slots=True)
class Session:
    user: int
    csrf: str
    digest: str
    seen_at: str


class Sessions:
    """Rows of ingot_session. Writing one takes the write transaction."""

    def __init__(self, database: Database, days: int):
        self._database, self._days = database, days
        sql = database.sql
        self._insert = sql(
            'INSERT INTO ingot_session (digest, "user", csrf, created_at, seen_at, expires_at, address, agent) '
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        )
        self._find = sql('SELECT "user", csrf, digest, seen_at FROM ingot_session WHERE digest = ? AND expires_at > ?')
        self._seen = sql("UPDATE ingot_session SET seen_at = ?, expires_at = ? WHERE digest = ?")
        self._delete = sql("DELETE FROM ingot_session WHERE digest = ?")
        self._delete_others = sql('DELETE FROM ingot_session WHERE "user" = ? AND digest <> ?')
        self._listed = sql(
            'SELECT digest, created_at, seen_at, address, agent FROM ingot_session WHERE "user" = ? AND expires_at > ? '
            "ORDER BY seen_at DESC"
        )
        self._sweep = sql("DELETE FROM ingot_session WHERE expires_at < ?")

    def open(self, user_id: int, address: str, agent: str) -> tuple[str, Session]:
        """(secret for the cookie, session)."""
        secret, csrf, now = ids.token(), ids.token(18), clock.wire_now()
        with self._database.write():
            self._database.run(
                self._insert, (ids.digest(secret), user_id, csrf, now, now, self._end(), address[:100], agent[:300])
            )
        return secret, Session(user_id, csrf, ids.digest(secret), now)

    def find(self, secret: str) -> Session | None:
        """The session, kept alive by being used; None when it has ended."""
        rows = self._database.rows(self._find, (ids.digest(secret), clock.wire_now()))
        if not rows:
            return None
        session = Session(*rows[0])
        if session.seen_at[:13] != clock.wire_now()[:13]:  # once an hour: a read must not become a write
            with self._database.write():
                self._database.run(self._seen, (clock.wire_now(), self._end(), session.digest))
        return session

    def close(self, secret: str) -> None:
        with self._database.write():
            self._database.run(self._delete, (ids.digest(secret),))

    def of(self, user_id: int) -> list[dict[str, str]]:
        """A user's open sessions, the last used first."""
        names = ("digest", "created_at", "seen_at", "address", "agent")
        rows = self._database.rows(self._listed, (user_id, clock.wire_now()))
        return [dict(zip(names, row, strict=True)) for row in rows]

    def close_others(self, user_id: int, digest: str) -> None:
        """End all of a user's sessions but the one with this digest."""
        with self._database.write():
            self._database.run(self._delete_others, (user_id, digest))

    def sweep(self) -> None:
        with self._database.write():
            self._database.run(self._sweep, (clock.wire_now(),))

    def _end(self) -> str:
        return clock.wire(clock.now() + timedelta(days=self._days))


class Claim:
    """While no administrator exists, whoever holds this link becomes one."""

    def __init__(self, database: Database):
        self._database = database

    def open(self) -> str | None:
        """A new secret for the link (older ones stop working); None when the box is claimed."""
        if self.claimed():
            return None
        secret = ids.token(18)
        sql = self._database.sql(
            "INSERT INTO ingot_meta (key, value) VALUES ('claim', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        )
        with self._database.write():
            self._database.run(sql, (ids.digest(secret),))
        return secret

    def fits(self, secret: str) -> bool:
        rows = self._database.rows("SELECT value FROM ingot_meta WHERE key = 'claim'")
        return bool(rows) and not self.claimed() and rows[0][0] == ids.digest(secret)

    def close(self) -> None:
        """Inside `write()`: the link has done its work."""
        self._database.run("DELETE FROM ingot_meta WHERE key = 'claim'")

    def claimed(self) -> bool:
        """Is there a person who can sign in as administrator?"""
        sql = self._database.sql(
            "SELECT 1 FROM ingot_user WHERE password IS NOT NULL AND active AND roles LIKE ? LIMIT 1"
        )
        return bool(self._database.rows(sql, ('%"admin"%',)))
