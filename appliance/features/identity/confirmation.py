"""The password, once more, before a session changes who gets in: tokens, roles, other people's accounts, one's own address.
A session that lies open on a desk is not enough for that. Programs with a token are not asked: they have no password."""

from __future__ import annotations

from flask import g, request

from appliance.base.errors import Invalid, NotAllowed, Problem
from appliance.base.text import say
from appliance.features.identity import accounts
from appliance.features.identity.authenticator import PasswordAuthenticator
from appliance.features.identity.sessions import Session, Sessions
from appliance.features.identity.who import device_of_request, session_of_request
from appliance.records.records import Records

CODE = "confirmation_required"


def need_confirmation() -> None:
    """NotAllowed when a session acts whose person gave the password too long ago. `POST /account/confirm` answers that."""
    session = session_of_request()
    if session is not None and not session.confirmed:
        raise NotAllowed(
            say(
                "Give your password again before you change who gets in: POST it to /account/confirm, as password, and repeat "
                "this request."
            ),
            code=CODE,
        )


class Confirmation:
    """Asks the person of the session at hand for the password."""

    def __init__(self, records: Records, sessions: Sessions, authenticator: PasswordAuthenticator):
        self._database, self._sessions, self._authenticator = records.database, sessions, authenticator

    def check(self, session: Session, password: str, field: str = "current") -> None:
        """Note that the password was given. Invalid when it is wrong, TooManyRequests when it was wrong too often. Whoever came
        by the claim link and has none yet sets one first, on the account page."""
        rows = self._database.rows(
            self._database.sql("SELECT email, password FROM ingot_user WHERE id = ?"), (session.user,)
        )
        email, stored = rows[0] if rows else ("", None)
        if stored is None:
            raise Invalid([Problem(field, say("is not set yet: choose a password first"), "no_password")])
        if accounts.find_signing_in(self._database, email) != session.user:  # of two that share an address: the later
            raise Invalid([Problem(field, say("cannot be checked: an administrator must change your e-mail address"))])
        found = self._authenticator.check(email, password, request.remote_addr or "", device_of_request())
        if found != session.user:
            raise Invalid([Problem(field, say("is not your password"), "wrong_password")])
        self._sessions.confirm(session)
        g.session = self._sessions.find_digest(session.digest) or session
