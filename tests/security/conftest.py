"""The house of sign_in_site.py: one for each test, or one for all tests of a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sign_in_site import ADA, BOB, SignInSite, open_site

from appliance.features.identity import passwords

REAL_HASHER = passwords._hasher


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """argon2 with parameters of a hundredth of the work: what is tested here is who gets in, some hundred times."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=256, parallelism=1)
    passwords._nobody.cache_clear()
    yield
    passwords._hasher = REAL_HASHER
    passwords._nobody.cache_clear()


@pytest.fixture
def real_hasher() -> PasswordHasher:
    return REAL_HASHER


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SignInSite]:
    found = open_site(tmp_path / "home")
    found.add(ADA, "admin")
    yield found
    found.house.database.close()


@pytest.fixture(scope="module")
def quiet_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignInSite]:
    """One for all tests of a file that leave no mark on each other; Ada is its administrator, Bob a reader."""
    found = open_site(tmp_path_factory.mktemp("quiet") / "home")
    found.add(ADA, "admin")
    found.add(BOB, "reader")
    yield found
    found.house.database.close()
