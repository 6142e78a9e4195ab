"""/import/<id>: one import, while it runs and when it has ended: counts, rejected rows with their reasons, and what can be done
next: the real thing after a trial, taking it back, keeping its mapping under a name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request

from appliance.base import clock
from appliance.base.digits import is_digits
from appliance.base.errors import Conflict, Invalid
from appliance.base.text import label, say
from appliance.features.imports import asking
from appliance.features.imports.desk import Desk
from appliance.features.imports.history import Import
from appliance.features.imports.layout import read_options
from appliance.features.jobs.pages import LOOK
from appliance.features.undo.tracing import Traces
from appliance.http import requests
from appliance.http.pages.rendering import page
from appliance.jobs.row import JobRow
from appliance.records.entity import Entity
from appliance.records.permissions import Actor
from appliance.records.registry import Registry

SHOWN = 20
"""Reasons listed on the page, and rows named for each; the file has all."""


@dataclass(frozen=True, slots=True)
class Count:
    """`href` leads to these records, where they are."""

    name: str
    label: str
    number: int
    tint: str
    href: str = ""


def make_pages(desk: Desk) -> Blueprint:
    pages = Blueprint("import_reports", __name__, url_prefix="/import")

    @pages.get("/<id_>")
    def report(id_: str) -> Response:
        return shown(desk.mine(requests.actor(), id_))

    @pages.post("/<id_>/run")
    def run(id_: str) -> Response:
        """What was tried is done, with the same words."""
        actor = requests.actor()
        done = desk.mine(actor, id_)
        declared = done.plan.get("create_entity")
        entity = desk.create_entity(actor, declared) if declared else desk.importable(actor, done.entity)
        try:
            name, sha = desk.uploaded(actor, done.plan.get("file"))
        except Invalid as gone:
            return shown(done, 422, problem=gone.problems[0].message.render(requests.language()))
        words = asking.checked({k: done.plan[k] for k in ("mapping", "keys", "mode", "options")})
        return to(desk.start(actor, entity, words, name, sha, str(done.plan["file"]), requests.language()))

    @pages.post("/<id_>/<any(undo, cancel):what>")
    def steer(id_: str, what: str) -> Response:
        actor = requests.actor()
        done = desk.mine(actor, id_)
        try:
            if what == "undo":
                desk.undo(actor, id_)
            elif done.job is not None:
                desk.jobs.cancel(done.job)
        except Conflict as conflict:  # it has ended meanwhile, or runs again
            return shown(done, 409, problem=conflict.message.render(requests.language()))
        return redirect(f"/import/{done.public_id}", 303)  # type: ignore[return-value]

    @pages.post("/<id_>/mapping")
    def keep(id_: str) -> Response:
        actor, name = requests.actor(), request.form.get("name", "").strip()
        done = desk.mine(actor, id_)
        words = asking.checked({k: done.plan[k] for k in ("mapping", "keys", "mode", "options")})
        try:
            _, sha = desk.uploaded(actor, done.plan.get("file"))
            columns = list(desk.columns(sha, read_options(done.plan.get("options") or {})))
            desk.save_mapping(actor, done.entity, name, columns, words)
        except Invalid as invalid:
            wrong = "; ".join(p.message.render(requests.language()) for p in invalid.problems)
            return shown(done, 422, name=name, name_problem=wrong)
        return redirect(f"/import/{done.public_id}?" + urlencode({"kept": name}), 303)  # type: ignore[return-value]

    def shown(done: Import, status: int = 200, **more: Any) -> Response:
        actor = requests.actor()
        entity = desk.records.registry.entities.get(done.entity)
        job, undo = desk.job(done.job), desk.job(done.undo_job)
        found = desk.report(done, job) or {}
        dry = bool(done.plan.get("dry_run"))
        rejects = reasons(found.get("rejects") or [])
        running = job is not None and not job.final
        return page(
            "pages/import_report.html", status,
            done=done, entity=entity, job=job, undo=undo, dry=dry, running=running, report=found, look=LOOK,
            counts=counts(actor, done, entity, job, found, dry), rejects=rejects[:SHOWN],
            more_reasons=len(rejects) > SHOWN, rate=rate(job, found),
            can_undo=not dry and not running and not done.undone_at and (undo is None or undo.final)
            and bool(Traces(desk.records.database).spans(done.trace)),
            fields=went_where(desk.records.registry, done, entity), changed=found.get("created", 0) + found.get("updated", 0),
            kept=request.args.get("kept", "")[:100], **more,
        )  # fmt: skip

    def to(job: JobRow) -> Response:
        return redirect(f"/import/{job.id}", 303)  # type: ignore[return-value]

    return pages


def reasons(rejects: list[dict[str, Any]]) -> list[tuple[str, list[int]]]:
    """(why, the rows) by reason: one mistake in a column is told once, not a thousand times."""
    found: dict[str, list[int]] = {}
    for each in rejects:
        found.setdefault(each["reason"], []).append(each["row"])
    return list(found.items())


def counts(
    actor: Actor, done: Import, entity: Entity | None, job: JobRow | None, found: dict[str, Any], dry: bool
) -> list[Count]:
    """What became, or would become, of the rows. Where they can be seen, created and changed ones lead to a list of them."""
    if not found:
        return []
    language = requests.language()
    words = {
        "created": (say("Would be created") if dry else say("Created"), "green"),
        "updated": (say("Would be changed") if dry else say("Changed"), "blue"),
        "unchanged": (say("Stay as they are"), "gray"),
        "rejected": (say("Would be rejected") if dry else say("Rejected"), "red"),
        "linked_created": (say("Created beside them") if not dry else say("Would be created beside them"), "green"),
    }
    listed = entity is not None and not dry and not done.undone_at and bool(actor.reach("read", done.entity))
    address = addresses(done, entity, job) if listed and entity else {}
    return [
        Count(name, text.render(language), found.get(name, 0), tint, address.get(name, "") if found.get(name) else "")
        for name, (text, tint) in words.items()
        if name != "linked_created" or found.get(name)
    ]


def addresses(done: Import, entity: Entity, job: JobRow | None) -> dict[str, str]:
    """Lists narrowed to what this person made, and changed, while the import ran: records do not know their import."""
    begin = (job.started_at if job else None) or done.created_at
    end = (job.finished_at if job else None) or done.finished_at
    user = done.actor.removeprefix("user:")
    if not end or not is_digits(user):
        return {}
    made = {"filter[created_at][gte]": begin, "filter[created_at][lte]": end, "filter[created_by]": user}
    changed = {"filter[updated_at][gte]": begin, "filter[updated_at][lte]": end, "filter[updated_by]": user}
    changed |= {"filter[created_at][lt]": begin}
    return {
        "created": f"/{entity.type}?{urlencode(made)}",
        "updated": f"/{entity.type}?{urlencode(changed)}",
    }


def rate(job: JobRow | None, found: dict[str, Any]) -> int:
    """Rows per second: of the whole when it has ended, so far while it runs."""
    if found.get("rows_per_second"):
        return int(found["rows_per_second"])
    if job is None or not job.started_at or not job.progress_done:
        return 0
    took = (clock.now() - datetime.fromisoformat(job.started_at)).total_seconds()
    return round(job.progress_done / took) if took > 0 else 0


def went_where(registry: Registry, done: Import, entity: Entity | None) -> list[tuple[str, str, bool]]:
    """(column, field as people call it, is it a key) of each column that was wanted."""
    language, listed = requests.language(), []
    for target, column in (done.plan.get("mapping") or {}).items():
        name, _, key = target.partition(".")
        field = entity.by_name.get(name) if entity else None
        called = label(field.label, language) if field else name
        target = registry.entities.get(field.target or "") if field else None
        if target and key in target.by_name:
            key = label(target.by_name[key].label, language)
        listed.append((column, f"{called}: {key}" if key else called, name in (done.plan.get("keys") or [])))
    return listed
