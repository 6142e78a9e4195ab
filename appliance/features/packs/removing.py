"""The seed records of a pack go again, and come back: what people made or changed is left as it is, with all it leads to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from appliance.base.errors import IngotError
from appliance.features.packs.installing import mark_of, write_mark
from appliance.features.undo.undoing import undo_transaction
from appliance.records.linking import sources
from appliance.records.permissions import Actor
from appliance.records.records import Records
from appliance.records.work import Work

SHOWN = 20
_REMOVED = "removed "
Key = tuple[str, int]
"""(entity, record)"""


@dataclass(frozen=True, slots=True)
class Stays:
    """One record that is left, and why: "changed" by somebody, "linked" from a record of theirs, "needed" by one that stays."""

    entity: str
    record: int
    title: str
    reason: str


@dataclass
class Removal:
    """`own`: how many records of people's own point at examples. `stays`: the first SHOWN; `left` counts all of them."""

    removed: int = 0
    left: int = 0
    own: int = 0
    stays: list[Stays] = field(default_factory=list)


def preview_removal(records: Records, actor: Actor, name: str) -> Removal:
    """What `remove_seeds` would do; nothing is changed."""
    with records.rehearsal():
        return remove_seeds(records, actor, name)


def remove_seeds(records: Records, actor: Actor, name: str) -> Removal:
    """Delete a pack's seed records in one work, the youngest first. Those stay that somebody changed, that a record of
    somebody's own points at, and that these lead to; so do those that cannot be deleted. Its entities stay."""
    mark = mark_of(records, name)
    if mark is None or mark.startswith(_REMOVED):
        return Removal()
    done = Removal()
    ours = mark.rpartition(" ")[2].split(",")  # the transaction that made them, and those that took them away and back
    with records.work(actor) as work:
        seeds = list(_seeds(work, ours[0]))
        kept = _reasons_to_stay(work, seeds, ours, done)
        for key in seeds:
            if key not in kept:
                try:
                    with work.attempt():
                        work.delete(*key)
                    done.removed += 1
                    continue
                except IngotError:
                    kept[key] = "needed"
            done.left += 1
            if len(done.stays) < SHOWN:
                done.stays.append(Stays(*key, _title(work, key), kept[key]))
        write_mark(work, name, f"{_REMOVED}{work.transaction} {mark}")
    return done


def bring_back_seeds(records: Records, actor: Actor, name: str) -> int:
    """Take the removal back; returns how many records stand again. Nothing where there was none."""
    mark = mark_of(records, name)
    if mark is None or not mark.startswith(_REMOVED):
        return 0
    transaction, _, before = mark.removeprefix(_REMOVED).partition(" ")
    with records.work(actor) as work:
        back = undo_transaction(work, transaction, partly=True).brought_back
        write_mark(work, name, f"{before},{transaction},{work.transaction}")
    return back


def removed(records: Records, name: str) -> bool:
    """Were the seeds of this pack removed, so that they can be brought back?"""
    return (mark_of(records, name) or "").startswith(_REMOVED)


def _seeds(work: Work, transaction: str) -> Iterator[Key]:
    """Those that are there still, the youngest first."""
    listed = work.database.sql(
        'SELECT "entity", "record" FROM ingot_log WHERE "transaction" = ? AND "action" = ? ORDER BY "position" DESC'
    )
    for entity, record in work.database.rows(listed, (transaction, "created")):
        if entity in work.registry.entities and work.row(work.table(entity), record) is not None:
            yield entity, record


def _reasons_to_stay(work: Work, seeds: list[Key], ours: list[str], done: Removal) -> dict[Key, str]:
    """{record: why it stays}"""
    marks = ", ".join("?" * len(ours))
    since = work.database.sql(
        f'SELECT 1 FROM ingot_log WHERE "entity" = ? AND "record" = ? AND "transaction" NOT IN ({marks}) LIMIT 1'
    )
    known, own, kept = set(seeds), set[Key](), dict[Key, str]()
    for key in seeds:
        others = {source for source in _pointing(work, key) if source not in known}
        own |= others
        if work.database.rows(since, (*key, *ours)):
            kept[key] = "changed"
        elif others:
            kept[key] = "linked"
    done.own = len(own)
    waiting = list(kept)
    while waiting:
        for target in _led_to(work, waiting.pop()):
            if target in known and target not in kept:
                kept[target] = "needed"
                waiting.append(target)
    return kept


def _pointing(work: Work, key: Key) -> Iterator[Key]:
    """The records that link to this one."""
    for source, link in work.registry.pointing[key[0]]:
        for record in sources(work, work.table(source.name), link, key[1]):
            yield source.name, record


def _led_to(work: Work, key: Key) -> Iterator[Key]:
    """The records that this one links to."""
    table = work.table(key[0])
    row = work.row(table, key[1])
    for link in table.entity.fields if row else ():
        if link.relational and link.target and row:
            held = work.linked(table, link.name, key[1]) if link.many else [row[table.place[link.name]]]
            yield from ((link.target, target) for target in held if target is not None)


def _title(work: Work, key: Key) -> str:
    table = work.table(key[0])
    row = work.row(table, key[1])
    return table.entity.title_of(table.show(row)) if row else ""
