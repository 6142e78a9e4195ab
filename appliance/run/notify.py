"""Telling systemd how it goes (sd_notify(3)): ready, stopping, alive. Without NOTIFY_SOCKET nothing is said to nobody."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Mapping

from appliance.base.digits import is_digits


def tell(state: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send `READY=1` or the like. False when nobody listens."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address or not hasattr(socket, "AF_UNIX"):
        return False
    place = "\0" + address[1:] if address[0] == "@" else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        try:
            one.connect(place)
            one.sendall(state.encode())
        except OSError:
            return False
    return True


class Watchdog:
    """Says that the process is alive, twice in the time systemd allows (WatchdogSec=). From a thread of its own: what it proves
    is that the interpreter still runs threads; whether parts work, /readyz says."""

    def __init__(self, environment: Mapping[str, str] = os.environ):
        micros = environment.get("WATCHDOG_USEC", "")
        self._every = int(micros) / 2_000_000 if is_digits(micros) else 0.0
        self._environment, self._ended = environment, threading.Event()

    def start(self) -> None:
        if self._every:
            threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            tell("WATCHDOG=1", self._environment)
