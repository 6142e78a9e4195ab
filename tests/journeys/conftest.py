"""One box with the demo records and three people per test process; a browser; a signed-in site for each test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from box import Box
from browsing import CHROMIUM, FLAGS, PASSWORD, Site, axe_source
from playwright.sync_api import Browser, sync_playwright

PEOPLE = {"ada": "admin", "erik": "editor", "rita": "reader"}


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A running box with the CRM, its demo records, and Ada (admin), Erik (editor), Rita (reader)."""
    box = Box(tmp_path_factory.mktemp("journey") / "home")
    box.start("--demo")
    box.sign_in("admin")
    for name, role in PEOPLE.items():  # by the API: a command each would take a second each
        attributes = {"email": f"{name}@example.org", "name": name, "roles": [role], "password": PASSWORD}
        box.send("POST", "/api/users", {"data": {"type": "users", "attributes": attributes}}, 201)
    yield box
    box.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed, and CI must test with it")
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def axe() -> str:
    return axe_source()


@pytest.fixture(scope="session")
def signed_in() -> dict[str, Any]:
    """Person -> cookies and storage of a browser they signed in with."""
    return {}


@pytest.fixture
def visit(browser: Browser, box: Box, signed_in: dict[str, Any]) -> Iterator[Callable[..., Site]]:
    """`visit("erik")`: a new browser window, signed in; `visit()` for somebody unknown. Options as Playwright's contexts take.
    A person signs in once per process, at the door, and later windows have the same session; `own=True` for another one, which a
    test may end. The window is empty, or shows the home page of somebody who has just signed in."""
    sites: list[Site] = []

    def open_site(name: str | None = None, own: bool = False, **options: Any) -> Site:
        if name in signed_in and not own:
            options["storage_state"] = signed_in[name]
        site = Site(browser, box, **options)
        sites.append(site)
        if name and (own or name not in signed_in):
            site.sign_in(f"{name}@example.org")
            if not own:
                signed_in[name] = site.context.storage_state()
        return site

    yield open_site
    for site in sites:
        site.close()
