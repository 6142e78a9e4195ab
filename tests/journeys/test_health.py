"""An administrator sees how the box does, lets it look closely, mends what can be mended, and reads what came of it; nobody else
comes in. A box closed for maintenance says so on open pages, and they come back by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from box import Box
from browsing import PHONE, Site, violations
from playwright.sync_api import expect

from appliance.base import clock
from appliance.base.paths import Home
from appliance.run.client import ControlClient

pytestmark = pytest.mark.slow


@pytest.fixture
def door(box: Box) -> Iterator[ControlClient]:
    door = ControlClient(Home(box.home), timeout_seconds=30)
    yield door
    door.call("maintenance", on=False)


def test_an_administrator_sees_every_part_and_has_it_looked_at(visit: Callable[..., Site], box: Box, axe: str) -> None:
    site = visit("ada")
    page = site.page
    page.goto("/")
    page.get_by_role("navigation", name="Places").get_by_role("link", name="Health").click()
    page.get_by_role("heading", name="Health").wait_for()
    parts = page.get_by_role("region", name="Parts")
    for part in ("Database", "Search index", "Jobs", "Disk", "Clock"):
        expect(parts.get_by_text(part, exact=True)).to_be_visible()
    expect(parts.get_by_text("since").first).to_be_visible()
    page.get_by_role("button", name="Check: Check the database").click()
    expect(page.get_by_text("The database is whole.")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Check: Check the files").click()
    expect(page.get_by_text("files have their content.")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("contents that nobody needs")).to_be_visible()
    page.get_by_role("button", name="Rebuild: Rebuild the search index").click()
    expect(page.get_by_text("records indexed.")).to_be_visible(timeout=20_000)
    page.reload()
    expect(page.get_by_text("The database is whole.")).to_be_visible()
    assert not violations(page, axe)


def test_on_a_phone_in_the_dark_in_german_it_fits(visit: Callable[..., Site], axe: str) -> None:
    page = visit("ada", viewport=PHONE, locale="de-DE", color_scheme="dark").page
    page.goto("/health")
    page.get_by_role("heading", name="Zustand").wait_for()
    assert not violations(page, axe)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nobody_else_comes_in(visit: Callable[..., Site]) -> None:
    site = visit("rita")
    site.expected.append("403")
    expect(site.page.get_by_role("link", name="Health")).to_have_count(0)
    site.page.goto("/health")
    site.page.get_by_text("for administrators").wait_for()
    answer = site.page.evaluate(
        """() => fetch("/health/integrity", {method: "POST",
        headers: {"X-CSRF-Token": document.querySelector("meta[name=csrf]").content}}).then(a => a.status)"""
    )
    assert answer == 403


def test_maintenance_is_announced_said_on_open_pages_and_over_by_itself(
    visit: Callable[..., Site], door: ControlClient, axe: str
) -> None:
    site = visit("erik")
    site.expected += ["503", "WebSocket"]
    page = site.page
    page.goto("/contacts")
    expect(page.locator("[data-line-text]")).to_have_text("Connected")
    door.call("maintenance", on=True, message="A new disk", at=clock.wire(clock.now() + timedelta(hours=2)))
    expect(page.get_by_text("Maintenance from")).to_be_visible()
    page.reload()
    expect(page.get_by_text("A new disk")).to_be_visible()
    assert not violations(page, axe)
    door.call("maintenance", on=True, message="A new disk")
    expect(page.get_by_text("The box is closed for maintenance.")).to_be_visible()
    away = site.new_page()
    away.goto("/leads")
    away.get_by_role("heading", name="Closed for maintenance").wait_for()
    expect(away.get_by_text("A new disk")).to_be_visible()
    assert not violations(away, axe)
    door.call("maintenance", on=False)
    away.get_by_role("heading", name="Leads").wait_for()
    expect(page.get_by_text("The box is closed for maintenance.")).to_be_hidden()
