"""Sessions of people: a random cookie whose digest is a row. And the claim: a link, valid once, that signs the first
administrator in on a box nobody owns yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from appliance.base import clock, ids
from appliance.engines.database.protocol import Database
from appliance.features.security_events.security_events import SecurityEvents

COOKIE = "ingot_session"
SECURE_COOKIE = "__Host-ingot_session"
"""Under https. Browsers take this name from https alone and for this host alone. A name of its own, for a browser lets nothing
that came by http replace a cookie that came by https: with one name, nobody could sign in after https is switched off."""


DEVICE_COOKIE, SECURE_DEVICE_COOKIE = "ingot_device", "__Host-ingot_device"
"""By which login_throttle.py knows a browser again. It opens nothing by itself."""
CONFIRMED_MINUTES = 10
"""For so long after the password was given a session may change who gets in."""


@dataclass(frozen=True, slots=True)
class Session:
    """`confirmed_at`: when its person last gave the password, in wire form."""

    user: int
    csrf: str
    digest: str
    created_at: str
    seen_at: str
    confirmed_at: str | None

    @property
    def confirmed(self) -> bool:
        since = clock.wire(clock.now() - timedelta(minutes=CONFIRMED_MINUTES))
        return self.confirmed_at is not None and self.confirmed_at > since


class Sessions:
    """Rows of ingot_session. A session ends `days` after it was last used, and `most_days` after it began whatever was done in
    it. Writing one takes the write transaction."""

    def __init__(self, database: Database, days: int, most_days: int = 90, *, events: SecurityEvents | None = None):
        self._database, self._days, self.most_days = database, days, most_days
        self._listeners: list[Callable[[], None]] = []
        self._events = events or SecurityEvents(database)
        sql = database.sql
        columns = '"user", csrf, digest, created_at, seen_at, confirmed_at'
        self._insert = sql(
            'INSERT INTO ingot_session (digest, "user", csrf, created_at, seen_at, confirmed_at, expires_at, address, agent) '
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        self._find = sql(f"SELECT {columns} FROM ingot_session WHERE digest = ? AND expires_at > ? AND created_at > ?")
        self._seen = sql("UPDATE ingot_session SET seen_at = ?, expires_at = ? WHERE digest = ?")
        self._confirm = sql("UPDATE ingot_session SET confirmed_at = ? WHERE digest = ?")
        self._delete = sql("DELETE FROM ingot_session WHERE digest = ?")
        self._delete_others = sql('DELETE FROM ingot_session WHERE "user" = ? AND digest <> ?')
        self._listed = sql(
            'SELECT digest, created_at, seen_at, address, agent FROM ingot_session WHERE "user" = ? AND expires_at > ? '
            "AND created_at > ? ORDER BY seen_at DESC"
        )
        self._sweep = sql("DELETE FROM ingot_session WHERE expires_at < ? OR created_at < ?")

    def on_end(self, listener: Callable[[], None]) -> None:
        """Call `listener` when sessions have been ended: what lives on in their name must ask again."""
        self._listeners.append(listener)

    def open(self, user_id: int, address: str, agent: str) -> tuple[str, Session]:
        """(secret for the cookie, session)."""
        secret, csrf, now = ids.token(), ids.token(18), clock.wire_now()
        session = Session(user_id, csrf, ids.digest(secret), now, now, now)
        values = (session.digest, user_id, csrf, now, now, now, self._end(now), address[:100], agent[:300])
        with self._database.write():
            self._database.run(self._insert, values)
        self._events.tell("sign_in", account=user_id)
        return secret, session

    def find(self, secret: str) -> Session | None:
        """The session with this secret, kept alive by being used; None when it has ended."""
        return self.find_digest(ids.digest(secret))

    def find_digest(self, digest: str) -> Session | None:
        """As `find`, for who remembered the digest. Never give it what a client sent."""
        rows = self._database.rows(self._find, (digest, clock.wire_now(), self._first()))
        if not rows:
            return None
        session = Session(*rows[0])
        if session.seen_at[:13] != clock.wire_now()[:13]:  # once an hour: a read must not become a write
            with self._database.write():
                self._database.run(self._seen, (clock.wire_now(), self._end(session.created_at), session.digest))
        return session

    def confirm(self, session: Session) -> None:
        """Its person has just given the password again."""
        with self._database.write():
            self._database.run(self._confirm, (clock.wire_now(), session.digest))

    def close(self, secret: str) -> None:
        found = self._database.rows(self._find, (ids.digest(secret), clock.wire_now(), self._first()))
        with self._database.write():
            self._database.run(self._delete, (ids.digest(secret),))
        if found:
            self._events.tell("sign_out", account=found[0][0])
        self._tell()

    def of(self, user_id: int) -> list[dict[str, str]]:
        """A user's open sessions, the last used first."""
        names = ("digest", "created_at", "seen_at", "address", "agent")
        rows = self._database.rows(self._listed, (user_id, clock.wire_now(), self._first()))
        return [dict(zip(names, row, strict=True)) for row in rows]

    def close_others(self, user_id: int, digest: str) -> None:
        """End all of a user's sessions but the one with this digest."""
        with self._database.write():
            ended = self._database.run(self._delete_others, (user_id, digest))
        if ended:
            self._events.tell("sign_out", account=user_id, other_sessions=ended)
        self._tell()

    def sweep(self) -> None:
        with self._database.write():
            self._database.run(self._sweep, (clock.wire_now(), self._first()))

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

    def _first(self) -> str:
        """Sessions that began earlier have come to their absolute end."""
        return clock.wire(clock.now() - timedelta(days=self.most_days))

    def _end(self, created_at: str) -> str:
        unused = clock.now() + timedelta(days=self._days)
        return clock.wire(min(unused, datetime.fromisoformat(created_at) + timedelta(days=self.most_days)))


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
