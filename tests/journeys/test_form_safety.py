"""Nothing typed in a form is lost: drafts, an expired session, somebody who was faster."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from box import Box, eventually
from browsing import PASSWORD, Site
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow

Visit = Callable[..., Site]


def make(box: Box, **attributes: Any) -> str:
    answer = box.send("POST", "/api/accounts", {"data": {"type": "accounts", "attributes": attributes}}, 201)
    return str(answer["data"]["id"])


def read(box: Box, id_: str) -> dict[str, Any]:
    found: dict[str, Any] = box.get(f"/api/accounts/{id_}")["data"]["attributes"]
    return found


def change(box: Box, id_: str, **attributes: Any) -> None:
    box.send("PATCH", f"/api/accounts/{id_}", {"data": {"type": "accounts", "id": id_, "attributes": attributes}}, 200)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def kept(page: Page, text: str) -> None:
    """Wait until the draft lies in the browser, with what was typed last."""
    words = "text => Object.values(localStorage).some(v => v.includes(text))"
    eventually(lambda: page.evaluate(words, text))


def test_a_draft_survives_a_reload_and_goes_when_it_is_saved(visit: Visit) -> None:
    page = visit("erik").page
    page.goto("/accounts/new")
    page.get_by_label("Name").fill("Half an account")
    page.get_by_label("Partner").check()
    owner = page.get_by_role("combobox", name="Parent account")
    owner.click()
    page.locator("[role=listbox] [role=option]").first.click()
    parent = owner.input_value()
    page.get_by_label("City").fill("Ulm")
    kept(page, "Ulm")
    page.reload()
    page.get_by_text("This is your draft of").wait_for()
    expect(page.get_by_label("Name")).to_have_value("Half an account")
    expect(page.get_by_label("Partner")).to_be_checked()
    expect(page.get_by_role("combobox", name="Parent account")).to_have_value(parent)
    save(page)
    page.wait_for_url(re.compile(r"/accounts/\d+"))
    page.goto("/accounts/new")
    expect(page.get_by_label("Name")).to_have_value("")
    expect(page.get_by_text("This is your draft of")).to_be_hidden()


def test_a_draft_can_be_discarded_and_goes_at_sign_out(visit: Visit) -> None:
    page = visit("erik", own=True).page
    page.goto("/accounts/new")
    page.get_by_label("Name").fill("Not this one")
    kept(page, "Not this one")
    page.reload()
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_label("Name")).to_have_value("")
    page.get_by_label("Name").fill("Nor this one")
    kept(page, "Nor this one")
    page.locator("summary.person").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    assert page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('ingot-draft-')).length") == 0


def test_an_expired_session_loses_nothing(visit: Visit, box: Box) -> None:
    site = visit("erik")
    site.expected += ["401", "403"]
    page = site.page
    page.goto("/accounts/new")
    page.get_by_label("Name").fill("Typed before the night")
    site.context.clear_cookies()
    save(page)
    page.get_by_text("nothing you typed is lost").wait_for()
    expect(page.get_by_label("Name")).to_have_value("Typed before the night")
    other = site.new_page()
    other.goto("/sign-in")
    other.get_by_label("E-mail").fill("erik@example.org")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    other.get_by_role("heading", name="Good to see you").wait_for()
    save(page)
    page.wait_for_url(re.compile(r"/accounts/\d+"))
    assert box.get("/api/accounts?filter[name]=Typed before the night")["data"]


def test_changes_of_others_go_together_and_a_clash_is_a_choice(visit: Visit, box: Box) -> None:
    id_ = make(box, name="Clash Ltd", city="Rome", country="Italy")
    site = visit("erik")
    site.expected.append("409")
    page = site.page
    page.goto(f"/accounts/{id_}/edit")
    page.get_by_label("Street").fill("Via Roma 1")
    page.get_by_label("City").fill("Turin")
    change(box, id_, city="Milan", phone="+39 02 1")
    save(page)
    page.get_by_role("heading", name="Somebody else changed this record").wait_for()
    assert read(box, id_)["city"] == "Milan"
    side = page.get_by_role("group", name="City")
    expect(side.get_by_label("Turin")).to_be_checked()
    expect(side.get_by_text("Rome")).to_be_visible()
    expect(page.get_by_label("Phone")).to_have_value("+39 02 1")
    side.get_by_label("Milan").check()
    save(page)
    page.wait_for_url(re.compile(rf"/accounts/{id_}(\?|$)"))
    found = read(box, id_)
    assert (found["city"], found["street"], found["phone"]) == ("Milan", "Via Roma 1", "+39 02 1")


def test_a_draft_of_an_older_version_does_not_write_over_others(visit: Visit, box: Box) -> None:
    id_ = make(box, name="Draft and change", city="Rome")
    page = visit("erik").page
    page.goto(f"/accounts/{id_}/edit")
    page.get_by_label("Street").fill("Via Roma 1")
    kept(page, "Via Roma 1")
    change(box, id_, city="Milan")
    page.reload()
    page.get_by_text("This is your draft of").wait_for()
    save(page)
    page.wait_for_url(re.compile(rf"/accounts/{id_}(\?|$)"))
    found = read(box, id_)
    assert (found["city"], found["street"]) == ("Milan", "Via Roma 1")


def test_a_clash_is_settled_without_script(visit: Visit, box: Box) -> None:
    id_ = make(box, name="Plain clash", city="Rome")
    site = visit("erik", java_script_enabled=False)
    site.expected.append("409")
    page = site.page
    page.goto(f"/accounts/{id_}/edit")
    page.get_by_label("City").fill("Turin")
    change(box, id_, city="Milan")
    save(page)
    page.get_by_role("group", name="City").get_by_label("Turin").check()
    save(page)
    page.wait_for_url(re.compile(rf"/accounts/{id_}(\?|$)"))
    assert read(box, id_)["city"] == "Turin"
