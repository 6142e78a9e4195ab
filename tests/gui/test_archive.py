"""No secret of the redaction's corpus comes into the diagnostics archive, wherever in the home it was written."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gui import archive
from tests.base.test_redaction import (
    ANY_SHAPES,
    BODY,
    NAMES,
    ORDINARY,
    SECRETS_BY_FORM,
    WORD_SHAPES,
    forms_of,
)

WORD_SECRET = "qHunter2-x.y_Z7"
ANY_SECRET = 'qcorrect "horse" bättery\\ Z7'
IN_ADDRESS = "qp4ss/w@rdZ7"
KEY = f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n-----END RSA PRIVATE KEY-----"
ADDRESS = f"postgresql://ada:{IN_ADDRESS}@db.example/x"


def corpus() -> list[str]:
    """Every shape with a name (all names, in turn), every known form, an address, a private key."""
    shapes: list[tuple[Callable[[str, str], str], str]] = [(s, WORD_SECRET) for s in WORD_SHAPES.values()]
    shapes += [(s, ANY_SECRET) for s in ANY_SHAPES.values()]
    texts = [
        shape(NAMES[(at + n) % len(NAMES)], secret)
        for n, (shape, secret) in enumerate(shapes)
        for at in range(0, 27, 9)
    ]
    return [*texts, *(f"sent {s} there" for s in SECRETS_BY_FORM.values()), f"opened {ADDRESS}", KEY]


def planted() -> set[str]:
    found = {form for secret in (WORD_SECRET, ANY_SECRET, IN_ADDRESS) for form in forms_of(secret)}
    return found | {s[-10:] for s in SECRETS_BY_FORM.values()} | {line[2:30] for line in BODY.split("\n")}


def entry(message: str, **more: str) -> dict[str, Any]:
    return {"at": "2026-11-30T12:00:00Z", "level": "info", "logger": "ingot", "message": message, **more}


def as_log(texts: list[str]) -> str:
    lines = [entry(t) for t in texts] + [entry("it broke", error="Traceback\n" + t) for t in texts]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


@pytest.fixture
def used_home(tmp_path: Path) -> Path:
    logs = tmp_path / "home" / "logs"
    logs.mkdir(parents=True)
    for name in ("ingot.log", "ingot.log.1", "ingot.log.2"):
        (logs / name).write_text(as_log([*ORDINARY, *corpus(), f"end of {name}"]), "utf-8")
    (logs / "start.log").write_text("\n".join([*ORDINARY, *corpus(), "cannot start"]), "utf-8")
    return logs.parent


SETTINGS = [
    {"name": "database", "value": ADDRESS, "written": ADDRESS, "origin": "file", "secret": True},
    {"name": "cache", "value": ADDRESS, "written": None, "origin": "environment", "secret": False},
    {"name": "certificate_password", "value": WORD_SECRET, "written": WORD_SECRET, "origin": "file", "secret": True},
    {"name": "session_days", "value": 14, "written": 14, "origin": "file", "secret": False},
]


def members(tmp_path: Path, home: Path | None) -> dict[str, str]:
    lines = [entry(t) for t in [*ORDINARY, *corpus()]]
    diagnostics = {"version": "1", "database": ADDRESS, "settings": {"database": ADDRESS}, "errors": lines}
    archive.write(tmp_path / "a.zip", archive.contents(diagnostics, SETTINGS, lines, home))
    with zipfile.ZipFile(tmp_path / "a.zip") as opened:
        return {name: opened.read(name).decode() for name in opened.namelist()}


def test_no_member_holds_a_planted_secret(tmp_path: Path, used_home: Path) -> None:
    found = members(tmp_path, used_home)
    assert set(found) == {
        "diagnostics.json", "settings.json", "errors.jsonl", "start.txt",
        "logs/ingot.log", "logs/ingot.log.1", "logs/ingot.log.2",
    }  # fmt: skip
    for name, words in found.items():
        assert not [secret for secret in planted() if secret in words], name


def test_a_log_that_cannot_be_read_is_what_the_server_gave(tmp_path: Path) -> None:
    found = members(tmp_path, tmp_path / "none")
    assert set(found) == {"diagnostics.json", "settings.json", "errors.jsonl", "log.jsonl"}
    assert not [secret for secret in planted() if secret in "".join(found.values())]


def test_ordinary_lines_stay(tmp_path: Path, used_home: Path) -> None:
    found = members(tmp_path, used_home)
    for name in ("logs/ingot.log", "logs/ingot.log.1", "errors.jsonl"):
        for line in ORDINARY:
            if not line.startswith("{"):
                assert json.dumps(line, ensure_ascii=False)[1:-1] in found[name], (name, line)
    assert "cannot start" in found["start.txt"] and "ready: http://127.0.0.1:8400" in found["start.txt"]
    assert "end of ingot.log.1" in found["logs/ingot.log.1"]
    settings = {one["name"]: one for one in json.loads(found["settings.json"])}
    assert settings["session_days"]["value"] == 14 and settings["database"]["value"] == archive.DOTS
    assert settings["cache"]["value"].startswith("postgresql://ada:")
    assert json.loads(found["diagnostics.json"])["version"] == "1"


def test_the_newest_log_lines_come_first_up_to_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_LOG", 250)
    (tmp_path / "logs").mkdir()
    for number in range(3):
        name = f"ingot.log.{number}" if number else "ingot.log"
        (tmp_path / "logs" / name).write_text("".join(f"{number} line {n:02}\n" for n in range(10)))  # 100 bytes
    found = archive.log_files(tmp_path)
    assert list(found) == ["ingot.log", "ingot.log.1", "ingot.log.2"]
    assert found["ingot.log.2"].splitlines() == [f"2 line {n:02}" for n in range(6, 10)]
    assert sum(map(len, found.values())) <= 250
