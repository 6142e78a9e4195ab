"""The house of sign_in_site.py: one for each test, or one for all tests of a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sign_in_site import ADA, BOB, Site, open_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    found = open_site(tmp_path / "home")
    found.add(ADA, "admin")
    yield found
    found.house.database.close()


@pytest.fixture(scope="module")
def quiet_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all tests of a file that leave no mark on each other; Ada is its administrator, Bob a reader."""
    found = open_site(tmp_path_factory.mktemp("quiet") / "home")
    found.add(ADA, "admin")
    found.add(BOB, "reader")
    yield found
    found.house.database.close()
