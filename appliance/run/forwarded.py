"""What a proxy in front says about the client: its address, and whether it came by https. Believed from peers whose addresses
stand in the setting `proxies`, dropped from all others: anybody can write such headers."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Iterable
from typing import Any

from appliance.base.client_ip import is_loopback
from appliance.base.errors import StartRefused
from appliance.base.text import say
from appliance.http.requests import DIRECT
from appliance.run.exit_codes import SETTINGS_WRONG

_FOR, _PROTO, _HOST = "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"
_HEADERS = (_FOR, _PROTO, _HOST, "HTTP_X_FORWARDED_PORT", "HTTP_X_FORWARDED_PREFIX", "HTTP_FORWARDED", "HTTP_X_REAL_IP")

_WITH_PORT = re.compile(r"(?:\[([^\[\]]+)\]|([0-9.]+)):[0-9]{1,5}")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Forwarded:
    """A WSGI application around another. Raises StartRefused for a proxy that is no address."""

    def __init__(self, inner: Any, proxies: Iterable[str] = ()):
        self._inner = inner
        self._networks = [network(p) for p in proxies]
        self._judged: dict[str, bool] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        peer = environ.get("REMOTE_ADDR", "")
        # Whoever comes from this machine and for nobody else: with a proxy set up, nobody can be told to be that.
        environ[DIRECT] = not self._networks and is_loopback(peer) and not any(h in environ for h in _HEADERS)
        if self._networks and self.trusts(peer):
            self._believe(environ, peer)
        for header in _HEADERS:
            environ.pop(header, None)
        return self._inner(environ, start_response)

    def client_ip(self, peer: str, forwarded_for: str) -> str:
        """For whom a trusted peer asks: each proxy adds whom it heard from at the end, so that the first from there that is no
        proxy of ours is the client. What stands before that, the client may have written itself."""
        found = peer
        for said in [peer, *reversed([a.strip() for a in forwarded_for.split(",")])]:
            with contextlib.suppress(ValueError):
                found = str(ipaddress.ip_address(_without_port(said)))
                if self.trusts(found):
                    continue
            break
        return found

    def _believe(self, environ: dict[str, Any], peer: str) -> None:
        environ["REMOTE_ADDR"] = environ["REMOTE_HOST"] = self.client_ip(peer, environ.get(_FOR, ""))
        scheme = environ.get(_PROTO, "").rpartition(",")[2].strip().lower()
        if scheme in ("http", "https"):
            environ["wsgi.url_scheme"] = scheme
        if host := environ.get(_HOST, "").rpartition(",")[2].strip():
            environ["HTTP_HOST"] = host

    def trusts(self, peer: str) -> bool:
        """Is this peer a proxy of ours?"""
        known = self._judged.get(peer)
        if known is None:
            try:
                address = ipaddress.ip_address(peer.strip("[]"))
            except ValueError:
                return False
            known = any(address in network for network in self._networks)
            if len(self._judged) < 1_000:
                self._judged[peer] = known
        return known


def _without_port(said: str) -> str:
    """Some proxies add the client's port: 192.168.1.5:4711, [fd00::5]:4711. Unread, all clients would be one: the proxy."""
    found = _WITH_PORT.fullmatch(said)
    return (found[1] or found[2]) if found else said.strip("[]")


def network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise StartRefused(
            say("The setting proxies holds {value}, which is no address like 192.168.1.5 or 10.0.0.0/8.", value=text),
            SETTINGS_WRONG,
        ) from None
