"""Somebody switches https on: their browser learns of the box's authority on a plain page, and from then on all is quiet;
programs trust it by the same file; the certificate is renewed, or replaced by the office's own; and no back door opens."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import warm
from box import Box
from browsing import CHROMIUM, FLAGS, PHONE, Site, violations
from cryptography.hazmat.primitives.serialization import Encoding
from own_certificates import Office
from playwright.sync_api import Browser, Error

from appliance.base.paths import Home
from appliance.run.client import ControlClient

pytestmark = pytest.mark.slow


class SecureBox(Box):
    """A box with https on. `ca` is what its visitors trust."""

    def __init__(self, home: Path, **environment: str):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.plain_port = free.getsockname()[1]
        super().__init__(home, INGOT_HTTPS="on", INGOT_HTTP_PORT=str(self.plain_port), **environment)
        self.ca = home / "tls" / "authority.pem"
        self.session.verify = str(self.ca)
        self.session.trust_env = False  # or REQUESTS_CA_BUNDLE would win

    def url(self, path: str) -> str:
        return f"https://localhost:{self.port}{path}"

    def plain(self, path: str) -> str:
        return f"http://localhost:{self.plain_port}{path}"

    def shown_certificate(self) -> bytes:
        """What a new connection is shown, after the authority was found to be enough."""
        context = ssl.create_default_context(cafile=self.session.verify)
        with socket.create_connection(("127.0.0.1", self.port), 10) as sock:
            found = context.wrap_socket(sock, server_hostname="localhost").getpeercert(binary_form=True)
        assert found
        return found

    @property
    def door(self) -> ControlClient:
        return ControlClient(Home(self.home))


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBox]:
    box = SecureBox(tmp_path_factory.mktemp("https") / "home")
    box.start()
    yield box
    box.stop()


@pytest.fixture(scope="module")
def trusting(browser: Browser, secure: SecureBox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser of somebody who took in the file that the plain page offers."""
    home = tmp_path_factory.mktemp("person")
    store, file = home / ".pki" / "nssdb", home / "ingot.crt"
    store.mkdir(parents=True)
    file.write_bytes(requests.get(secure.plain("/trust/ingot.crt"), timeout=10).content)
    assert shutil.which("certutil"), "certutil is not installed (libnss3-tools)"
    for words in (["-N", "--empty-password"], ["-A", "-t", "C,,", "-n", "ingot", "-i", str(file)]):
        subprocess.run(["certutil", "-d", f"sql:{store}", *words], check=True, capture_output=True)
    environment = {**os.environ, "HOME": str(home)}
    found = browser.browser_type.launch(executable_path=CHROMIUM, args=FLAGS, env=environment)
    yield found
    found.close()


@pytest.fixture(scope="module")
def visitor(trusting: Browser, secure: SecureBox) -> Iterator[Site]:
    site = Site(trusting, secure)
    yield site
    site.close()  # complains if any page did


def test_the_plain_page_explains_it_in_the_readers_language_and_system(
    trusting: Browser, secure: SecureBox, axe: str
) -> None:
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"
    reader = Site(trusting, secure, base_url=secure.plain(""), locale="de-DE", user_agent=agent, viewport=PHONE)
    page = reader.page
    page.goto("/trust")
    assert page.get_by_role("heading", level=1).inner_text() == "Dieser Box vertrauen"
    assert page.locator("details[open] h2").all_inner_texts() == ["iPhone, iPad"]
    assert page.get_by_text("Zertifikatsvertrauenseinstellungen").is_visible()
    assert page.get_by_text(secure.door.query("certificate")["fingerprint"]).is_visible()
    assert violations(page, axe) == []
    page.get_by_text("Windows", exact=True).click()
    assert page.get_by_text("Vertrauenswürdige Stammzertifizierungsstellen").is_visible()
    reader.close()


def test_a_stranger_is_warned_and_who_took_the_file_is_not(browser: Browser, visitor: Site, secure: SecureBox) -> None:
    stranger = browser.new_page()
    with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
        stranger.goto(secure.url("/"))
    stranger.close()
    visitor.page.goto("/sign-in")
    assert visitor.page.evaluate("isSecureContext")
    visitor.page.goto("/trust")  # the same page, on this side
    assert visitor.page.get_by_text("Trust this box").first.is_visible()


