"""Files of a home are their owner's alone: those that are made, and those that lay open before."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from box import Box

from appliance.base.paths import Home

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no modes there")


@pytest.fixture
def open_umask() -> Iterator[None]:
    """As most shells have it."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def walk(root: Path) -> Iterator[Path]:
    yield root
    for folder, folders, files in os.walk(root):
        yield from (Path(folder) / name for name in [*folders, *files])


def open_ones(root: Path) -> list[str]:
    modes = {p: p.lstat().st_mode for p in walk(root) if not p.is_symlink()}
    return [f"{stat.S_IMODE(mode):o} {path.relative_to(root)}" for path, mode in modes.items() if mode & 0o077]


def test_a_used_home_has_nothing_for_others(tmp_path: Path, open_umask: None) -> None:
    box = Box(tmp_path / "home")
    box.home.mkdir()
    (box.home / "settings.toml").write_text("session_days = 14\n")
    box.start("--demo")
    try:
        box.sign_in()
        box.ingot("backup")
        box.get("/api/contacts?page[size]=1")
        names = {path.name for path in walk(box.home)}
        assert {"ingot.db", "ingot.db-wal", "ingot.log", "settings.toml"} <= names
        assert open_ones(box.home) == [], "while it runs"
    finally:
        box.stop()
    assert open_ones(box.home) == [], "after it"
    for path in walk(box.home):  # as an older Ingot left it
        if path.parent.name not in ("files", "previous") and "files" not in path.relative_to(box.home).parts[:-1]:
            path.chmod(0o755 if path.is_dir() else 0o644)
    box.start()
    try:
        assert open_ones(box.home) == [], "what lay open is closed by the next start"
    finally:
        box.stop()


def test_links_lead_out_of_the_home_and_are_not_followed(tmp_path: Path, open_umask: None) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("x")
    before = [p.stat().st_mode for p in (outside, outside / "file")]
    home = Home(tmp_path / "home").create()
    (home.root / "link").symlink_to(outside / "file")
    (home.cache / "linked").symlink_to(outside)
    (home.index / "gone").symlink_to(tmp_path / "nowhere")
    (home.logs / "ingot.log").touch(0o666)
    home.create()
    assert [p.stat().st_mode for p in (outside, outside / "file")] == before
    assert open_ones(home.root) == []


def test_closing_gives_nobody_more(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    read_only = home.cache / "read_only"
    read_only.touch()
    read_only.chmod(0o444)
    home.create()
    assert stat.S_IMODE(read_only.stat().st_mode) == 0o400
