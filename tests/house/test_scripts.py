"""The scripts of the pages: their types hold, and their packages are pinned without naming where they come from."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tests" / "journeys" / "web"
LOCKS = [ROOT / "web" / "package-lock.json", TOOLS / "package-lock.json"]


@pytest.mark.node
def test_the_types_of_all_scripts_hold() -> None:
    npm = shutil.which("npm")
    if not npm:
        if os.environ.get("CI"):
            pytest.fail("Node.js is not installed, and CI must test with it")
        pytest.skip("Node.js is not installed")
    if not (TOOLS / "node_modules" / "typescript").is_dir():
        subprocess.run([npm, "ci", "--ignore-scripts"], cwd=TOOLS, check=True, capture_output=True, timeout=300)
    compiler = TOOLS / "node_modules" / ".bin" / "tsc"
    done = subprocess.run([compiler, "-p", ROOT / "web"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("lock", LOCKS, ids=lambda p: p.parent.name)
def test_packages_are_pinned_by_content_and_no_registry_is_named(lock: Path) -> None:
    text = lock.read_text("utf-8")
    packages = [p for name, p in json.loads(text)["packages"].items() if name]
    assert packages and all(p["integrity"].startswith("sha512-") for p in packages)
    assert '"resolved"' not in text and not re.search(r"registry\.|npmjs", text)


def test_templates_hold_no_script_and_no_style_of_their_own() -> None:
    """The Content-Security-Policy would stop them: attributes named on..., style=, <script> without a file, hx-on, js:."""
    for file in sorted((ROOT / "web" / "templates").rglob("*.html")):
        text = file.read_text("utf-8")
        found = re.findall(r"""\s(?:on[a-z]+|style|hx-on[a-z:-]*)=["']|<style|<script(?![^>]*\bsrc=)|["']js:""", text)
        assert not found, (file.name, found)
