"""A small office with an index that follows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from search_office import CONTACT, OFFER, Office, until

from appliance.engines.search.tantivy import TantivySearch
from appliance.features.search.follower import IndexFollower
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records


@pytest.fixture
def office(records: Records, tmp_path: Path) -> Iterator[Office]:
    with records.work(SYSTEM) as work:
        for name in ("alice", "bob", "charlie"):
            work.create("user", {"email": f"{name}@office.example", "name": name})
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity(CONTACT), read_entity(OFFER)])
    engine = TantivySearch(tmp_path / "index")
    follower = IndexFollower(records.database, records, engine)
    follower.start()
    until(lambda: follower.health() == ("ok", "up to date"))
    yield Office(records, engine, follower, tmp_path / "index")
    follower.stop(10)
    engine.close()
