"""README tells the truth about settings, limits and commands."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from appliance.base.settings import SETTINGS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def settings_table() -> str:
    rows = []
    for setting in SETTINGS:
        default = ", ".join(setting.default) if isinstance(setting.default, list) else str(setting.default)
        rows.append(f"| `{setting.name}` | {default or 'none'} | {setting.help} |")
    return "\n".join(rows)


def test_every_setting_stands_in_the_readme_with_its_default() -> None:
    assert settings_table() in README


def test_ci_runs_the_tests_by_the_readme_s_command() -> None:
    command = re.search(r"^    (uv run pytest)\b", README, re.MULTILINE)
    assert command
    assert f"\n{command[1]}\n" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_every_path_in_the_map_exists() -> None:
    table = README.split("## The map")[1].split("Run-time state")[0]
    named = re.findall(r"`((?:appliance|data|tests)/[^`]*)`", table)
    assert len(named) > 10
    assert [p for p in named if not (ROOT / p).exists()] == []


def test_no_registry_host_and_no_machine_path_is_tracked() -> None:
    telling = re.compile(r"(pypi|pythonhosted|npmjs|yarnpkg)\.(org|com)|/(?:work|farm)/(?:main|shared)")
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    files = [ROOT / name for name in listed if (ROOT / name).is_file() and ROOT / name != Path(__file__)]
    assert [str(f) for f in files if telling.search(f.read_text("utf-8", errors="ignore"))] == []
