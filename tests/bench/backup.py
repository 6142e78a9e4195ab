"""`uv run python tests/bench/backup.py`: what a backup does to four writers. 100,000 records; how long a write takes alone, and
while one backup after the other is made."""

from __future__ import annotations

import http.client
import json
import statistics
import tempfile
import threading
import time
from pathlib import Path

from speed import ENTITY, Server, ingot, settle, write_people


def write(server: Server, token: str, until: threading.Event, times: list[float], number: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    head = {"Authorization": f"Bearer {token}", "Content-Type": "application/vnd.api+json"}
    count = 0
    while not until.is_set():
        count += 1
        record = str(number * 1_000 + count % 500 + 1)
        data = {"type": "people", "id": record, "attributes": {"last_name": f"Name {count}"}}
        began = time.perf_counter()
        connection.request("PATCH", f"/api/people/{record}", json.dumps({"data": data}), head)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
        times.append((time.perf_counter() - began) * 1000)


def show(name: str, times: list[float], seconds: float) -> None:
    cuts = statistics.quantiles(times, n=1000)
    print(f"{name:<24}{len(times) / seconds:>9.0f}{cuts[499]:>9.1f}{cuts[989]:>9.1f}{max(times):>9.1f}", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ingot-bench-") as folder:
        home, people = Path(folder) / "home", Path(folder) / "people.csv"
        write_people(people, 100_000)
        server = Server(home)
        ingot(home, "user", "add", "bench@example.org", "--role", "admin")
        token = ingot(home, "token", "create", "--user", "bench@example.org", "--name", "bench").strip()
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        body = json.dumps({"data": {"type": "entities", "attributes": ENTITY}})
        head = {"Authorization": f"Bearer {token}", "Content-Type": "application/vnd.api+json"}
        connection.request("POST", "/api/entities", body, head)
        assert connection.getresponse().read()
        ingot(home, "import", "people", str(people))
        settle(server)
        print(f"{'four writers, ms':<24}{'writes/s':>9}{'p50':>9}{'p99':>9}{'longest':>9}")
        for name in ("alone", "while a backup is made"):
            until, times = threading.Event(), []
            threads = [threading.Thread(target=write, args=(server, token, until, times, n)) for n in range(4)]
            for thread in threads:
                thread.start()
            began, made = time.perf_counter(), 0
            while time.perf_counter() - began < 10:
                if name == "alone":
                    time.sleep(0.5)
                else:
                    ingot(home, "backup", "-o", str(Path(folder) / f"{made}.ingot"))
                    made += 1
            seconds = time.perf_counter() - began
            until.set()
            for thread in threads:
                thread.join()
            show(name, times, seconds)
        size = (Path(folder) / "0.ingot").stat().st_size / 1e6
        print(f"{made} backups of {size:.0f} MB, {seconds / made:.1f} s each, read back included")
        server.stop()


if __name__ == "__main__":
    main()
