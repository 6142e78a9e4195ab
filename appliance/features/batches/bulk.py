"""Many records changed in one go: what it would do, and the job that does it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from appliance.base.errors import IngotError
from appliance.features.batches.changing import Change, apply, check
from appliance.features.batches.matching import count, matching_ids, question
from appliance.http.errors import translate
from appliance.http.jsonapi.job_resource import job_actor
from appliance.jobs.jobs import Jobs
from appliance.records.permissions import Actor
from appliance.records.records import Records
from appliance.records.work import Work

KIND = "records.batch"
CHUNK = 200
TRIED = 1_000
"""Records a preview tries: each 200 hold the write gate for some 50 ms."""
SAMPLE = 5


def start_bulk(records: Records, jobs: Jobs, actor: Actor, entity: str, query_string: str, change: Change) -> int:
    """Ask for the job that changes all records a list's query string means, and return its id. It acts with the rights the
    actor has when it runs, and `POST /api/undo` takes back what it did. Raises BadRequest for a question that does not
    narrow the list, and what `changing.check` raises."""
    registry = records.registry
    held = registry.entity(entity)
    check(registry, held, actor, change)
    question(registry, held, query_string)
    arguments = {"type": held.type, "query": query_string, "change": change.shown(), "scopes": list(actor.scopes)}
    return jobs.enqueue(KIND, arguments, actor=job_actor(actor))


def preview(records: Records, actor: Actor, entity: str, query_string: str, change: Change) -> dict[str, Any]:
    """What `start_bulk` would do, tried and taken back: {"matches", "tried", "changes", "blocked", "sample": [{"id", "title"}],
    "reasons": [{"id", "title", "detail"}]}. Of more than TRIED records only the first are tried: `changes` and `blocked` count
    among those. Raises as `start_bulk` does."""
    registry = records.registry
    held = registry.entity(entity)
    check(registry, held, actor, change)
    query = question(registry, held, query_string)
    found: dict[str, Any] = {"matches": 0, "tried": 0, "changes": 0, "blocked": 0, "sample": [], "reasons": []}
    ids = matching_ids(records, actor, query, most=TRIED)
    while chunk := list(islice(ids, CHUNK)):
        try:
            with records.work(actor) as work:
                _try(work, entity, chunk, change, found)
                raise _Tried
        except _Tried:
            pass
    found["matches"] = found["tried"] if found["tried"] < TRIED else count(records, actor, query)
    return found


class _Tried(Exception):
    """Rolls a trial back."""


def _try(work: Work, entity: str, ids: list[int], change: Change, found: dict[str, Any]) -> None:
    table = work.table(entity)
    for record_id in ids:
        found["tried"] += 1
        row = work.row(table, record_id)
        title = table.entity.title_of(table.show(row)) if row else ""
        one = {"id": str(record_id), "title": title}
        try:
            with work.attempt():
                changed = apply(work, entity, record_id, change)
        except IngotError as error:
            found["blocked"] += 1
            if len(found["reasons"]) < SAMPLE:
                _, errors, _ = translate(error, work.actor.language)
                found["reasons"].append({**one, "detail": "; ".join(e["detail"] for e in errors)})
            continue
        if changed or (change.delete and row is None):
            found["changes"] += 1
            if len(found["sample"]) < SAMPLE and row is not None:
                found["sample"].append(one)


def change_chunk(work: Work, entity: str, ids: list[int], change: Change, first: int) -> dict[str, Any]:
    """A part of the job, in one work: a record that cannot be changed is reported, and stops nothing."""
    done: dict[str, Any] = {"updated": 0, "deleted": 0, "unchanged": 0, "errors": []}
    for n, record_id in enumerate(ids, first):
        try:
            with work.attempt():
                changed = apply(work, entity, record_id, change)
        except IngotError as error:
            done["errors"] += told(error, work.actor, n, record_id)
            continue
        done["deleted" if change.delete else "updated" if changed else "unchanged"] += 1
    return done


def told(error: IngotError, actor: Actor, index: int, record_id: int | None) -> list[dict[str, Any]]:
    """The JSON:API errors of one record of a batch."""
    _, errors, _ = translate(error, actor.language)
    which = {"index": index} | ({} if record_id is None else {"id": str(record_id)})
    return [{**which, **one} for one in errors]


def chunks(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]
