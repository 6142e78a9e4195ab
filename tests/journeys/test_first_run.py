"""The first start: claim the box by its link, answer a few questions, begin with examples, and remove those again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from box import Box
from browsing import PASSWORD, Site, violations
from playwright.sync_api import Browser


@pytest.fixture
def fresh(tmp_path: Path) -> Box:
    """A box that nobody owns yet."""
    return Box(tmp_path / "home")


def claim_link(box: Box) -> str:
    assert box.process and box.process.stdout
    for line in box.process.stdout:
        if "/claim/" in line:
            return line.strip()[line.strip().index("/claim/") :]
    raise AssertionError("no claim link was printed")


def test_a_new_box_is_claimed_set_up_and_emptied_of_examples(fresh: Box, browser: Browser, axe: str) -> None:
    fresh.start()
    link = claim_link(fresh)
    site = Site(browser, fresh)
    page = site.page
    page.goto(link)
    page.get_by_role("heading", name="Set up this server").wait_for()
    assert not violations(page, axe)
    page.reload()  # a look at the link spends nothing
    page.get_by_role("button", name="Become its administrator").click()
    page.get_by_role("heading", name="This box is yours now").wait_for()
    assert not violations(page, axe)
    page.get_by_label("Your name").fill("Grace Hopper")
    page.get_by_label("E-mail").fill("grace@example.org")
    page.get_by_label("Password").fill("short")
    page.get_by_label("What shall it be called?").fill("Harbour office")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.evaluate("document.querySelector('form.stack').noValidate = true")
    site.expected += ["422", "WebSocket"]  # a new password ends the session, and the line of the page that asked
    page.get_by_role("button", name="Begin").click()
    page.get_by_text("must be at least 10 characters").wait_for()
    assert page.get_by_label("Your name").input_value() == "Grace Hopper", "what was typed is kept"
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("A CRM with examples").check()
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("heading", name="Good to see you, Grace Hopper").wait_for()
    assert "Harbour office" in page.title()

    page.get_by_role("link", name="Accounts").first.click()
    page.get_by_text("Hotel Seeblick am Ammersee").wait_for()
    page.goto("/")
    page.get_by_role("link", name="Remove the examples").click()
    page.get_by_text("records go").wait_for()
    assert not violations(page, axe)
    page.get_by_role("button", name="Remove the examples").click()
    page.get_by_text("The examples are gone").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("examples to try things with").wait_for()
    page.get_by_role("link", name="Remove the examples").click()
    page.get_by_role("button", name="Remove the examples").click()
    page.get_by_text("The examples are gone").wait_for()
    page.goto("/accounts")
    page.get_by_text("0 of 0").wait_for()

    site.expected.append("404")
    page.goto(link)
    page.get_by_text("This link has been used").wait_for()
    site.close()
    fresh.stop()


def test_the_claim_link_is_useless_to_the_second_who_comes(visit: Callable[..., Site]) -> None:
    site = visit()
    site.expected.append("404")
    site.page.goto("/claim/abcdefghijklmnop")
    site.page.get_by_text("This link has been used").wait_for()
