"""What this machine is called and which addresses it has: for the names we answer to, our certificate, mDNS and the panel."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

import ifaddr

_INNER = ("lo", "docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "cni", "podman")
"""Network cards that lead to containers and virtual machines on this machine alone, by the beginning of their names."""


@dataclass(frozen=True, slots=True)
class Address:
    """One address of one network card. `outside`: people on the LAN may reach us there."""

    ip: str
    outside: bool

    @property
    def version(self) -> int:
        return ipaddress.ip_address(self.ip).version


def addresses() -> list[Address]:
    """All of them now, loopback included, without IPv6 ones that are valid on one link only (no URL can hold those)."""
    found = {}
    for adapter in ifaddr.get_adapters():
        inner = adapter.name.startswith(_INNER)
        for address in adapter.ips:
            ip = ipaddress.ip_address(str(address.ip if address.is_IPv4 else address.ip[0]))
            if ip.version == 4 or not ip.is_link_local:
                outside = not inner and not ip.is_loopback and not ip.is_link_local
                found[str(ip)] = Address(str(ip), outside)
    return list(found.values())


def names() -> list[str]:
    """The host name, alone and as networks spell it."""
    whole = socket.gethostname().lower().rstrip(".")
    short = whole.split(".")[0]
    return list(dict.fromkeys(["localhost", short, whole, f"{short}.local", f"{short}.lan"]))
