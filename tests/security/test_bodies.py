"""What the body of a request may cost before anybody has asked whether its sender may send it."""

from __future__ import annotations

import time

import pytest
from walk import MEDIA, UNSAFE, Site, steps

from appliance.http import requests
from appliance.http.hosts import Hosts
from appliance.run.forwarded import Forwarded

BROKEN = "{"
ATOMIC = f'{MEDIA};ext="https://jsonapi.org/ext/atomic"'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("bodies") / "home")


def test_who_may_write_nothing_is_told_so_before_the_body_is_parsed(site: Site) -> None:
    """A body that is no JSON would be 400 if it were parsed first."""
    asked = 0
    for token in (site.token(user=2), site.token("tag:read")):
        for step in steps(site.app, *UNSAFE):
            if step.endpoint.partition(".")[0] not in ("api", "batches"):
                continue
            kind = ATOMIC if step.path == "/api/operations" else MEDIA
            headers = {"Authorization": f"Bearer {token}", "Accept": kind, "Content-Type": kind}
            answer = site.app.test_client().open(step.path, method=step.method, headers=headers, data=BROKEN)
            assert answer.status_code in (403, 404, 405), f"{step}: {answer.status_code} {answer.text[:200]}"
            asked += answer.status_code == 403
    assert asked >= 14


def test_an_address_that_takes_no_records_takes_a_small_body(site: Site) -> None:
    token = site.token()
    large = '{"data":' + "[" * requests.OF_FIELDS
    for path in ("/api/views", "/api/users", "/api/entities", "/api/contacts/1/comments"):
        headers = {"Authorization": f"Bearer {token}", "Accept": MEDIA, "Content-Type": MEDIA}
        assert site.app.test_client().post(path, headers=headers, data=large).status_code == 413, path


@pytest.mark.parametrize("cookie", ["", "ingot_session=made-up"])
def test_a_stranger_s_form_is_small(site: Site, cookie: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html", "Cookie": cookie}
    begun = time.perf_counter()
    answer = site.app.test_client().post("/sign-in", headers=headers, data="a=1&" * 500_000)
    assert answer.status_code == 413
    assert time.perf_counter() - begun < 1
    fits = site.app.test_client().post("/sign-in", headers=headers, data="email=a&password=b")
    assert fits.status_code == 403
    for step in steps(site.app, "POST"):
        sent = site.app.test_client().post(step.path, headers={"Accept": "text/html"}, data={"a": "x" * 100_000})
        assert sent.status_code in (303, 401, 403, 404, 413), f"{step}: {sent.status_code}"


def test_a_form_of_a_million_fields_is_refused_before_it_is_taken_apart(site: Site) -> None:
    with site.app.test_request_context("/account", method="POST", data="a=1&" * 1_000_000,
                                       content_type="application/x-www-form-urlencoded"):  # fmt: skip
        from flask import request
        from werkzeug.exceptions import RequestEntityTooLarge

        with pytest.raises(RequestEntityTooLarge):
            _ = request.form


@pytest.mark.parametrize("host", ["localhost:evil.example", "127.0.0.1, evil.example", "127.0.0.1:8400,evil.example",
                                  "localhost:80:80", "evil@localhost", "[::1", "::1]", "", "localhost "])  # fmt: skip
def test_what_only_looks_like_our_name_is_not(host: str) -> None:
    assert not Hosts().knows(host)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8400", "localhost.", "127.0.0.1:8400", "[::1]:8400", "[::1]"])
def test_our_names_are_known_with_and_without_a_port(host: str) -> None:
    assert Hosts().knows(host)


@pytest.mark.parametrize(("said", "meant"), [
    ("203.0.113.9:4711", "203.0.113.9"), ("[2001:db8::1]:4711", "2001:db8::1"), ("[2001:db8::1]", "2001:db8::1"),
    ("1.2.3.4, 203.0.113.9:1, 10.0.0.1:99", "203.0.113.9"), ("203.0.113.9:junk", "10.0.0.1"),
])  # fmt: skip
def test_a_proxy_may_add_the_client_s_port(said: str, meant: str) -> None:
    assert Forwarded(None, ["10.0.0.1"]).client_ip("10.0.0.1", said) == meant
