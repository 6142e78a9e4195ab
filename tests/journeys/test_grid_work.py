"""What somebody can do in the rows of a list: edit in place by keys, be told of a conflict, change many at once and take it
back, copy cells, see what others do; on a phone, and without script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from box import Box
from browsing import EACH_VIEWPORT, PHONE, Site, violations
from playwright.sync_api import Page, expect


@pytest.fixture
def people(box: Box, request: pytest.FixtureRequest) -> Callable[..., list[str]]:
    """Make contacts of a department of this test's own; their ids."""

    def make(*names: str, **more: Any) -> list[str]:
        data = [{"last_name": name, "department": request.node.name[:60], **more} for name in names]
        return [
            box.send("POST", "/api/contacts", {"data": {"type": "contacts", "attributes": one}}, 201)["data"]["id"]
            for one in data
        ]

    return make


def address(request: pytest.FixtureRequest, more: str = "") -> str:
    columns = "fields[contacts]=last_name,first_name,job_title,language,department"
    return f"/contacts?filter[department]={request.node.name[:60]}&{columns}&sort=id{more}"


def cell(page: Page, id_: str, name: str) -> Any:
    number = page.locator(f"th[data-name={name}]").evaluate("e => e.cellIndex")
    return page.locator(f"#r{id_} td").nth(number)


def test_a_cell_is_edited_by_keys_and_taken_back(
    visit: Callable[..., Site], people: Callable[..., list[str]], request: pytest.FixtureRequest, box: Box
) -> None:
    first, second = people("Abel", "Bebel", job_title="Baker")
    page = visit("erik").page
    page.goto(address(request))
    page.locator("tbody td[tabindex='0']").focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowDown")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(cell(page, first, "job_title")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator(".editor input").fill("Miller")
    page.keyboard.press("Tab")
    expect(cell(page, first, "job_title")).to_have_text("Miller")
    expect(cell(page, first, "language")).to_be_focused()
    page.keyboard.press("F2")
    page.locator(".editor select").select_option("de")
    page.keyboard.press("Escape")
    expect(cell(page, first, "language")).to_have_text("")
    assert box.get(f"/api/contacts/{first}")["data"]["attributes"]["job_title"] == "Miller"
    page.get_by_role("button", name="Undo").click()
    expect(cell(page, first, "job_title")).to_have_text("Baker")
    expect(cell(page, second, "job_title")).to_have_text("Baker")


def test_a_value_that_does_not_fit_is_told_beside_its_cell(
    visit: Callable[..., Site], people: Callable[..., list[str]], request: pytest.FixtureRequest
) -> None:
    (one,) = people("Cato")
    site = visit("erik")
    site.expected.append("422")
    page = site.page
    page.goto(address(request))
    cell(page, one, "department").click()
    page.goto(address(request).replace("job_title", "email"))
    cell(page, one, "email").dblclick()
    page.locator(".editor input").fill("no address")
    page.keyboard.press("Enter")
    page.locator(".editor").get_by_role("alert").wait_for()
    expect(page.locator(".editor input")).to_have_value("no address")
    page.keyboard.press("Escape")
    expect(cell(page, one, "email")).to_have_text("")


def test_whoever_comes_second_is_asked(
    visit: Callable[..., Site], people: Callable[..., list[str]], request: pytest.FixtureRequest, box: Box
) -> None:
    (one,) = people("Dora", job_title="Baker")
    site = visit("erik")
    site.expected.append("412")
    page = site.page
    page.goto(address(request))
    cell(page, one, "job_title").dblclick()
    page.locator(".editor input").fill("Mine")
    change = {"data": {"type": "contacts", "id": one, "attributes": {"job_title": "Theirs"}}}
    box.send("PATCH", f"/api/contacts/{one}", change, 200)
    page.keyboard.press("Enter")
    page.get_by_text("changed this to “Theirs” meanwhile").wait_for()
    page.get_by_role("button", name="Keep mine").click()
    expect(cell(page, one, "job_title")).to_have_text("Mine")
    assert box.get(f"/api/contacts/{one}")["data"]["attributes"]["job_title"] == "Mine"


def test_many_are_changed_after_a_preview_and_taken_back(
    visit: Callable[..., Site], people: Callable[..., list[str]], request: pytest.FixtureRequest
) -> None:
    ids = people("Egon", "Frieda", "Gustav", "Hilde")
    page = visit("erik").page
    page.goto(address(request))
    page.locator(f"#r{ids[0]} input").click()
    page.locator(f"#r{ids[2]} input").click(modifiers=["Shift"])
    page.get_by_text("3 selected").wait_for()
    page.get_by_role("region", name="Selected records").get_by_role("button", name="Edit").click()
    page.get_by_label("Field").select_option(label="Job title")
    page.locator("dialog").get_by_label("Job title").fill("Captain")
    page.get_by_role("button", name="Preview").click()
    page.get_by_text("Records that will change: 3 of 3").wait_for()
    page.get_by_role("button", name="Change").click()
    page.get_by_text("Records changed: 3").wait_for()
    assert [cell(page, i, "job_title").inner_text() for i in ids] == ["Captain"] * 3 + [""]
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Undone.").wait_for()
    expect(cell(page, ids[0], "job_title")).to_have_text("")


