"""Taking back: one transaction of the log within the caller's work, or all that a job did, in chunks. Undoing leaves ordinary
entries, so what an undo did can be undone as well.

Three turns, newest first: what was deleted comes back, then values that were changed (among them links to what came back),
then what was created goes, when nothing new points at it any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from appliance.base.errors import Conflict, NotFound
from appliance.base.text import say
from appliance.features.undo.nets import Net, nets
from appliance.features.undo.taking_back import TakingBack, Undone, UndoRefused
from appliance.features.undo.tracing import Span, Spans, Trace, Traces
from appliance.records.log import COLUMNS, Entry
from appliance.records.permissions import Actor, saw, sees
from appliance.records.records import Records
from appliance.records.steps import Steps
from appliance.records.work import Work

BATCH = 250
"""Entries in one transaction: single writes, which hold the write gate for about 100 ms."""
AT_ONCE = 500
"""Entries of a transaction that are taken back at once; a longer one is a job's work."""
TURNS = (("deleted", "bring back"), ("updated", "restore"), ("created", "delete"))
Progress = Callable[[int, int | None, str], None]
Wanted = Callable[[Net], bool]


# ---------------------------------------------------------------------- one transaction


def entries_of(work: Work, transaction: str) -> int:
    """How many entries a transaction left. NotFound when there is none that the actor may know of."""
    return _span(work, transaction)[1]


def undo_transaction(work: Work, transaction: str, *, partly: bool = False, wanted: Wanted | None = None) -> Undone:
    """Take back what one transaction did, in the caller's work and with its actor's rights. All or nothing: UndoRefused
    names what hinders, and nothing is written; `partly` does what can be done and reports the rest. `wanted` narrows it to
    some of the records. NotFound for a transaction that the actor may know nothing of, Conflict for one of more than
    AT_ONCE entries."""
    span, count = _span(work, transaction)
    if count > AT_ONCE:
        raise Conflict(say("This was a long piece of work; it is taken back as a job."), code="too_long")
    undone = Undone()
    ours = Spans([span])
    with work.attempt():
        taking = TakingBack(work, undone, _doing(work, ours))
        for action, doing in TURNS:
            for net in _turn(work, ours, span, action, doing):
                if wanted is None or wanted(net):
                    taking.one(net)
            taking.link()
        if undone.left and not partly:
            raise UndoRefused(undone.left)
    return undone


def _span(work: Work, transaction: str) -> tuple[Span, int]:
    """The transaction's place in the log: its entries lie together, for writers line up."""
    sql = work.database.sql('SELECT min("position"), max("position"), count(*) FROM ingot_log WHERE "transaction" = ?')
    first, last, count = work.database.rows(sql, (transaction,))[0]
    if not count or not _knows(work, first, min(last, first + AT_ONCE)):
        raise NotFound(say("There is no transaction {id}.", id=transaction[:50]))
    return (first, last), count


def _knows(work: Work, first: int, last: int) -> bool:
    """May the actor know of any of these entries?"""
    actor = work.actor
    for net in nets(work, Spans([(first, last)]), _between(work, first, last)):
        if net.entity is None:
            if actor.admin:
                return True
            continue
        row = work.row(work.table(net.entity), net.record)
        if saw(actor, net.entity, net.change) if row is None else sees(actor, work.table(net.entity), row):
            return True
    return False


# ---------------------------------------------------------------------- what a job did


