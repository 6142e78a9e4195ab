"""README, CONTRIBUTING and the comments tell the truth about commands, places and other documents."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_ci_runs_the_tests_by_the_readme_s_command() -> None:
    command = re.search(r"^    (uv run pytest)\b", README, re.MULTILINE)
    assert command
    assert f"\n{command[1]}\n" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_every_path_in_the_map_exists() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("## Where things are")[1].split("## Write")[0]
    named = re.findall(r"`((?:appliance|data|tests|gui|web|packaging)/[^`]*)`", table)
    assert len(named) > 10
    assert [p for p in named if not (ROOT / p).exists()] == []


def test_every_document_that_is_linked_or_named_is_there() -> None:
    for file in (*ROOT.glob("*.md"), *(ROOT / "packaging").glob("*.md")):
        links = [t.partition("#")[0] for t in re.findall(r"\]\(([^)]+)\)", file.read_text("utf-8"))]
        assert [t for t in links if t and "://" not in t and not (file.parent / t).exists()] == [], file
    for file in (ROOT / "appliance").rglob("*.py"):
        for name in re.findall(r"(?<![\w/.*])((?:[\w-]+/)*[\w-]+\.md)\b", file.read_text("utf-8")):
            assert (ROOT / name).exists() or (ROOT / "data" / "help" / "en" / name).exists(), f"{file}: {name}"


def test_no_registry_host_and_no_machine_path_is_tracked() -> None:
    telling = re.compile(r"(pypi|pythonhosted|npmjs|yarnpkg)\.(org|com)|/(?:work|farm)/(?:main|shared)")
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    files = [ROOT / name for name in listed if (ROOT / name).is_file() and ROOT / name != Path(__file__)]
    assert [str(f) for f in files if telling.search(f.read_text("utf-8", errors="ignore"))] == []