def test_all_that_match_are_deleted_and_come_back(
    visit: Callable[..., Site], people: Callable[..., list[str]], request: pytest.FixtureRequest
) -> None:
    people(*(f"Row {n}" for n in range(27)))
    page = visit("erik").page
    page.goto(address(request))
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Select all 27 that match").click()
    page.get_by_text("27 selected").wait_for()
    page.get_by_role("region", name="Selected records").get_by_role("button", name="Delete").click()
    page.get_by_text("Records that will be deleted: 27").wait_for()
    page.locator("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("heading", name="Nothing matches").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Undone.").wait_for()
    expect(page.locator(".pager")).to_contain_text("of 27")


def test_selected_rows_are_copied_as_cells(
    visit: Callable[..., Site], people: Callable[..., list[str]], request: pytest.FixtureRequest
) -> None:
    first, second = people("Ida", "=1+1", job_title="Baker")
    site = visit("erik")
    site.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = site.page
    page.goto(address(request))
    page.locator(f"#r{first} input").click()
    page.locator(f"#r{second} input").click()
    page.keyboard.press("Control+c")
    page.get_by_text("2 rows copied").wait_for()
    rows = [line.split("\t")[:3] for line in page.evaluate("navigator.clipboard.readText()").split("\n")]
    assert rows == [["Last name", "First name", "Job title"], ["Ida", "", "Baker"], ["'=1+1", "", "Baker"]]


def test_what_others_do_is_seen_or_waits_for_whoever_selects(
    visit: Callable[..., Site], people: Callable[..., list[str]], request: pytest.FixtureRequest, box: Box
) -> None:
    (one,) = people("Jan")
    page = visit("erik").page
    page.goto(address(request))
    page.wait_for_function("document.querySelector('[data-line]').classList.contains('tint-green')")
    page.wait_for_timeout(300)  # until the socket has asked for its topics

    def rename(name: str) -> None:
        change = {"data": {"type": "contacts", "id": one, "attributes": {"last_name": name}}}
        box.send("PATCH", f"/api/contacts/{one}", change, 200)

    rename("Jannis")
    expect(page.locator(f"#r{one} .title")).to_have_text("Jannis")
    page.locator(f"#r{one} input").click()
    rename("Johann")
    page.get_by_role("button", name="1 change: show").click()
    expect(page.locator(f"#r{one} .title")).to_have_text("Johann")
    expect(page.locator(f"#r{one} input")).to_be_checked()


def test_a_phone_shows_cards(visit: Callable[..., Site]) -> None:
    page = visit("erik", viewport=PHONE, has_touch=True).page
    for path in ("/contacts", "/opportunities?filter[stage][in]=won,lost&page[sums]=amount&open=0"):
        page.goto(path)
        page.locator("tbody tr").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.locator("tbody tr").first.locator("td:visible").count() <= 5
    assert page.locator("tbody tr").first.bounding_box()["height"] < 90  # type: ignore[index]


def test_without_script_it_is_links_and_forms(visit: Callable[..., Site]) -> None:
    page = visit("erik", java_script_enabled=False).page
    page.goto("/opportunities")
    page.get_by_role("link", name="Add filter").click()
    page.get_by_role("button", name="Stage").click()
    page.get_by_label("Won").check()
    page.locator(".filter-form").get_by_role("button", name="Apply").click()
    page.get_by_role("link", name="Stage: Won", exact=True).wait_for()
    page.get_by_role("columnheader", name="Amount").get_by_role("link").click()
    assert page.url.endswith("?filter[stage]=won&sort=amount")
    page.get_by_role("link", name="Columns").click()
    page.get_by_label("Contact", exact=True).uncheck()
    page.locator(".columns-form").get_by_role("button", name="Apply").click()
    assert page.locator("th[data-name=contact]").count() == 0
    page.get_by_label("Search in this list").fill("machine")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "[q]=machine" in url.replace("%5B", "[").replace("%5D", "]"))


@pytest.mark.slow
@EACH_VIEWPORT
def test_axe_finds_nothing(visit: Callable[..., Site], axe: str, viewport: dict[str, int]) -> None:
    page = visit("erik", viewport=viewport).page
    found = []
    words = "filter[stage][in]=won,lost&filter[or.1][amount][gte]=10&filter[or.1][source]=website&page[sums]=amount"
    for opened in ("", "&open=0", "&open=or.1", "&open=add", "&open=columns"):
        page.goto(f"/opportunities?{words}&sort=-amount,name{opened}")
        page.locator("h1").wait_for()
        if not opened:
            page.locator("tbody input").first.click()
        found += [f"{opened} {v}" for v in violations(page, axe)]
    page.goto("/contacts?filter[last_name]=Nobodycalledthis")
    found += violations(page, axe)
    assert not found, "\n".join(found)
