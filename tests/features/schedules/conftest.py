"""The door of the tests of jobs, for schedules."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "jobs"))

from jobs_door import Door, make_door


@pytest.fixture
def door(database) -> Door:
    return make_door(database)
