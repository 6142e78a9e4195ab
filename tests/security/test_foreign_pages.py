"""What a browser is told and asked: other origins, caches, other windows; and who is told what first."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sign_in_site import ADA, PASSWORD, SignInSite, csrf

FOREIGN: tuple[dict[str, str], ...] = (
    {"Origin": "http://evil.example"}, {"Origin": "https://localhost"}, {"Origin": "http://localhost:81"}, {"Origin": "null"},
    {"Origin": "http://localhost.evil.example"}, {"Origin": "http://localhost@evil.example"}, {"Origin": "x"},
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "https://localhost:444", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "", "Sec-Fetch-Site": "cross-site"},
)  # fmt: skip
OWN: tuple[dict[str, str], ...] = (
    {}, {"Origin": "http://localhost"}, {"Origin": "http://localhost:80"}, {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"}, {"Origin": "https://localhost", "Sec-Fetch-Site": "same-origin"},  # a proxy ended TLS
    {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
)  # fmt: skip
FORM = {"email": ADA, "password": PASSWORD}


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_page_signs_nobody_in(quiet_site: SignInSite, headers: dict[str, str]) -> None:
    answer = quiet_site.client().post("/sign-in", data=FORM, headers=headers)
    assert answer.status_code == 403 and "Set-Cookie" not in answer.headers
    assert answer.json["errors"][0]["code"] == "foreign_origin"


@pytest.mark.parametrize("headers", OWN)
def test_our_own_page_does_and_so_does_a_program(quiet_site: SignInSite, headers: dict[str, str]) -> None:
    assert quiet_site.client().post("/sign-in", data=FORM, headers=headers).status_code == 303


def unsafe_routes(site: SignInSite) -> list[tuple[str, str]]:
    found = []
    for rule in site.app.url_map.iter_rules():
        path = re.sub(r"<(?:int:)?[a-z_]+>", "1", rule.rule)
        found += [(m, re.sub(r"<[^>]+>", "x", path)) for m in sorted(rule.methods - {"GET", "HEAD", "OPTIONS"})]
    return sorted(set(found))


def test_no_unsafe_address_takes_anything_from_a_foreign_page(quiet_site: SignInSite) -> None:
    """Every one, with a session and its CSRF token, and without either."""
    signed = quiet_site.signed_in(ADA)
    token = {"X-CSRF-Token": csrf(signed)}
    routes = unsafe_routes(quiet_site)
    assert len(routes) > 60
    for method, path in routes:
        for client, more in ((signed, token), (quiet_site.client(), {})):
            for headers in (FOREIGN[0], FOREIGN[7]):
                answer = client.open(path, method=method, headers={**headers, **more})
                assert answer.status_code == 403, (method, path)
                assert answer.json["errors"][0]["code"] == "foreign_origin"


def test_a_token_may_come_from_anywhere(quiet_site: SignInSite) -> None:
    head = {"Authorization": f"Bearer {quiet_site.token(ADA)}", "Origin": "http://other.example"}
    answer = quiet_site.client().post(
        "/api/tokens", json={"data": {"type": "tokens", "attributes": {"name": "x"}}}, headers=head
    )
    assert answer.status_code == 201
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_who_is_nobody_is_told_so_before_the_form_of_the_request_is_judged(quiet_site: SignInSite) -> None:
    """401 for every unsafe address of the API, whatever the media type; 415 only to who may be there."""
    sent: Any
    for method, path in unsafe_routes(quiet_site):
        if not path.startswith("/api/"):
            continue
        for media, sent in (("text/plain", "x"), ("application/json", "{"), ("multipart/form-data", ""), ("", "")):
            for head in ({}, {"Authorization": "Bearer ingot_wrong"}, {"Authorization": "Bearer x"}):
                answer = quiet_site.client().open(path, method=method, data=sent, content_type=media, headers=head)
                assert answer.status_code == 401, (method, path, media)
    head = {"Authorization": f"Bearer {quiet_site.token(ADA)}"}
    answer = quiet_site.client().post("/api/users", data="x", content_type="text/plain", headers=head)
    assert answer.status_code == 415


PAGES = (
    "/",
    "/account",
    "/account/confirm",
    "/health",
    "/jobs",
    "/notices",
    "/search?q=x",
    "/import",
    "/api/docs",
)


@pytest.mark.parametrize("path", PAGES)
def test_private_pages_are_kept_nowhere(quiet_site: SignInSite, path: str) -> None:
    answer = quiet_site.signed_in(ADA).get(path, headers={"Accept": "text/html"})
    assert answer.mimetype == "text/html"
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", [*PAGES, "/sign-in", "/claim/x"])
def test_every_page_has_a_window_of_its_own(quiet_site: SignInSite, path: str) -> None:
    for client in (quiet_site.client(), quiet_site.signed_in(ADA)):
        answer = client.get(path, headers={"Accept": "text/html"}, follow_redirects=True)
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert (
            answer.headers["X-Frame-Options"] == "DENY"
            and "default-src 'self'" in answer.headers["Content-Security-Policy"]
        )
