"""The https port: who dawdles, speaks nonsense or plain http harms nobody; what works in the clear works here."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from small_site import Site, make_site, until
from websockets.sync.client import ClientConnection, connect

from appliance.base.settings import load
from appliance.run import secure_channel
from appliance.run.tls.keeper import Keeper


class Secured:
    """A site over TLS, and the means to trust it."""

    def __init__(self, folder: Path):
        self.keeper = Keeper(load(folder, {"https": "on"}, {}))
        self.keeper.open()
        self.site: Site = make_site(tls=self.keeper, max_body=70_000_000)
        self.site.server.start()
        assert self.keeper.authority
        self.ca = str(self.keeper.authority.file)

    @property
    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca)

    def websocket(self, path: str) -> ClientConnection:
        """Before Python 3.13 two threads of this client may be in one OpenSSL at once, and TLS 1.3's tickets arrive just when it
        sends its handshake: once in a great while it then waits for ever. TLS 1.2 has nothing to say at that moment."""
        context = self.context
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        return connect(f"wss://localhost:{self.site.port}{path}", ssl=context, max_size=None)

    def get(self, path: str) -> str:
        return requests.get(self.site.server.address + path, verify=self.ca, timeout=20).text

    def connection(self) -> ssl.SSLSocket:
        return self.context.wrap_socket(self.plain(), server_hostname="localhost")

    def plain(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.site.port), 20)

    @property
    def channels(self) -> int:
        return sum(len(listener.active_channels) for listener in self.site.loop._listeners)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    found = Secured(tmp_path_factory.mktemp("tls"))
    yield found
    found.site.gate.set()
    found.site.server.stop(2)


def test_the_authority_is_enough_to_be_trusted_and_nothing_else_is(secured: Secured) -> None:
    assert secured.site.server.address.startswith("https://")
    assert secured.get("/hello") == "hello"
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(secured.site.server.address + "/hello", timeout=10)


def test_who_stalls_in_the_handshake_holds_nobody_up(secured: Secured) -> None:
    stalled = [secured.plain() for _ in range(40)]
    for sock in stalled[20:]:
        sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00")  # the beginning of a ClientHello
    until(lambda: secured.channels >= 40)
    assert [secured.get("/hello") for _ in range(5)] == ["hello"] * 5
    for sock in stalled:
        sock.close()
    until(lambda: secured.channels == 0)


def test_who_never_finishes_the_handshake_is_hung_up_on(secured: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secure_channel, "HANDSHAKE_SECONDS", 0.1)
    with secured.plain() as silent, secured.plain() as half:
        half.sendall(b"\x16\x03\x01")
        assert silent.recv(1) == b""
        assert half.recv(1) == b""


def test_a_page_asked_for_in_plain_http_is_sent_on_to_https(secured: Secured) -> None:
    answer = requests.get(f"http://localhost:{secured.site.port}/a?b=c", allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers["Location"]) == (308, f"https://localhost:{secured.site.port}/a?b=c")
    assert answer.headers["Cache-Control"] == "no-store"  # or nobody gets back in after https is switched off


def test_a_program_that_posts_in_plain_http_is_told(secured: Secured) -> None:
    with secured.plain() as sock:
        sock.sendall(b"POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n")
        sock.sendall(b"\r\n" + b"x" * 3_000_000)  # not read, and yet the answer arrives
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        assert (answer.status, answer.read()) == (400, b"This is HTTPS: use https:// in the address.\n")


@pytest.mark.parametrize("noise", [b"\x16garbage" * 50, b"\x00\xff" * 100, b"\r\n\r\n", b"SSH-2.0-OpenSSH_9.6\r\n"])
def test_noise_ends_its_own_connection_alone(secured: Secured, noise: bytes) -> None:
    with secured.plain() as sock:
        sock.sendall(noise)
        with contextlib.suppress(ConnectionResetError):
            while sock.recv(1000):  # an alert, perhaps
                pass
    assert secured.get("/hello") == "hello"


def test_a_client_that_vanishes_leaves_nothing_behind(secured: Secured) -> None:
    for _ in range(10):
        sock = secured.connection()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()  # a reset
    until(lambda: secured.channels == 0)
    assert secured.get("/hello") == "hello"


def test_tls_below_1_2_is_refused(secured: Secured) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with secured.plain() as sock, pytest.raises(ssl.SSLError):
        old.wrap_socket(sock)


def test_a_large_upload_a_websocket_and_others_at_the_same_time(secured: Secured) -> None:
    half, total, answers = threading.Event(), 64 << 20, list[bytes]()

    def body() -> Iterator[bytes]:
        piece = b"x" * (1 << 20)
        for n in range(64):
            if n == 32:
                half.wait(60)
            yield piece

    def upload() -> None:
        client = http.client.HTTPSConnection("localhost", secured.site.port, timeout=60, context=secured.context)
        client.request("POST", "/size", body(), {"Content-Length": str(total)})
        answers.append(client.getresponse().read())
        client.close()

    uploader = threading.Thread(target=upload)
    uploader.start()
    with secured.websocket("/echo") as ws:
        for message in ("grüß", b"\x00\xff", "x" * 900_000):
            ws.send(message)
            assert ws.recv(10) == message
        assert [secured.get("/hello") for _ in range(5)] == ["hello"] * 5
        half.set()
        uploader.join(60)
        assert answers == [b"67108864"]
        ws.send("still there")
        assert ws.recv(10) == "still there"


def test_the_hub_serves_encrypted_sockets_too(secured: Secured) -> None:
    with secured.websocket("/hub/ada") as ws:
        for n in range(3):
            ws.send(f"message {n}")
            assert ws.recv(10) == f"ada said 'message {n}'"
        ws.send("y" * 40_000)  # more than a TLS record
        assert len(str(ws.recv(10))) > 40_000


def test_many_requests_in_one_record_are_all_answered(secured: Secured) -> None:
    with secured.connection() as sock:
        sock.sendall(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n" * 30 + b"GET /hello HTTP/1.0\r\n\r\n")
        got = b""
        while part := sock.recv(65536):
            got += part
    assert got.count(b"hello") == 31


def test_a_slow_reader_gets_all_of_it_and_the_end_is_no_break(secured: Secured) -> None:
    sock = secured.context.wrap_socket(secured.plain(), server_hostname="localhost", suppress_ragged_eofs=False)
    with sock:
        sock.sendall(b"GET /big HTTP/1.0\r\n\r\n")
        head = sock.recv(1000)
        assert secured.get("/hello") == "hello"
        size = len(head.partition(b"\r\n\r\n")[2])
        while part := sock.recv(1 << 20):  # without TLS's goodbye this would raise at the end
            size += len(part)
    assert size == 20_000_000


def test_a_refused_upload_reads_its_answer(secured: Secured) -> None:
    with secured.connection() as sock:
        sock.sendall(b"POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 80000000\r\n\r\n")
        sock.sendall(b"x" * 4_000_000)
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        assert answer.status == 413
        assert b"larger than this server accepts" in answer.read()


def test_a_stream_arrives_part_by_part(secured: Secured) -> None:
    secured.site.parts.put("first ")
    with requests.get(secured.site.server.address + "/stream", verify=secured.ca, stream=True, timeout=20) as answer:
        parts = answer.iter_content(chunk_size=None)
        assert next(parts) == b"first "  # the second does not exist yet
        secured.site.parts.put("second")
        assert next(parts) == b"second"
        secured.site.parts.put(None)


def test_new_connections_get_the_renewed_certificate_and_old_ones_go_on(secured: Secured) -> None:
    before = secured.connection()
    first = before.getpeercert(binary_form=True)
    secured.keeper.renew()
    with secured.connection() as after:
        assert after.getpeercert(binary_form=True) != first
    before.sendall(b"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"hello" in before.recv(1000)
    before.close()


def test_a_stop_delivers_the_rest_to_a_slow_reader_over_tls(tmp_path: Path) -> None:
    other = Secured(tmp_path)
    with other.connection() as sock:
        sock.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        stopper = threading.Thread(target=other.site.server.stop, args=(20,))
        stopper.start()
        assert len(answer.read()) == 20_000_000
        stopper.join(25)
    assert other.site.loop.cut_off == 0
