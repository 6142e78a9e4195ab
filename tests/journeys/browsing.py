"""Chromium on a real Ingot: sign in, open pages, and let nothing pass unnoticed: errors in the console, on the page, and what
axe finds."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from box import Box
from playwright.sync_api import Browser, BrowserContext, Page

WEB = Path(__file__).parent / "web"
_SHELL = "chromium-headless-shell"  # the same engine without a browser's own pages around it: half the work
CHROMIUM = next(filter(None, map(shutil.which, (_SHELL, "chromium", "chromium-browser", "google-chrome"))), None)
PASSWORD = "correct horse battery"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE_COLOURS = ["color-contrast", "link-in-text-block"]
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
EACH_VIEWPORT = pytest.mark.parametrize(
    "viewport", [DESK, pytest.param(PHONE, marks=pytest.mark.slow)], ids=["desk", "phone"]
)


def axe_source() -> str:
    """axe-core's script; installed when it is not there yet."""
    script = WEB / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        npm = shutil.which("npm")
        assert npm, "Node.js is not installed; axe comes by npm"
        subprocess.run([npm, "ci", "--ignore-scripts"], cwd=WEB, check=True, capture_output=True, timeout=300)
    return script.read_text("utf-8")


class Site:
    """One person at one browser. `close()` fails when a page complained meanwhile; `expected` are texts of console errors
    that a test provokes itself."""

    def __init__(self, browser: Browser, box: Box, **options: Any):
        self.box = box
        self.context: BrowserContext = browser.new_context(
            **{"base_url": box.url(""), "viewport": DESK, "locale": "en-GB", "timezone_id": "Europe/Berlin"}
            | {"color_scheme": "light", "reduced_motion": "reduce"}  # nothing to wait for
            | options
        )
        self.context.set_default_timeout(10_000)
        self.complaints: list[str] = []
        self.expected: list[str] = []
        self.page = self.new_page()

    def new_page(self) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda m: self.complaints.append(f"{page.url}: {m.text}") if m.type == "error" else None)
        return page

    def sign_in(self, email: str) -> Page:
        self.page.goto("/sign-in")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda url: "/sign-in" not in url)
        return self.page

    def close(self) -> None:
        self.context.close()
        left = [c for c in self.complaints if not any(e in c for e in self.expected)]
        assert not left, "\n".join(left)


def violations(page: Page, source: str) -> list[str]:
    """What axe finds on the page as it stands, in light and in dark: rule, and the elements at fault. A theme changes colours
    and nothing else, so in the other one only the rules about colours are asked."""
    page.evaluate(f"() => {{ {source} }}") if not page.evaluate("() => 'axe' in window") else None
    found = []
    for theme, only in (
        ("dark", {"type": "rule", "values": AXE_COLOURS}),
        ("light", {"type": "tag", "values": AXE_TAGS}),
    ):
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )  # drawn anew
        found += [f"{theme}: {v}" for v in _asked(page, only)]
    return found


def _asked(page: Page, only: dict[str, Any]) -> list[str]:
    found = page.evaluate("only => axe.run(document, {runOnly: only, resultTypes: ['violations']})", only)
    return [
        f"{v['id']}: {v['help']}\n" + "\n".join(f"    {n['html'][:160]}  {_why(n)}" for n in v["nodes"][:5])
        for v in found["violations"]
    ]


def _why(node: dict[str, Any]) -> str:
    return json.dumps([c["message"] for c in node["any"] + node["all"] + node["none"]])[:200]
