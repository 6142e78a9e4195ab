"""Wrong passwords: counted in the database, for the account and the client IP, however the address is written; waits grow and
end, survive a restart, and do not meet who signs in from where they were before."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sign_in_site import ADA, PASSWORD, SignInSite, csrf, sign_in

from appliance import assembly
from appliance.base.client_ip import client_network
from appliance.base.settings import load
from appliance.engines.database.protocol import Database
from appliance.features.identity import looking_after
from appliance.features.identity.login_throttle import (
    FIRST_WAIT,
    FREE_OF_ACCOUNT,
    FREE_OF_NETWORK,
    LONGEST_WAIT,
    MOST_FROM_KNOWN,
    LoginThrottle,
    wait_after,
)

START = datetime(2026, 11, 30, 12, tzinfo=UTC)
ELSEWHERE = "203.0.113.9"


def spend(throttle: LoginThrottle, email: str, ip: str, count: int) -> list[int]:
    return [throttle.begin(email, ip).wait for _ in range(count)]


@pytest.fixture
def throttle(database: Database) -> LoginThrottle:
    return LoginThrottle(database)


def add_user(database: Database, email: str) -> int:
    sql = database.sql(
        "INSERT INTO ingot_user (version, created_at, updated_at, email, email_canonical, active, roles) "
        "VALUES (1, '', '', ?, ?, ?, '[]') RETURNING id"
    )
    with database.write():
        return int(database.rows(sql, (email, email, True))[0][0])


def test_spaces_case_and_width_do_not_walk_around_it(throttle: LoginThrottle) -> None:
    spellings = [" " * n + s for n in range(5) for s in ("ada@x.example", "ADA@x.example", "ａda@x.example\u2003")]
    waits = [throttle.begin(s, "10.0.0.1").wait for s in spellings]
    assert waits[:FREE_OF_ACCOUNT] == [0] * FREE_OF_ACCOUNT and all(waits[FREE_OF_ACCOUNT:])


def test_an_account_counts_over_all_addresses_of_clients(throttle: LoginThrottle) -> None:
    waits = [throttle.begin("ada@x.example", f"10.0.{n}.1").wait for n in range(FREE_OF_ACCOUNT + 5)]
    assert waits[:FREE_OF_ACCOUNT] == [0] * FREE_OF_ACCOUNT and all(waits[FREE_OF_ACCOUNT:])


@pytest.mark.parametrize("spread", ["10.0.0.1", "2001:db8:1:2::{n:x}", "::ffff:10.0.0.1"])
def test_a_client_counts_over_all_accounts(throttle: LoginThrottle, spread: str) -> None:
    """One wrong password for each of many accounts; an IPv6 client may use its whole /64."""
    waits = [throttle.begin(f"user{n}@x.example", spread.format(n=n + 1)).wait for n in range(FREE_OF_NETWORK + 5)]
    assert waits[:FREE_OF_NETWORK] == [0] * FREE_OF_NETWORK and all(waits[FREE_OF_NETWORK:])
    assert not throttle.begin("other@x.example", ELSEWHERE).wait, "another network waits for nothing"


def test_many_at_once_are_not_judged_for_the_price_of_one(throttle: LoginThrottle) -> None:
    start, waits = threading.Barrier(2 * FREE_OF_ACCOUNT), list[int]()

    def guess(n: int) -> None:
        start.wait()
        waits.append(throttle.begin("ada@x.example", f"10.0.{n}.1").wait)
        throttle._database.release()

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(2 * FREE_OF_ACCOUNT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(w > 0 for w in waits) == [False] * FREE_OF_ACCOUNT + [True] * FREE_OF_ACCOUNT


def test_the_waits_grow_to_a_limit_and_are_forgotten(throttle: LoginThrottle) -> None:
    with time_machine.travel(START, tick=False) as clock:
        spend(throttle, "ada@x.example", "10.0.0.1", FREE_OF_ACCOUNT)
        seen = []
        for _ in range(8):
            wait = throttle.begin("ada@x.example", ELSEWHERE).wait
            seen.append(wait)
            assert throttle.locked_anywhere(" ADA@x.example")
            clock.shift(wait - 2)
            assert throttle.begin("ada@x.example", ELSEWHERE).wait > 0, "a moment too early"
            clock.shift(3)
            assert throttle.begin("ada@x.example", ELSEWHERE).wait == 0, "and this one counts again"
        assert [s - 1 for s in seen] == [30, 60, 120, 240, 480, 900, 900, 900]
        clock.shift(timedelta(hours=25))
        assert spend(throttle, "ada@x.example", ELSEWHERE, FREE_OF_ACCOUNT) == [0] * FREE_OF_ACCOUNT
        clock.shift(timedelta(hours=25))
        throttle.sweep()
        assert throttle._database.rows("SELECT count(*) FROM ingot_sign_in_failure") == [(0,)]


@given(st.integers(0, 10_000), st.integers(1, 50))
def test_a_wait_never_shrinks_with_more_wrong_passwords(count: int, free: int) -> None:
    assert 0 <= wait_after(count, free) <= wait_after(count + 1, free) <= LONGEST_WAIT
    assert wait_after(free - 1, free) == 0 and wait_after(free, free) == FIRST_WAIT


def test_whoever_was_here_before_is_always_judged(database: Database, throttle: LoginThrottle) -> None:
    """By the network, and by the browser's cookie from any network; strangers meanwhile wait."""
    user = add_user(database, "ada@x.example")
    device = throttle.remember(user, "10.0.0.1")
    spend(throttle, "ada@x.example", ELSEWHERE, FREE_OF_ACCOUNT + 20)
    assert throttle.begin("ada@x.example", ELSEWHERE).wait
    assert throttle.begin("ada@x.example", "10.0.0.2", "a cookie of my own making").wait
    for ip, cookie in (("10.0.0.1", ""), ("198.51.100.7", device), (ELSEWHERE, device)):
        attempt = throttle.begin("ADA@x.example ", ip, cookie)
        assert (attempt.known, attempt.wait) == (True, 0)
        throttle.take_back(attempt)
    other = add_user(database, "bob@x.example")
    spend(throttle, "bob@x.example", ELSEWHERE, FREE_OF_ACCOUNT)
    assert throttle.begin("bob@x.example", "10.0.0.1", device).wait, "known for one account is known for that one"
    assert throttle.remember(other, "10.0.0.3", device) == device, "two people at one browser"


