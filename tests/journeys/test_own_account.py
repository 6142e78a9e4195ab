"""One's own account: profile and language, password, sessions, tokens."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from box import Box
from browsing import PASSWORD, Site

pytestmark = pytest.mark.slow


def test_the_whole_interface_speaks_german_once_somebody_says_so(visit: Callable[..., Site]) -> None:
    page = visit("rita").page
    page.goto("/account")
    page.get_by_label("Language").select_option("de")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Gespeichert.").wait_for()
    page.get_by_role("link", name="Verkaufschancen").click()
    page.get_by_role("columnheader", name="Betrag").wait_for()
    assert "€" in page.locator("td.number").first.inner_text()
    page.goto("/account")
    page.get_by_label("Sprache").select_option("")
    page.get_by_role("button", name="Speichern", exact=True).click()
    page.get_by_text("Saved.").wait_for()


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(visit: Callable[..., Site], box: Box) -> None:
    box.ingot("user", "add", "paul@example.org", "--role", "reader", "--password-stdin", text=PASSWORD + "\n")
    elsewhere, here = visit("paul", own=True), visit("paul", own=True)
    here.expected.append("422")
    elsewhere.expected.append(
        "HTTP Authentication failed"
    )  # its live connection, if that asks once more before the page leaves
    here.page.goto("/account")
    here.page.get_by_label("Present password").fill("a wrong guess")
    here.page.get_by_label("New password").fill("another good password")
    here.page.get_by_role("button", name="Change the password").click()
    here.page.get_by_text("is not your password").wait_for()
    here.page.get_by_label("Present password").fill(PASSWORD)
    here.page.get_by_label("New password").fill("another good password")
    here.page.get_by_role("button", name="Change the password").click()
    here.page.get_by_text("All other sessions have ended").wait_for()
    elsewhere.page.goto("/contacts")
    assert "/sign-in" in elsewhere.page.url


def test_another_address_needs_the_password(visit: Callable[..., Site], box: Box) -> None:
    box.ingot("user", "add", "Quinn@example.org", "--role", "reader", "--password-stdin", text=PASSWORD + "\n")
    site = visit("quinn", own=True)
    site.expected.append("422")
    page = site.page
    page.goto("/account")
    page.get_by_label("E-mail", exact=False).first.fill("q@example.org")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("is not your password").wait_for()
    page.get_by_label("Your password, when the e-mail address changes").fill(PASSWORD)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved.").wait_for()
    assert page.locator("#f-email").input_value() == "q@example.org"


def test_a_token_is_shown_once_works_and_is_revoked(visit: Callable[..., Site], box: Box) -> None:
    page = visit("erik").page
    page.goto("/account")
    page.get_by_label("What is it for?").fill("night export")
    page.get_by_label("Rights").select_option("read")
    page.get_by_role("button", name="New token").click()
    secret = page.locator("code.secret").inner_text()
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/vnd.api+json"}
    assert requests.get(box.url("/api/contacts"), headers=headers, timeout=10).status_code == 200
    refused = requests.delete(box.url("/api/contacts/1"), headers=headers, timeout=10)
    assert refused.status_code == 403, "a reading token deletes nothing"
    page.goto("/account")
    assert secret not in page.content()
    page.get_by_role("button", name="Revoke night export").click()
    page.get_by_text("The token is revoked").wait_for()
    assert requests.get(box.url("/api/contacts"), headers=headers, timeout=10).status_code == 401


def test_single_keys_can_be_switched_off_for_those_who_speak_to_their_computer(visit: Callable[..., Site]) -> None:
    """WCAG 2.1.4: what is dictated must not be taken for commands."""
    page = visit("rita").page
    page.goto("/account")
    page.get_by_label("Single-key shortcuts").select_option("off")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved.").wait_for()
    page.locator("h1").click()
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search everything")
    assert not field.evaluate("e => e === document.activeElement")
    page.keyboard.press("Control+k")
    assert field.evaluate("e => e === document.activeElement")
    page.goto("/account")
    page.get_by_label("Single-key shortcuts").select_option("")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved.").wait_for()
