"""Fixtures of this room: a site, its people and their tokens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from live_site import LiveSite, token_for

from appliance.features.identity.accounts import seed_roles
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records


@pytest.fixture
def site(records: Records, tmp_path: Path) -> Iterator[LiveSite]:
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity({"name": "contact", "fields": [{"name": "name"}]})])
    with records.work(SYSTEM) as work:
        seed_roles(work)
        grants = {"contact": {"read": "own", "create": "own", "update": "own", "delete": "own"}}
        work.create("role", {"name": "seller", "label": "Seller", "grants": grants})
    site = LiveSite(records, tmp_path)
    site.start()
    yield site
    site.stop()


@pytest.fixture
def alice(site: LiveSite) -> str:
    return token_for(site, "alice", "editor")


@pytest.fixture
def charlie(site: LiveSite) -> str:
    return token_for(site, "charlie", "seller")
