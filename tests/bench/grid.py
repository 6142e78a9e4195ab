"""How the grid holds with a million contacts: `uv run python tests/bench/grid.py [--records N] [--home FOLDER]`.

Builds a home by `ingot import` of a generated file, then asks for pages one after the other, each address another one so
that no answer is remembered, and prints wall and CPU milliseconds of the server; and what the page weighs when a browser
has nothing of it yet. With --home the records stay there for the next run."""

from __future__ import annotations

import argparse
import csv
import gzip
import http.client
import json
import os
import random
import re
import statistics
import tempfile
import time
from pathlib import Path

from speed import FIRST, LAST, WORDS, Server, ingot

TITLES = ("Baker", "Miller", "Smith", "Owner", "Bookkeeper", "Head of sales", "Purchasing", "Potter")
PAGES = {
    "first page": "",
    "sorted by an indexed column": "sort=-last_name",
    "filtered (choice)": "filter[language]=de&sort=last_name",
    "filtered (contains)": "filter[job_title][contains]=sales",
    "sorted, unindexed column": "sort=-job_title",
    "page 20,000": "page[number]={deep}",
    "quick search": "filter[q]={last}",
}


def write_contacts(path: Path, count: int) -> None:
    dice = random.Random(11)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["first_name", "last_name", "job_title", "department", "email", "phone", "language", "newsletter"])
        for n in range(count):
            first, last = dice.choice(FIRST), f"{dice.choice(LAST)} {dice.choice(WORDS)}"
            mail = f"{first}.{n}@example.org".lower()
            out.writerow([first, last, dice.choice(TITLES), dice.choice(WORDS), mail, f"+49 30 {n:07d}",
                          dice.choice(("en", "de", "fr")), dice.choice(("true", "false"))])  # fmt: skip


def get(server: Server, token: str, path: str, **headers: str) -> bytes:
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    line.request("GET", path.replace(" ", "%20"), headers={"Accept": "text/html", **token_header(token), **headers})
    answer = line.getresponse()
    body = answer.read()
    line.close()
    assert answer.status == 200, (answer.status, path, body[:300])
    return body


def token_header(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def weight(server: Server, token: str) -> tuple[int, dict[str, int]]:
    """Bytes a browser gets for the page and all it needs, with an empty cache, as br or gzip where the server has it."""
    packed = get(server, token, "/contacts", **{"Accept-Encoding": "br, gzip"})
    html = gzip.decompress(packed).decode()
    found = {"html": len(packed)}
    names = set(re.findall(r"/static/[^\"'#]+", html))
    style = next(n for n in names if n.endswith(".css"))
    assert style
    for name in sorted(names):
        found[name.rpartition("/")[2]] = len(get(server, token, name, **{"Accept-Encoding": "br, gzip"}))
    return sum(found.values()), found


def measure(server: Server, token: str, query: str, rounds: int, last_page: int) -> tuple[float, float, float]:
    """(p50, p95 of the wall in ms, CPU ms a page). A word that changes nothing keeps each address new to the caches."""
    walls, before = [], server.cpu()
    for n in range(rounds):
        words = query.format(
            deep=max(1, min(20_000, last_page) - n), last=f"{LAST[n % len(LAST)]} {WORDS[n % len(WORDS)]}"
        )
        began = time.perf_counter()
        get(server, token, f"/contacts?view=&{words}&widths=last_name:{100 + n}", **{"HX-Request-Type": "partial"})
        walls.append((time.perf_counter() - began) * 1000)
    return statistics.median(walls), statistics.quantiles(walls, n=20)[18], (server.cpu() - before) / rounds * 1000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--home", type=Path)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="ingot-bench-") as folder:
        home = chosen.home or Path(folder) / "home"
        fresh = not (home / "ingot.db").exists()
        server = Server(home)
        if fresh:
            ingot(home, "user", "add", "bench@example.org", "--role", "admin")
            ingot(home, "pack", "install", "crm")
            table = Path(folder) / "contacts.csv"
            write_contacts(table, chosen.records)
            report = json.loads(ingot(home, "import", "contacts", str(table), "--json"))
            print(f"imported at {report['rows_per_second']} rows/s; waiting for the search index", flush=True)
            table.unlink()
        token = ingot(home, "token", "create", "--user", "bench@example.org", "--name", str(time.time())).strip()
        rest(server)
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {chosen.records} contacts\n")
        print(f"{'':<30}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>9}{'first ms':>10}")
        for name, query in PAGES.items():
            began = time.perf_counter()
            get(server, token, f"/contacts?view=&{query.format(deep=2, last='Nobody')}")
            first = (time.perf_counter() - began) * 1000
            p50, p95, cpu = measure(server, token, query, chosen.rounds, chosen.records // 25)
            print(f"{name:<30}{p50:>9.1f}{p95:>9.1f}{cpu:>9.1f}{first:>10.1f}", flush=True)
        total, parts = weight(server, token)
        print(f"\ncold transfer of the grid page: {total / 1024:.1f} KiB")
        for name, size in parts.items():
            print(f"    {name:<44}{size / 1024:>7.1f}")
        server.stop()


def rest(server: Server) -> None:
    """Until the followers have caught up: until the server's CPU rests for three seconds."""
    quiet, before = 0, server.cpu()
    while quiet < 3:
        time.sleep(1)
        now = server.cpu()
        quiet = quiet + 1 if now - before < 0.05 else 0
        before = now


if __name__ == "__main__":
    main()
