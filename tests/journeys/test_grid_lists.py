"""What somebody can do with a list: filter it by chips, with alternatives, look for a text, sort by several columns, choose
columns and widths, keep all that as a view, and go back."""

from __future__ import annotations

import re
from collections.abc import Callable

from box import Box, eventually
from browsing import Site
from playwright.sync_api import Page, expect


def heads(page: Page) -> list[str]:
    return [name for name in page.locator("thead th").evaluate_all("e => e.map(h => h.dataset.name)") if name]


def chip(page: Page, text: str) -> None:
    page.get_by_role("link", name=text, exact=True).wait_for()


def test_a_filter_is_added_changed_and_taken_away_by_its_chip(visit: Callable[..., Site]) -> None:
    page = visit("erik").page
    page.goto("/opportunities")
    page.get_by_role("link", name="Add filter").click()
    page.get_by_role("button", name="Stage").click()
    page.get_by_label("Won").check()
    page.get_by_label("Lost").check()
    page.get_by_role("button", name="Apply").click()
    chip(page, "Stage: Won, Lost")
    assert page.url.endswith("/opportunities?filter[stage][in]=won,lost")
    stages = set(page.locator("tbody td:has(.tag)").all_inner_texts())
    assert stages <= {"Won", "Lost", *stages - {"Offer sent", "Negotiation", "First contact"}}
    page.get_by_role("link", name="Stage: Won, Lost", exact=True).click()
    page.get_by_role("checkbox", name="Won").uncheck()
    page.get_by_role("button", name="Apply").click()
    chip(page, "Stage: Lost")
    page.get_by_role("link", name="Remove the filter Stage: Lost").click()
    page.wait_for_url(lambda url: "filter" not in url)
    page.go_back()
    chip(page, "Stage: Lost")


def test_numbers_dates_and_emptiness_have_their_own_controls(visit: Callable[..., Site]) -> None:
    page = visit("erik").page
    page.goto("/opportunities")
    for field, fill, said in (
        ("Amount", lambda: (page.get_by_label("From").fill("1000"), page.get_by_label("To", exact=True).fill("5000")),
         "Amount: €1,000 to €5,000"),
        ("Expected close", lambda: page.get_by_label("Time", exact=True).select_option("this_year"),
         "Expected close: this year"),
        ("Next step", lambda: page.get_by_label("How to compare").select_option("empty"), "Next step is empty"),
    ):  # fmt: skip
        page.get_by_role("link", name="Add filter").click()
        page.get_by_role("button", name=field, exact=True).click()
        page.get_by_role("button", name="Apply").wait_for()
        fill()
        page.get_by_role("button", name="Apply").click()
        chip(page, said)
    assert page.url.endswith(
        "?filter[amount][gte]=1000&filter[amount][lte]=5000&filter[close_date]=this_year&filter[next_step][empty]=true"
    )


def test_a_relation_is_chosen_by_searching_for_its_title(visit: Callable[..., Site]) -> None:
    page = visit("erik").page
    page.goto("/contacts?view=")
    page.get_by_role("link", name="Add filter").click()
    page.get_by_role("button", name="Account", exact=True).click()
    page.get_by_label("Search for Account").fill("kavarna")
    page.get_by_label("Kavárna U Říhů").check()
    page.get_by_role("button", name="Apply").click()
    chip(page, "Account: Kavárna U Říhů")
    page.get_by_role("link", name="Add filter").click()
    page.get_by_text("Account ›").click()
    page.locator("details.through[open] button", has_text="Name").first.click()
    page.get_by_label("Value").fill("Kav")
    page.get_by_role("button", name="Apply").click()
    chip(page, "Account › Name contains “Kav”")


def test_alternatives_stand_in_one_chip(visit: Callable[..., Site]) -> None:
    page = visit("erik").page
    page.goto("/opportunities?filter[stage]=won")
    won = page.locator("tbody tr").count()
    page.get_by_role("link", name="Stage: Won", exact=True).click()
    page.get_by_role("link", name="or …").click()
    page.get_by_role("button", name="Amount").click()
    page.get_by_label("From").fill("20000")
    page.get_by_role("button", name="Apply").click()
    both = "Any of: Stage: Won or Amount ≥ €20,000"
    chip(page, both)
    assert "filter[or.1][stage]=won" in page.url
    assert "filter[or.1][amount][gte]=20000" in page.url
    assert page.locator("tbody tr").count() > won
    page.get_by_role("link", name=both, exact=True).click()
    page.get_by_role("link", name="Remove the filter Stage: Won", exact=True).click()
    chip(page, "Amount ≥ €20,000")


def test_typing_searches_and_never_loses_a_letter(visit: Callable[..., Site]) -> None:
    page = visit("erik").page
    page.goto("/contacts")
    field, all_ = page.get_by_label("Search in this list"), page.locator("tbody tr").count()
    field.press_sequentially("seeblick", delay=60)
    expect(page.locator("tbody tr")).not_to_have_count(all_)
    expect(field).to_be_focused()
    expect(field).to_have_value("seeblick")
    field.fill("")
    expect(page.locator("tbody tr")).to_have_count(all_)


