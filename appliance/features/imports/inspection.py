"""What an import asks of a file before it runs: what stands in it, whether a plan can work, what its columns are called. All of
it parses what a stranger sent, so it runs in a helper process, within bounds; `FileInspector` is what happens there, and
`RemoteInspector` the same as others see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from appliance.base.errors import IngotError
from appliance.engines.files.protocol import FileStore
from appliance.features.imports import reading, refusals
from appliance.features.imports.analysis import analyse
from appliance.features.imports.jobs import ActorOf, local_file
from appliance.features.imports.layout import read_options
from appliance.features.imports.plan import Plan
from appliance.features.imports.remembered import owner
from appliance.features.imports.running import check_plan
from appliance.features.imports.unpacking import unpacked
from appliance.jobs.kind import BodyFailed
from appliance.jobs.pool import Bounds, HelperPool, ProcessEnded, TookTooLong
from appliance.records.permissions import Actor
from appliance.records.records import Records

MEMORY = 1 << 30
"""Bytes that reading a file may take beyond what the process has: SQLite maps a quarter of it."""
IN_REQUEST = Bounds(seconds=15.0, processor=40, memory=MEMORY)
"""While somebody waits for the answer; what takes longer becomes a job. The clock must strike first: the bound of the processor
ends a process that nobody waits for any more, and says nothing of why."""
IN_JOB = Bounds(seconds=900.0, processor=1_000, memory=MEMORY)


class Inspector(Protocol):
    """`words` and `options` are JSON, as `asking.checked` gives them. All raise IngotError for a file that cannot be read."""

    def analyse(
        self, actor: Actor, sha: str, name: str, entity: str | None, options: dict[str, Any]
    ) -> dict[str, Any]: ...

    def check(self, entity: str, sha: str, words: dict[str, Any]) -> None:
        """Invalid for what would refuse the whole import."""
        ...

    def columns(self, sha: str, options: dict[str, Any]) -> list[str]: ...


class FileInspector:
    """In the process at hand."""

    def __init__(self, records: Records, files: FileStore):
        self._records, self._files = records, files

    def analyse(self, actor: Actor, sha: str, name: str, entity: str | None, options: dict[str, Any]) -> dict[str, Any]:
        found = self._records.refresh().entity(entity) if entity else None
        with local_file(self._files, sha) as path:
            return analyse(self._records, actor, path, name, found, read_options(options))

    def check(self, entity: str, sha: str, words: dict[str, Any]) -> None:
        with local_file(self._files, sha) as path:
            options = read_options(words["options"])
            plan = Plan(entity, path, tuple(words["keys"]), words["mapping"], mode=words["mode"], options=options)
            check_plan(self._records, plan)

    def columns(self, sha: str, options: dict[str, Any]) -> list[str]:
        with local_file(self._files, sha) as path, unpacked(path) as plain:
            return list(reading.detect(plain, read_options(options)).columns)


def answer(inspector: FileInspector, actor_of: ActorOf, what: str, asked: dict[str, Any]) -> dict[str, Any]:
    """One question of a RemoteInspector, answered in the helper process: {"found"} or {"refused"}."""
    try:
        if what == "analyse":
            actor = actor_of(asked.pop("actor"), asked.pop("scopes"))
            return {"found": inspector.analyse(actor, **asked)}
        if what == "columns":
            return {"found": inspector.columns(**asked)}
        inspector.check(**asked)
        return {"found": None}
    except IngotError as refused:
        return {"refused": refusals.to_json(refused)}
    except MemoryError:
        return {"refused": refusals.to_json(refusals.too_expensive(refusals.MEMORY, "memory"))}


class RemoteInspector:
    """In a helper process of the pool. TooManyRequests when all are taken; TookTooLong beyond `bounds`."""

    BODY = "appliance.apart:inspect_file"

    def __init__(self, pool: HelperPool, bounds: Bounds = IN_REQUEST, check: Callable[[], None] | None = None):
        self._pool, self._bounds, self._alive = pool, bounds, check

    def within(self, bounds: Bounds, check: Callable[[], None]) -> RemoteInspector:
        """The same with other bounds, waiting for a place; `check` may raise to end it."""
        return RemoteInspector(self._pool, bounds, check)

    def analyse(self, actor: Actor, sha: str, name: str, entity: str | None, options: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self._ask(
            "analyse", sha=sha, name=name, entity=entity, options=options, actor=owner(actor), scopes=list(actor.scopes)
        )
        return found

    def check(self, entity: str, sha: str, words: dict[str, Any]) -> None:
        """Whoever would wait too long for it hears of it from the job."""
        try:
            self._ask("check", entity=entity, sha=sha, words=words)
        except TookTooLong:
            return

    def columns(self, sha: str, options: dict[str, Any]) -> list[str]:
        try:
            found: list[str] = self._ask("columns", sha=sha, options=options)
        except TookTooLong:
            raise refusals.too_expensive(refusals.TIME, "time") from None
        return found

    def _ask(self, what: str, **asked: Any) -> Any:
        try:
            told = self._pool.call(self.BODY, {"what": what, "asked": asked}, self._bounds, check=self._alive)
        except ProcessEnded as ended:
            raise refusals.ended(str(ended)) from None
        except BodyFailed as failed:
            raise refusals.failed(failed) from failed
        if "refused" in told:
            raise refusals.from_json(told["refused"])
        return told["found"]
