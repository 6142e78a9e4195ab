"""In and out: signing in leads to the page one wanted, a wrong password says so, and nothing is shown to strangers."""

from __future__ import annotations

from collections.abc import Callable

from browsing import PASSWORD, Site


def test_a_stranger_signs_in_and_lands_where_they_wanted_to_go(visit: Callable[..., Site]) -> None:
    page = visit().page
    page.goto("/contacts?sort=last_name")
    page.get_by_label("E-mail").fill("erik@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/contacts?sort=last_name")
    page.get_by_role("heading", name="Contacts", level=1).wait_for()


def test_a_wrong_password_says_so_and_keeps_the_address(visit: Callable[..., Site]) -> None:
    site = visit()
    site.expected.append("403")
    site.page.goto("/sign-in")
    site.page.get_by_label("E-mail").fill("erik@example.org")
    site.page.get_by_label("Password").fill("not this one")
    site.page.get_by_role("button", name="Sign in").click()
    site.page.get_by_role("alert").wait_for()
    assert site.page.get_by_label("E-mail").input_value() == "erik@example.org"


def test_signing_out_closes_the_door(visit: Callable[..., Site]) -> None:
    page = visit("rita", own=True).page
    page.goto("/contacts")
    page.locator("summary.person").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    page.goto("/contacts")
    assert "/sign-in" in page.url


def test_nobody_is_sent_elsewhere_by_a_forged_link(visit: Callable[..., Site]) -> None:
    page = visit().page
    page.goto("/sign-in?next=//evil.example/steal")
    page.get_by_label("E-mail").fill("erik@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Good to see you").wait_for()


def test_the_theme_switch_is_remembered_on_the_next_device(visit: Callable[..., Site]) -> None:
    page = visit("rita", color_scheme="light").page
    page.goto("/contacts")
    with page.expect_response("**/account/theme"):
        page.get_by_role("button", name="Light or dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    elsewhere = visit("rita", own=True, color_scheme="light").page
    assert elsewhere.locator("html").get_attribute("data-theme") == "dark"
    with elsewhere.expect_response("**/account/theme"):
        elsewhere.get_by_role("button", name="Light or dark").click()