def test_a_head_sorts_and_with_shift_adds_a_key(visit: Callable[..., Site]) -> None:
    page = visit("erik").page
    page.goto("/opportunities")
    page.get_by_role("columnheader", name="Stage").get_by_role("link").click()
    page.wait_for_url("**?sort=stage")
    page.get_by_role("columnheader", name="Amount").get_by_role("link").click(modifiers=["Shift"])
    page.wait_for_url("**?sort=stage,amount")
    page.get_by_role("columnheader", name="Amount").get_by_role("link").click(modifiers=["Shift"])
    page.wait_for_url("**?sort=stage,-amount")
    expect(page.get_by_role("columnheader", name="Amount")).to_have_attribute("aria-sort", "descending")
    expect(page.get_by_role("columnheader", name="Amount")).to_contain_text("2")
    page.get_by_role("columnheader", name="Stage").get_by_role("link").click()
    page.wait_for_url("**?sort=-stage")


def test_columns_are_hidden_moved_and_stay_so(visit: Callable[..., Site]) -> None:
    page = visit("erik").page
    page.goto("/opportunities")
    before = heads(page)
    page.get_by_role("link", name="Columns").click()
    page.get_by_label("Contact", exact=True).uncheck()
    page.get_by_role("button", name="Move Stage up").click()
    page.get_by_role("button", name="Move Stage up").press("Enter")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(lambda url: "fields[opportunities]" in url)
    expected = ["name", "stage", *[n for n in before[1:] if n not in ("stage", "contact")]]
    eventually(lambda: heads(page) == expected)
    page.reload()
    assert heads(page) == expected


def test_a_column_is_made_wider_by_keys(visit: Callable[..., Site]) -> None:
    page = visit("erik").page
    page.goto("/opportunities")
    page.locator("tbody tr").first.locator("td.number").first.click()
    page.keyboard.press("ArrowUp")
    head = page.locator("th[data-name=amount]")
    expect(head).to_be_focused()
    before = head.evaluate("e => e.offsetWidth")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
    page.wait_for_url("**widths=amount:*")
    assert head.evaluate("e => e.offsetWidth") > before
    expect(head).to_be_focused()


def test_a_view_is_saved_found_again_changed_and_deleted(visit: Callable[..., Site]) -> None:
    page = visit("erik").page
    page.goto("/opportunities?filter[stage]=offer&sort=-amount")
    page.get_by_text("Save view").click()
    page.get_by_label("Save as a new view").fill("Erik's offers")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/opportunities?view=*")
    tab = page.get_by_role("navigation", name="Views").get_by_role("link", name="Erik's offers")
    expect(tab).to_have_attribute("aria-current", "page")
    chip(page, "Stage: Offer sent")
    page.get_by_role("link", name="Remove the filter Stage: Offer sent").click()
    expect(tab).to_contain_text("changed")
    page.get_by_text("Save view").click()
    page.get_by_role("button", name="Save the changes").click()
    expect(tab).not_to_contain_text("changed")
    page.goto("/opportunities")
    tab.click()
    expect(page.get_by_role("columnheader", name="Amount")).to_have_attribute("aria-sort", "descending")
    expect(page.locator(".chip-text")).to_have_count(0)
    page.get_by_text("View", exact=True).click()
    page.get_by_role("button", name="Delete this view").click()
    page.wait_for_url("**/opportunities?view=")
    expect(tab).to_have_count(0)


def test_an_administrators_shared_view_is_there_for_others(visit: Callable[..., Site], box: Box) -> None:
    page = visit("ada").page
    page.goto("/products?sort=-name")
    page.get_by_text("Save view").click()
    page.get_by_label("Save as a new view").fill("Products from the end")
    page.get_by_label("Everybody sees it").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/products?view=*")
    other = visit("rita").page
    other.goto("/products")
    other.get_by_role("link", name="Products from the end").click()
    expect(other.locator("th[data-name=name]")).to_have_attribute("aria-sort", "descending")


def test_totals_and_pages(visit: Callable[..., Site]) -> None:
    page = visit("erik").page
    page.goto("/opportunities")
    page.get_by_role("button", name="Totals").click()
    expect(page.locator("tfoot")).to_contain_text("€")
    page.goto("/contacts?view=")
    page.get_by_role("link", name="Last page").click()
    expect(page.locator(".pager")).to_contain_text(re.compile(r"Page (\d+) of \1"))
    page.get_by_label("Rows").select_option("100")
    expect(page.locator(".pager")).to_contain_text("1–")
    assert page.locator("tbody tr").count() > 75


def test_an_address_that_cannot_be_read_says_so_and_keeps_the_list(visit: Callable[..., Site]) -> None:
    site = visit("erik")
    site.expected.append("400")
    site.page.goto("/contacts?filter[no_such_field]=1")
    site.page.get_by_role("alert").get_by_text("no_such_field").wait_for()
    site.page.goto("/contacts?filter[last_name]=Nobodycalledthis")
    site.page.get_by_role("heading", name="Nothing matches").wait_for()
    site.page.get_by_role("link", name="Show all records").click()
    site.page.locator("tbody tr").first.wait_for()
