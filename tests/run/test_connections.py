"""Strangers cannot keep others out by holding connections, and a request's head has its time."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from box import Box
from hypothesis import given
from hypothesis import strategies as st
from small_site import Site

from appliance.base.client_ip import client_network
from appliance.run import channel
from appliance.run.connections import PER_ACCOUNT, PER_CLIENT, ConnectionTable


@dataclass(eq=False)
class Held:
    """A connection as the table sees it."""

    addr: tuple[str, int]
    will_close: bool = False
    idle: bool = True
    waiting: bool = True
    extra: dict[str, Any] = field(default_factory=dict)


def test_the_longest_idle_stranger_of_a_client_makes_room_for_its_next() -> None:
    table = ConnectionTable(per_client=3)
    first, second, third = (Held(("10.0.0.1", n)) for n in range(3))
    assert all(map(table.admit, (first, second, third)))
    first.idle = first.waiting = False  # the application works for it
    assert table.admit(Held(("10.0.0.1", 9)))
    assert (first.will_close, second.will_close, third.will_close) == (False, True, False)
    assert len(table) == 3


def test_a_client_whose_connections_all_work_is_refused_and_others_are_not() -> None:
    table = ConnectionTable(per_client=2)
    for n in range(2):
        assert table.admit(Held(("10.0.0.1", n), idle=False, waiting=False))
    assert not table.admit(Held(("10.0.0.1", 9)))
    assert table.admit(Held(("10.0.0.2", 1)))


def test_one_that_has_only_begun_to_ask_goes_before_anybody_is_refused() -> None:
    table = ConnectionTable(per_client=2)
    dripping = Held(("10.0.0.1", 1), idle=False, waiting=True)
    assert table.admit(dripping) and table.admit(Held(("10.0.0.1", 2), idle=False, waiting=False))
    assert table.admit(Held(("10.0.0.1", 3)))
    assert dripping.will_close


def test_known_people_are_counted_by_account_and_do_not_go_when_the_table_is_full() -> None:
    table = ConnectionTable(per_client=2, most=4)
    known = [Held(("10.0.0.1", n)) for n in range(3)]
    for one in known:
        assert table.admit(one) and table.recognise(one, "user:1")
    stranger = Held(("10.0.0.9", 1))
    assert table.admit(stranger)
    assert table.admit(Held(("10.0.0.8", 1)))
    assert stranger.will_close and not any(one.will_close for one in known)


def test_an_account_has_its_share() -> None:
    table = ConnectionTable(most=10_000, per_client=10_000)
    held = [Held(("10.0.0.1", n)) for n in range(PER_ACCOUNT + 1)]
    assert all(table.admit(one) for one in held)
    assert [table.recognise(one, "user:1") for one in held] == [True] * PER_ACCOUNT + [False]
    table.leave(held[0])
    assert table.recognise(held[-1], "user:1")
    assert table.recognise(held[1], "user:2"), "who signs in as somebody else counts there"
    assert table.recognise(Held(("10.0.0.1", 9_999)), "user:1")


def test_proxies_are_exempt() -> None:
    table = ConnectionTable(lambda ip: ip == "10.0.0.1", per_client=1)
    assert all(table.admit(Held(("10.0.0.1", n), idle=False, waiting=False)) for n in range(5))


@given(
    st.lists(st.tuples(st.sampled_from(["admit", "leave", "know"]), st.integers(0, 30), st.integers(1, 4)), max_size=80)
)
def test_counts_never_drift(steps: list[tuple[str, int, int]]) -> None:
    table, held = ConnectionTable(per_client=5, most=12), dict[int, Held]()
    for what, n, account in steps:
        one = held.setdefault(n, Held((f"10.0.0.{n % 3}", n)))
        if what == "admit" and one not in table._all and not one.will_close:
            table.admit(one)
        elif what == "leave":
            table.leave(one)
            held.pop(n)
        else:
            table.recognise(one, f"user:{account}")
        assert len(table) <= 12
        assert sum(table._counts.values()) == len(table._strangers)
        assert sum(map(len, table._accounts.values())) == len(table._known)
        assert set(table._strangers) | set(table._known) <= table._all


def test_an_ipv6_subscriber_is_one_client() -> None:
    assert client_network("2001:db8::1") == client_network("2001:db8::2:3") == "2001:db8::/64"
    assert client_network("2001:db8:0:1::1") != client_network("2001:db8::1")
    assert client_network("::ffff:10.0.0.1") == "10.0.0.1"


# ---- on a real server


@contextlib.contextmanager
def crowd(port: int, count: int) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(socket.create_connection(("127.0.0.1", port), 10)) for _ in range(count)]


def test_idle_connections_of_one_client_keep_nobody_out(tmp_path_factory: pytest.TempPathFactory) -> None:
    box = Box(tmp_path_factory.mktemp("crowd") / "home")
    box.start()
    box.sign_in()
    box.get("/api/users")  # the session's own connection is known from here on
    with crowd(box.port, 3 * PER_CLIENT) as sockets:
        assert requests.get(box.url("/healthz"), timeout=10).status_code == 200
        box.get("/api/users")
        sockets[0].settimeout(10)
        assert sockets[0].recv(1) == b"", "the longest idle one was closed"
    box.stop()


def test_a_head_that_does_not_end_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "HEAD_SECONDS", 0.3)
    with socket.create_connection(("127.0.0.1", site.port), 10) as dripping:
        dripping.settimeout(10)
        began = time.monotonic()
        with contextlib.suppress(OSError):
            for byte in b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 2_000:
                dripping.send(bytes([byte]))
                time.sleep(0.005)
        with contextlib.suppress(ConnectionError):
            assert dripping.recv(100) == b""
        assert time.monotonic() - began < 9


@pytest.mark.parametrize("head", [
    b"POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX-One: a\r\n b\r\n\r\n",
    b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX-One: a\r\n\tb\r\n\r\n",
    b"GET http://evil.example/hello HTTP/1.1\r\nHost: localhost\r\n\r\n",
])  # fmt: skip
def test_what_two_readers_could_read_differently_is_refused_and_the_connection_ends(site: Site, head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", site.port), 10) as sock:
        sock.sendall(head)
        answer = b""
        while part := sock.recv(4096):
            answer += part
    assert answer[9:13] == b"400 " and b"Connection: close" in answer


def test_nobody_is_invited_to_send_a_body_that_is_refused_already(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.port), 10) as sock:
        sock.sendall(b"POST /hello HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n")
        assert sock.recv(4096)[9:13] == b"413 "


@pytest.mark.parametrize("how", [b"Content-Length: 900000", b"Transfer-Encoding: chunked"])
def test_a_stranger_s_large_body_is_refused_at_its_head_and_not_taken_in(tmp_path: Path, how: bytes) -> None:
    box = Box(tmp_path / "home")
    box.start()
    with socket.create_connection(("127.0.0.1", box.port), 10) as sock:
        sock.sendall(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\n" + how + b"\r\n\r\n")
        if how.startswith(b"Transfer"):
            sock.sendall(b"20000\r\n" + b"x" * 0x20000 + b"\r\n")
        assert sock.recv(4096)[9:13] == b"413 "
    box.stop()


def test_slow_clients_behind_a_proxy_make_room_for_others() -> None:
    """Heads and bodies that are not whole told of nobody, and 900 of them kept everybody out."""
    table = ConnectionTable(lambda ip: ip == "10.0.0.1", per_client=2, most=4)
    slow = [Held(("10.0.0.1", n), idle=False) for n in range(4)]
    for one in slow:
        assert table.admit(one)
    table.speaks_for(slow[3], "203.0.113.9")
    assert table.admit(Held(("10.0.0.1", 9))) and slow[3].will_close, (
        "first one that has shown who it is, and is nobody known"
    )
    assert table.recognise(slow[0], "user:1")
    assert table.admit(Held(("10.0.0.7", 1))) and not slow[0].will_close


def test_behind_a_proxy_the_forwarded_client_ip_counts() -> None:
    table = ConnectionTable(lambda ip: ip == "10.0.0.1", per_client=2)
    held = [Held(("10.0.0.1", n), idle=False, waiting=False) for n in range(4)]
    for one in held:
        assert table.admit(one)
    for one in held[:3]:
        table.speaks_for(one, "203.0.113.9")
    table.speaks_for(held[3], "203.0.113.10")
    assert [table.is_over_share(one) for one in held] == [True, True, True, False]
    table.has_spoken(held[0])
    assert not any(table.is_over_share(one) for one in held)
    assert table.recognise(held[1], "user:1") and not table.is_over_share(held[1])
    direct = Held(("10.0.0.7", 1))
    assert table.admit(direct)
    table.speaks_for(direct, "203.0.113.9")
    assert table._strangers[direct] == "10.0.0.7", "what a stranger writes into a header moves nothing"


def test_what_a_proxy_asked_for_somebody_counts_no_more_when_it_is_answered(
    tmp_path: Path,
) -> None:
    box = Box(tmp_path / "home", INGOT_PROXIES="127.0.0.1")
    box.start()
    head = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: %s\r\n\r\n"
    for ip in (b"203.0.113.9", b"203.0.113.10", b"203.0.113.9"):
        with socket.create_connection(("127.0.0.1", box.port), 10) as sock:
            sock.sendall(head % ip)
            assert sock.recv(100).startswith(b"HTTP/1.1 200")
    box.stop()
