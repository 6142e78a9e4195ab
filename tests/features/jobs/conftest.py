from __future__ import annotations

import pytest
from jobs_door import Door, make_door


@pytest.fixture
def door(database) -> Door:
    return make_door(database)
