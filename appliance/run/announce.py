"""The box's name on the LAN by mDNS: `ingot.local`, and a service that network browsers list.

All of it happens in a thread of its own: neither the start nor the stop waits for the network. When the machine's addresses
change, the name is announced anew."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from pathlib import Path

from zeroconf import AddressResolver, Error, IPVersion, ServiceInfo, Zeroconf  # type: ignore[attr-defined]

from appliance.base import machine
from appliance.base.text import Text, say, told
from appliance.run.services import Health

_log = logging.getLogger(__name__)
FIRST = "ingot"
_KEPT = re.compile(FIRST + r"(-\d{1,3})?")
LOOK_SECONDS = 15.0
_ANSWER_MS = 750  # how long whoever has the name already may take to say so
_MOST_TRIES = 20
_STOP_SECONDS = 0.9


class Announcer:
    """The service. `title()` is what network browsers show; those in `on_name` hear the name that was free;
    `memory` is a file that keeps it: a box keeps its name, whichever of two is switched on first."""

    name = "mdns"

    def __init__(
        self,
        host: str,
        port: Callable[[], int],
        *,
        secure: bool,
        title: Callable[[], str],
        memory: Path,
    ):
        self._host, self._port, self._secure, self._title = host, port, secure, title
        self._memory = memory
        self.on_name: list[Callable[[str], object]] = []
        self._zeroconf: Zeroconf | None = None
        self._problem: Text | None = say("The name has not been announced yet.")
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mdns", daemon=True)
        self.host_name = ""

    @property
    def wished(self) -> str:
        """The name it will try first, `ingot.local`: the certificate may name it before the network has been asked."""
        try:
            kept = self._memory.read_text("utf-8").strip()
        except (OSError, ValueError):
            kept = ""
        return f"{kept if _KEPT.fullmatch(kept) else FIRST}.local"

    def start(self) -> None:
        self._thread.start()

    def stop(self, deadline_seconds: float) -> None:
        """Takes the name back, if the network lets it in that second."""
        self._ending.set()
        self._thread.join(min(_STOP_SECONDS, deadline_seconds))

    def health(self) -> Health:
        return Health("degraded", told(self._problem)) if self._problem else Health()

    # ---- the thread

    def _run(self) -> None:
        announced: list[str] | None = None
        while not self._ending.is_set():
            present = self._addresses()
            if present != announced:
                self._withdraw()
                announced = present if self._announced(present) else None
            self._ending.wait(LOOK_SECONDS)
        self._withdraw()

    def _addresses(self) -> list[str]:
        """Those that others reach us at, of the kind we listen on."""
        version = 6 if ":" in self._host else 4
        found = [a for a in machine.addresses() if a.version == version]
        if self._host not in ("0.0.0.0", "::"):
            return [a.ip for a in found if a.ip == self._host]
        return sorted(a.ip for a in found if a.outside)

    def _announced(self, addresses: list[str]) -> bool:
        try:
            if not addresses:
                self._tell(say("This machine has no address on a network to announce."))
                return False
            # IPv6 wants the number of the network card, where IPv4 takes its address: all of them do there
            known = {"interfaces": addresses} if ":" not in addresses[0] else {"ip_version": IPVersion.V6Only}
            self._zeroconf = Zeroconf(**known)
            label = self._free_label(addresses)
            kind = "_https._tcp.local." if self._secure else "_http._tcp.local."
            title = _label(self._title())
            info = ServiceInfo(
                kind, f"{title}.{kind}", self._port(), server=f"{label}.local.", parsed_addresses=addresses,
                properties={"path": "/"},
            )  # fmt: skip
            self._zeroconf.register_service(info, allow_name_change=True)
        except (OSError, Error, AssertionError, TimeoutError) as error:  # no multicast here, or none for us
            self._tell(say("The network takes no announcement (mDNS): {why}", why=error or type(error).__name__))
            self._withdraw()
            return False
        self._settle(f"{label}.local")
        return True

    def _free_label(self, addresses: list[str]) -> str:
        """The first name that nobody else answers to. zeroconf looks after services' names, not after hosts'."""
        assert self._zeroconf
        wished = self.wished.removesuffix(".local")
        for label in [wished, FIRST, *(f"{FIRST}-{n}" for n in range(2, _MOST_TRIES))]:
            asked = AddressResolver(f"{label}.local.")
            if not asked.request(self._zeroconf, _ANSWER_MS) or set(asked.parsed_addresses()) <= set(addresses):
                return label  # free, or ours: another Ingot on this machine
            _log.info("%s.local is %s", label, ", ".join(asked.parsed_addresses()))
        raise Error("every name is taken")

    def _settle(self, name: str) -> None:
        if name != self.host_name:
            _log.info("announced as %s", name)
        self.host_name, self._problem = name, None
        try:
            self._memory.write_text(name.removesuffix(".local"), "utf-8")
        except OSError:
            _log.warning("%s cannot be written", self._memory)
        for tell in self.on_name:
            tell(name)

    def _tell(self, problem: Text) -> None:
        if str(problem) != str(self._problem):
            _log.warning("%s", problem)
        self._problem, self.host_name = problem, ""

    def _withdraw(self) -> None:
        if self._zeroconf:
            try:
                self._zeroconf.close()  # says goodbye first
            except Exception:  # the network may have gone
                _log.debug("mdns", exc_info=True)
            self._zeroconf = None


def _label(title: str) -> str:
    """One label of a DNS name: at most 63 bytes, without dots and what cannot be seen; room is left for a number where two
    boxes have one title."""
    words = " ".join("".join(c if c.isprintable() and c != "." else " " for c in title).split())
    return words.encode()[:50].decode("utf-8", "ignore").strip() or "Ingot"
