"""WebSockets through waitress: the handshake, the refusals, sockets that talk and sockets in the hub."""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import socket
import struct
import threading
from pathlib import Path

import pytest
import requests
from small_site import Site, make_site, until
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from appliance.http.sockets.connection import text_frame
from appliance.http.sockets.hub import Hub
from appliance.http.sockets.websocket import same_origin
from appliance.run.connections import PER_CLIENT

HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
}


def test_an_echo_of_text_bytes_fragments_and_a_large_message(site: Site) -> None:
    with connect(site.ws + "/echo", max_size=None) as ws:
        for message in ("grüß", b"\x00\xff", "x" * 900_000):
            ws.send(message)
            assert ws.recv(10) == message
        ws.send(iter(["in ", "three ", "parts"]))
        assert ws.recv(10) == "in three parts"
        assert ws.ping().wait(10)
    assert ws.close_code == 1000


def test_a_message_over_the_limit_ends_with_1009(site: Site) -> None:
    with connect(site.ws + "/echo") as ws:
        ws.send("x" * 1_100_000)
        with pytest.raises(ConnectionClosed):
            ws.recv(10)
    assert ws.close_code == 1009
    until(lambda: len(site.server._upgrades) == 0)


@pytest.mark.parametrize(("path", "version"), [
    ("/hub/ann", "13"), ("/echo", "13"), ("/secret", "13"), ("/hello", "13"), ("/nowhere", "13"), ("/hub/ann", "8"),
])  # fmt: skip
def test_a_connection_counts_until_its_socket_is_closed_whatever_became_of_it(
    site: Site, path: str, version: str
) -> None:
    table = site.server._loop.connections  # type: ignore[union-attr]
    until(lambda: len(table) == 0)
    words = {**HANDSHAKE, "Host": "localhost", "Sec-WebSocket-Version": version}
    head = f"GET {path} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in words.items()) + "\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", site.port), 10))
            sock.sendall(head.encode())
            assert sock.recv(9) == b"HTTP/1.1 "
            assert len(table) >= 1 and len(table) == len(table._strangers)
        if path.startswith(("/hub", "/echo")) and version == "13":
            assert len(table) == 3
    until(lambda: len(table) == 0)


def test_a_client_may_hold_no_more_sockets_than_connections(site: Site) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(PER_CLIENT):
            stack.enter_context(connect(site.ws + "/hub/ann"))
        with pytest.raises(InvalidStatus) as refused:
            connect(site.ws + "/hub/ann")
        assert refused.value.response.status_code == 429


