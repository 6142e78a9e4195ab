"""Who sent a request: a token in Authorization, or a session cookie. Actors are remembered while users, roles and tokens
stand still, so that a request costs a look into a dictionary."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

from flask import g, request

from appliance.base import clock, ids
from appliance.base.errors import NotAllowed, NotSignedIn
from appliance.base.text import say
from appliance.features.identity.actors import Actors
from appliance.features.identity.sessions import (
    COOKIE,
    DEVICE_COOKIE,
    SECURE_COOKIE,
    SECURE_DEVICE_COOKIE,
    Session,
    Sessions,
)
from appliance.features.identity.tokens import PREFIX, find_token
from appliance.features.security_events.security_events import SecurityEvents
from appliance.http.requests import SAFE
from appliance.records.permissions import Actor
from appliance.records.records import Records

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
REMEMBERED = 5_000
Key = tuple[str, str]
"""What an actor is remembered by: "session" or "token", and the digest of its secret. No client can send a key."""


def cookie_name() -> str:
    """What the session's cookie is called on the way this request came: one that travelled in the clear is worth nothing
    under https."""
    return SECURE_COOKIE if request.is_secure else COOKIE


def token_digest(secret: str) -> str:
    """Of a token that a client sent. Only what has the prefix is one: nothing that is stored can be sent in its place."""
    if not secret.startswith(PREFIX):
        raise wrong_token()
    return ids.digest(secret)


def wrong_token() -> NotSignedIn:
    return NotSignedIn(say("This token is wrong, has expired or was revoked."))


def session_of_request() -> Session | None:
    """The session that the request at hand acts by; None for a token's, and before anybody asked who acts."""
    found: Session | None = g.get("session")
    return found


def device_of_request() -> str:
    """The secret of the device cookie, by which a browser is known again after its session has ended; "" without."""
    return request.cookies.get(device_cookie_name(), "")[:200]


def device_cookie_name() -> str:
    return SECURE_DEVICE_COOKIE if request.is_secure else DEVICE_COOKIE


class Who(Actors):
    def __init__(self, records: Records, sessions: Sessions, events: SecurityEvents | None = None):
        super().__init__(records)
        self._events = events or SecurityEvents(records.database)
        self._used: set[int] = set()
        self._sessions = sessions
        self._known: dict[Key, tuple[Actor, Any, str | None]] = {}
        sessions.on_end(self._forget_sessions)

    def authenticate(self) -> Actor | None:
        """The actor of the current request; None when nobody is named. NotSignedIn for a wrong token, NotAllowed for a
        session's write without its CSRF token."""
        header = request.headers.get("Authorization")
        if header:
            scheme, _, secret = header.partition(" ")
            if scheme.lower() != "bearer" or not secret:
                raise NotSignedIn()
            return self.by_token(secret.strip())
        cookie = request.cookies.get(cookie_name())
        if not cookie:
            return None
        session = self._sessions.find(cookie)
        if session is None:
            return None
        g.session = session
        if request.method not in SAFE:
            self._check_csrf(session)
        key = ("session", session.digest)
        return self._remembered(key, lambda: (self.actor_of(session.user, "user", session.user, via="ui"), None))

    def resolver(self) -> Callable[[], Actor | None]:
        """Who opened the socket at hand, to be asked again later: rights change, sessions end, while it stays open."""
        header = request.headers.get("Authorization")
        if header:
            digest = token_digest(header.partition(" ")[2].strip())
            return lambda: self._by_token_digest(digest)
        session = ids.digest(request.cookies.get(cookie_name(), ""))

        def again() -> Actor | None:
            found = self._sessions.find_digest(session)
            return self.actor_of(found.user, "user", found.user, via="ui") if found else None

        return again

    def by_token(self, secret: str) -> Actor:
        """The actor behind a token; NotSignedIn when it is none, expired, revoked, or its user is disabled."""
        return self._by_token_digest(token_digest(secret))

    def _by_token_digest(self, digest: str) -> Actor:
        def look_up() -> tuple[Actor | None, str | None]:
            token = find_token(self._records.database, digest)
            if token is None:
                return None, None
            actor = self.actor_of(token.user, "token", token.id, scopes=token.scopes)
            if actor is not None and not token.used and token.id not in self._used:
                self._used.add(token.id)
                self._events.tell("token_first_used", actor=actor, account=token.user, number=token.id, name=token.name)
            return actor, token.expires_at

        actor = self._remembered(("token", digest), look_up)
        if actor is None:
            raise wrong_token()
        return actor

    def _forget_sessions(self) -> None:
        for key in [k for k in list(self._known) if k[0] == "session"]:
            self._known.pop(key, None)

    def _remembered(self, key: Key, look_up: Any) -> Actor | None:
        versions = self._records.versions
        mark = (versions.of("user"), versions.of("role"), versions.of("token"))
        found = self._known.get(key)
        if found and found[1] == mark and (found[2] is None or found[2] > clock.wire_now()):
            return found[0]
        actor, expires = look_up()
        if actor is None:
            self._known.pop(key, None)
            return None
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[key] = (actor, mark, expires)
        known: Actor = actor
        return known

    @staticmethod
    def _check_csrf(session: Session) -> None:
        sent = request.headers.get("X-CSRF-Token") or (request.form.get("csrf") if request.mimetype in _FORMS else None)
        if not sent or not hmac.compare_digest(sent.encode(), session.csrf.encode()):
            raise NotAllowed(
                say("This request lacks the page's CSRF token; reload the page and try again."), code="csrf"
            )
