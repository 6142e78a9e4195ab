"""What strangers learn at /readyz and /metrics, and who sees the whole."""

from __future__ import annotations

import re
from typing import Any

import pytest
from walk import Site

from appliance.base.client_ip import is_loopback
from appliance.run.forwarded import Forwarded


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("probes") / "home")


def ask(site: Site, path: str, token: str = "", **environ: Any) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    proxies = environ.pop("proxies", ())
    inner, site.app.wsgi_app = site.app.wsgi_app, Forwarded(site.app.wsgi_app, proxies)  # type: ignore[method-assign]
    try:
        answer = site.app.test_client().get(path, headers=headers, environ_overrides=environ)
    finally:
        site.app.wsgi_app = inner  # type: ignore[method-assign]
    return answer.status_code, answer.text


STRANGERS: list[dict[str, Any]] = [
    {"REMOTE_ADDR": "192.0.2.9"},
    {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
    {"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=127.0.0.1"},
    {"REMOTE_ADDR": "127.0.0.1", "proxies": ["127.0.0.1"]},
    {"REMOTE_ADDR": "127.0.0.1", "proxies": ["10.0.0.1"]},
    {"REMOTE_ADDR": "192.0.2.9", "HTTP_X_REAL_IP": "127.0.0.1"},
    {"REMOTE_ADDR": ""},
]


@pytest.mark.parametrize("who", STRANGERS)
def test_strangers_get_one_word_and_no_numbers(site: Site, who: dict[str, Any]) -> None:
    for token in (
        "",
        "ingot_" + "x" * 43,
        site.token("tag:read"),
        site.token("job:read"),
        site.token("health:read", user=2),
    ):
        status, text = ask(site, "/readyz", token, **who)
        assert status in (200, 503) and re.fullmatch(r'\{"status":"[a-z]+"\}', text), text
        assert ask(site, "/metrics", token, **who)[0] == 401
    assert ask(site, "/healthz", **who)[0] == 200


def test_administrators_and_their_tokens_see_the_whole_and_so_does_this_machine(site: Site) -> None:
    for token, who in (
        (site.token(), "192.0.2.9"), (site.token("health:read"), "192.0.2.9"), (site.token("*:read"), "192.0.2.9"),
        ("", "127.0.0.1"), ("", "::1"), ("", "::ffff:127.0.0.1"),
    ):  # fmt: skip
        assert "components" in ask(site, "/readyz", token, REMOTE_ADDR=who)[1]
        status, text = ask(site, "/metrics", token, REMOTE_ADDR=who)
        assert status == 200 and "ingot_log_position" in text


def test_loopback_is_what_it_says() -> None:
    assert (
        is_loopback("127.8.9.1")
        and is_loopback("[::1]")
        and not is_loopback("127.0.0.1.example")
        and not is_loopback("")
    )
