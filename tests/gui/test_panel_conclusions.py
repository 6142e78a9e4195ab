"""What the panel concludes and says, without a server: states, sentences, colours, what it may import."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from gui import archive, places, preflight, texts, tokens, words
from gui.places import RunFile
from gui.state import Seen, judge

ROOT = Path(__file__).resolve().parents[2]


def status(state: str = "ready", **health: str) -> dict[str, Any]:
    return {"state": state, "reason": "", "health": {n: {"state": s, "reason": ""} for n, s in health.items()}}


READY = RunFile(7, "ready")


@pytest.mark.parametrize(
    ("seen", "kind"),
    [
        (Seen(), "stopped"),
        (Seen(launching=True), "starting"),
        (Seen(complaint="Port 80 is taken."), "blocked"),
        (Seen(RunFile(7, "starting"), alive=True), "starting"),
        (Seen(READY, alive=True), "starting"),
        (Seen(READY, alive=True, status=status(web="ok")), "running"),
        (Seen(READY, alive=True, status=status(web="ok", search="down")), "degraded"),
        (Seen(READY, alive=True, status=status("stopping")), "stopping"),
        (Seen(RunFile(7, "stopping"), alive=True, refused=True), "stopping"),
        (Seen(READY, alive=True, silent=True), "frozen"),
        (Seen(READY, alive=False), "killed"),
        (Seen(READY, alive=True, refused=True), "killed"),  # its number belongs to somebody else by now
        (Seen(READY, alive=False, launching=True), "starting"),  # over the remains of a killed one
        (Seen(RunFile(7, "blocked", reason="Port 80 is taken."), alive=True), "blocked"),
    ],
)
def test_every_sight_has_its_conclusion(seen: Seen, kind: str) -> None:
    assert judge(seen).kind == kind


def test_degraded_names_what_ails() -> None:
    assert judge(Seen(READY, alive=True, status=status(web="ok", search="down"))).ailing == ("search",)


def test_what_is_down_is_red_with_its_reason_and_the_way_to_the_backups() -> None:
    found = status(web="ok", backups="down", database="down")
    found["health"]["database"]["reason"] = (
        "The database is damaged: no. Restore the newest good backup: ingot restore X"
    )
    condition = judge(Seen(READY, alive=True, status=found))
    told = words.tell(condition)
    assert (condition.kind, condition.down, condition.wants_restore) == ("degraded", ("database", "backups"), True)
    assert told.tone == "bad" and "ingot restore X" in told.remedy
    healthy = judge(Seen(READY, alive=True, status=status(search="degraded")))
    assert words.tell(healthy).tone == "warn" and not healthy.wants_restore


def test_a_run_file_in_pieces_or_of_a_later_version_is_no_accident(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert places.run_file(tmp_path) is None
    (tmp_path / "run" / "ingot.json").write_text('{"pid": 7, "sta')
    assert places.run_file(tmp_path) is None
    (tmp_path / "run" / "ingot.json").write_text('{"pid": 7, "state": "ready", "moon": "full"}')
    assert places.run_file(tmp_path) == RunFile(7, "ready")


def test_the_panel_has_the_colours_of_the_pages() -> None:
    css = (ROOT / "web" / "src" / "css" / "tokens.css").read_text("utf-8")
    there = {name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", css)}
    assert {name: there[name] for name in tokens.TOKENS} == tokens.TOKENS


def test_what_the_server_said_in_english_is_said_again_in_german(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "_spoken", "de")
    assert texts.retold("3 threads, empty") == "3 Threads, leer"
    assert texts.retold("Nobody has heard of this.") == "Nobody has heard of this."
    assert texts.say("Up {time}", time="2 h") == "Läuft seit 2 h"


def test_an_archive_has_no_secrets(tmp_path: Path) -> None:
    setting = {
        "name": "database",
        "value": "••••",
        "written": "postgresql://ada:hunter2@db/x",
        "origin": "file",
        "secret": True,
    }
    lines = [{"message": "GET /claim/s3cr3t from postgresql://ada:hunter2@db/x with Bearer abcdef"}]
    archive.write(tmp_path / "a.zip", archive.contents({"errors": lines}, [setting], lines))
    with zipfile.ZipFile(tmp_path / "a.zip") as opened:
        everything = " ".join(opened.read(name).decode() for name in opened.namelist())
        assert json.loads(opened.read("settings.json"))[0]["written"] == archive.DOTS
    assert not [secret for secret in ("hunter2", "s3cr3t", "abcdef") if secret in everything]


def test_without_a_screen_it_says_so() -> None:
    if sys.platform.startswith("linux"):
        assert "no screen" in preflight.obstacle({})


def test_a_missing_library_is_named_by_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight.sys, "platform", "linux")
    monkeypatch.setattr(preflight, "_there", lambda library: library != "libxcb-icccm.so.4")
    assert preflight.obstacle({"DISPLAY": ":0"}).endswith("sudo apt install libxcb-icccm4")
    assert preflight.obstacle({"WAYLAND_DISPLAY": "wayland-0"}) == ""


def test_it_loads_nothing_of_the_server() -> None:
    code = "import sys, gui.app; print([m for m in sys.modules if m.partition('.')[0] in ('appliance', 'flask', 'peewee')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
