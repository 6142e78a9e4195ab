"""Analyses of uploaded files: a small one answers while one waits, a large or slow one becomes a job, whose answer is kept for an
hour: whoever asks the same again has it at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import orjson

from appliance.base.errors import IngotError
from appliance.base.text import say
from appliance.engines.cache.protocol import Cache
from appliance.engines.files.protocol import FileStore
from appliance.features.imports import refusals
from appliance.features.imports.inspection import IN_JOB, Inspector, RemoteInspector
from appliance.features.imports.remembered import owner
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import JobKind
from appliance.jobs.pool import TookTooLong
from appliance.jobs.row import JobRow
from appliance.jobs.run import Run
from appliance.records.permissions import Actor
from appliance.records.records import Records

ANALYSE = "imports.analyse"
LARGE = 10 * 1024 * 1024
"""Bytes, as uploaded, beyond which an analysis is a job."""
KEPT = 3600.0
"""Seconds that the answer of a job is kept."""
RESULT = 48_000
"""Bytes of it that the job itself shows; the whole answer is had by asking again."""


class AnalysisPending(Exception):
    """The analysis is a job now."""

    def __init__(self, job: JobRow):
        super().__init__(job.id)
        self.job = job


class Analyses:
    """`inspector` reads files, where the web threads do not."""

    def __init__(self, records: Records, jobs: Jobs, cache: Cache, files: FileStore, inspector: Inspector):
        self._records, self._jobs, self._cache = records, jobs, cache
        self._files, self._inspector = files, inspector

    def of_file(self, actor: Actor, sha: str, name: str, entity: str | None, options: dict[str, Any]) -> dict[str, Any]:
        """See analysis.py. AnalysisPending while a job is at it, IngotError for what cannot be read."""
        mark = self._mark(actor, sha, name, entity, options)
        if (held := self._cache.get(mark)) is not None:
            if "refused" in held:
                raise refusals.from_json(held["refused"])
            return dict(held["found"])
        if self._size(sha) <= LARGE:
            try:
                return self._inspector.analyse(actor, sha, name, entity, options)
            except TookTooLong:
                pass
        asked = {
            "sha": sha, "name": name, "entity": entity, "options": options, "scopes": list(actor.scopes), "mark": mark,
        }  # fmt: skip
        raise AnalysisPending(self._jobs.get(self._jobs.enqueue(ANALYSE, asked, actor=owner(actor), key=mark)))

    def _size(self, sha: str) -> int:
        path = self._files.path(sha)
        if path is not None:
            return path.stat().st_size
        size = 0
        with self._files.open(sha) as source:
            while size <= LARGE and (part := source.read(1 << 20)):
                size += len(part)
        return size

    def _mark(self, actor: Actor, sha: str, name: str, entity: str | None, options: dict[str, Any]) -> str:
        """The same for the same question by somebody who sees the same, while the schema is the same."""
        told = [owner(actor), actor.rights, sha, name, entity, options, self._records.registry.revision]
        text = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
        return f"import-analysis:{hashlib.blake2b(text, digest_size=16).hexdigest()}"


def analysis_kind(inspector: RemoteInspector, cache: Cache, actor_of: Callable[[str, list[str]], Actor]) -> JobKind:
    """The job for a large file. It waits in a thread of the worker for a helper process of its own: the one that imports share
    may be busy for an hour."""

    def body(
        run: Run, sha: str, name: str, entity: str | None, options: dict[str, Any], scopes: list[str], mark: str
    ) -> Any:
        actor = actor_of(run.actor, scopes)
        try:
            found = inspector.within(IN_JOB, run.check).analyse(actor, sha, name, entity, options)
        except TookTooLong:
            return _refuse(refusals.too_expensive(refusals.TIME, "time"), mark)
        except IngotError as refused:
            return _refuse(refused, mark)
        cache.set(mark, {"found": found}, ttl=KEPT)
        return brief(found)

    def _refuse(refused: IngotError, mark: str) -> None:
        cache.set(mark, {"refused": refusals.to_json(refused)}, ttl=KEPT)
        raise refused

    return JobKind(ANALYSE, body, lane="analysis", label=say("Look at a file"), attempts=2)


def brief(found: dict[str, Any]) -> dict[str, Any]:
    """An analysis that is small enough for the result of a job: what shows values goes first, then all but how it is written."""
    for without in (
        (),
        ("sample", "odd_lines", "preamble"),
        ("columns", "proposals", "encodings"),
        ("proposed_entity", "mapping"),
    ):
        found = {k: v for k, v in found.items() if k not in without}
        found |= {"shortened": True} if without else {}
        if len(orjson.dumps(found)) <= RESULT:
            return found
    return {k: found[k] for k in ("format", "encoding", "signature", "shortened") if k in found}
