"""The benchmark: `uv run python tests/bench`. A real server on a home of its own with 100,000 records; 16 connections with
a token; server CPU per request (from /proc, so Linux only), requests a second beside it.

Nothing here passes or fails: read it beside research on other machines only with ratios."""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from load import Load, Request

COUNTRIES = ["Germany", "France", "Italy", "Spain", "Poland", "Austria", "Norway", "Sweden", "Denmark", "Ireland"]
FIRST = [
    "Ada",
    "Bela",
    "Carla",
    "Dino",
    "Edda",
    "Finn",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kira",
    "Lars",
    "Mina",
    "Nils",
    "Olga",
    "Paul",
    "Rosa",
    "Sven",
    "Tara",
    "Uwe",
]
LAST = [
    "Adler",
    "Berger",
    "Conti",
    "Duval",
    "Ehrlich",
    "Fontana",
    "Gruber",
    "Holm",
    "Ivers",
    "Jansen",
    "Keller",
    "Lindt",
    "Moreau",
    "Novak",
    "Olsen",
    "Petit",
]
_SYLLABLES = ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va"]
# 2,000 invented words: in notes of 25, each stands in about one record of eighty
WORDS = [a + b + c for a in _SYLLABLES for b in _SYLLABLES for c in _SYLLABLES][::2][:2000]
TICK = os.sysconf("SC_CLK_TCK")
ENTITY = {
    "name": "person",
    "plural": "people",
    "title": "{first_name} {last_name}",
    "indexes": [["country", "last_name"]],
    "fields": [
        {"name": "first_name", "searchable": 2},
        {"name": "last_name", "searchable": 3, "required": True},
        {"name": "email", "kind": "email", "searchable": 2},
        {"name": "phone", "kind": "phone"},
        {"name": "company", "searchable": 1},
        {"name": "city"},
        {"name": "country"},
        {"name": "born", "kind": "date"},
        {"name": "score", "kind": "integer"},
        {"name": "notes", "kind": "long_text", "searchable": 1},
    ],
}  # fmt: skip


def write_people(path: Path, count: int) -> None:
    dice = random.Random(7)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow([f["name"] for f in ENTITY["fields"]])
        for n in range(count):
            first, last = dice.choice(FIRST), dice.choice(LAST)
            notes = " ".join(dice.choice(WORDS) for _ in range(25))
            born = f"{dice.randint(1940, 2005)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"
            out.writerow([first, last, f"{first}.{last}{n}@example.org".lower(), f"+49 30 {n:07d}", f"{last} & Co",
                          dice.choice(WORDS).title(), dice.choice(COUNTRIES), born, dice.randint(0, 1000), notes])  # fmt: skip


