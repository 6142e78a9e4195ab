"""The board: cards go from column to column by drag, by finger, by menu and by keys; counts and sums follow; what others do
shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from box import Box, eventually
from browsing import EACH_VIEWPORT, Site, violations
from playwright.sync_api import Locator, Page, expect

Visit = Callable[..., Site]


def deal(box: Box, name: str, stage: str = "needs", amount: str = "1000") -> str:
    attributes = {"name": name, "stage": stage, "amount": amount}
    answer = box.send("POST", "/api/opportunities", {"data": {"type": "opportunities", "attributes": attributes}}, 201)
    return str(answer["data"]["id"])


def set_stage(box: Box, id_: str, **attributes: Any) -> None:
    document = {"data": {"type": "opportunities", "id": id_, "attributes": attributes}}
    box.send("PATCH", f"/api/opportunities/{id_}", document, 200)


def stage(box: Box, id_: str) -> str:
    return str(box.get(f"/api/opportunities/{id_}")["data"]["attributes"]["stage"])


def column(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def card(page: Page, id_: str) -> Locator:
    return page.locator(f"#card-{id_}")


def in_column(page: Page, name: str, id_: str) -> Locator:
    return column(page, name).locator(f"#card-{id_}")


def open_board(page: Page, name: str) -> None:
    """Of the deals of one name alone."""
    page.goto(f"/opportunities/board?group_by=stage&filter[name][starts]={name}&sort=name")
    page.locator("[data-fold]").first.wait_for()


def drag(page: Page, what: Locator, to: Locator) -> None:
    """As a hand does it: on the way there are many places."""
    what.hover()
    page.mouse.down()
    box = to.bounding_box()
    assert box
    for part in (0.5, 0.7, 0.8):
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * part, steps=4)
    page.mouse.up()


def test_a_drag_moves_a_card_and_counts_and_sums_follow(visit: Visit, box: Box) -> None:
    id_ = deal(box, "Drag me", amount="1200")
    deal(box, "Drag me not", "offer", "300")
    page = visit("erik").page
    open_board(page, "Drag me")
    expect(column(page, "Offer sent").locator("[data-sum]")).to_have_text("€300")
    drag(page, card(page, id_), column(page, "Offer sent"))
    expect(in_column(page, "Offer sent", id_)).to_be_visible()
    expect(column(page, "Offer sent").locator("[data-sum]")).to_have_text("€1,500")
    expect(column(page, "Offer sent").locator("[data-count]")).to_contain_text("2")
    expect(column(page, "Needs analysis").locator("[data-count]")).to_contain_text("0")
    assert stage(box, id_) == "offer"
    page.get_by_role("button", name="Undo").click()
    expect(in_column(page, "Needs analysis", id_)).to_be_visible()
    assert stage(box, id_) == "needs"


def test_the_menu_moves_a_card(visit: Visit, box: Box) -> None:
    id_ = deal(box, "By menu")
    page = visit("erik").page
    open_board(page, "By menu")
    page.get_by_role("button", name="Move By menu to…").or_(page.get_by_role("link", name="Move By menu to…")).click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.locator(".move-menu")).to_have_count(0)
    page.get_by_label("Move By menu to…").press("Enter")
    page.locator(".move-menu").get_by_role("button", name="Won").click()
    expect(in_column(page, "Won", id_)).to_be_visible()
    eventually(lambda: stage(box, id_) == "won")


def test_keys_walk_and_carry(visit: Visit, box: Box) -> None:
    first, second = deal(box, "Keys a"), deal(box, "Keys b")
    page = visit("erik").page
    open_board(page, "Keys")
    card(page, first).locator("[data-card-link]").focus()
    page.keyboard.press("ArrowDown")
    expect(card(page, second).locator("[data-card-link]")).to_be_focused()
    page.keyboard.press("Control+ArrowRight")
    expect(in_column(page, "Offer sent", second)).to_be_visible()
    eventually(lambda: stage(box, second) == "offer")
    expect(card(page, second).locator("[data-card-link]")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(card(page, first).locator("[data-card-link]")).to_be_focused()


def test_a_move_that_is_refused_goes_back_and_says_why(visit: Visit, box: Box) -> None:
    id_ = deal(box, "Refused")
    site = visit("erik")
    site.expected.append("412")
    page = site.page
    open_board(page, "Refused")
    page.route("**/board?**", lambda route: route.abort())  # so that the page cannot hear of the change first
    site.expected += ["ERR_FAILED", "Failed to fetch"]
    set_stage(box, id_, amount="5")
    card(page, id_).locator("[data-card-link]").focus()
    page.keyboard.press("Control+ArrowRight")
    page.get_by_text("changed meanwhile").wait_for()
    expect(in_column(page, "Needs analysis", id_)).to_be_visible()
    assert stage(box, id_) == "needs"


def test_what_somebody_else_moves_moves_here(visit: Visit, box: Box) -> None:
    id_ = deal(box, "Live deal")
    page = visit("erik").page
    open_board(page, "Live")
    set_stage(box, id_, stage="negotiation")
    expect(in_column(page, "Negotiation", id_)).to_be_visible()


def test_a_folded_column_stays_folded(visit: Visit, box: Box) -> None:
    id_ = deal(box, "Folded", "lost")
    page = visit("erik").page
    open_board(page, "Folded")
    column(page, "Lost").get_by_role("button", name="Fold Lost").click()
    expect(card(page, id_)).to_be_hidden()
    page.reload()
    expect(column(page, "Lost").get_by_role("button", name="Fold Lost")).to_have_attribute("aria-expanded", "false")
    expect(card(page, id_)).to_be_hidden()


def test_from_the_table_and_back_with_the_same_filter(visit: Visit, box: Box) -> None:
    deal(box, "Switch over")
    page = visit("erik").page
    open_board(page, "Switch")
    page.get_by_role("link", name="Table", exact=True).click()
    page.wait_for_url("**/opportunities?*")
    expect(page.get_by_role("link", name="Switch over")).to_be_visible()


def test_without_script_the_menu_is_a_form(visit: Visit, box: Box) -> None:
    id_ = deal(box, "No script")
    page = visit("erik", java_script_enabled=False).page
    page.goto("/opportunities/board?filter[name]=No script")
    page.get_by_role("link", name="Move No script to…").click()
    page.get_by_role("button", name="Negotiation").click()
    expect(in_column(page, "Negotiation", id_)).to_be_visible()
    assert stage(box, id_) == "negotiation"
    page.get_by_role("button", name="Undo").click()
    expect(in_column(page, "Needs analysis", id_)).to_be_visible()


@pytest.mark.slow
@EACH_VIEWPORT
def test_boards_are_accessible(visit: Visit, axe: str, viewport: dict[str, int]) -> None:
    page = visit("erik", viewport=viewport).page
    page.goto("/opportunities/board")
    page.locator("[data-fold]").first.wait_for()
    assert not violations(page, axe)
    page.locator("[data-move]").first.focus()
    page.keyboard.press("Enter")
    page.locator(".move-menu").wait_for()
    assert not violations(page, axe)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
