"""Wrong passwords, counted: ten from one address for one account, and that address waits a quarter of an hour."""

from __future__ import annotations

from appliance.engines.cache.protocol import Cache

MOST = 10
QUARTER_HOUR = 900.0


class Tries:
    """Kept in the cache: a box that forgets it too early lets somebody guess ten times more, and nothing else."""

    def __init__(self, cache: Cache):
        self._cache = cache

    def locked(self, email: str, address: str) -> bool:
        return int(self._cache.get(_count(email, address)) or 0) >= MOST

    def wrong(self, email: str, address: str) -> None:
        if self._cache.incr(_count(email, address), ttl=QUARTER_HOUR) >= MOST:
            known = self._cache.get(_where(email)) or []
            self._cache.set(_where(email), sorted({*known, address}), ttl=QUARTER_HOUR)

    def locked_anywhere(self, email: str) -> bool:
        """Is some address waiting for this account?"""
        return any(self.locked(email, address) for address in self._cache.get(_where(email)) or [])

    def forgive(self, email: str) -> None:
        """Whoever waits may try again at once."""
        for address in self._cache.get(_where(email)) or []:
            self._cache.delete(_count(email, address))
        self._cache.delete(_where(email))


def _count(email: str, address: str) -> str:
    return f"sign-in {address} {email.lower()}"


def _where(email: str) -> str:
    return f"sign-in locked {email.lower()}"
