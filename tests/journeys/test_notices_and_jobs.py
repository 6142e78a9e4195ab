"""The bell rings for what concerns one, and stays rung over a restart of the page; long work is watched, and taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from box import Box
from browsing import PASSWORD, Site, violations
from playwright.sync_api import expect

pytestmark = pytest.mark.slow


def make(box: Box, type_: str, **attributes: object) -> str:
    made = box.send("POST", f"/api/{type_}", {"data": {"type": type_, "attributes": attributes}}, 201)
    return str(made["data"]["id"])


def test_a_record_one_is_given_rings_the_bell_at_once_and_leads_there(
    visit: Callable[..., Site], box: Box, axe: str
) -> None:
    box.ingot("user", "add", "bella@example.org", "--role", "editor", "--password-stdin", text=PASSWORD + "\n")
    page = visit("bella").page  # nobody else's tests ring her bell
    page.goto("/contacts")
    bell = page.locator("[data-bell-count]")
    before = int(bell.inner_text() or 0)
    task = make(box, "tasks", subject="Order rotary pump for the bell")
    users = box.get("/api/users?filter[email]=bella@example.org")
    link = {"data": {"type": "users", "id": users["data"][0]["id"]}}
    box.send("PATCH", f"/api/tasks/{task}/relationships/owner", link, 204)
    expect(bell).to_have_text(str(before + 1))
    page.reload()
    expect(bell).to_have_text(str(before + 1))
    bell.click()
    page.get_by_role("heading", name="Notices").wait_for()
    assert not violations(page, axe)
    page.get_by_role("button", name="You were given Order rotary pump for the bell").click()
    page.wait_for_url(f"**/tasks/{task}")
    expect(bell).to_have_text(str(before) if before else "")


def test_a_change_of_many_records_is_watched_and_taken_back(visit: Callable[..., Site], box: Box, axe: str) -> None:
    ids = [make(box, "leads", last_name=f"Watched {n}", status="new") for n in range(30)]
    change = {"data": {"type": "leads", "attributes": {"status": "contacted"}}}
    job = box.send("PATCH", f"/api/leads?filter[id][in]={','.join(ids)}", change, 202)["data"]["id"]
    page = visit("ada").page
    page.goto(f"/jobs/{job}")
    main = page.locator("#job")
    expect(main.get_by_text("Done")).to_be_visible(timeout=20_000)
    assert not violations(page, axe)
    page.get_by_role("button", name="Take back").click()
    page.get_by_role("heading", name="Undo").wait_for()
    expect(main.get_by_text("Done")).to_be_visible(timeout=30_000)
    states = {r["attributes"]["status"] for r in box.get(f"/api/leads?filter[id][in]={','.join(ids)}")["data"]}
    assert states == {"new"}
    page.goto("/jobs?tab=ended")
    page.get_by_role("link", name="Batch of records").first.wait_for()
    assert not violations(page, axe)


def test_nobody_sees_another_ones_jobs(visit: Callable[..., Site], box: Box) -> None:
    change = {"data": {"type": "leads", "attributes": {"status": "new"}}}
    job = box.send("PATCH", "/api/leads?filter[id]=1", change, 202)["data"]["id"]
    site = visit("rita")
    site.expected.append("404")
    site.page.goto(f"/jobs/{job}")
    site.page.get_by_text("There is no job").wait_for()


def test_what_its_reader_opened_stays_open_when_news_draw_the_page_anew(visit: Callable[..., Site], box: Box) -> None:
    lead = make(box, "leads", last_name="Opened", status="new")
    change = {"data": {"type": "leads", "attributes": {"status": "contacted"}}}
    job = box.send("PATCH", f"/api/leads?filter[id]={lead}", change, 202)["data"]["id"]
    page = visit("ada").page
    page.goto(f"/jobs/{job}")
    main = page.locator("#job")
    expect(main.get_by_text("Done")).to_be_visible(timeout=20_000)
    details = main.locator("details").first
    for opened in (True, False):  # and what they closed stays closed
        details.locator("summary").click()
        with page.expect_response(f"**/jobs/{job}"):
            page.evaluate("document.querySelector('#job').dispatchEvent(new CustomEvent('live:changed'))")
        page.wait_for_timeout(200)  # the answer is drawn
        assert details.evaluate("one => one.open") is opened
