"""What some entries of the log did to each record, taken together: the values before the first and after the last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from appliance.features.undo.tracing import Spans
from appliance.records.log import COLUMNS, Change, Entry
from appliance.records.work import Work

SCHEMA = ("entity", "field")
"""Entries about the schema itself: its trash takes them back."""


@dataclass
class Net:
    """`change` is {field: [before, after]} in wire values and the names of today; `later` are the fields that others changed
    since. `entity` is None when that entity is gone; then only `was` tells what it was called."""

    was: str
    record: int
    entity: str | None = None
    first: str = ""
    last: str = ""
    created: int = 0  # position of the entry that created it, if one of these did
    newest: int = 0
    change: Change = field(default_factory=dict)
    later: set[str] = field(default_factory=set)

    @property
    def doing(self) -> str:
        """What taking it back means: delete, bring back, restore, or nothing."""
        came, went = self.first == "created", self.last == "deleted"
        return "nothing" if came and went else "delete" if came else "bring back" if went else "restore"

    def add(self, entry: Entry) -> None:
        """Oldest first."""
        self.first = self.first or entry.action
        self.last, self.newest = entry.action, entry.position
        if entry.action == "created":
            self.created = entry.position
        for name, (before, after) in entry.change.items():
            if name in self.change:
                self.change[name][1] = after
            else:
                self.change[name] = [before, after]


def nets(work: Work, ours: Spans, found: Iterable[Entry]) -> list[Net]:
    """The net changes that `ours` made to the records of these entries, each record once, in the order of `found`."""
    by_name: dict[tuple[str, str | None], dict[int, None]] = {}
    order: dict[tuple[str | None, str, int], Net] = {}
    for entry in found:
        now = name_of_today(work, entry.entity, entry.position)
        by_name.setdefault((entry.entity, now), {})[entry.record] = None
        order.setdefault((now, "" if now else entry.entity, entry.record), Net(entry.entity, entry.record, now))
    for now, ids in _merged(by_name).items():
        for entry in _entries(work, now, ids, ours.first):
            net = order[(now, "", entry.record)]
            if entry.position in ours:
                net.add(entry)
            elif net.newest:
                net.later |= set(entry.change)
    return list(order.values())


def _merged(by_name: dict[tuple[str, str | None], dict[int, None]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for (_, now), ids in by_name.items():
        if now is not None:
            found.setdefault(now, []).extend(ids)
    return found


def _entries(work: Work, entity: str, ids: list[int], since: int) -> list[Entry]:
    condition, values = work.log.names.condition(entity)
    ids = list(dict.fromkeys(ids))
    sql = (
        f'SELECT {COLUMNS} FROM ingot_log WHERE {condition} AND "record" IN ({", ".join("?" * len(ids))}) '
        'AND "position" >= ? ORDER BY "position"'
    )
    rows = work.database.rows(work.database.sql(sql), (*values, *ids, since))
    return work.log.names.today(entity, [Entry(*row) for row in rows])


def name_of_today(work: Work, entity: str, position: int) -> str | None:
    """The entity that was called so at that position; None when it is gone, or was none."""
    names, registry = work.log.names, work.registry
    spans = registry.memo(
        ("called", entity), lambda: [(s, n) for n in registry.entities for s in names.spans(n) if s.name == entity]
    )
    return next((name for span, name in spans if span.after < position <= span.upto), None)
