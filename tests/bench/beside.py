"""`uv run python tests/bench/beside.py`: what heavy jobs do to the web. A list is asked for 60 times a second, first alone,
then while the server imports 100,000 rows by /api/imports, then while it rebuilds the whole index, then during both."""

from __future__ import annotations

import http.client
import json
import statistics
import tempfile
import time
from pathlib import Path

from speed import ENTITY, Server, ingot, settle, write_people


class Asking:
    """One client that keeps a rhythm; times are from when the request was due, so that a stall is not hidden."""

    def __init__(self, server: Server, token: str):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.head = {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "application/vnd.api+json") -> dict:
        self.connection.request(method, path, body, {**self.head, "Content-Type": kind})
        answer = self.connection.getresponse()
        data = answer.read()
        assert answer.status < 300, data
        return json.loads(data)

    def lists(self, seconds: float, until: object = None) -> list[float]:
        times: list[float] = []
        due = time.perf_counter()
        end = due + seconds
        n = 0
        while due < end and not (until and n % 60 == 59 and until()):  # type: ignore[operator]
            time.sleep(max(0.0, due - time.perf_counter()))
            self.ask("GET", f"/api/people?filter[country]=Italy&sort=last_name&page[number]={n % 40 + 1}")
            times.append((time.perf_counter() - due) * 1000)
            due += 1 / 60
            n += 1
        return times


def show(name: str, times: list[float], idle: float | None = None) -> float:
    cuts = statistics.quantiles(times, n=100)
    ratio = f"{cuts[98] / idle:>10.1f} x" if idle else ""
    print(f"{name:<34}{statistics.median(times):>9.1f}{cuts[94]:>9.1f}{cuts[98]:>9.1f}{ratio}", flush=True)
    return cuts[98]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ingot-bench-") as folder:
        home, people = Path(folder) / "home", Path(folder) / "people.csv"
        write_people(people, 100_000)
        server = Server(home)
        ingot(home, "user", "add", "bench@example.org", "--role", "admin")
        token = ingot(home, "token", "create", "--user", "bench@example.org", "--name", "bench").strip()
        asking = Asking(server, token)
        for name, plural in (("person", "people"), ("second", "seconds"), ("third", "thirds")):
            declared = {**ENTITY, "name": name, "plural": plural}
            body = json.dumps({"data": {"type": "entities", "attributes": declared}}).encode()
            asking.ask("POST", "/api/entities", body)
        ingot(home, "import", "people", str(people))
        settle(server)
        rows = people.read_bytes()

        def start(plural: str) -> str:
            return asking.ask("POST", f"/api/imports?entity={plural}", rows, "text/csv")["data"]["id"]

        def done(job: str) -> bool:
            return asking.ask("GET", f"/api/jobs/{job}")["data"]["attributes"]["state"] not in ("waiting", "running")

        def report(job: str) -> str:
            found = asking.ask("GET", f"/api/imports/{job}")["data"]["attributes"]["report"]
            return f"{found['rows_per_second']} rows/s"

        print(f"{'list, 60 a second, ms':<34}{'p50':>9}{'p95':>9}{'p99':>9}{'p99 / idle':>12}")
        idle = show("alone", asking.lists(10))
        job = start("seconds")
        show("beside an import of 100,000", asking.lists(60, lambda: done(job)), idle)
        first = report(job)
        settle(server)
        job = str(json.loads(ingot_reindex(home))["job"])
        show("beside a rebuild of the index", asking.lists(60, lambda: done(job)), idle)
        job = start("thirds")
        again = str(json.loads(ingot_reindex(home))["job"])
        show("beside both", asking.lists(90, lambda: done(job) and done(again)), idle)
        print(f"\nimport in the server, index following: {first}; beside the rebuild: {report(job)}")
        server.stop()


def ingot_reindex(home: Path) -> str:
    return json.dumps({"job": ingot(home, "reindex").split()[1]})


if __name__ == "__main__":
    main()
