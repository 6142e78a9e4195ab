"""The names and addresses this box answers to. A request for another Host is refused: that closes the door to pages that
make a browser talk to us under a name of theirs (DNS rebinding), also before the box is claimed."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Iterable

from appliance.base import machine

LOOK_SECONDS = 10.0
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:,@/\[\]]+))(?::[0-9]{0,5})?")
"""One name or address, and a port. What looks like ours up to a colon or a comma (`localhost:evil.example`, two Host headers that
were joined) is not ours."""


class Hosts:
    """Knows loopback, the machine's names, and private addresses that are its own; `more` are names from the settings."""

    def __init__(self, more: Iterable[str] = (), bound: str = ""):
        self._names = {*machine.names(), *(h.lower() for h in more)}
        if bound and bound not in ("0.0.0.0", "::"):
            self._names.add(bound.lower())
        self._addresses: frozenset[str] = frozenset()
        self._looked = -LOOK_SECONDS
        self._judged: dict[str, bool] = {}

    def add(self, name: str) -> None:
        """A name that was found later: by mDNS."""
        self._names.add(name.lower())
        self._judged = {}

    def _is_own(self, address: str) -> bool:
        """The machine may have other addresses now than when it was last looked at."""
        if address not in self._addresses and time.monotonic() > self._looked + LOOK_SECONDS:
            self._looked = time.monotonic()
            self._addresses, self._judged = frozenset(a.ip for a in machine.addresses()), {}
        return address in self._addresses

    def knows(self, header: str | None) -> bool:
        """Is this Host header (name or address, with or without a port) one of ours?"""
        if not header:
            return False
        known = self._judged.get(header)
        if known is None:
            known = self._judge(header)
            if known and len(self._judged) < 1_000:
                self._judged[header] = True
        return known

    def _judge(self, header: str) -> bool:
        found = _HOST.fullmatch(header)
        if found is None:
            return False
        host = (found[1] or found[2]).removesuffix(".").lower()
        if host in self._names:
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return address.is_loopback or self._is_own(host)
