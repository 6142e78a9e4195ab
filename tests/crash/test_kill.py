"""kill -9 of the real server, again and again, while four clients write: what was acknowledged is there, once; log and
rows agree; index and queue catch up; starting needs nobody."""

from __future__ import annotations

import json
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from box import MEDIA, Box, eventually


class Writer(threading.Thread):
    """Creates, updates, deletes; remembers what was acknowledged, and what it asked for without hearing back."""

    def __init__(self, box: Box, number: int, token: str):
        super().__init__(daemon=True)
        self.box, self.number, self.dice = box, number, random.Random(number)
        self.session = requests.Session()
        self.session.headers.update({"Authorization": f"Bearer {token}", "Content-Type": MEDIA})
        self.sure: dict[str, tuple[str, int]] = {}  # id -> (name, version)
        self.unsure: set[str] = set()  # ids with a change in flight when the server died
        self.gone: set[str] = set()
        self.asked = 0
        self.finished = False

    def run(self) -> None:
        while not self.finished:
            try:
                self.step()
            except requests.RequestException:
                time.sleep(0.02)

    def step(self) -> None:
        self.asked += 1
        name = f"w{self.number} n{self.asked}"
        known = [i for i in self.sure if i not in self.unsure]
        if not known or self.dice.random() < 0.6:
            key = {"Idempotency-Key": name}
            document = {"data": {"type": "things", "attributes": {"name": name}}}
            for _ in range(200):  # the same request with the same key until it is answered: it must happen once
                try:
                    answer = self.session.post(
                        self.box.url("/api/things"), json.dumps(document), headers=key, timeout=5
                    )
                    break
                except requests.RequestException:
                    if self.finished:
                        return
                    time.sleep(0.02)
            else:
                return
            assert answer.status_code == 201, answer.text
            self.sure[answer.json()["data"]["id"]] = (name, 1)
            return
        target = self.dice.choice(known)
        self.unsure.add(target)
        if self.dice.random() < 0.8:
            change = {"data": {"type": "things", "id": target, "attributes": {"name": name}}}
            answer = self.session.patch(self.box.url(f"/api/things/{target}"), json.dumps(change), timeout=5)
            assert answer.status_code == 200, answer.text
            self.sure[target] = (name, answer.json()["data"]["meta"]["version"])
        else:
            answer = self.session.delete(self.box.url(f"/api/things/{target}"), timeout=5)
            assert answer.status_code == 204, answer.text
            del self.sure[target]
            self.gone.add(target)
        self.unsure.discard(target)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kills", [8, pytest.param(50, marks=pytest.mark.slow)])
def test_every_acknowledged_write_survives_every_kill(tmp_path: Path, kills: int) -> None:
    box = Box(tmp_path / "home")
    box.start()
    token = box.sign_in()
    entity = {"name": "thing", "plural": "things", "fields": [{"name": "name", "searchable": 2, "unique": True}]}
    box.send("POST", "/api/entities", {"data": {"type": "entities", "attributes": entity}}, 201)

    writers = [Writer(box, n, token) for n in range(4)]
    for writer in writers:
        writer.start()
    dice = random.Random(1)
    for _ in range(kills):
        time.sleep(dice.uniform(0.02, 0.4))
        box.kill()
        box.start()
    time.sleep(0.3)
    for writer in writers:
        writer.finished = True
    for writer in writers:
        writer.join(30)

    present = all_things(box)
    acknowledged = 0
    for writer in writers:
        for record, (name, version) in writer.sure.items():
            if record in writer.unsure:
                continue
            acknowledged += version
            assert present.get(record) == (name, version)
        assert not (writer.gone & set(present))
    names = [name for name, _ in present.values()]
    assert len(names) == len(set(names))
    assert acknowledged > 4 * kills

    check_log(box, present)
    check_search(box, present)
    assert box.get("/readyz")["status"] != "down"
    counts = box.get("/api/jobs")["meta"]["counts"]
    assert counts["dead"] == counts["failed"] == 0
    box.stop()


def all_things(box: Box) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    path: str | None = "/api/things?page[size]=500&page[after]="
    while path:
        document = box.get(path)
        found |= {r["id"]: (r["attributes"]["name"], r["meta"]["version"]) for r in document["data"]}
        path = document["links"]["next"]
    return found


def check_log(box: Box, present: dict[str, tuple[str, int]]) -> None:
    """Replaying the log gives the rows, and each record's versions run 1, 2, 3 without gap."""
    rows: dict[str, tuple[str, int]] = {}
    position = 0
    while True:
        entries: list[dict[str, Any]] = box.get(f"/api/log?page[after]={position}&page[size]=500&filter[entity]=thing")[
            "data"
        ]
        if not entries:
            break
        for entry in entries:
            values, record = entry["attributes"], entry["attributes"]["record"]
            before = rows.get(record, ("", 0))
            assert values["version"] == before[1] + 1
            if values["action"] == "deleted":
                del rows[record]
            else:
                rows[record] = (values["change"].get("name", [None, before[0]])[1], values["version"])
        position = int(entries[-1]["id"])
    assert rows == present


def check_search(box: Box, present: dict[str, tuple[str, int]]) -> None:
    wanted = sum(name.startswith("w1 ") for name, _ in present.values())
    eventually(lambda: box.get("/api/search?filter[q]=w1&page[size]=1")["meta"]["page"]["total"] == wanted, 30)
