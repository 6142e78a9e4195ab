"""The checklists of CONTRIBUTING.md, applied word for word to a copy."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(r"(?ms)^```(sh|python) (\w+)\n(.*?)^```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))

pytestmark = pytest.mark.slow


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        target = tmp_path / "copy" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            shutil.copy2(ROOT / name, target)
    (tmp_path / "copy" / "web" / "dist").symlink_to(ROOT / "web" / "dist")
    return tmp_path / "copy"


@pytest.mark.parametrize("checklist", sorted({name for _, name, _ in BLOCKS}))
def test_a_checklist_works_as_it_is_written(copy: Path, checklist: str) -> None:
    for kind, name, text in BLOCKS:
        if name != checklist:
            continue
        if kind == "python":
            path = text.split("\n", 1)[0].removeprefix("# ")
            (copy / path).write_text(text.split("\n", 1)[1], "utf-8")
            continue
        commands = text.replace("uv run pytest", f"{sys.executable} -m pytest -n 0").replace(
            "uv run python", sys.executable
        )
        environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(copy), "HOME": str(copy)}
        done = subprocess.run(["bash", "-ec", commands], cwd=copy, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
        subprocess.run(["git", "init", "-q"], cwd=copy, check=True)