def test_an_upgrade_may_follow_a_request_on_the_same_connection(site: Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    for _ in range(3):
        connection.request("GET", "/hello")
        assert connection.getresponse().read() == b"hello"
    connection.request("GET", "/echo", headers=HANDSHAKE)
    assert connection.getresponse().status == 101
    connection.close()


def test_a_route_refuses_an_upgrade_with_a_plain_answer(site: Site) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(site.ws + "/secret")
    assert refused.value.response.status_code == 403
    assert refused.value.response.body == b"not for you"
    with pytest.raises(InvalidStatus) as refused:
        connect(site.ws + "/nothing-here")
    assert refused.value.response.status_code == 404


@pytest.mark.parametrize(
    ("method", "change", "status"),
    [
        ("GET", {"Sec-WebSocket-Version": "8"}, 426),
        ("POST", {}, 400),  # the Upgrade is ignored; a WebSocket route asked without one is a bad request
        ("GET", {"Connection": "keep-alive"}, 400),
        ("GET", {"Upgrade": "h2c"}, 400),
        ("HEAD", {}, 400),
    ],
)
def test_a_handshake_that_is_none_never_becomes_a_crash(
    site: Site, method: str, change: dict[str, str], status: int
) -> None:
    answer = requests.request(method, site.server.address + "/echo", headers={**HANDSHAKE, **change}, timeout=10)
    assert answer.status_code in (status, 405)


def test_open_sockets_hold_no_thread_that_answers_requests(site: Site) -> None:
    with contextlib.ExitStack() as sockets:
        for _ in range(12):  # three times as many as threads
            sockets.enter_context(connect(site.ws + "/echo"))
        assert requests.get(site.server.address + "/hello", timeout=10).text == "hello"
    until(lambda: len(site.server._upgrades) == 0)


def test_a_handshake_too_many_gets_a_503() -> None:
    site = make_site()
    site.server._upgrades._at_most = 1
    site.server.start()
    with connect(site.ws + "/echo"), pytest.raises(InvalidStatus) as refused:
        connect(site.ws + "/echo")
    assert refused.value.response.status_code == 503
    site.server.stop(2)


def test_idle_clients_cost_no_thread(site: Site) -> None:
    requests.get(site.server.address + "/hello", timeout=10)
    before = threading.active_count()
    request = "".join(f"{name}: {value}\r\n" for name, value in HANDSHAKE.items())
    clients = []
    for n in range(PER_CLIENT - 1):  # raw: the client library would start threads of its own
        clients.append(socket.create_connection(("127.0.0.1", site.port), 10))
        clients[-1].sendall(f"GET /hub/{n} HTTP/1.1\r\nHost: x\r\n{request}\r\n".encode())
        assert clients[-1].recv(1000).startswith(b"HTTP/1.1 101")
    until(lambda: len(site.hub.connections) == PER_CLIENT - 1)
    until(lambda: threading.active_count() <= before)
    assert requests.get(site.server.address + "/hello", timeout=10).text == "hello"
    site.hub.publish("news", lambda c: int(c.user) % 2 == 0)
    for client in clients[::2]:
        assert client.recv(1000) == text_frame("news")
    for client in clients:
        client.close()
    until(lambda: len(site.hub.connections) == 0)
    until(lambda: len(site.closed) == PER_CLIENT - 1)


def test_a_client_in_the_hub_is_heard_and_answered_in_order(site: Site) -> None:
    with connect(site.ws + "/hub/ada") as ws:
        ws.send("one")
        ws.send(iter(["tw", "o"]))
        ws.send(b"three")
        assert [ws.recv(10) for _ in range(3)] == ["ada said 'one'", "ada said 'two'", "ada said b'three'"]
        assert ws.ping().wait(10)
        ws.send("last words")
    assert ws.close_code == 1000
    until(lambda: site.closed == ["ada"])
    assert site.heard[-1] == ("ada", "last words")


def test_publish_reaches_those_it_names_and_nobody_else(site: Site) -> None:
    with connect(site.ws + "/hub/ada") as ada, connect(site.ws + "/hub/bob") as bob:
        until(lambda: len(site.hub.connections) == 2)
        site.hub.publish("for ada", [c for c in site.hub.connections if c.user == "ada"])
        site.hub.publish("for all", lambda _: True)
        assert [ada.recv(10), ada.recv(10)] == ["for ada", "for all"]
        assert bob.recv(10) == "for all"


def test_a_predicate_or_handler_that_fails_hurts_nobody_else(site: Site) -> None:
    with connect(site.ws + "/hub/ada") as ada, connect(site.ws + "/hub/bob") as bob:
        until(lambda: len(site.hub.connections) == 2)
        site.hub.publish("never", lambda c: c.user.no_such_thing)
        ada.send("crash")
        with pytest.raises(ConnectionClosed):
            ada.recv(10)
        assert ada.close_code == 1011
        bob.send("still here")
        assert bob.recv(10) == "bob said 'still here'"


def test_a_slow_reader_is_dropped_while_another_gets_everything() -> None:
    site = make_site(Hub(max_unsent=1 << 18))
    site.server.start()
    slow = socket.create_connection(("127.0.0.1", site.port), 10)
    request = "".join(f"{name}: {value}\r\n" for name, value in HANDSHAKE.items())
    slow.sendall(f"GET /hub/slow HTTP/1.1\r\nHost: x\r\n{request}\r\n".encode())
    assert slow.recv(1000).startswith(b"HTTP/1.1 101")
    got: list[int] = []
    with connect(site.ws + "/hub/quick", max_size=None) as quick:
        until(lambda: len(site.hub.connections) == 2)
        for n in range(400):  # 26 MB: more than the kernel buffers for the one that never reads
            site.hub.publish(f"{n:03d}" + "x" * 65_000, lambda _: True)
            got.append(int(str(quick.recv(10))[:3]))
    assert got == list(range(400))
    until(lambda: site.closed[:1] == ["slow"])
    assert site.hub.dropped == 1
    slow.close()
    site.server.stop(2)


def test_a_message_too_large_for_the_hub_ends_with_1009(site: Site) -> None:
    with connect(site.ws + "/hub/ada") as ws:
        ws.send("x" * 70_000)
        with pytest.raises(ConnectionClosed):
            ws.recv(10)
    assert ws.close_code == 1009


def test_bad_utf8_ends_with_1007(site: Site) -> None:
    with connect(site.ws + "/hub/ada") as ws:
        ws.send(b"\xff\xfe", text=True)
        with pytest.raises(ConnectionClosed):
            ws.recv(10)
    assert ws.close_code == 1007


def test_a_client_that_is_silent_to_pings_is_dropped() -> None:
    site = make_site(Hub(ping_seconds=0.1))
    site.server.start()
    deaf = socket.create_connection(("127.0.0.1", site.port), 10)
    request = "".join(f"{name}: {value}\r\n" for name, value in HANDSHAKE.items())
    deaf.sendall(f"GET /hub/deaf HTTP/1.1\r\nHost: x\r\n{request}\r\n".encode())
    with connect(site.ws + "/hub/awake") as awake:
        until(lambda: site.closed == ["deaf"])
        awake.send("here")
        assert awake.recv(10) == "awake said 'here'"
    deaf.close()
    site.server.stop(2)


def test_a_stop_says_1001_to_sockets_in_and_outside_the_hub() -> None:
    site = make_site()
    site.server.start()
    with contextlib.ExitStack() as stack:
        paths = ("/hub/ada", "/hub/bob", "/echo", "/echo")
        sockets = [stack.enter_context(connect(site.ws + path)) for path in paths]
        until(lambda: len(site.hub.connections) == 2)
        site.server.stop(5)
        for ws in sockets:
            with pytest.raises(ConnectionClosed):
                ws.recv(10)
            assert ws.close_code == 1001
    assert sorted(site.closed) == ["ada", "bob"]


def test_only_our_own_pages_have_the_same_origin() -> None:
    ours = {"HTTP_HOST": "box.lan:8400", "wsgi.url_scheme": "http"}
    assert same_origin(ours)
    assert same_origin({**ours, "HTTP_ORIGIN": "http://box.lan:8400"})
    for foreign in ("http://evil.example", "http://box.lan", "https://box.lan:8400", "null", "http://box.lan:84x"):
        assert not same_origin({**ours, "HTTP_ORIGIN": foreign})


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts descriptors in /proc")
def test_clients_that_vanish_leave_no_thread_and_no_descriptor(site: Site) -> None:
    def counts() -> tuple[int, int]:
        return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))

    requests.get(site.server.address + "/hello", headers={"Connection": "close"}, timeout=10)
    until(lambda: not site.loop._listeners[0].active_channels)
    before = counts()
    request = "".join(f"{name}: {value}\r\n" for name, value in HANDSHAKE.items())
    for n in range(20):
        client = socket.create_connection(("127.0.0.1", site.port), 10)
        client.sendall(f"GET /{'echo' if n % 2 else 'hub/x'} HTTP/1.1\r\nHost: x\r\n{request}\r\n".encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 101")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, no goodbye
        client.close()
    until(lambda: counts() == before)


def test_a_hub_that_stops_sends_newcomers_away_with_1001(site: Site) -> None:
    site.hub.stop(1)
    with connect(site.ws + "/hub/late") as ws, pytest.raises(ConnectionClosed):
        ws.recv(10)
    assert ws.close_code == 1001
    until(lambda: site.closed == ["late"])  # it is told right after the goodbye


def test_a_handler_that_sleeps_does_not_fill_the_memory_with_its_clients_messages(site: Site) -> None:
    client = socket.create_connection(("127.0.0.1", site.port), 10)
    request = "".join(f"{name}: {value}\r\n" for name, value in HANDSHAKE.items())
    client.sendall(f"GET /deaf HTTP/1.1\r\nHost: x\r\n{request}\r\n".encode())
    assert client.recv(1000).startswith(b"HTTP/1.1 101")
    frame = b"\x82\xff" + (65536).to_bytes(8, "big") + b"\0\0\0\0" + bytes(65536)
    client.settimeout(0.5)
    with pytest.raises(TimeoutError):
        for _ in range(1000):  # 64 MB; the kernel and 64 messages take a part of it, then nobody reads
            client.sendall(frame)
    site.gate.set()
    client.close()