class Server:
    """A server process, its home, its CPU seconds."""

    def __init__(self, home: Path):
        self.home = home
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "appliance", "serve", "--home", str(home), "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        self.address = line.split()[-1].rstrip("/")
        self.port = int(self.address.rsplit(":", 1)[1])

    def cpu(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def rss(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def threads(self) -> int:
        return sum(1 for _ in Path(f"/proc/{self.process.pid}/task").iterdir())

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def ingot(home: Path, *words: str, **more: object) -> str:
    result = subprocess.run(
        [sys.executable, "-m", "appliance", words[0], *words[1:], "--home", str(home)],
        capture_output=True,
        text=True,
        **more,
    )
    if result.returncode:
        raise SystemExit(result.stderr)
    return result.stdout


def requests_of(kind: str, token: str, count: int, port: int, turn: int) -> list[Request]:
    dice = random.Random(11 + turn)
    head = f"Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"

    def get(path: str) -> Request:
        return Request(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode(), 200)

    def send(method: str, path: str, document: dict[str, object], status: int) -> Request:
        body = json.dumps(document).encode()
        kind_of = f"Content-Type: application/vnd.api+json\r\nContent-Length: {len(body)}\r\n\r\n"
        return Request(f"{method} {path} HTTP/1.1\r\n{head}{kind_of}".encode() + body, status)

    made = []
    for n in range(count):
        if kind.startswith("list"):
            country = quote(dice.choice(COUNTRIES))
            page = dice.randint(1, 4) if kind == "list" else n % 380 + 1  # uncached: pages nobody has asked for before
            made.append(
                get(f"/api/people?filter[country]={country}&sort=last_name&page[number]={page}&page[totals]=true")
            )
        elif kind == "get":
            made.append(get(f"/api/people/{dice.randint(1, 100_000)}"))
        elif kind == "search":
            second = dice.choice(["", "%20" + dice.choice(LAST)])
            made.append(get(f"/api/search?filter[q]={dice.choice(WORDS)}{second}&page[size]=20"))
        elif kind == "create":
            values = {
                "first_name": dice.choice(FIRST),
                "last_name": dice.choice(LAST),
                "email": f"new{n}@example.org",
                "phone": f"+39 06 {n:07d}",
                "city": "Rome",
                "country": "Italy",
                "born": "1990-01-31",
                "score": n,
                "notes": " ".join(dice.choice(WORDS) for _ in range(25)),
            }
            made.append(send("POST", "/api/people", {"data": {"type": "people", "attributes": values}}, 201))
        elif kind == "update":
            target = str(dice.randint(1, 100_000))
            change = {"type": "people", "id": target, "attributes": {"city": f"Town {n}", "score": n % 1000}}
            made.append(send("PATCH", f"/api/people/{target}", {"data": change}, 200))
    return made


def listen(server: Server, token: str, count: int = 150) -> None:
    """Idle subscribers on /live: what they cost, and how soon they hear."""
    before, threads = server.rss(), server.threads()
    sockets = []
    for _ in range(count):
        sock = socket.create_connection(("127.0.0.1", server.port))
        sock.sendall(
            f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {token}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        assert b" 101 " in sock.recv(4096)
        text = b'{"subscribe":["people"]}'
        sock.sendall(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)
        assert b"subscribed" in sock.recv(4096)
        sockets.append(sock)
    time.sleep(1)
    more = server.threads() - threads
    print(f"\n{count} idle subscribers                      {server.rss() - before:>8.0f} MB, {more} threads more")
    load, waits = Load("127.0.0.1", server.port, 1), []
    for n in range(20):
        began = time.perf_counter()
        person = {"data": {"type": "people", "attributes": {"last_name": f"Live {n}"}}}
        assert load.one("POST", "/api/people", token, person) == 201
        for sock in sockets:
            sock.recv(4096)
        waits.append((time.perf_counter() - began) * 1000)
    print(f"from a create's start to the last of them  {statistics.median(waits):>7.1f} ms")
    for sock in sockets:
        sock.close()


def settle(server: Server, seconds: float = 90) -> None:
    """Wait until followers have caught up: until the server's CPU rests."""
    end, before = time.monotonic() + seconds, server.cpu()
    while time.monotonic() < end:
        time.sleep(1)
        now = server.cpu()
        if now - before < 0.05:
            return
        before = now


def measure(
    server: Server, token: str, kind: str, rounds: int, count: int, connections: int
) -> tuple[float, float, float]:
    """(CPU ms per request, requests a second, p99 ms): medians of the rounds."""
    cpu, rate, slow = [], [], []
    for turn in range(rounds):
        load = Load("127.0.0.1", server.port, connections)
        made = requests_of(kind, token, count, server.port, turn)
        before = server.cpu()
        seconds, times = load.run(made)
        settle(server, 5) if kind in ("create", "update") else None  # what followers do for a write belongs to it
        cpu.append((server.cpu() - before) / count * 1000)
        rate.append(count / seconds)
        slow.append(statistics.quantiles(times, n=100)[98] * 1000)
    return statistics.median(cpu), statistics.median(rate), statistics.median(slow)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=100_000)
    options.add_argument("--requests", type=int, default=2_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--connections", type=int, default=16)
    options.add_argument("--only", default="list,list uncached,get,create,update,search")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="ingot-bench-") as folder:
        home, people = Path(folder) / "home", Path(folder) / "people.csv"
        write_people(people, chosen.records)
        server = Server(home)
        ingot(home, "user", "add", "bench@example.org", "--role", "admin")
        token = ingot(home, "token", "create", "--user", "bench@example.org", "--name", "bench").strip()
        made = Load("127.0.0.1", server.port, 1).one(
            "POST", "/api/entities", token, {"data": {"type": "entities", "attributes": ENTITY}}
        )
        assert made == 201, made
        before = server.cpu()
        report = json.loads(ingot(home, "import", "people", str(people), "--json"))
        settle(server)
        how = f"{chosen.connections} connections, median of {chosen.rounds} rounds of {chosen.requests}"
        print(f"\n{os.cpu_count()} cores, {chosen.records} records, {how}\n")
        rate, spent = report["rows_per_second"], server.cpu() - before
        print(f"import, log and index followers running   {rate:>8} rows/s, indexed with {spent:.1f} s of server CPU")
        print(f"memory after the import                   {server.rss():>8.0f} MB")
        server.stop()
        server = Server(home)
        load = Load("127.0.0.1", server.port, 1)
        while load.one("GET", "/readyz", token) != 200:
            time.sleep(0.01)
        print(f"start to /readyz 200                      {time.monotonic() - server.began:>8.2f} s")
        time.sleep(1)
        print(f"memory, idle                              {server.rss():>8.0f} MB\n")
        print(f"{'':<14}{'CPU ms/request':>16}{'requests/s':>12}{'p99 ms':>9}")
        for kind in chosen.only.split(","):
            count = chosen.requests if kind != "list uncached" else chosen.requests // 2
            cpu, rate, slow = measure(server, token, kind, chosen.rounds, count, chosen.connections)
            print(f"{kind:<14}{cpu:>16.2f}{rate:>12.0f}{slow:>9.1f}", flush=True)
        listen(server, token)
        print(f"\nmemory after all                          {server.rss():>8.0f} MB")
        server.stop()


if __name__ == "__main__":
    main()
