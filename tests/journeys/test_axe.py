"""axe finds nothing on any page, in either theme, on a desk and on a phone. Pages with journeys of their own are asked there."""

from __future__ import annotations

from collections.abc import Callable

from browsing import DESK, EACH_VIEWPORT, Site, violations

PAGES = ["/", "/search?q=hotel", "/account", "/jobs", "/notices"]
ONCE = ["/styleguide", "/api/docs", "/help/backup", "/help?q=disk"]
"""Long pages that look alike everywhere; the style guide shows both themes itself."""

SHORTEN = "document.querySelectorAll('.api-docs > .section').forEach((s, n) => { if (n > 1) s.remove(); else s.open = true; })"
"""The API's page has a section per entity, all made alike: two of them are 60,000 elements less to look at."""


@EACH_VIEWPORT
def test_every_page_is_accessible(visit: Callable[..., Site], axe: str, viewport: dict[str, int]) -> None:
    site = visit("erik", viewport=viewport)
    found = []
    for path in PAGES + (ONCE if viewport == DESK else []):
        site.page.goto(path)
        site.page.locator("h1").first.wait_for()
        site.page.evaluate(SHORTEN)
        found += [f"{path} {v}" for v in violations(site.page, axe)]
    assert not found, "\n".join(found)


def test_the_door_and_a_page_that_is_not_there(visit: Callable[..., Site], axe: str) -> None:
    site = visit()
    site.expected.append("404")
    site.page.goto("/sign-in")
    assert not violations(site.page, axe)
    site.sign_in("erik@example.org")
    site.page.goto("/no-such-thing")
    assert not violations(site.page, axe)
