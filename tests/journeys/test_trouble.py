"""When the box goes away: the page says so and stays; when it comes back, the page catches up by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from box import Box
from browsing import PASSWORD, Site
from playwright.sync_api import Browser, expect


@pytest.mark.slow
def test_a_page_outlives_the_box_and_catches_up(browser: Browser, tmp_path: Path) -> None:
    box = Box(tmp_path / "home")
    box.ingot("user", "add", "ada@example.org", "--role", "admin", "--password-stdin", text=PASSWORD + "\n")
    box.start("--demo")
    box.sign_in()
    site = Site(browser, box)
    page = site.sign_in("ada@example.org")
    page.goto("/tags")
    page.get_by_text("Key account").wait_for()
    site.expected += ["WebSocket", "ERR_CONNECTION_REFUSED", "Failed to load resource"]
    box.kill()
    expect(page.get_by_text("The box cannot be reached")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("Key account")).to_be_visible()
    box.start()
    attributes = {"name": "Made while you were away"}
    box.send("POST", "/api/tags", {"data": {"type": "tags", "attributes": attributes}}, 201)
    expect(page.get_by_text("The box cannot be reached")).to_be_hidden(timeout=30_000)
    expect(page.get_by_text("Made while you were away")).to_be_visible(timeout=15_000)
    site.close()
    box.stop()


def test_a_page_that_is_not_there_and_one_that_is_not_allowed_say_so(visit: Callable[..., Site]) -> None:
    site = visit("rita")
    site.expected += ["404", "403"]
    site.page.goto("/nothing-of-the-kind")
    site.page.get_by_text("There is nothing at this address.").wait_for()
    site.page.goto("/contacts/new")
    site.page.get_by_text("You may not create").wait_for()
    site.page.get_by_role("link", name="Home").last.click()
    site.page.get_by_role("heading", name="Good to see you").wait_for()
