"""The socket under a WebSocket: whole sends, deadlines, and an end that everybody hears of."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from small_site import until

from appliance.http.sockets.line import Line


@pytest.fixture
def pair() -> Iterator[tuple[Line, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        line = Line(server.accept()[0], send_seconds=0.2)
    client.settimeout(10)
    yield line, client
    line.close(0)
    client.close()


def test_a_send_larger_than_the_buffers_arrives_whole(pair: tuple[Line, socket.socket]) -> None:
    line, client = pair
    sender = threading.Thread(target=line.send, args=(b"x" * 8_000_000,))
    sender.start()
    got = 0
    while got < 8_000_000:
        got += len(client.recv(1 << 20))
    sender.join(10)
    assert got == 8_000_000


def test_a_client_that_does_not_read_is_cut_off(pair: tuple[Line, socket.socket]) -> None:
    line, client = pair
    with pytest.raises(TimeoutError):
        line.send(b"x" * 20_000_000)
    while client.recv(1 << 20):  # what the kernel had taken, and then the end
        pass


def test_unread_bytes_do_not_turn_the_end_into_a_reset(pair: tuple[Line, socket.socket]) -> None:
    line, client = pair
    client.sendall(b"more than anybody reads")
    line.send(b"goodbye")
    closer = threading.Thread(target=line.close)
    closer.start()
    assert client.recv(100) == b"goodbye"
    assert client.recv(100) == b""
    client.close()
    closer.join(10)


def test_a_reader_hears_of_the_close(pair: tuple[Line, socket.socket]) -> None:
    line, _ = pair
    ended = threading.Event()

    def read() -> None:
        try:
            line.recv()
        except OSError:
            pass
        finally:
            ended.set()

    threading.Thread(target=read, daemon=True).start()
    line.close(0.01)
    assert ended.wait(10)


def test_a_line_that_was_taken_is_left_alone(pair: tuple[Line, socket.socket]) -> None:
    line, client = pair
    sock = line.take()
    line.close()
    sock.setblocking(True)
    client.sendall(b"still open")
    until(lambda: sock.recv(100) == b"still open")
    sock.close()
