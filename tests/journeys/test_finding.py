"""Search from any page: "/" or Ctrl-K, hits while one types, arrows and Enter; a plain page when script fails."""

from __future__ import annotations

from collections.abc import Callable

from browsing import Site, violations


def test_slash_typing_arrow_and_enter_lead_to_a_record(visit: Callable[..., Site], axe: str) -> None:
    page = visit("erik").page
    page.goto("/opportunities")
    page.keyboard.press("/")
    page.keyboard.type("seeblick")
    hit = page.get_by_role("option", name="Hotel Seeblick am Ammersee")
    hit.wait_for()
    assert not violations(page, axe)
    field = page.get_by_role("combobox", name="Search everything")
    for _ in range(12):
        page.keyboard.press("ArrowDown")
        if hit.get_attribute("aria-selected") == "true":
            break
    assert field.get_attribute("aria-activedescendant") == hit.get_attribute("id")
    with page.expect_navigation(url="**/accounts/*"):
        page.keyboard.press("Enter")


def test_ctrl_k_offers_commands_before_anything_is_typed(visit: Callable[..., Site]) -> None:
    page = visit("erik").page
    page.goto("/contacts")
    page.keyboard.press("Control+k")
    page.get_by_role("option", name="New Contact").wait_for()
    page.keyboard.press("Escape")
    assert page.locator(".finder-sheet").is_hidden()


def test_search_is_a_page_of_its_own_without_script(visit: Callable[..., Site]) -> None:
    page = visit("erik", java_script_enabled=False).page
    page.goto("/")
    page.get_by_label("Search everything").fill("muller zzz")
    page.get_by_label("Search everything").press("Enter")
    page.get_by_text("Nothing found for").wait_for()
    page.goto("/search?q=hotel")
    page.get_by_role("heading", name="Accounts").wait_for()
    page.get_by_role("link", name="Show as a list").first.click()
    page.locator("#grid tbody tr").first.wait_for()


def test_what_people_wrote_is_never_script_in_the_sheet(visit: Callable[..., Site]) -> None:
    site = visit("erik")
    site.page.goto("/contacts")
    site.page.keyboard.press("/")
    site.page.keyboard.type("<img src=x onerror=alert(1)>")
    site.page.get_by_text("Nothing found for").wait_for()
    assert site.page.locator(".finder-sheet img").count() == 0
