"""/jobs: background work for people: what runs, what waits, what failed and why; cancel, try again, take back."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, redirect, request

from appliance.base.digits import is_digits
from appliance.base.errors import NotFound
from appliance.base.text import Text, say, verbatim
from appliance.features.undo.api import start_undo
from appliance.features.undo.tracing import Traces, trace_of_job
from appliance.http import requests
from appliance.http.jsonapi.job_resource import job_actor
from appliance.http.pages.rendering import page
from appliance.jobs.jobs import Jobs
from appliance.jobs.row import CANCELLED, DEAD, FAILED, NEW, RETRYING, RUNNING, STALE, SUCCESS, WAITING, JobRow
from appliance.records.permissions import Actor
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.titles import titles

SIZE = 40
TABS = {
    "active": (NEW, WAITING, RUNNING, RETRYING),
    "wrong": (FAILED, DEAD, STALE),
    "ended": (SUCCESS, CANCELLED),
}
LOOK = {
    NEW: ("gray", "clock", say("Waiting")), WAITING: ("blue", "clock", say("Waiting")),
    RUNNING: ("violet", "player-play", say("Running")), RETRYING: ("amber", "rotate", say("Will be tried again")),
    SUCCESS: ("green", "check", say("Done")), FAILED: ("red", "alert-triangle", say("Failed")),
    DEAD: ("red", "alert-triangle", say("Given up")), CANCELLED: ("gray", "ban", say("Cancelled")),
    STALE: ("gray", "hourglass", say("Expired")),
}  # fmt: skip
"""For each state: tint, icon, word."""

COUNTS = {
    "records": say("Records"), "read": say("Records read"), "rows": say("Rows read"), "created": say("Created"),
    "updated": say("Changed"), "deleted": say("Deleted"), "restored": say("Restored"), "unchanged": say("Unchanged"),
    "kept": say("Left as they were"), "rejected": say("Rejected"), "failed": say("Failed"),
}  # fmt: skip


def make_pages(records: Records, jobs: Jobs) -> Blueprint:
    pages = Blueprint("job_pages", __name__, url_prefix="/jobs")

    def mine(job_id: int) -> tuple[Actor, JobRow]:
        """NotFound for somebody else's, as for one that is not there."""
        actor, row = requests.actor(), jobs.table.get(job_id)
        if row is None or not (actor.admin or row.actor == job_actor(actor)):
            raise NotFound(say("There is no job {id}.", id=job_id))
        return actor, row

    @pages.get("")
    def listed() -> Response:
        actor = requests.actor()
        tab = request.args.get("tab", "active")
        before = request.args.get("before", "")
        wanted: dict[str, Any] = {"state": TABS.get(tab, TABS["active"]), "limit": SIZE}
        wanted |= {} if actor.admin else {"actor": job_actor(actor)}
        wanted |= {"before": int(before)} if is_digits(before) else {}
        rows = jobs.list(**wanted)
        counts = jobs.counts() if actor.admin else {}
        return page(
            "pages/jobs.html",
            jobs=rows,
            tab=tab,
            tabs=list(TABS),
            counts={name: sum(counts.get(s, 0) for s in states) for name, states in TABS.items()} if counts else {},
            called=called(jobs),
            look=LOOK,
            people=people(records, actor, rows),
            older=rows[-1].id if len(rows) == SIZE else None,
        )

    @pages.get("/<int:job_id>")
    def one(job_id: int) -> Response:
        actor, row = mine(job_id)
        result = row.result if isinstance(row.result, dict) else None
        return page(
            "pages/job.html",
            job=row,
            called=called(jobs),
            look=LOOK,
            people=people(records, actor, [row]),
            link=(result or {}).get("link"),
            result=orjson.dumps(row.result, option=orjson.OPT_INDENT_2).decode() if row.result is not None else "",
            counts=counts(result or {}),
            can_undo=row.final and bool(Traces(records.database).spans(trace_of_job(job_id))),
            children=jobs.children(job_id) if row.children else {},
        )

    @pages.post("/<int:job_id>/<any(cancel, retry, undo):what>")
    def steer(job_id: int, what: str) -> Response:
        actor, row = mine(job_id)
        if what == "undo":
            job_id = start_undo(records, jobs, actor, job_id)
        elif what == "cancel":
            jobs.cancel(job_id)
        else:
            jobs.retry(job_id) if row.final else jobs.run_now(job_id)
        return redirect(f"/jobs/{job_id}", 303)  # type: ignore[return-value]

    return pages


def counts(result: dict[str, Any]) -> list[tuple[str, int]]:
    """What a job's result counts, in the reader's words; what has no word here stays in the result itself."""
    language = requests.language()
    return [(text.render(language), result[name]) for name, text in COUNTS.items() if type(result.get(name)) is int]


def called(jobs: Jobs) -> dict[str, str]:
    """What the kinds of jobs are called in the reader's language."""
    language = requests.language()
    found = {}
    for name, kind in jobs.kinds.items():
        label = kind.label if isinstance(kind.label, Text) else verbatim(kind.label or name)
        found[name] = label.render(language)
    return found


def people(records: Records, actor: Actor, rows: list[JobRow]) -> dict[str, str]:
    """{actor key: name} of who asked for these jobs."""
    ids = {row.actor: int(row.actor[5:]) for row in rows if row.actor.startswith("user:")}
    known = titles(Reading(records.database, records.registry, actor), "user", ids.values())
    return {key: known[i] for key, i in ids.items() if i in known}