def test_a_known_place_is_trusted_for_so_many_wrong_passwords_only(database: Database, throttle: LoginThrottle) -> None:
    user = add_user(database, "ada@x.example")
    device = throttle.remember(user, "10.0.0.1")
    assert spend(throttle, "ada@x.example", "10.0.0.1", MOST_FROM_KNOWN) == [0] * MOST_FROM_KNOWN
    assert not throttle.begin("ada@x.example", "10.0.0.1").known
    attempt = throttle.begin("ada@x.example", "10.0.0.1", device)
    assert attempt.known, "who sits in the same network has not used up the browser's trust"
    assert throttle.remember(user, "10.0.0.1", device) == device
    assert throttle.begin("ada@x.example", "10.0.0.1").known


def test_a_cookie_that_is_not_ours_is_never_taken_over(database: Database, throttle: LoginThrottle) -> None:
    planted = "chosen-by-somebody-else"
    assert throttle.remember(add_user(database, "ada@x.example"), "10.0.0.1", planted) != planted


def test_what_is_stored_names_nobody(database: Database, throttle: LoginThrottle) -> None:
    user = add_user(database, "ada@x.example")
    device = throttle.remember(user, "10.0.0.1")
    throttle.begin("somebody.typed@secret.example", "10.9.8.7")
    stored = repr([database.rows(f"SELECT * FROM {t}") for t in ("ingot_sign_in_failure", "ingot_known_place")])
    for clear in (device, "10.0.0.1", "10.9.8.7", "somebody", "ada@"):
        assert clear not in stored


