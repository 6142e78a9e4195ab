"""What a list does at its edges: a file too large to wait for, kinds and records without a name, a page that is none, a phone's
order, and a sign-in that ended meanwhile."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from box import Box
from browsing import PHONE, Site
from playwright.sync_api import expect

pytestmark = pytest.mark.slow


def entity(box: Box, name: str, *fields: dict[str, str]) -> None:
    attributes = {"name": name, "plural": f"{name}s", "label": name.capitalize(), "fields": list(fields)}
    box.send("POST", "/api/entities", {"data": {"type": "entities", "attributes": attributes}}, 201)


def record(box: Box, type_: str, **attributes: object) -> str:
    document = {"data": {"type": type_, "attributes": attributes}}
    return box.send("POST", f"/api/{type_}", document, 201)["data"]["id"]


def test_a_file_that_takes_long_is_made_by_a_job_and_fetched_when_it_is_done(
    visit: Callable[..., Site], box: Box, tmp_path: Path
) -> None:
    entity(box, "parcel", {"name": "code"})
    rows = tmp_path / "parcels.csv"
    with rows.open("w", newline="") as file:
        csv.writer(file).writerows([["code"], *([f"P{n}"] for n in range(5_001))])
    box.ingot("import", "parcels", str(rows))
    page = visit("erik").page
    page.goto("/parcels")
    page.locator("summary", has_text="Export").click()
    with page.expect_download(timeout=30_000) as download:
        page.get_by_role("link", name="Excel (XLSX)").click()
    assert download.value.suggested_filename == "parcels.xlsx"
    assert page.url.endswith("/parcels")
    expect(page.get_by_text("The file is ready.")).to_be_visible()
    page.locator("summary", has_text="Export").click()
    page.get_by_role("link", name="Excel (XLSX)").click()
    page.get_by_role("button", name="Continue in the background").click()
    page.get_by_role("button", name="Show").click()
    with page.expect_download(timeout=30_000) as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.path().stat().st_size > 20_000


def test_what_has_no_name_can_still_be_opened(visit: Callable[..., Site], box: Box) -> None:
    entity(box, "blank")
    entity(box, "shape", {"name": "form", "kind": "json"})
    entity(box, "label", {"name": "text"})
    blank, shape, label = record(box, "blanks"), record(box, "shapes", form={"a": 1}), record(box, "labels", text="   ")
    page = visit("erik").page
    for address, title in (
        (f"/blanks/{blank}", "Blank"),
        (f"/shapes/{shape}", '{"a":1}'),
        (f"/labels/{label}", "Label"),
    ):
        page.goto(address.rpartition("/")[0])
        link = page.locator("tbody a.title")
        expect(link).to_contain_text(title)
        link.click()
        page.wait_for_url(lambda url, address=address: address in url)


def test_a_row_leads_to_its_neighbours_in_the_list(visit: Callable[..., Site]) -> None:
    page = visit("erik").page
    page.goto("/contacts?filter[last_name][contains]=e&sort=-last_name")
    second, third = page.locator("a.title").all_inner_texts()[1:3]
    page.locator("a.title").nth(1).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(second)
    page.get_by_role("link", name="Next record").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(third)
    page.get_by_role("navigation", name="Where this is").get_by_role("link").click()
    page.wait_for_url(lambda url: "sort=-last_name" in url and "[contains]=e" in url)


def test_a_phone_puts_cards_in_order(visit: Callable[..., Site]) -> None:
    page = visit("erik", viewport=PHONE, has_touch=True).page
    page.goto("/opportunities?sort=name")
    page.get_by_text("Sort", exact=True).click()
    page.get_by_role("link", name="Amount").click()
    page.wait_for_url(lambda url: "sort=amount" in url)
    page.get_by_text("Sort", exact=True).click()
    page.get_by_role("link", name="Amount ascending").click()
    page.wait_for_url(lambda url: "sort=-amount" in url)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_card_that_shows_few_cells_can_be_walked(visit: Callable[..., Site]) -> None:
    page = visit("erik", viewport={"width": 320, "height": 640}).page
    page.goto(
        "/contacts?filter[last_name]=Aschauer&fields[contacts]=last_name,first_name,salutation,account,email,phone,department"
    )
    page.locator("tbody td[tabindex='0']").focus()
    places = set()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
        places.add(page.evaluate("document.activeElement.cellIndex"))
    shown = (
        page.locator("tbody tr")
        .first.locator("td")
        .evaluate_all("all => all.filter(e => e.getClientRects().length).length")
    )
    assert len(places) == shown - 2  # all but the tick and the title, where one started


def test_a_page_past_the_last_leads_back(visit: Callable[..., Site]) -> None:
    page = visit("erik").page
    page.goto("/contacts?page[number]=9999")
    page.get_by_text("This page is past the last one").wait_for()
    page.locator(".empty").get_by_role("link", name="Last page").click()
    expect(page.locator("tbody tr").first).to_be_visible()


def test_whoever_was_signed_out_is_told(visit: Callable[..., Site]) -> None:
    site = visit("erik")
    site.expected.append("401")
    page = site.page
    page.goto("/contacts?sort=last_name")
    site.context.clear_cookies()
    page.locator("tbody td").nth(3).dblclick()
    expect(page.get_by_role("alert")).to_contain_text("You were signed out.")
    page.get_by_label("Search everything").fill("anything")
    expect(page.get_by_role("alert")).to_have_count(1)
