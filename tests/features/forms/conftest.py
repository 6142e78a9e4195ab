from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.records.records import Records

sys.path.insert(0, str(Path(__file__).parents[1]))  # form_house.py stands beside the rooms that share it

from form_house import House


@pytest.fixture
def house(records: Records, tmp_path: Path) -> Iterator[House]:
    yield House(records, tmp_path)