@pytest.mark.parametrize(
    "email", ["", "\x00", "a\x00b@x.example", "x" * 300, "\ud800", "'; DROP TABLE ingot_user; --", "💥@x.example"]
)
def test_any_text_can_be_tried(throttle: LoginThrottle, email: str) -> None:
    email = email.encode("utf-8", "replace").decode()
    assert throttle.begin(email, "10.0.0.1", "x").wait == 0


def test_networks() -> None:
    assert client_network("10.0.0.1") == client_network("::ffff:10.0.0.1") == "10.0.0.1"
    assert client_network("2001:db8::1") == client_network("2001:db8::ffff:1") != client_network("2001:db8:0:1::1")
    assert client_network("fe80::1%eth0") == client_network("fe80::2%eth0")
    assert client_network("") == "" and client_network("unix:") == "unix:"


# ---------------------------------------------------------------------- at the door


def test_the_door_says_how_long_to_wait_and_an_administrator_ends_it(site: SignInSite) -> None:
    stranger = site.client(ELSEWHERE)
    spend(site.house.throttle, ADA, ELSEWHERE, FREE_OF_ACCOUNT)
    answer = sign_in(stranger, "  ADA@example.org ")
    assert answer.status_code == 429 and 0 < int(answer.headers["Retry-After"]) <= FIRST_WAIT + 1
    assert "Too many attempts" in answer.text
    assert looking_after.people(site.house.records, site.house.claim, site.house.throttle)["users"][0]["locked"]
    looking_after.unlock(site.house.records, site.house.throttle, site.users[ADA])
    assert sign_in(stranger, ADA).status_code == 303


def test_it_survives_a_restart(site: SignInSite, tmp_path: Path) -> None:
    spend(site.house.throttle, ADA, ELSEWHERE, FREE_OF_ACCOUNT)
    again = assembly.open_house(load(tmp_path / "home", environment={}))
    assert again.throttle.begin(ADA, ELSEWHERE).wait and again.throttle.locked_anywhere(ADA)
    assert not again.throttle.begin(ADA, "10.3.3.3").known
    again.database.close()


def test_the_right_password_opens_from_a_known_browser_while_strangers_hammer(site: SignInSite) -> None:
    mine = site.signed_in(ADA, "10.0.0.1")
    cookie = mine.get_cookie("ingot_device")
    assert cookie and cookie.http_only and cookie.same_site == "Lax"
    spend(site.house.throttle, ADA, ELSEWHERE, FREE_OF_ACCOUNT + 5)
    assert sign_in(site.client(ELSEWHERE), ADA).status_code == 429
    moved = site.client(ELSEWHERE)
    moved.set_cookie("ingot_device", cookie.value)
    assert sign_in(moved, ADA).status_code == 303
    assert sign_in(site.client("10.0.0.1"), ADA).status_code == 303, "from the network it was done from before"


def test_from_a_known_place_a_wrong_password_is_told_to_wait_and_the_right_one_opens(site: SignInSite) -> None:
    site.signed_in(ADA)
    spend(site.house.throttle, ADA, "127.0.0.1", FREE_OF_ACCOUNT)
    assert sign_in(site.client(), ADA, "wrong").status_code == 429
    assert sign_in(site.client(), ADA).status_code == 303


def test_a_right_password_does_not_count(site: SignInSite) -> None:
    for n in range(FREE_OF_ACCOUNT + 2):
        assert sign_in(site.client(f"10.0.{n}.1"), ADA).status_code == 303
    assert site.rows("SELECT coalesce(sum(count), 0) FROM ingot_sign_in_failure") == [(0,)]


def test_a_stolen_session_cannot_guess_the_password_without_end(site: SignInSite) -> None:
    client = site.signed_in(ADA)
    with site.house.database.write():
        site.house.database.run("DELETE FROM ingot_known_place")
    spend(site.house.throttle, ADA, "127.0.0.1", FREE_OF_ACCOUNT)
    form = {"csrf": csrf(client), "old": PASSWORD, "password": "four words make sense"}
    assert client.post("/account/password", data=form).status_code == 429
    assert client.post("/account/confirm", data={"csrf": form["csrf"], "password": PASSWORD}).status_code == 429
