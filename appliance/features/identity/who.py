"""Who sent a request: a token in Authorization, or a session cookie. Actors are remembered while users, roles and tokens
stand still, so that a request costs a look into a dictionary."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

from flask import g, request

from appliance.base import clock
from appliance.base.errors import NotAllowed, NotSignedIn
from appliance.base.text import say
from appliance.features.identity.actors import Actors
from appliance.features.identity.sessions import COOKIE, SECURE_COOKIE, Session, Sessions
from appliance.features.identity.tokens import find_token
from appliance.records.permissions import Actor
from appliance.records.records import Records

SAFE = ("GET", "HEAD", "OPTIONS")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
REMEMBERED = 5_000


def cookie_name() -> str:
    """What the session's cookie is called on the way this request came: one that travelled in the clear is worth nothing
    under https."""
    return SECURE_COOKIE if request.is_secure else COOKIE


class Who(Actors):
    def __init__(self, records: Records, sessions: Sessions):
        super().__init__(records)
        self._sessions = sessions
        self._known: dict[str, tuple[Actor, Any, str | None]] = {}

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
        return self._remembered(
            "session:" + session.digest, lambda: (self.actor_of(session.user, "user", session.user, via="ui"), None)
        )

    def resolver(self) -> Callable[[], Actor | None]:
        """Who opened the socket at hand, to be asked again later: rights change, sessions end, while it stays open."""
        header = request.headers.get("Authorization")
        if header:
            secret = header.partition(" ")[2].strip()
            return lambda: self.by_token(secret)
        cookie = request.cookies.get(cookie_name(), "")

        def again() -> Actor | None:
            session = self._sessions.find(cookie) if cookie else None
            return self.actor_of(session.user, "user", session.user, via="ui") if session else None

        return again

    def by_token(self, secret: str) -> Actor:
        """The actor behind a token; NotSignedIn when it is wrong, expired, revoked, or its user is disabled."""

        def look_up() -> tuple[Actor | None, str | None]:
            token = find_token(self._records.database, secret)
            if token is None:
                return None, None
            return self.actor_of(token.user, "token", token.id, scopes=token.scopes), token.expires_at

        actor = self._remembered(secret, look_up)
        if actor is None:
            raise NotSignedIn(say("This token is wrong, has expired or was revoked."))
        return actor

    def _remembered(self, key: str, look_up: Any) -> Actor | None:
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
        return actor

    @staticmethod
    def _check_csrf(session: Session) -> None:
        sent = request.headers.get("X-CSRF-Token") or (request.form.get("csrf") if request.mimetype in _FORMS else None)
        if not sent or not hmac.compare_digest(sent.encode(), session.csrf.encode()):
            raise NotAllowed(
                say("This request lacks the page's CSRF token; reload the page and try again."), code="csrf"
            )
