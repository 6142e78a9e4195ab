"""Who holds connections: strangers by their client IP, people and programs by their account. A stranger cannot keep others out,
however many connections they open: beyond their share, and when the table is full, idle connections of strangers are closed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Protocol

from appliance.base.client_ip import client_network

PER_CLIENT = 100
"""Connections of one client IP that have not yet shown a valid session or token. A WebSocket is a connection, here and below."""
PER_ACCOUNT = 200
MOST = 900
"""All connections: below the 1,024 descriptors that many systems give a process."""


class Connection(Protocol):
    """A channel, as far as the table cares."""

    addr: tuple[str, int] | str
    will_close: bool

    @property
    def idle(self) -> bool: ...

    @property
    def waiting(self) -> bool: ...


class ConnectionTable:
    """Of one server. `exempt(ip)`: a proxy, which speaks for many. Called by the loop's thread, `recognise` by any."""

    def __init__(
        self, exempt: Callable[[str], bool] = lambda ip: False, *, per_client: int = PER_CLIENT, most: int = MOST
    ):
        self._exempt, self._per_client, self._most = exempt, per_client, most
        self._strangers: dict[Connection, str] = {}  # with whom they count; the longest here first
        self._counts: dict[str, int] = {}
        self._accounts: dict[str, set[Connection]] = {}
        self._known: dict[Connection, str] = {}
        self._all: set[Connection] = set()
        self._proxied: dict[Connection, None] = {}  # the longest here first
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._all)

    def admit(self, connection: Connection) -> bool:
        """A new connection, from a stranger until it shows otherwise. False when it must be refused: its client IP has its
        share, or all are in use, and none of these is idle."""
        ip = connection.addr[0] if isinstance(connection.addr, tuple) else ""
        with self._lock:
            exempt = not ip or self._exempt(ip)
            client = client_network(ip)
            full = not exempt and self._counts.get(client, 0) >= self._per_client
            if full and not self._close_one(c for c, of in self._strangers.items() if of == client):
                return False
            if len(self._all) >= self._most and not self._close_one([*self._strangers, *self._silent_proxied()]):
                return False
            self._all.add(connection)
            if exempt:
                self._proxied[connection] = None
            else:
                self._count(connection, client)
            return True

    def speaks_for(self, connection: Connection, ip: str) -> None:
        """A proxy's connection asks for this client IP, until `has_spoken`. Others speak for themselves."""
        with self._lock:
            if connection in self._proxied and self._strangers.get(connection) != (client := client_network(ip)):
                self._forget_stranger(connection)
                self._forget_account(connection)
                self._count(connection, client)

    def has_spoken(self, connection: Connection) -> None:
        with self._lock:
            if connection in self._proxied:
                self._forget_stranger(connection)
                self._forget_account(connection)

    def is_over_share(self, connection: Connection) -> bool:
        """Do more connections of a proxy ask for this one's client IP than it may have itself?"""
        with self._lock:
            return self._counts.get(self._strangers.get(connection, ""), 0) > self._per_client

    def _silent_proxied(self) -> list[Connection]:
        """Connections of proxies that have told of nobody: behind them, too, heads may come slowly. They go last."""
        return [c for c in self._proxied if c not in self._strangers and c not in self._known]

    def _count(self, connection: Connection, client: str) -> None:
        self._strangers[connection] = client
        self._counts[client] = self._counts.get(client, 0) + 1

    def recognise(self, connection: Connection, account: str) -> bool:
        """It has shown a valid session or token of this account. False when the account has its share of connections."""
        with self._lock:
            if self._known.get(connection) == account:
                return True
            if len(self._accounts.get(account, ())) >= PER_ACCOUNT:
                return False
            if connection in self._all:
                self._forget_stranger(connection)
                self._forget_account(connection)
                self._accounts.setdefault(account, set()).add(connection)
                self._known[connection] = account
            return True

    def leave(self, connection: Connection) -> None:
        with self._lock:
            self._all.discard(connection)
            self._proxied.pop(connection, None)
            self._forget_stranger(connection)
            self._forget_account(connection)

    def _close_one(self, candidates: Iterable[Connection]) -> bool:
        """The first that waits for nothing, else the first that has only begun to ask. It counts no more from here on."""
        begun = None
        for one in candidates:
            if one.idle:
                break
            begun = begun or (one if one.waiting else None)
        else:
            if begun is None:
                return False
            one = begun
        one.will_close = True
        self._all.discard(one)
        self._proxied.pop(one, None)
        self._forget_stranger(one)
        return True

    def _forget_stranger(self, connection: Connection) -> None:
        client = self._strangers.pop(connection, None)
        if client is not None:
            self._counts[client] -= 1
            if not self._counts[client]:
                del self._counts[client]

    def _forget_account(self, connection: Connection) -> None:
        account = self._known.pop(connection, None)
        if account is not None:
            self._accounts[account].discard(connection)
            if not self._accounts[account]:
                del self._accounts[account]
