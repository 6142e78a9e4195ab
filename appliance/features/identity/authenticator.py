"""Whoever asks for somebody's password asks here: counted, slowed down, and judged at most twice at once."""

from __future__ import annotations

from appliance.base.errors import TooManyRequests
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.features.identity import accounts
from appliance.features.identity.login_throttle import FIRST_WAIT, LoginThrottle
from appliance.features.security_events.security_events import SecurityEvents

SECONDS_TOLD_AS_MINUTES = 120


class PasswordAuthenticator:
    def __init__(self, database: Database, throttle: LoginThrottle, events: SecurityEvents | None = None):
        self._database, self._throttle = database, throttle
        self._events = events or SecurityEvents(database)

    def check(self, email: str, password: str, client_ip: str, device: str = "") -> int | None:
        """The user's id when address and password fit, None when they do not. Raises TooManyRequests when there were too many
        wrong ones before, or too many people sign in at once."""
        attempt = self._throttle.begin(email, client_ip, device)
        if attempt.wait:
            self._events.tell("locked", account=attempt.user)
            raise too_many(attempt.wait)
        try:
            user = accounts.check_sign_in(self._database, email, password)
        except BaseException:
            self._throttle.take_back(attempt)
            raise
        if user is not None:
            self._throttle.take_back(attempt)
            return user
        self._events.tell("sign_in_failed", account=attempt.user)  # never the address that was typed
        if attempt.often:
            raise too_many(FIRST_WAIT)
        return user

    def remember(self, user: int, client_ip: str, device: str = "") -> str:
        """As `LoginThrottle.remember`."""
        return self._throttle.remember(user, client_ip, device)


def too_many(seconds: int) -> TooManyRequests:
    if seconds < SECONDS_TOLD_AS_MINUTES:
        text = say(
            "Too many attempts. Try again in {seconds} seconds, or ask an administrator for a new password.",
            seconds=seconds,
        )
    else:
        text = say(
            "Too many attempts. Try again in {minutes} minutes, or ask an administrator for a new password.",
            minutes=-(-seconds // 60),
        )
    return TooManyRequests(text, retry_after=seconds)
