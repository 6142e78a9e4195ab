"""The wheel alone, in a virtual environment of its own, far from this tree: it serves its pages and has a panel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import requests
from packaged import TOP, Program

pytestmark = pytest.mark.slow


def test_the_wheel_brings_pages_data_and_panel(tmp_path: Path) -> None:
    uv = shutil.which("uv")
    if not uv:
        pytest.skip("uv is not installed, which builds wheels here and everywhere")

    def run(*words: str | Path) -> None:
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    run(uv, "build", "--quiet", "--wheel", "--python", sys.executable, "--out-dir", tmp_path, TOP)
    wheel = next(tmp_path.glob("*.whl"))
    names = zipfile.ZipFile(wheel).namelist()
    wanted = ("appliance/_web/templates/layout.html", "appliance/_web/dist/manifest.json", "appliance/_data/locale/de.json",
              "appliance/_data/packs/crm/account.toml", "appliance/migrations/0001_records.py", "gui/mark.svg")  # fmt: skip
    assert [name for name in wanted if name not in names] == []
    assert [name for name in names if name.startswith(("tests/", "packaging/", "web/"))] == []

    bin_ = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    run(uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv")
    run(uv, "pip", "install", "--quiet", "--python", bin_ / "python", wheel)
    run(bin_ / "ingot-panel", "--help")
    environment = {"PATH": os.environ["PATH"], "INGOT_HOME": str(tmp_path / "home")}
    program = Program([str(bin_ / "ingot"), "serve", "--port", "0"], [str(bin_ / "ingot")], environment)
    try:
        program.start()
        page = requests.get(program.address + "/sign-in", timeout=20)
        assets = re.findall(r'"(/static/[^"]+)"', page.text)
        assert page.ok and len(assets) > 3
        assert [a for a in assets if not requests.get(program.address + a, timeout=20).ok] == []
        program.stop()
    finally:
        program.end()
