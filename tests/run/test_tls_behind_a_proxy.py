"""Behind packaging/nginx.conf: the client's address, https and the cookie are right; from anybody else such headers are air."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from box import Box
from own_certificates import Office
from small_site import until
from websockets.sync.client import connect

from appliance.base.errors import StartRefused
from appliance.base.paths import Home
from appliance.run.client import ControlClient
from appliance.run.forwarded import Forwarded

CONF = Path(__file__).parents[2] / "packaging" / "nginx.conf"
NAME = "ingot.example.org"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    box = Box(tmp_path_factory.mktemp("proxied") / "home", INGOT_HOSTS=NAME, INGOT_PROXIES="127.0.0.1")
    box.start()
    yield box
    box.stop()


@pytest.fixture(scope="module")
def front(box: Box, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """nginx with our example as it stands, but for ports and paths: its port, and the file to trust."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    assert nginx, "nginx is not installed"
    folder = tmp_path_factory.mktemp("nginx")
    office = Office(folder, NAME)
    office.write("ingot.pem", office.chain())
    office.write("ingot.key", office.private())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = CONF.read_text().replace("listen 443", f"listen 127.0.0.1:{port}")
    text = text.replace("/etc/ssl/", f"{folder}/").replace("127.0.0.1:8400", f"127.0.0.1:{box.port}")
    temporary = "".join(
        f"{what}_temp_path {folder}/t;" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; events {{}}"
        f"http {{ access_log off; {temporary} {text} }}"
    )
    with subprocess.Popen([nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")]) as running:
        until(lambda: _listens(port))
        yield port, office.ca_file
        running.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def test_a_person_behind_nginx_has_a_secure_session_and_their_own_address(box: Box, front: tuple[int, str]) -> None:
    port, ca = front
    link = ControlClient(Home(box.home)).call("claim")["link"]
    secret = link.rpartition("/")[2]
    curl = ["curl", "-sS", "-i", "--cacert", ca, "--resolve", f"{NAME}:{port}:127.0.0.1"]
    # curl comes from this machine, as a proxy would: so its word on whom it speaks for counts
    claim = [*curl, "-d", "", "-H", f"Origin: https://{NAME}:{port}", "-H", "X-Forwarded-For: 9.9.9.9"]
    claim += [f"https://{NAME}:{port}/claim/{secret}"]
    answer = subprocess.run(claim, check=True, capture_output=True, text=True).stdout
    cookie = re.search(r"Set-Cookie: (__Host-ingot_session=[^;]+);(.*)", answer)
    assert cookie and "Secure" in cookie[2] and "Path=/" in cookie[2]
    page = [*curl, "-H", f"Cookie: {cookie[1]}", f"https://{NAME}:{port}/account"]
    shown = subprocess.run(page, check=True, capture_output=True, text=True).stdout
    assert " 200 " in shown.splitlines()[0] and "9.9.9.9" in shown and "127.0.0.1" not in shown

    headers = {"Cookie": cookie[1], "Origin": f"https://{NAME}:{port}"}
    trusting = ssl.create_default_context(cafile=ca)
    raw = socket.create_connection(("127.0.0.1", port), 10)
    with connect(f"wss://{NAME}:{port}/live", sock=raw, ssl=trusting, additional_headers=headers) as live:
        live.send('{"subscribe": []}')


def test_headers_of_a_peer_that_is_no_proxy_change_nothing(tmp_path: Path) -> None:
    seen: list[dict[str, str]] = []

    def application(environ: dict[str, str], _start: object) -> list[bytes]:
        seen.append(
            {n: str(environ.get(n)) for n in ("REMOTE_ADDR", "wsgi.url_scheme", "HTTP_HOST", "HTTP_X_FORWARDED_FOR")}
        )
        return []

    def ask(door: Forwarded, peer: str, said: str) -> dict[str, str]:
        environ = {
            "REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": "box", "HTTP_X_FORWARDED_FOR": said,
            "HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_HOST": "public.example",
        }  # fmt: skip
        door(environ, None)
        return seen.pop()

    as_it_was = {"wsgi.url_scheme": "http", "HTTP_HOST": "box", "HTTP_X_FORWARDED_FOR": "None"}
    believed = {"wsgi.url_scheme": "https", "HTTP_HOST": "public.example", "HTTP_X_FORWARDED_FOR": "None"}
    some = Forwarded(application, ["10.0.0.0/8", "fd00::1"])
    assert ask(Forwarded(application), "10.0.0.1", "1.2.3.4") == {"REMOTE_ADDR": "10.0.0.1", **as_it_was}
    assert ask(some, "192.168.0.9", "1.2.3.4") == {"REMOTE_ADDR": "192.168.0.9", **as_it_was}
    assert ask(some, "10.0.0.1", "1.2.3.4") == {"REMOTE_ADDR": "1.2.3.4", **believed}
    assert ask(some, "fd00::1", "6.6.6.6, 1.2.3.4, 10.9.9.9") == {"REMOTE_ADDR": "1.2.3.4", **believed}
    assert ask(some, "10.0.0.1", "1.2.3.4, nonsense") == {"REMOTE_ADDR": "10.0.0.1", **believed}
    with pytest.raises(StartRefused, match="proxies holds nginx, which is no address"):
        Forwarded(application, ["nginx"])


def test_without_the_setting_a_client_cannot_claim_to_have_come_by_https(tmp_path: Path) -> None:
    box = Box(tmp_path / "home", INGOT_PROXIES="192.0.2.1")
    box.start()
    secret = ControlClient(Home(box.home)).call("claim")["link"].rpartition("/")[2]
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "9.9.9.9", "X-Forwarded-Host": "evil.example"}
    answer = requests.post(box.url(f"/claim/{secret}"), headers=headers, allow_redirects=False, timeout=10)
    assert answer.headers["Set-Cookie"].startswith("ingot_session=")
    assert "Secure" not in answer.headers["Set-Cookie"]
    account = requests.get(box.url("/account"), headers=headers, cookies=answer.cookies, timeout=10).text
    assert "127.0.0.1" in account and "9.9.9.9" not in account
    box.stop()
