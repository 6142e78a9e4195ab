"""Jobs over a migrated database of each kind, and workers that end with their test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from job_parts import Shop

from appliance.jobs.kind import JobKind


@pytest.fixture
def shop(database: Any) -> Iterator[Callable[..., Shop]]:
    """`shop(kind, ...)` opens jobs over the database; its `.start()` runs a worker until the test ends."""
    opened: list[Shop] = []

    def open_shop(*kinds: JobKind, **options: Any) -> Shop:
        opened.append(Shop(database, kinds, **options))
        return opened[-1]

    yield open_shop
    for one in opened:
        one.stop()