def undo_traced(
    records: Records, actor: Actor, name: str, by: str, progress: Progress | None = None, steps: Steps | None = None
) -> Undone:
    """Take back all that a trace holds, and leave the trace `by`. Each record as far as it goes: one that somebody changed
    since is left alone and reported. Runs again behind what an earlier run did, and finds nothing to do in what was taken
    back already. The actor needs the rights that each single change needs."""
    traces = Traces(records.database)
    spans, trace = traces.spans(name), Trace(records, by)
    ours, undone = Spans(spans), Undone()
    total = sum(last - first + 1 for first, last in spans) * len(TURNS)
    read = number = 0
    for action, doing in TURNS:
        for span in _batches(spans):
            read += span[1] - span[0] + 1
            done = steps.result(number) if steps else None
            if done is None:
                done = _chunk(records, actor, ours, span, (action, doing), trace, steps, number)
            if done:
                undone.add(done["counts"], done["left"])
            number += 1
            if progress:
                back = undone.restored + undone.brought_back
                progress(read, total, f"{undone.deleted} deleted, {back} restored, {undone.kept} left")
    traces.undone(name, by)
    return undone


def _chunk(
    records: Records, actor: Actor, ours: Spans, span: Span, turn: tuple[str, str], trace: Trace,
    steps: Steps | None, number: int,
) -> dict[str, Any]:  # fmt: skip
    """Some entries that lie together, in one work; nothing is written, not even a mark, where they are of another turn."""
    if not _any(records, span, turn[0]):
        return {}
    one = Undone()
    with records.work(actor) as work, trace.of(work):
        taking = TakingBack(work, one, _doing(work, ours))
        for net in _turn(work, ours, span, *turn):
            taking.one(net)
        while taking.waiting:
            _bring_targets(work, ours, taking)
        result: dict[str, Any] = {"counts": [*one.counts()], "left": [*one.left]}
        if steps:
            steps.mark(number, result)
    return result


def _bring_targets(work: Work, ours: Spans, taking: TakingBack) -> None:
    """Links lead to records of a chunk whose turn is yet to come: bring those back first."""
    waiting, taking.waiting = taking.waiting, []
    wanted: dict[tuple[str, int], None] = {}
    for entity, _, values in waiting:
        for name, value in values.items():
            target = str(work.table(entity).entity.by_name[name].target)
            for one in value if isinstance(value, list) else [value]:
                wanted[(target, int(one))] = None
    for entity, record_id in wanted:
        if work.row(work.table(entity), record_id) is None:
            taking.one(_net_of(work, ours, entity, record_id))
    further, taking.waiting = taking.waiting, waiting
    taking.link()
    taking.waiting = further


def _batches(spans: list[Span]) -> Iterator[Span]:
    for first, last in reversed(spans):
        for end in range(last, first - 1, -BATCH):
            yield max(first, end - BATCH + 1), end


# ---------------------------------------------------------------------- steps of both


def _turn(work: Work, ours: Spans, span: Span, action: str, doing: str) -> list[Net]:
    """The records whose net change has its deciding entry among these, and needs this, newest first."""
    entries = [e for e in reversed(_between(work, *span)) if e.action == action]
    found = []
    for net in nets(work, ours, entries) if entries else ():
        place = net.created if doing == "delete" else net.newest
        if net.entity is None or (net.doing == doing and span[0] <= place <= span[1]):
            found.append(net)
    return found


def _between(work: Work, first: int, last: int) -> list[Entry]:
    sql = f'SELECT {COLUMNS} FROM ingot_log WHERE "position" BETWEEN ? AND ? ORDER BY "position"'
    return [Entry(*row) for row in work.database.rows(work.database.sql(sql), (first, last))]


def _any(records: Records, span: Span, action: str) -> bool:
    sql = 'SELECT 1 FROM ingot_log WHERE "position" BETWEEN ? AND ? AND "action" = ? LIMIT 1'
    return bool(records.database.rows(records.database.sql(sql), (*span, action)))


def _net_of(work: Work, ours: Spans, entity: str, record_id: int) -> Net:
    """What ours did to one record."""
    found = Net(entity, record_id, entity)
    for entry in reversed(work.log.of_record(entity, record_id, after=ours.first - 1, limit=10_000)):
        if entry.position in ours:
            found.add(entry)
    return found


def _doing(work: Work, ours: Spans) -> Callable[[str, int], str]:
    return lambda entity, record_id: _net_of(work, ours, entity, record_id).doing
