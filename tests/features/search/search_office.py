"""A small office whose records are searched."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.engines.search.protocol import SearchEngine
from appliance.features.search.finding import Finder
from appliance.features.search.follower import IndexFollower
from appliance.records.declaration import read_field
from appliance.records.permissions import SYSTEM, Actor
from appliance.records.records import Records

CONTACT = {
    "name": "contact",
    "title": "{first} {last}",
    "fields": [
        {"name": "first", "searchable": 4},
        {"name": "last", "searchable": 4},
        {"name": "email", "kind": "email", "searchable": 1},
        {"name": "note", "kind": "long_text", "searchable": 1},
        {"name": "stage", "kind": "choice", "choices": [{"value": "w", "label": "Won over"}], "searchable": 1},
        {"name": "worth", "kind": "money", "currency": "EUR", "searchable": 1},
        {"name": "secret"},
    ],
}
OFFER = {"name": "offer", "title": "subject", "fields": [{"name": "subject"}]}
ALICE = Actor("user:1", {"*": {"read": "all", "create": "all"}}, user=1, name="alice")
CHARLIE = Actor("user:3", {"contact": {"read": "own", "create": "own"}}, user=3, name="charlie")


def until(holds: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Wait for something to become true; the deadline only matters when the test fails."""
    end = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return value


@dataclass
class Office:
    records: Records
    engine: SearchEngine
    follower: IndexFollower
    folder: Path

    def create(self, entity: str, actor: Actor = SYSTEM, **values: Any) -> int:
        with self.records.work(actor) as work:
            return work.create(entity, values)[0]

    def found(self, text: str, actor: Actor = SYSTEM, **how: Any) -> list[str]:
        """Who is found, once the index is up to date; as entity:id."""
        until(lambda: self.follower.lag() == 0)
        finds = Finder(self.records, self.engine).find(actor, text, **how)
        assert not finds.degraded
        return [f"{item.table.entity.name}:{item.row[0]}" for item in finds.items]

    def add_field(self, entity: str, **words: Any) -> None:
        with self.records.change_schema(SYSTEM) as schema:
            schema.add_field(schema.entities()[entity], read_field(words))

    def change_field(self, entity: str, name: str, **words: Any) -> None:
        with self.records.change_schema(SYSTEM) as schema:
            found = schema.entities()[entity]
            schema.change_field(found, found.by_name[name], words)
