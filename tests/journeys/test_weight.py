"""What the first visit to a grid costs on the wire: page, style, scripts, icons, letters, all compressed."""

from __future__ import annotations

import re

import requests
from box import Box
from browsing import PASSWORD

MOST = 120 * 1024


def test_the_first_visit_to_a_grid_takes_at_most_120_kib(box: Box) -> None:
    browser = requests.Session()
    browser.headers["Accept-Encoding"] = "br, gzip"
    browser.post(box.url("/sign-in"), data={"email": "erik@example.org", "password": PASSWORD}, timeout=10)
    sizes: dict[str, int] = {}
    waiting = ["/contacts"]
    while waiting:
        path = waiting.pop()
        with browser.get(box.url(path), headers={"Accept": "text/html,*/*"}, stream=True, timeout=10) as answer:
            assert answer.status_code == 200, path
            raw = answer.raw.read(decode_content=False)
        sizes[path] = len(raw)
        text = "" if path.endswith((".woff2", ".svg")) else browser.get(box.url(path), timeout=10).text
        # a style sheet names letters of many scripts: a browser fetches those that a page shows, which the page preloads
        found = re.findall(r'(?:href|src)="(/static/[^"#]+)', text) if path == "/contacts" else []
        found += re.findall(r'(?:from|import)\s*"\./([^"]+)"', text) if path.endswith(".js") else []
        found = [f if f.startswith("/") else f"/static/{f}" for f in found]
        waiting += list(set(found) - set(sizes) - set(waiting))
    assert sum(sizes.values()) <= MOST, sizes
    assert any(p.endswith(".woff2") for p in sizes) and any(p.endswith(".js") for p in sizes)
