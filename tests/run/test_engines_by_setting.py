"""An engine that does not exist is refused with the names of those that do; it is never quietly replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance import assembly
from appliance.base.errors import StartRefused
from appliance.base.settings import SETTINGS_WRONG, load


@pytest.mark.parametrize("name", ["database", "cache", "files", "queue", "sessions", "mail"])
def test_an_unknown_engine_keeps_ingot_from_starting(tmp_path: Path, name: str) -> None:
    with pytest.raises(StartRefused, match=f"The setting {name} is nonsense://x") as refusal:
        assembly.open_house(load(tmp_path / "home", {name: "nonsense://x"}, {}))
    assert refusal.value.exit_code == SETTINGS_WRONG
