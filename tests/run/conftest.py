"""Fixtures of this room: a site that is up, and a home folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_site import Site, make_site

from appliance.base.paths import Home


@pytest.fixture
def site() -> Iterator[Site]:
    site = make_site()
    site.server.start()
    yield site
    site.gate.set()
    site.server.stop(2)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()
