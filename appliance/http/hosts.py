"""The names and addresses this box answers to. A request for another Host is refused: that closes the door to pages that
make a browser talk to us under a name of theirs (DNS rebinding), also before the box is claimed."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Iterable


class Hosts:
    """Knows loopback, the machine's names, and private addresses that are its own; `more` are names from the settings."""

    def __init__(self, more: Iterable[str] = (), bound: str = ""):
        name = socket.gethostname().lower()
        short = name.split(".")[0]
        self._names = {"localhost", name, short, f"{short}.local", f"{short}.lan", *(h.lower() for h in more)}
        if bound and bound not in ("0.0.0.0", "::"):
            self._names.add(bound.lower())
        self._addresses = _own_addresses()
        self._judged: dict[str, bool] = {}

    def knows(self, header: str | None) -> bool:
        """Is this Host header (name or address, with or without a port) one of ours?"""
        if not header:
            return False
        known = self._judged.get(header)
        if known is None:
            known = self._judge(header)
            if len(self._judged) < 1_000:
                self._judged[header] = known
        return known

    def _judge(self, header: str) -> bool:
        host = header.rsplit(":", 1)[0] if not header.endswith("]") and ":" in header else header
        host = host.strip("[]").rstrip(".").lower()
        if host in self._names:
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return address.is_loopback or host in self._addresses


def _own_addresses() -> set[str]:
    """What the machine's own name resolves to, and the address it would use to reach others (nothing is sent)."""
    found: set[str] = set()
    with contextlib.suppress(OSError):
        found |= {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
    for family, target in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((target, 9))
                found.add(probe.getsockname()[0])
        except OSError:
            continue
    return found
