"""What can be done with imports, for API and pages alike: look at a file, begin, take back, keep a mapping."""

from __future__ import annotations

from typing import IO, Any

from appliance.base.digits import is_id
from appliance.base.errors import Conflict, Invalid, NotFound, Problem
from appliance.base.text import say
from appliance.engines.files.protocol import FileStore
from appliance.features.files.storing import add_file, keep
from appliance.features.imports.analyses import Analyses
from appliance.features.imports.history import History, Import
from appliance.features.imports.inspection import Inspector
from appliance.features.imports.jobs import RUN, UNDO
from appliance.features.imports.layout import Options
from appliance.features.imports.remembered import LAST, Remembered, Saved, owner, signature
from appliance.features.imports.renaming import ids_of
from appliance.features.imports.running import standing
from appliance.features.imports.trial import rehearse_entity
from appliance.http.jsonapi.job_resource import job_actor
from appliance.jobs.jobs import Jobs
from appliance.jobs.row import FINAL, JobRow
from appliance.records.declaration import read_entity
from appliance.records.entity import Entity
from appliance.records.permissions import Actor, may
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.steps import Steps

PLAN = ("mapping", "keys", "mode", "dry_run", "options")


class Desk:
    """`words` are what `asking.checked` gives: mapping, keys, mode, dry_run, options."""

    def __init__(self, records: Records, jobs: Jobs, files: FileStore, inspector: Inspector, analyses: Analyses):
        self.records, self.jobs, self.files = records, jobs, files
        self.inspector, self.analyses = inspector, analyses
        self.history, self.remembered = History(records.database), Remembered(records.database)

    # ------------------------------------------------------------------ what there is

    def importable(self, actor: Actor, word: Any) -> Entity:
        """NotFound, NotAllowed for who may neither create nor change its records."""
        entity = self.records.registry.find(str(word))
        if entity.builtin:
            raise NotFound(say("{entity} cannot be imported.", entity=entity.plural))
        if not actor.reach("update", entity.name):
            may(actor, "create", entity.name)
        return entity

    def uploaded(self, actor: Actor, file_id: Any) -> tuple[str, str]:
        """(name, digest) of an uploaded file that the actor may read. Invalid when there is none."""
        table = self.records.registry.tables["file"]
        number = str(file_id)
        ids = [int(number)] if is_id(number) else []
        found = Reading(self.records.database, self.records.registry, actor).by_ids("file", ids)
        if not found:
            text = say("there is no {entity} with id {id}", entity="file", id=number[:30])
            raise Invalid([Problem("file", text, "not_found")])
        row = next(iter(found.values()))
        return str(row[table.place["name"]]), str(row[table.place["sha"]])

    def take(self, actor: Actor, stream: IO[bytes], name: str, claimed: str, limit: int) -> str:
        """A file that comes in becomes a private file of the actor; its id. NotAllowed, TooLarge."""
        may(actor, "create", "file")
        kept = keep(self.files, stream, limit=limit, name=name, claimed=claimed)
        with self.records.work(actor) as work:
            return str(add_file(work, kept)[0])

    def mine(self, actor: Actor, id_: str) -> Import:
        """NotFound for somebody else's, as for one that is not there; an administrator sees all."""
        done = self.history.get(id_)
        if not actor.admin and done.actor != job_actor(actor):
            raise NotFound(say("There is no import {id}.", id=id_[:30]))
        return done

    def report(self, done: Import, job: JobRow | None) -> dict[str, Any] | None:
        """What became of it; of one that was killed, what its chunks have stored."""
        if done.report is not None or job is None or job.state not in FINAL:
            return done.report
        if isinstance(job.result, dict):
            return job.result
        return standing(Steps(self.records.database, f"job:{job.id}")).shown()

    def job(self, job_id: int | None) -> JobRow | None:
        """None at the shell, and for one that was pruned."""
        try:
            return self.jobs.get(job_id) if job_id is not None else None
        except NotFound:
            return None

    # ------------------------------------------------------------------ look

    def analysis(self, actor: Actor, file_id: Any, entity: Entity | None, options: Options) -> dict[str, Any]:
        """See `analyse`. AnalysisPending when the file is large, or takes long: then a job is at it."""
        name, sha = self.uploaded(actor, file_id)
        found = self.analyses.of_file(actor, sha, name, entity.name if entity else None, options.shown())
        found.pop("remembered", None)  # as it is now: the answer may be an hour old
        if entity and (held := self.remembered.for_file(actor, entity.name, [c["name"] for c in found["columns"]])):
            found["remembered"] = held.shown()
        return found | {"file": str(file_id), "file_name": name}

    def check(self, entity: Entity, sha: str, words: dict[str, Any]) -> None:
        """Invalid for what would refuse the whole import, asked before a job waits for it."""
        self.inspector.check(entity.name, sha, {k: words[k] for k in PLAN})

    def columns(self, sha: str, options: Options) -> list[str]:
        return self.inspector.columns(sha, options.shown())

    # ------------------------------------------------------------------ do

    def create_entity(self, actor: Actor, declared: Any, pointer: str = "") -> Entity:
        """NotAllowed for others than administrators."""
        with self.records.change_schema(actor) as schema:
            made = schema.create_entities([read_entity(declared, pointer)])[0]
        return self.records.registry.entity(made.name)

    def rehearse_entity(self, actor: Actor, declared: Any, pointer: str = "") -> Entity:
        """The entity that would be made. Raises what `create_entity` raises; nothing stays."""
        return rehearse_entity(self.records, actor, declared, pointer)[0]

    def start(
        self,
        actor: Actor,
        entity: Entity,
        words: dict[str, Any],
        name: str,
        sha: str,
        file: str | None,
        language: str,
        declared: Any = None,
    ) -> JobRow:
        """The job that does it. `file` is the record of the content `sha`, where it has one; reasons for refusing a row are
        given in `language`. `declared`: the entity is only tried, with words that have dry_run."""
        wanted = {k: words[k] for k in PLAN}
        asked = {**wanted, "entity": entity.name, "blob": sha, "scopes": list(actor.scopes), "language": language}
        names = [*wanted["mapping"], *wanted["keys"], *wanted["options"].get("create_missing", ())]
        if declared is not None:  # a trial: the entity is not there
            asked["create_entity"] = wanted["create_entity"] = declared
        asked["ids"] = ids_of(self.records.registry, entity.name, names)
        with self.records.database.write():
            job_id = self.jobs.enqueue(RUN, asked, actor=job_actor(actor))
            self.history.begin(job_id, job_actor(actor), entity.name, name, {**wanted, "file": file})
        return self.jobs.get(job_id)

    def undo(self, actor: Actor, id_: str) -> JobRow:
        """The job that takes it back. Conflict while it runs, and when it was a dry run."""
        done = self.mine(actor, id_)
        job = self.job(done.job)
        if done.plan.get("dry_run"):
            raise Conflict(say("This import was a dry run: it changed nothing."), code="dry_run")
        if job is not None and job.state not in FINAL:
            raise Conflict(say("This import is still running; cancel it first."), code="running")
        with self.records.database.write():
            arguments = {"id": done.public_id, "scopes": list(actor.scopes)}
            job_id = self.jobs.enqueue(UNDO, arguments, actor=job_actor(actor), key=f"{UNDO}:{done.public_id}")
            self.history.undoing(done.id, job_id)
        return self.jobs.get(job_id)

    def save_mapping(self, actor: Actor, entity: Any, name: Any, columns: Any, words: dict[str, Any]) -> Saved:
        """Under a name; one of the same name is replaced. `columns` of the file let it be proposed for others like it.
        Invalid for a name that is none."""
        problems = [
            Problem(n, say("is required"), "required")
            for n, v in (("name", name), ("entity", entity)) if not isinstance(v, str) or not v
        ]  # fmt: skip
        if isinstance(name, str) and (name.startswith(f"{LAST} ") or len(name) > 100):
            problems.append(Problem("name", say("must be at most {max} characters", max=100), "too_long"))
        if not isinstance(columns, list) or not all(isinstance(c, str) for c in columns):
            problems.append(Problem("columns", say("must be a list of texts"), "type"))
        if problems:
            raise Invalid(problems)
        found = self.importable(actor, entity)
        mark = signature(columns or list(words["mapping"].values()))
        id_ = self.remembered.save(owner(actor), found.name, str(name), mark, words)
        return self.remembered.get(actor, str(id_))
