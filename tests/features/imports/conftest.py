"""The fixture `office_at_the_door`: imports over HTTP, with files, jobs and a worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from import_office import Office

from appliance.records.records import Records


@pytest.fixture
def office_at_the_door(records: Records, tmp_path: Path) -> Iterator[Office]:
    found = Office(records, tmp_path)
    yield found
    found.worker.stop(10)
