"""What the start page tells of the log."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.features.home.pages import news
from appliance.records.declaration import read_entity
from appliance.records.permissions import ROLES, SYSTEM, Actor
from appliance.records.records import Records


@pytest.fixture
def things(records: Records) -> Records:
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity({"name": n, "fields": [{"name": "name"}]}) for n in ("thing", "other")])
    return records


def test_an_import_is_one_line_and_hides_nobodys_work(things: Records) -> None:
    ada = Actor("user:1", ROLES["admin"]["grants"], user=1, admin=True, via="ui")
    with things.work(ada) as work:
        work.create("other", {"name": "before"})
    with things.work(replace(ada, via="import")) as work:
        for n in range(100):
            work.create("thing", {"name": f"T{n}"})
    with things.work(ada) as work:
        for n in range(3):
            work.create("other", {"name": f"after {n}"})
    told = [(one.title, one.more) for one in news(things, ada)]
    assert told == [("after 2", False), ("after 1", False), ("after 0", False), ("T99", True), ("before", False)]
