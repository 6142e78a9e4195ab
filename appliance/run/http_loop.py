"""waitress, run by us: our own listening sockets, our channel, and a stop that loses no request.

Never `server.close()` on a running waitress: it closes the trigger's descriptor under its workers, and a late worker's
wake-up byte then lands in whatever file got that number next, such as the database."""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from waitress import create_server, wasyncore
from waitress.server import BaseWSGIServer

from appliance.http.sockets.line import ready
from appliance.run.channel import Channel
from appliance.run.connections import MOST, ConnectionTable
from appliance.run.secure_channel import SecureChannel
from appliance.run.upgrades import Upgrades

_log = logging.getLogger(__name__)
_poll = wasyncore.poll2 if hasattr(select, "poll") else wasyncore.poll
_QUIET = 0.3  # seconds without a word until a connection without a request may be closed at the stop
_WORKERS_END = 0.5


class Tls(Protocol):
    """`context` may be another one at each new connection: that is how a certificate is renewed."""

    @property
    def context(self) -> ssl.SSLContext: ...


class HttpLoop:
    """Serves `application` on listening `sockets`, which it owns from `start` on; over TLS when it is given `tls`. `exempt(ip)`:
    a proxy, whose connections are counted with the client IPs that it asks for: `forwarded(peer, X-Forwarded-For)`, None where
    there are no proxies."""

    def __init__(
        self,
        application: Any,
        sockets: Sequence[socket.socket],
        *,
        name: str,
        threads: int = 4,
        max_body: int = 10 * 1024 * 1024,
        tls: Tls | None = None,
        upgrades: Upgrades | None = None,
        exempt: Callable[[str], bool] = lambda ip: False,
        forwarded: Callable[[str, str], str] | None = None,
        stranger_body: int | None = None,
    ):
        self._server = create_server(
            application,
            sockets=list(sockets),
            threads=threads,
            url_scheme="https" if tls else "http",
            asyncore_use_poll=True,  # select() ends the loop at the first descriptor over 1023
            connection_limit=MOST + 100,  # a last resort: the table of connections makes room before
            recv_bytes=65536,
            cleanup_interval=5,
            channel_timeout=60,  # idle connections cost every turn of the loop
            max_request_header_size=65536,
            max_request_body_size=max_body + 1,  # waitress refuses at the limit, we above it
            ident=None,
            expose_tracebacks=False,
            clear_untrusted_proxy_headers=False,  # forwarded.py's business, which knows more than one proxy
        )
        self.connections = ConnectionTable(exempt)
        self._server.adj.stranger_body = stranger_body  # bytes, where a request shows neither token nor cookie
        self._server.adj.send_bytes = 18000  # head and body in one send; as an argument it would warn
        self._map: dict[int, Any] = getattr(self._server, "_map", None) or self._server.map
        self._listeners = [part for part in self._map.values() if isinstance(part, BaseWSGIServer)]
        for listener in self._listeners:
            listener.channel_class = SecureChannel if tls else Channel
            # what our channels ask their server for
            listener.tls, listener.upgrades, listener.stopping = tls, upgrades, False
            listener.connections, listener.forwarded = self.connections, forwarded
        self._stop_by: float | None = None
        self._trouble = ""
        self.cut_off = 0  # connections that were not done when the time was up
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def trouble(self) -> str:
        """What is wrong with the loop, or nothing."""
        return self._trouble if self._thread.is_alive() else "the server's loop has ended"

    def stop(self, seconds: float) -> None:
        """Close the port, answer what is in flight or queued, write it all out; after `seconds` cut off the rest."""
        self._stop_by = time.monotonic() + max(0.0, seconds - _WORKERS_END)
        with contextlib.suppress(OSError):  # the loop may have seen the wish by itself, and closed the trigger
            self._listeners[0].trigger.pull_trigger()
        self._thread.join(seconds + 1)

    # ---- the loop's thread

    def _run(self) -> None:
        while self._stop_by is None:
            self._turn(1.0)
        self._close_port()
        self._drain()
        self._end()

    def _turn(self, seconds: float) -> None:
        try:
            _poll(seconds, self._map)
            self._trouble = ""
        except Exception as error:  # one bad turn does not end the server
            self._trouble = f"{type(error).__name__}: {error}"
            _log.exception("http loop")
            time.sleep(0.05)

    def _close_port(self) -> None:
        for listener in self._listeners:
            while ready(listener.socket, write=False, seconds=0):
                listener.handle_accept()  # who waits in the kernel's queue would be reset
            listener.stopping = True
            listener.accepting = False
            listener.del_channel()
            listener.socket.close()  # the port is free at once

    def _drain(self) -> None:
        while channels := [c for listener in self._listeners for c in list(listener.active_channels.values())]:
            self._turn(0.0)  # first read what has arrived
            for channel in channels:
                idle = not channel.requests and not channel.total_outbufs_len and channel.request is None
                # A busy client's next request may be on the wire; its answer says "Connection: close", so it ends well.
                if idle and time.time() > channel.last_activity + _QUIET:
                    channel.will_close = True
            if self._stop_by is not None and time.monotonic() > self._stop_by:
                self.cut_off = len(channels)
                return
            self._turn(0.02)

    def _end(self) -> None:
        dispatcher = self._server.task_dispatcher
        dispatcher.shutdown(cancel_pending=True, timeout=_WORKERS_END if self.cut_off else 5)
        triggers = [listener.trigger for listener in self._listeners]
        for part in list(self._map.values()):
            if part not in triggers:
                part.close()
        if not dispatcher.threads:  # a worker that still runs will write to the trigger: leave its descriptor be
            for trigger in triggers:
                trigger.close()
