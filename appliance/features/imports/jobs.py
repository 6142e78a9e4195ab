"""The jobs behind imports: one that runs a file in, one that takes an import back."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from appliance.base.errors import IngotError, NotAllowed
from appliance.base.text import in_language, say
from appliance.engines.files.protocol import FileStore
from appliance.features.files.storing import add_file, keep
from appliance.features.imports import refusals
from appliance.features.imports.history import History, Trace
from appliance.features.imports.layout import read_options
from appliance.features.imports.plan import BrokenFile, Plan, brief
from appliance.features.imports.remembered import Remembered
from appliance.features.imports.renaming import renamed
from appliance.features.imports.running import run_import, standing
from appliance.features.imports.trial import try_new_entity
from appliance.features.imports.undoing import undo_import
from appliance.jobs.kind import Body, JobKind, hopeless
from appliance.jobs.run import Run
from appliance.records.permissions import Actor
from appliance.records.records import Records
from appliance.records.steps import Steps

RUN, UNDO = "imports.run", "imports.undo"
MEMORY = 2 << 30
"""Bytes that an import may take beyond what its process has: two hundred thousand links are remembered beside its rows."""
ActorOf = Callable[[str, list[str]], Actor]


def import_kinds(run_apart: Body, undo_apart: Body) -> list[JobKind]:
    """Both kinds. They run in the helper process: beside an import in a thread of the server, the p99 of a list was 13
    times its idle value (tests/bench/beside.py). Killed half-way, they go on behind the last chunk that was stored."""
    return [
        JobKind(RUN, run_apart, lane="import", label=say("Import"), attempts=3, heavy=True),
        JobKind(UNDO, undo_apart, lane="import", label=say("Undo of an import"), attempts=3, heavy=True),
    ]


def bodies(records: Records, files: FileStore, actor_of: ActorOf) -> tuple[Body, Body]:
    """What the two kinds do, (run, undo), bound to what a process has opened."""
    history = History(records.database)

    def run_body(run: Run, **asked: Any) -> Any:
        asking = actor_of(run.actor, asked["scopes"])
        actor = replace(asking, via="import", language=asked.get("language") or asking.language)
        steps = Steps(records.database, f"job:{run.job_id}")
        noted = history.get(str(run.job_id))
        with local_file(files, asked["blob"]) as path, tempfile.TemporaryDirectory() as folder:
            rejects = Path(folder) / "rejects.csv"
            options = read_options(asked.get("options") or {})
            plan = Plan(
                asked["entity"],
                path,
                tuple(asked["keys"]),
                asked["mapping"],
                asked["dry_run"],
                asked["mode"],
                rejects,
                options,
            )
            if asked.get("ids"):
                plan = renamed(plan, asked["ids"], records.refresh())
            broken: BrokenFile | None = None
            try:
                if declared := asked.get("create_entity"):
                    report = try_new_entity(records, actor, declared, plan, run.progress)
                else:
                    report = run_import(records, actor, plan, run.progress, steps, Trace(records, noted.id))
            except BrokenFile as error:
                report, broken = error.report, error
            except MemoryError:
                larger = refusals.too_expensive(refusals.MEMORY, "memory")
                found = standing(steps)
                found.broken = in_language(larger.message, actor.language or "en")
                history.finish(noted.id, found.shown(), None)
                raise larger from None
            except IngotError as error:  # not even begun, or no way on: what stands is told
                if hopeless(error):
                    found = standing(steps)
                    found.broken = in_language(error.message, actor.language or "en")
                    history.finish(noted.id, found.shown(), None)
                raise
            if asked["mapping"] and not asked["dry_run"]:
                Remembered(records.database).note(run.actor, asked["entity"], report.columns, {"options": {}, **asked})
            file_id = _keep(actor, rejects, noted.file_name) if report.rejected else None
            history.finish(noted.id, report.shown(), file_id)
            if broken:
                raise broken
            return brief(report.shown())

    def _keep(actor: Actor, rejects: Path, name: str) -> int | None:
        """The refused rows as a private file of whoever asked; None when they may not have files."""
        with rejects.open("rb") as file:
            kept = keep(files, file, limit=None, name=f"{Path(name).stem or 'import'}-rejects.csv", claimed="text/csv")
        try:
            with records.work(actor) as work:
                return int(add_file(work, kept)[0])
        except NotAllowed:
            return None

    def undo_body(run: Run, id: str, scopes: list[str]) -> Any:
        actor = replace(actor_of(run.actor, scopes), via="import")
        steps = Steps(records.database, f"job:{run.job_id}")
        return undo_import(records, actor, history.get(id), run.progress, steps).shown()

    return run_body, undo_body


@contextmanager
def local_file(files: FileStore, sha: str) -> Iterator[Path]:
    """The blob as a file on this machine: the store's own, or a copy that goes away afterwards."""
    found = files.path(sha)
    if found:
        yield found
        return
    with tempfile.NamedTemporaryFile() as copy, files.open(sha) as source:
        shutil.copyfileobj(source, copy)
        copy.flush()
        yield Path(copy.name)
