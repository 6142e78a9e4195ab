"""Backups of a running box, proven by restoring them: consistent while four people write, one step back kept, a crash in the
middle of a restore finished at the next start."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sqlite3
import threading
import time
from pathlib import Path

import pytest
import requests
from box import Box, eventually

from appliance.base.paths import Home
from appliance.run.backup import archive, listing, restoring
from appliance.run.client import ControlClient

WRITERS, BACKUPS = 4, 20
ACCOUNT = {
    "name": "account",
    "plural": "accounts",
    "fields": [{"name": "name"}, {"name": "balance", "kind": "integer"}],
}


def entity(box: Box) -> None:
    box.send("POST", "/api/entities", {"data": {"type": "entities", "attributes": ACCOUNT}}, 201)


def make(box: Box, name: str, balance: int = 0) -> str:
    attributes = {"name": name, "balance": balance}
    made = box.send("POST", "/api/accounts", {"data": {"type": "accounts", "attributes": attributes}}, 201)
    return str(made["data"]["id"])


@pytest.fixture
def running(tmp_path: Path) -> Box:
    box = Box(tmp_path / "home")
    box.start()
    box.sign_in()
    return box


@pytest.mark.slow
def test_twenty_backups_under_four_writers_are_each_consistent(running: Box, tmp_path: Path) -> None:
    """Writers move money between two accounts by atomic operations: the sum holds at every moment, so in every backup."""
    entity(running)
    pairs = [(make(running, f"a{n}", 1_000), make(running, f"b{n}")) for n in range(WRITERS)]
    ended, slowest, errors = threading.Event(), [0.0], []

    def move(n: int) -> None:
        one, other = pairs[n]
        mine, amount = requests.Session(), 0
        mine.headers.update(running.session.headers)
        mine.headers["Content-Type"] = 'application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"'
        while not ended.is_set():
            amount = (amount + 7) % 1_000
            operations = [
                {"op": "update", "data": {"type": "accounts", "id": i, "attributes": {"balance": b}}}
                for i, b in ((one, 1_000 - amount), (other, amount))
            ]
            began = time.perf_counter()
            answer = mine.post(
                running.url("/api/operations"), data=json.dumps({"atomic:operations": operations}), timeout=30
            )
            slowest[0] = max(slowest[0], time.perf_counter() - began)
            if answer.status_code != 200:
                errors.append(answer.text)

    threads = [threading.Thread(target=move, args=(n,)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    from appliance.apart import open_files
    from appliance.base.settings import load
    from appliance.run.backup import taking

    settings = load(running.home)
    places = [taking.take(settings, open_files(settings), tmp_path / f"{n}.ingot", "test") for n in range(BACKUPS)]
    ended.set()
    for thread in threads:
        thread.join()
    running.stop()
    assert not errors, errors[0]
    positions = []
    for n, place in enumerate(places):
        home = Home(tmp_path / f"restored{n}").create()
        positions.append(restoring.restore(home, place).position)
        with sqlite3.connect(home.database) as database:
            sums = database.execute('SELECT sum("balance"), count(*) FROM "account"').fetchone()
        assert sums == (1_000 * WRITERS, 2 * WRITERS)
        shutil.rmtree(home.root)
    assert positions == sorted(positions) and positions[-1] > positions[0], "people wrote meanwhile"


def test_a_restored_box_has_its_records_files_and_people_and_one_step_back(running: Box, tmp_path: Path) -> None:
    entity(running)
    make(running, "before")
    upload = running.session.post(
        running.url("/api/files"), data=b"the contract", headers={"Content-Type": "text/plain"}, timeout=20
    ).json()["data"]
    where = tmp_path / "kept.ingot"
    assert "whole" in running.ingot("backup", "-o", str(where))
    make(running, "after")
    assert "in use" in running.ingot("restore", str(where), status=7), "not under a running box"
    running.stop()
    running.ingot("restore", str(where))
    running.start()
    names = [r["attributes"]["name"] for r in running.get("/api/accounts")["data"]]
    assert names == ["before"]
    content = running.session.get(running.url(upload["links"]["content"]), timeout=20)
    assert content.content == b"the contract"
    assert running.get("/api/search?filter[q]=before")["meta"] is not None
    running.stop()
    running.ingot("restore", "--back")
    running.start()
    assert {r["attributes"]["name"] for r in running.get("/api/accounts")["data"]} == {"before", "after"}
    running.stop()


def test_a_damaged_backup_changes_nothing(running: Box, tmp_path: Path) -> None:
    entity(running)
    make(running, "precious")
    where = tmp_path / "kept.ingot"
    running.ingot("backup", "-o", str(where))
    running.stop()
    whole = bytearray(where.read_bytes())
    whole[len(whole) // 2] ^= 4
    where.write_bytes(whole)
    before = (running.home / "ingot.db").read_bytes()
    assert "damaged" in running.ingot("restore", str(where), status=1)
    assert "damaged" in running.ingot("verify", str(where), status=1)
    assert (running.home / "ingot.db").read_bytes() == before


def test_whoever_trusts_the_box_trusts_the_restored_one(tmp_path: Path) -> None:
    box = Box(tmp_path / "home", INGOT_HTTPS="on", INGOT_HTTP_PORT="0")
    box.start()
    authority = (box.home / "tls" / "authority.pem").read_bytes()
    box.ingot("backup", "-o", str(tmp_path / "kept.ingot"))
    box.stop()
    elsewhere = Box(tmp_path / "elsewhere", INGOT_HTTPS="on", INGOT_HTTP_PORT="0")
    elsewhere.ingot("restore", str(tmp_path / "kept.ingot"))
    assert (elsewhere.home / "tls" / "authority.pem").read_bytes() == authority
    assert (elsewhere.home / "tls" / "authority.key").stat().st_mode & 0o777 == 0o600
    elsewhere.start()
    url = f"https://127.0.0.1:{elsewhere.port}/healthz"
    assert requests.get(url, verify=str(box.home / "tls" / "authority.pem"), timeout=10).status_code == 200
    elsewhere.stop()


def test_a_file_made_to_write_outside_the_home_is_refused(tmp_path: Path) -> None:
    where = tmp_path / "evil.ingot"
    with where.open("xb") as file, archive.writing(file) as writer:
        writer.add("../outside.txt", io.BytesIO(b"gotcha"))
        writer.manifest({"version": "0", "migrations": [], "created_at": "", "position": 0})
    home = Home(tmp_path / "home").create()
    with pytest.raises(archive.Damaged, match="outside"):
        restoring.restore(home, where)
    assert not list(tmp_path.rglob("outside.txt"))


def test_a_restore_that_was_killed_half_way_is_finished_at_the_next_start(tmp_path: Path) -> None:
    """Killed after each of its renames: whatever was done is completed, and the state before is still one step back."""
    home = Home(tmp_path / "home").create()
    (home.root / "ingot.db").write_bytes(b"old")
    (home.root / "ingot.db-wal").write_bytes(b"old log")
    (home.files / "old").write_bytes(b"old")
    staged = home.root / restoring.STAGED
    (staged / "files").mkdir(parents=True)
    (staged / "ingot.db").write_bytes(b"new")
    (staged / "settings.toml").write_bytes(b"new")
    saved = tmp_path / "saved"
    shutil.copytree(home.root, saved)
    for steps in range(12):
        shutil.rmtree(home.root)
        shutil.copytree(saved, home.root)
        with pytest.MonkeyPatch.context() as patch:
            left = [steps]

            def dying(self: Path, target: Path, plain=Path.rename, left=left) -> Path:
                if left[0] == 0:
                    raise KeyboardInterrupt
                left[0] -= 1
                return plain(self, target)

            patch.setattr(Path, "rename", dying)
            with contextlib.suppress(KeyboardInterrupt):
                restoring.recover(home)
        restoring.recover(home)
        assert not restoring.broken_off(home)
        assert (home.root / "ingot.db").read_bytes() == b"new"
        assert not (home.root / "ingot.db-wal").exists(), "an old write-ahead log would ruin the new database"
        assert (home.root / "previous" / "ingot.db").read_bytes() == b"old"
        assert (home.root / "previous" / "files" / "old").read_bytes() == b"old"
        assert (home.root / "settings.toml").read_bytes() == b"new"


def test_by_hand_ones_survive_every_nightly_one(running: Box) -> None:
    """Made at the shell, by the panel's button and by night, many a day: those by hand stay, and those that do not say."""
    by_hand = running.home / "backups" / "ingot-20260101-000000.ingot"
    by_hand.write_bytes(b"of an old release, or of nobody")
    running.ingot("backup")
    client = ControlClient(Home(running.home))
    client.call("backup")
    running.send(
        "POST", "/api/schedules",
        {"data": {"type": "schedules", "attributes": {"name": "now", "kind": "house.backup", "every": 1}}}, 201,
    )  # fmt: skip

    def nightly() -> list[dict[str, object]]:
        query = "/api/jobs?filter[kind]=house.backup&filter[state]=success"
        return [j["attributes"] for j in running.get(query)["data"] if j["attributes"]["result"]["deleted"]]

    eventually(nightly, 40)  # one of today has made room for a later one
    running.stop()
    kinds = [one.kind for one in listing.listed(Home(running.home))]
    assert kinds.count("manual") == 2 and kinds.count("automatic") == 1, kinds
    assert by_hand.exists()
    for one in listing.listed(Home(running.home)):
        if one.kind != "unknown":
            assert not one.damaged and one.verdict and one.verdict.whole and one.lineage
