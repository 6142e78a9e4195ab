"""Listening sockets for the public door, and sentences for when there is none to be had."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
from pathlib import Path

from appliance.base.errors import StartRefused
from appliance.base.reasons import why
from appliance.base.text import say
from appliance.run.exit_codes import PORT_TAKEN, SETTINGS_WRONG

_LISTENING = "0A"


def listen(host: str, port: int) -> list[socket.socket]:
    """One listening socket per address of `host` (a name may have an IPv4 and an IPv6 one). Raises StartRefused: exit
    code 5 when the port is taken, 4 when this machine cannot listen there at all."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise StartRefused(say("Cannot listen on {host}: {why}", host=host, why=why(error)), SETTINGS_WRONG) from None
    sockets: list[socket.socket] = []
    try:
        for family, address in dict.fromkeys((f[0], f[4]) for f in found):
            at = (str(address[0]), port, *address[2:])
            try:
                sockets.append(_bound(family, at))
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL and len(found) > 1:
                    continue  # `localhost` on a machine without IPv6
                raise _refused(str(address[0]), port, error) from None
            port = port or sockets[0].getsockname()[1]  # any free one, but the same for all
        if not sockets:
            raise StartRefused(
                say("Cannot listen on {host}: {why}", host=host, why=why(OSError(errno.EADDRNOTAVAIL, ""))),
                SETTINGS_WRONG,
            )
    except BaseException:
        for sock in sockets:
            sock.close()
        raise
    return sockets


def _bound(family: int, at: tuple[object, ...]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":  # SO_REUSEADDR would let a second process take the same port there
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(at)
        sock.listen(1024)  # here and not later: two that only bind do not notice each other
    except OSError:
        sock.close()
        raise
    return sock


def _refused(host: str, port: int, error: OSError) -> StartRefused:
    if error.errno not in (errno.EADDRINUSE, errno.EACCES):
        return StartRefused(say("Cannot listen on {host}: {why}", host=host, why=why(error)), SETTINGS_WRONG)
    if error.errno == errno.EACCES and sys.platform != "win32":
        return StartRefused(
            say("This user may not listen on port {port}; ports from 1024 up are open to all.", port=port),
            SETTINGS_WRONG,
        )
    address, pid = f"[{host}]:{port}" if ":" in host else f"{host}:{port}", holder(port)
    if pid is None:
        return StartRefused(say("{address} is taken by another program.", address=address), PORT_TAKEN)
    text = say("{address} is taken by {name} (process {pid}).", address=address, name=program(pid), pid=pid)
    return StartRefused(text, PORT_TAKEN)


def program(pid: int) -> str:
    """What a process is called, where the system tells (Linux): a word, without its arguments, which may hold secrets."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text("utf-8", "replace").strip() or "?"
    return "?"


def holder(port: int) -> int | None:
    """The process that listens on a port, where /proc tells us (Linux, our own processes unless root)."""
    sockets = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                column = line.split()
                if column[3] == _LISTENING and int(column[1].rpartition(":")[2], 16) == port:
                    sockets.add(f"socket:[{column[9]}]")
    for process in Path("/proc").glob("[0-9]*") if sockets else ():
        with contextlib.suppress(OSError):
            if any(str(file.readlink()) in sockets for file in (process / "fd").iterdir()):
                return int(process.name)
    return None


def addresses(sockets: list[socket.socket], scheme: str = "http") -> list[str]:
    """What to type into a browser; for "all interfaces" this machine and how others on the LAN see it."""
    found = []
    for sock in sockets:
        host, port = sock.getsockname()[:2]
        if host in ("0.0.0.0", "::"):
            loopback, outside = ("127.0.0.1", "192.0.2.1") if sock.family == socket.AF_INET else ("::1", "2001:db8::1")
            hosts = [loopback, *_seen_from(sock.family, outside)]
        else:
            hosts = [host]
        found += [f"{scheme}://[{h}]:{port}" if ":" in h else f"{scheme}://{h}:{port}" for h in hosts]
    return list(dict.fromkeys(found))


def _seen_from(family: int, outside: str) -> list[str]:
    """Our address on the way to `outside` (reserved for documentation). Connecting a UDP socket sends nothing."""
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((outside, 9))
        return [probe.getsockname()[0]]
    return []
