"""`uv run python tests/journeys/pictures.py [FOLDER]`: the main pages of a demo box as pictures, at desk and phone width, light
and dark, into build/pictures (ignored by git). To be looked at; README shows three of them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from box import Box, eventually
from browsing import DESK, FLAGS, PASSWORD, PHONE, Site
from conftest import CHROMIUM
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "home": "/",
    "grid": "/opportunities?sort=-amount&filter[stage][in]=negotiation,offer,won&page[sums]=amount",
    "contacts": "/contacts",
    "record": "/accounts/1",
    "form": "/accounts/1/edit",
    "board": "/opportunities/board",
    "search": "/search?q=hotel",
    "notices": "/notices",
    "jobs": "/jobs?tab=ended",
    "account": "/account",
    "trash": "/contacts/trash",
    "styleguide": "/styleguide",
}


def busy(box: Box) -> None:
    """A few things that happened, so that nothing stands empty."""
    users = box.get("/api/users")["data"]
    erik = next(u["id"] for u in users if u["attributes"]["email"] == "erik@example.org")
    ada = next(u["id"] for u in users if u["attributes"]["email"] == "ada@example.org")
    for account in ("1", "2"):
        link = {"data": {"type": "users", "id": erik}}
        box.send("PATCH", f"/api/accounts/{account}/relationships/owner", link, 204)
    change = {"data": {"type": "accounts", "id": "1", "attributes": {"employees": 52, "annual_revenue": "3450000.00"}}}
    box.send("PATCH", "/api/accounts/1", change, 200)
    for text in ("Breakfast starts at six in high season: call before.", f"@[user:{ada}] can you join on Thursday?"):
        box.send("POST", "/api/accounts/1/comments", {"data": {"type": "comments", "attributes": {"text": text}}}, 201)
    many = {"data": {"type": "tasks", "attributes": {"priority": "high"}}}
    job = box.send("PATCH", "/api/tasks?filter[status]=open", many, 202)["data"]["id"]
    eventually(lambda: box.get(f"/api/jobs/{job}")["data"]["attributes"]["state"] == "success")
    box.session.delete(box.url("/api/contacts/80"), timeout=20)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ingot-pictures-") as home, sync_playwright() as playwright:
        box = Box(Path(home) / "home")
        for name in ("ada", "erik"):
            box.ingot("user", "add", f"{name}@example.org", "--role", "admin", "--password-stdin", text=PASSWORD + "\n")
        box.start("--demo")
        box.sign_in("admin")
        for user in box.get("/api/users")["data"]:
            called = {"ada@example.org": "Ada Lovelace", "erik@example.org": "Erik Satie"}
            name = called.get(user["attributes"]["email"], "Grace Hopper")
            change = {"data": {"type": "users", "id": user["id"], "attributes": {"name": name}}}
            box.send("PATCH", f"/api/users/{user['id']}", change, 200)
        busy(box)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for look, viewport in (("desk", DESK), ("phone", PHONE)):
            for theme in ("light", "dark"):
                site = Site(browser, box, viewport=viewport, color_scheme=theme, has_touch=look == "phone")
                site.page.goto("/sign-in")
                site.page.screenshot(path=folder / f"sign-in-{look}-{theme}.png")
                site.sign_in("ada@example.org")
                for name, path in PAGES.items():
                    site.page.goto(path)
                    site.page.locator("h1").first.wait_for()
                    site.page.wait_for_timeout(250)  # letters and pictures
                    site.page.screenshot(path=folder / f"{name}-{look}-{theme}.png")
                site.complaints = [c for c in site.complaints if "404" not in c]
                site.close()
        browser.close()
        box.stop()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "pictures")
