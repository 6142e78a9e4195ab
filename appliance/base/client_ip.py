"""Whom a client IP stands for, where somebody is counted."""

from __future__ import annotations

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=10_000)
def client_network(ip: str) -> str:
    """The network that one subscriber has: an IPv4 address, or the /64 of an IPv6 one. What is neither stays as it is."""
    try:
        address = ipaddress.ip_address(ip.strip("[]").partition("%")[0])
    except ValueError:
        return ip[:100]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def is_loopback(ip: str) -> bool:
    """Is this an address of the machine itself, 127.0.0.0/8 or ::1?"""
    try:
        address = ipaddress.ip_address(ip.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
