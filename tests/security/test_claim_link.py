"""The claim link shows a button; only its POST, from our own page, claims."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sign_in_site import SignInSite, open_site


@pytest.fixture
def unowned(tmp_path: Path) -> Iterator[SignInSite]:
    site = open_site(tmp_path / "home")
    yield site
    site.house.database.close()


def test_looking_at_the_link_spends_nothing(unowned: SignInSite) -> None:
    link = f"/claim/{unowned.house.claim.open()}"
    for agent in ("Slackbot-LinkExpanding 1.0", "WhatsApp/2.0", "Mozilla/5.0"):
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = unowned.client().open(link, method=method, headers={"User-Agent": agent})
            assert answer.status_code == 200 and "Set-Cookie" not in answer.headers
    assert unowned.rows("SELECT count(*) FROM ingot_user") == [(0,)]
    page = unowned.client().get(link)
    assert page.text.count("<button") == 1 and f'<form class="form" method="post" action="{link}">' in page.text
    answer = unowned.client().post(link)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/welcome")
    assert "ingot_session=" in answer.headers["Set-Cookie"]
    assert unowned.client().get(link).status_code == unowned.client().post(link).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_no_other_method_claims(unowned: SignInSite, method: str) -> None:
    link = f"/claim/{unowned.house.claim.open()}"
    assert unowned.client().open(link, method=method).status_code == 405


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_foreign_page_cannot_press_the_button(unowned: SignInSite, headers: dict[str, str]) -> None:
    link = f"/claim/{unowned.house.claim.open()}"
    assert unowned.client().post(link, headers=headers).status_code == 403
    assert unowned.client().post(link, headers={"Origin": "http://localhost"}).status_code == 303


def test_of_twelve_who_press_at_once_one_gets_it(unowned: SignInSite) -> None:
    link, start, codes = f"/claim/{unowned.house.claim.open()}", threading.Barrier(12), list[int]()

    def press() -> None:
        start.wait()
        codes.append(unowned.client().post(link).status_code)
        unowned.house.database.release()

    threads = [threading.Thread(target=press) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [303] + [404] * 11
