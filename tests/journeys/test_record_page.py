"""A record's page: somebody reads it, moves it a step on and takes that back, comments and mentions, walks through a list,
deletes and gets everything back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from box import Box, eventually
from browsing import EACH_VIEWPORT, Site, violations
from playwright.sync_api import Page, expect

Visit = Callable[..., Site]


def made(box: Box, type_: str, **attributes: Any) -> str:
    """The id of a new record; `account="7"` and the like are links."""
    links = {n: attributes.pop(n) for n in ("account", "contact", "opportunity") if n in attributes}
    relationships = {
        n: {"data": {"type": n.replace("y", "ies") if n[-1] == "y" else n + "s", "id": i}} for n, i in links.items()
    }
    data = {"type": type_, "attributes": attributes, "relationships": relationships}
    return str(box.send("POST", f"/api/{type_}", {"data": data}, 201)["data"]["id"])


def changed(box: Box, type_: str, id_: str, **attributes: Any) -> None:
    box.send("PATCH", f"/api/{type_}/{id_}", {"data": {"type": type_, "id": id_, "attributes": attributes}}, 200)


def held(box: Box, type_: str, id_: str, name: str) -> Any:
    return box.get(f"/api/{type_}/{id_}")["data"]["attributes"][name]


def bottom(page: Page) -> Any:
    return page.locator("#toasts")


def test_the_bar_moves_a_deal_on_and_the_toast_takes_it_back(visit: Visit, box: Box) -> None:
    deal = made(box, "opportunities", name="Bar of steps", stage="needs", amount="1200.00")
    page = visit("erik").page
    page.goto(f"/opportunities/{deal}")
    page.get_by_role("heading", name="Bar of steps", level=1).wait_for()
    page.get_by_role("button", name="Needs analysis").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".steps [aria-current=step]")).to_have_text("Offer sent")
    expect(page.locator(".timeline")).to_contain_text("erik changed Stage from Needs analysis to Offer sent")
    assert held(box, "opportunities", deal, "stage") == "offer"
    bottom(page).get_by_role("button", name="Undo").click()
    expect(page.locator(".steps [aria-current=step]")).to_have_text(re.compile("Needs analysis"))
    assert held(box, "opportunities", deal, "stage") == "needs"


def test_related_records_have_their_card_with_a_way_to_all_and_to_a_new_one(visit: Visit, box: Box) -> None:
    firm = made(box, "accounts", name="Seven Deals Ltd")
    for n in range(7):
        made(box, "opportunities", name=f"Deal {n}", account=firm, amount=f"{n}00.00")
    page = visit("erik").page
    page.goto(f"/accounts/{firm}")
    card = page.get_by_role("region", name="Opportunities")
    expect(card.locator(".count")).to_have_text("7")
    assert card.get_by_role("listitem").count() == 5
    assert (
        card.get_by_role("link", name="New Opportunity").get_attribute("href") == f"/opportunities/new?account={firm}"
    )
    card.get_by_role("link", name="See all 7").click()
    page.get_by_role("heading", name="Opportunities", level=1).wait_for()
    assert f"filter[account]={firm}" in page.url
    expect(page.locator("tbody tr")).to_have_count(7)


def test_a_comment_mentions_a_colleague_who_is_told(visit: Visit, box: Box) -> None:
    contact = made(box, "contacts", first_name="Mia", last_name="Mentioned")
    rita = visit("rita").page
    rita.goto("/")
    page = visit("erik").page
    page.goto(f"/contacts/{contact}")
    box_ = page.get_by_label("Comment", exact=True)
    box_.press_sequentially("Please call her, @ri")
    page.get_by_role("listbox", name="Colleagues").get_by_role("option", name="rita").wait_for()
    page.keyboard.press("Enter")
    box_.press_sequentially("today")
    page.keyboard.press("Control+Enter")
    said = page.locator(".happenings .comment")
    expect(said).to_contain_text("@rita today")
    expect(said.locator(".mention")).to_have_text("@rita")
    expect(box_).to_have_value("")
    expect(rita.locator("[data-bell-count]")).not_to_have_text("")


def test_own_comments_are_changed_and_deleted_and_others_are_not(visit: Visit, box: Box) -> None:
    contact = made(box, "contacts", last_name="Edited")
    page = visit("erik").page
    page.goto(f"/contacts/{contact}")
    page.get_by_label("Comment", exact=True).fill("First thoughts <b>")
    page.get_by_role("button", name="Comment").click()
    said = page.locator(".happenings .comment")
    expect(said.locator(".said")).to_have_text("First thoughts <b>")
    said.locator("summary").click()
    said.locator("textarea").fill("Second thoughts")
    said.get_by_role("button", name="Save").click()
    expect(said.locator(".said")).to_have_text("Second thoughts")
    expect(said).to_contain_text("edited")
    other = visit("rita").page
    other.goto(f"/contacts/{contact}")
    expect(other.locator(".said")).to_have_text("Second thoughts")
    assert not other.locator(".edit-comment").count()
    said.locator("summary").click()
    said.get_by_role("button", name="Delete").click()
    expect(said).to_have_count(0)


def test_the_history_says_who_and_when_and_gives_a_value_back(visit: Visit, box: Box) -> None:
    deal = made(box, "opportunities", name="Long story", amount="100.00")
    changed(box, "opportunities", deal, amount="250.00", next_step="Wait")
    changed(box, "opportunities", deal, amount="300.00")
    page = visit("erik").page
    page.goto(f"/opportunities/{deal}")
    page.get_by_role("link", name="History").first.click()
    versions = page.locator(".versions > li")
    expect(versions).to_have_count(3)
    expect(versions.nth(1)).to_contain_text("Version 2")
    expect(versions.nth(1)).to_contain_text("through the API")
    versions.nth(2).get_by_role("link", name="See it as it was").click()
    expect(page.locator(".past-bar")).to_contain_text("This is version 1")
    expect(page.locator(".record-details")).to_contain_text("€100.00")
    page.get_by_role("link", name="Newer").click()
    expect(page.locator(".past-bar")).to_contain_text("This is version 2")
    page.get_by_role("link", name="Older").click()
    page.get_by_role("button", name="Restore Amount").click()
    expect(page.locator(".record-details")).to_contain_text("€100.00")
    assert held(box, "opportunities", deal, "next_step") == "Wait"
    bottom(page).get_by_role("button", name="Undo").click()
    expect(page.locator(".record-details")).to_contain_text("€300.00")


def test_deleting_leads_to_the_list_and_undo_brings_it_back(visit: Visit, box: Box) -> None:
    contact = made(box, "contacts", first_name="Dora", last_name="Deleted")
    page = visit("erik").page
    page.goto(f"/contacts/{contact}")
    page.locator("#record summary.button").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("heading", name="Contacts", level=1).wait_for()
    bottom(page).get_by_role("button", name="Undo").click()
    eventually(lambda: box.session.get(box.url(f"/api/contacts/{contact}")).status_code == 200)


def test_the_trash_gives_a_record_back_with_its_links_and_comments(visit: Visit, box: Box) -> None:
    firm = made(box, "accounts", name="Trashed and Sons")
    deal = made(box, "opportunities", name="Hangs on it", account=firm)
    box.send(
        "POST", f"/api/accounts/{firm}/comments", {"data": {"type": "comments", "attributes": {"text": "Kept"}}}, 201
    )
    box.send("DELETE", f"/api/accounts/{firm}", {}, 204)
    site = visit("erik")
    site.expected.append("410")
    page = site.page
    page.goto("/accounts/trash")
    page.get_by_role("link", name="Trashed and Sons").click()
    page.get_by_role("heading", name="“Trashed and Sons” is in the trash").wait_for()
    page.get_by_role("button", name="Restore").click()
    page.get_by_role("heading", name="Trashed and Sons", level=1, exact=True).wait_for()
    expect(page.get_by_role("region", name="Opportunities")).to_contain_text("Hangs on it")
    expect(page.locator(".said")).to_have_text("Kept")
    linked = box.get(f"/api/opportunities/{deal}")["data"]["relationships"]["account"]["data"]
    assert linked == {"type": "accounts", "id": firm}


def test_j_and_k_walk_through_the_list_one_came_from(visit: Visit, box: Box) -> None:
    names = ["Aalto", "Bartok", "Cezanne"]
    for name in reversed(names):
        made(box, "contacts", last_name=name, department="Walkers")
    page = visit("erik").page
    words = "filter%5Bdepartment%5D%3DWalkers%26sort%3Dlast_name"
    first = box.get("/api/contacts?filter[department]=Walkers&sort=last_name")["data"][0]["id"]
    page.goto(f"/contacts/{first}?list={words}")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Aalto")
    assert not page.get_by_role("link", name="Previous record").count()
    page.keyboard.press("j")
    expect(heading).to_have_text("Bartok")
    page.keyboard.press("j")
    expect(heading).to_have_text("Cezanne")
    page.keyboard.press("k")
    expect(heading).to_have_text("Bartok")


def test_who_may_only_read_is_offered_nothing_to_change(visit: Visit, box: Box) -> None:
    deal = made(box, "opportunities", name="Hands off", stage="needs")
    site = visit("rita")
    site.expected.append("404")
    page = site.page
    page.goto(f"/opportunities/{deal}")
    expect(page.locator(".steps [aria-current=step]")).to_have_text("Needs analysis")
    for name in ("Edit", "Delete", "Negotiation"):
        assert not page.locator("#record").get_by_role("button", name=name).count()
        assert not page.locator("#record").get_by_role("link", name=name).count()
    assert page.goto("/opportunities/999999").status == 404  # type: ignore[union-attr]


def test_all_of_it_works_without_script(visit: Visit, box: Box) -> None:
    deal = made(box, "opportunities", name="Plain forms", stage="needs")
    site = visit("erik", java_script_enabled=False)
    site.expected.append("410")
    page = site.page
    page.goto(f"/opportunities/{deal}")
    page.get_by_role("button", name="Offer sent").click()
    expect(page.locator(".steps [aria-current=step]")).to_have_text("Offer sent")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".steps [aria-current=step]")).to_have_text("Needs analysis")
    page.get_by_label("Comment", exact=True).fill("Told @rita by hand")
    page.get_by_role("button", name="Comment").click()
    expect(page.locator(".mention")).to_have_text("@rita")
    page.locator("#record summary.button").click()
    page.get_by_role("button", name="Delete").last.click()
    page.get_by_role("button", name="Restore").click()
    expect(page.locator(".said")).to_contain_text("by hand")


@pytest.mark.slow
@EACH_VIEWPORT
def test_every_face_of_the_page_is_accessible(visit: Visit, box: Box, axe: str, viewport: Any) -> None:
    deal = made(box, "opportunities", name=f"Axe {viewport['width']}", stage="offer", description="Long")
    changed(box, "opportunities", deal, stage="won", amount="7.00")
    note = {"data": {"type": "comments", "attributes": {"text": "Seen"}}}
    box.send("POST", f"/api/opportunities/{deal}/comments", note, 201)
    site = visit("erik", viewport=viewport)
    found = []
    first = box.get(f"/api/opportunities/{deal}/history")["data"][-1]["id"]
    for path in (f"{deal}", f"{deal}/history", f"{deal}?as-of={first}", "trash"):
        site.page.goto(f"/opportunities/{path}")
        site.page.locator("h1").first.wait_for()
        found += [f"{path} {v}" for v in violations(site.page, axe)]
    site.page.goto("/accounts/1")
    found += violations(site.page, axe)
    assert not found, "\n".join(found)
