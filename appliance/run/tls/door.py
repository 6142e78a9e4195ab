"""What the control door can ask and order about https, and what the page on trust shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from appliance.base import machine
from appliance.base.settings import Settings
from appliance.http.hosts import Hosts
from appliance.run.announce import Announcer
from appliance.run.plain_door import OnlyTrust, PlainDoor
from appliance.run.services import Service
from appliance.run.tls.keeper import Keeper, check
from appliance.run.tls.pair import fingerprint, titled
from appliance.run.web import WebServer

OPEN = ("/trust", "/static/", "/favicon.ico")
"""What the plain door lets through: the page on trust, and what that needs to look like a page."""
_DOTS = "••••"
_LOOPBACK = re.compile(r"127\.\d+\.\d+\.\d+|::1|localhost")
_OFF: dict[str, Any] = {
    "https": "off", "kind": "none", "names": [], "not_before": None, "not_after": None, "fingerprint": None, "issuer": None,
    "authority_file": None, "trust_url": None, "problem": None,
}  # fmt: skip


@dataclass(frozen=True)
class Trusted:
    """The authority, as pages hand it out."""

    title: str
    fingerprint: str
    pem: bytes
    der: bytes


class HttpsDoor:
    """`keeper` is None with https off, `announcer` where there is no network to hear a name, `plain` where no such door is
    wanted. Raises StartRefused for a certificate that cannot be used. `title()` is what the box is
    called; not `public` is a process without doors."""

    def __init__(self, settings: Settings, title: Callable[[], str], *, public: bool = True):
        self.settings = settings
        self.web: WebServer | None = None
        self.plain: PlainDoor | None = None
        self.announcer: Announcer | None = None
        self.keeper: Keeper | None = None
        if not public:
            return
        if settings.mdns and not _LOOPBACK.fullmatch(settings.host):
            memory, secure = settings.home.root / "run" / "name", settings.https == "on"
            self.announcer = Announcer(settings.host, lambda: self.port, secure=secure, title=title, memory=memory)
        if settings.https == "on":
            self.keeper = Keeper(settings, self._local_names)
            self.keeper.open()

    def services(self, web: WebServer, application: Any) -> list[Service]:
        """The public door and what stands around it: the certificate's keeper, the plain door, the name on the LAN."""
        self.web = web
        found: list[Service] = [self.keeper, web] if self.keeper else [web]
        if self.keeper and self.keeper.authority and self.settings.http_port:
            only = OnlyTrust(application, lambda: self.port, OPEN)
            self.plain = PlainDoor(only, self.settings.host, self.settings.http_port)
            found.append(self.plain)
        if self.announcer:
            if self.keeper:
                self.announcer.on_name.append(lambda _: self.keeper.look_again() if self.keeper else None)
            found.append(self.announcer)
        return found

    def tell_names(self, hosts: Hosts) -> None:
        """The announced name is one the box answers to."""
        if self.announcer:
            self.announcer.on_name.append(hosts.add)

    @property
    def port(self) -> int:
        """The public door's; 0 before it has one."""
        found = self.addresses
        return int(found[0].rpartition(":")[2]) if found else 0

    @property
    def addresses(self) -> list[str]:
        return self.web.addresses if self.web else []

    def _local_names(self) -> list[str]:
        if not self.announcer:
            return []
        return [self.announcer.host_name or self.announcer.wished]

    def shown(self) -> dict[str, Any]:
        if self.keeper is None:
            return dict(_OFF)
        return {**self.keeper.shown(), "trust_url": self.trust_url()}

    def renew(self) -> dict[str, Any]:
        if self.keeper:
            self.keeper.renew()
        return self.shown()

    def check(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A password shown as dots is the one in the settings."""
        words = [str(asked.get(name) or "") for name in ("certificate", "certificate_key", "certificate_password")]
        if words[2] == _DOTS:
            words[2] = self.settings.certificate_password
        return check(*words)

    def trusted(self) -> Trusted | None:
        """None where there is nothing to install: https is off, or the certificate is the office's own."""
        authority = self.keeper.authority if self.keeper else None
        if authority is None:
            return None
        certificate = authority.certificate
        pem, der = certificate.public_bytes(Encoding.PEM), certificate.public_bytes(Encoding.DER)
        return Trusted(titled(certificate), fingerprint(certificate), pem, der)

    def trust_url(self) -> str | None:
        """The page on trust, under the address that reaches furthest: the announced name, the LAN's, this computer's."""
        if self.trusted() is None:
            return None
        found = (self.plain.addresses if self.plain else []) or self.addresses
        if not found:
            return None
        if name := self.local_name:
            scheme, port = found[0].partition("://")[0], found[0].rpartition(":")[2]
            return f"{scheme}://{name}:{port}/trust"
        return found[-1] + "/trust"  # after loopback stands how others on the LAN see us

    @property
    def local_name(self) -> str:
        """`ingot.local`, when it is announced."""
        return self.announcer.host_name if self.announcer else ""

    def where(self) -> list[dict[str, str]]:
        """Where people reach the box: by its name, as it was bound, and by every address of this machine when it serves the
        whole LAN."""
        own = self.addresses
        if not own:
            return []
        scheme, port = own[0].partition("://")[0], own[0].rpartition(":")[2]
        found = [{"url": f"{scheme}://{self.local_name}:{port}", "reach": "name"}] if self.local_name else []
        everywhere = self.settings.host in ("0.0.0.0", "::")
        here = "this computer" if everywhere or _LOOPBACK.fullmatch(self.settings.host) else "network"
        found += [{"url": url, "reach": here} for url in own]
        if everywhere:
            version = 6 if self.settings.host == "::" else 4
            lan = [a.ip for a in machine.addresses() if a.outside and a.version == version]
            urls = [f"{scheme}://[{ip}]:{port}" if version == 6 else f"{scheme}://{ip}:{port}" for ip in lan]
            found = [f for f in found if f["url"] not in urls] + [{"url": url, "reach": "network"} for url in urls]
        return found
