"""`ingot import`, its undo, and `ingot export` at the shell."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from appliance import assembly
from appliance.base.settings import load
from appliance.cli import main
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM


@pytest.fixture
def home(tmp_path: Path) -> Path:
    house = assembly.open_house(load(tmp_path / "home"))
    with house.records.change_schema(SYSTEM) as schema:
        schema.create_entities([
            read_entity({"name": "item", "fields": [{"name": "code", "unique": True}, {"name": "day", "kind": "date"}]})
        ])  # fmt: skip
    house.database.close()
    return tmp_path / "home"


def run(home: Path, *words: str, code: int = 0) -> str:
    found = CliRunner().invoke(main, [words[0], "--home", str(home), *words[1:]])
    assert found.exit_code == code, found.output
    return found.output


def test_an_import_at_the_shell_can_be_taken_back_and_exported(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text("code,day\nA,03/04/2024\nB,05/06/2024\n")
    run(home, "import", "items", str(file), code=1)  # day or month first?
    said = run(home, "import", "items", str(file), "--date-order", "dmy", "--key", "code")
    name = re.search(r"--undo (shell-\d+)", said)
    assert name
    assert "code,day" in run(home, "export", "items", "--query", "fields[items]=code,day")
    lines = run(home, "export", "items", "--format", "json").splitlines()
    assert [json.loads(line)["day"] for line in lines if line.startswith("{")] == ["2024-04-03", "2024-06-05"]
    run(home, "export", "items", "--format", "xlsx", "-o", str(tmp_path / "out.xlsx"))
    run(home, "import", "items", str(tmp_path / "out.xlsx"), "--key", "code")
    said = run(home, "import", "--undo", name[1])
    assert "2 deleted, 0 restored, 0 left" in said
    assert json.loads(run(home, "import", "--undo", name[1], "--json"))["gone"] == 2
    run(home, "import", "--undo", "shell-99", code=1)
    run(home, "import", "items", code=2)