def test_the_claim_link_the_cookie_and_the_live_socket_are_encrypted(visitor: Site, secure: SecureBox) -> None:
    link = secure.door.call("claim")["link"]
    assert link.startswith("https://127.0.0.1:")  # an address is in the certificate as well
    page = visitor.page
    page.goto(link.replace("127.0.0.1", "localhost"))
    page.get_by_role("button", name="Become its administrator").click()
    page.wait_for_url("**/welcome")
    assert page.url == secure.url("/welcome")
    (cookie,) = (c for c in visitor.context.cookies() if "session" in c["name"])
    assert (cookie["name"], cookie["secure"], cookie["httpOnly"]) == ("__Host-ingot_session", True, True)
    page.goto("/")
    opened = page.evaluate(
        """() => new Promise(done => { const live = new WebSocket(`wss://${location.host}/live`);
           live.onopen = () => done(true); live.onerror = () => done(false); })"""
    )
    assert opened


def test_the_plain_door_hands_out_the_authority_and_nothing_else(secure: SecureBox) -> None:
    token = secure.sign_in("admin")
    pem = requests.get(secure.plain("/trust/ingot.crt"), timeout=10)
    assert pem.content == secure.ca.read_bytes()
    der = requests.get(secure.plain("/trust/ingot.cer"), timeout=10).content
    assert ssl.DER_cert_to_PEM_cert(der).split() == pem.text.split()
    profile = requests.get(secure.plain("/trust/ingot.mobileconfig"), timeout=10)
    assert profile.headers["Content-Type"].startswith("application/x-apple-aspen-config")
    headers = {"Authorization": f"Bearer {token}"}
    for path in ("/", "/api/entities", "/healthz", "/trust/../api/users", "/trusted?a=b&c=%0d%0aX:y"):
        answer = requests.get(secure.plain(path), headers=headers, allow_redirects=False, timeout=10)
        assert answer.status_code == 308, path
        assert answer.headers["Location"].startswith(f"https://localhost:{secure.port}/")
    assert requests.post(secure.plain("/trust"), timeout=10).status_code == 400
    assert "Strict-Transport-Security" not in secure.session.get(secure.url("/sign-in"), timeout=10).headers


def test_curl_trusts_it_by_the_file_and_status_says_https(secure: SecureBox) -> None:
    curl = ["curl", "-sS", "--cacert", str(secure.ca), secure.url("/healthz")]
    assert subprocess.run(curl, check=True, capture_output=True, text=True).stdout == '{"status":"ok"}'
    assert f"https://127.0.0.1:{secure.port}" in secure.ingot("status")
    places = secure.door.query("addresses")["addresses"]
    assert {"url": f"https://127.0.0.1:{secure.port}", "reach": "this computer"} in places


def test_a_renewed_certificate_is_shown_to_the_next_connection(visitor: Site, secure: SecureBox) -> None:
    before, first = secure.door.query("certificate"), secure.shown_certificate()
    assert (before["https"], before["kind"], before["problem"]) == ("on", "local", None)
    assert re.fullmatch(r"([0-9A-F]{2}:){31}[0-9A-F]{2}", before["fingerprint"])
    assert before["trust_url"] == f"http://127.0.0.1:{secure.plain_port}/trust"
    assert Path(before["authority_file"]) == secure.ca
    after = secure.door.call("certificate.renew")
    assert secure.shown_certificate() != first
    assert (after["fingerprint"], after["problem"]) == (before["fingerprint"], None)
    visitor.page.goto("/")  # and nobody has to trust anything anew


def test_an_own_pfx_takes_its_place_and_a_wrong_one_stops_the_start(tmp_path: Path) -> None:
    office = Office(tmp_path, "localhost")
    box = SecureBox(
        tmp_path / "home", INGOT_CERTIFICATE=office.pfx("secret"), INGOT_CERTIFICATE_PASSWORD="secret"
    )  # fmt: skip
    box.session.verify = office.ca_file
    box.start()
    assert box.shown_certificate() == office.leaf.public_bytes(Encoding.DER)
    shown = box.door.query("certificate")
    assert (shown["kind"], shown["names"], shown["trust_url"]) == ("own", ["localhost"], None)
    assert shown["issuer"] == "Office CA"
    wrong = {
        "certificate": office.write("chain.pem", office.chain()),
        "certificate_key": "",
        "certificate_password": "",
    }
    assert "holds no private key" in box.door.call("certificate.check", **wrong)["problem"]
    settings = box.ingot("check", "--json")
    assert "secret" not in settings
    box.stop()
    refused = warm.run(
        "serve",
        "--home",
        str(box.home),
        "--port",
        "0",
        environment={**box.environment, "INGOT_CERTIFICATE_PASSWORD": ""},
    )
    assert refused.returncode == 4
    assert "box.pfx is locked: the setting certificate_password is needed." in refused.stderr
