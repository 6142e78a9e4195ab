"""/health: how the box does, for administrators, and the buttons that mend what can be mended from here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, Response, redirect

from appliance.base.errors import DatabaseDamaged, NotAllowed, NotFound
from appliance.base.text import Text, headline, in_language, say
from appliance.features.health.api import overall
from appliance.features.health.looks import FILES, INTEGRITY
from appliance.features.identity.accounts import shared_emails
from appliance.features.jobs.pages import LOOK, called
from appliance.features.search.jobs import REINDEX
from appliance.http import requests
from appliance.http.jsonapi.job_resource import job_actor
from appliance.http.pages.rendering import page
from appliance.jobs.jobs import Jobs
from appliance.jobs.row import DEAD, FAILED, SUCCESS, JobRow
from appliance.records.permissions import Actor
from appliance.records.records import Records

SWEEP = "files.sweep"
NAMES = {
    "database": say("Database"), "search index": say("Search index"), "worker": say("Jobs"), "web": say("Web server"),
    "live": say("Live news"), "log tail": say("Log of changes"), "notices": say("Notices"), "sampler": say("Measurements"),
    "home": say("Home folder"), "disk": say("Disk"), "clock": say("Clock"), "maintenance": say("Maintenance"),
    "backups": say("Backups"), "database watch": say("Check of the database"), "security events": say("Security events"),
}  # fmt: skip
STATES = {
    "ok": ("green", "circle-check", say("In order")), "degraded": ("amber", "alert-triangle", say("Impaired")),
    "down": ("red", "alert-circle", say("Down")),
}  # fmt: skip
"""For each state: tint, icon, word."""
WHOLE = {
    "ok": say("Everything is in order."),
    "degraded": say("Ingot works, and something needs a look."),
    "down": say("Something does not work."),
}


@dataclass(frozen=True, slots=True)
class Mending:
    """A repair as the page shows it. `job`: its last run."""

    name: str
    title: Text
    help: Text
    button: Text
    icon: str
    kind: str
    danger: bool = False


MENDINGS = (
    Mending(
        "integrity", say("Check the database"),
        say("Reads all of it and looks whether it is whole. Work goes on meanwhile."),
        say("Check"), "shield-check", INTEGRITY,
    ),
    Mending(
        "reindex", say("Rebuild the search index"),
        say("When something that is there is not found. Searches are answered meanwhile."),
        say("Rebuild"), "refresh", REINDEX,
    ),
    Mending(
        "files", say("Check the files"),
        say("Counts contents that nothing refers to, and looks for files whose content is gone. Deletes nothing."),
        say("Check"), "files", FILES,
    ),
    Mending(
        "orphans", say("Remove contents nobody needs"),
        say("What nothing refers to, nor a file in the trash, and is older than a day. It also happens every night."),
        say("Remove"), "trash", SWEEP, danger=True,
    ),
)  # fmt: skip


def make_pages(
    records: Records,
    jobs: Jobs,
    components: Callable[[], Mapping[str, Mapping[str, Any]]],
    facts: Callable[[], Mapping[str, Any]],
    way_back: Callable[[], Sequence[str] | None] = lambda: None,
) -> Blueprint:
    """`facts`: numbers beside the components, as `Facts` in assembly gathers them. `way_back`: of a damaged database, the newest
    good backup and the commands that restore it; the server itself cannot, for it would replace what it stands on."""
    pages, database = Blueprint("health_pages", __name__, url_prefix="/health"), records.database

    def admin() -> Actor:
        actor = requests.actor()
        if not actor.admin:
            raise NotAllowed(say("This page is for administrators."))
        return actor

    @pages.get("")
    def shown() -> Response:
        admin()
        language, found = requests.language(), components()
        damaged = found.get("database", {}).get("state") == "down"
        counts = readable(jobs.counts, Counter())
        worst, known = list(STATES), list(NAMES)
        names = sorted(found, key=lambda n: (-worst.index(found[n]["state"]), known.index(n) if n in known else 99))
        lines = [(_name(name, language), found[name], in_language(found[name]["reason"], language)) for name in names]
        last = {m.name: readable(partial(_last, jobs, m.kind), None) for m in MENDINGS}
        outcomes = {name: outcome(job) for name, job in last.items() if job}
        state, wrong_count = overall(found), counts[DEAD] + counts[FAILED]
        if state == "ok" and (wrong_count or any(tone == "bad" for tone, _ in outcomes.values())):
            state = "degraded"  # every part works, and something they keep or did is not right
        return page(
            "pages/health.html",
            state=state,
            whole=WHOLE[state].render(language),
            states={name: (tint, icon, word.render(language)) for name, (tint, icon, word) in STATES.items()},
            lines=lines,
            facts=readable(facts, {}),
            size=database.size(),
            way_back=way_back() if damaged else None,
            mendings=[m for m in MENDINGS if m.kind in jobs.kinds],
            last=last,
            outcomes=outcomes,
            pending=any(job and not job.final for job in last.values()),
            waste=(last["files"].result or {}) if last["files"] and last["files"].state == SUCCESS else None,
            wrong=readable(lambda: jobs.list(state=(DEAD, FAILED), limit=5), []),
            wrong_count=wrong_count,
            called=called(jobs),
            look=LOOK,
            shared_emails=readable(lambda: shared_emails(database), []),
            refused_patterns=records.registry.refused_patterns(),
        )

    @pages.post("/<name>")
    def mend(name: str) -> Response:
        actor = admin()
        if name == "retry":
            jobs.retry_all(state=(DEAD, FAILED))
        elif name == "discard":
            jobs.discard_all(state=(DEAD, FAILED))
        else:
            wanted = next((m for m in MENDINGS if m.name == name and m.kind in jobs.kinds), None)
            if wanted is None:
                raise NotFound(say("There is nothing at this address."))
            jobs.enqueue(wanted.kind, actor=job_actor(actor), key=wanted.kind)
        return redirect("/health", 303)  # type: ignore[return-value]

    return pages


def readable(read: Callable[[], Any], otherwise: Any) -> Any:
    """This page above all is shown while a table cannot be read."""
    try:
        return read()
    except DatabaseDamaged:
        return otherwise


def _name(name: str, language: str) -> str:
    return NAMES[name].render(language) if name in NAMES else headline(name)


def _last(jobs: Jobs, kind: str) -> JobRow | None:
    found = jobs.list(kind=kind, limit=1)
    return found[0] if found else None


def outcome(job: JobRow) -> tuple[str, Text | None]:
    """(tone, sentence) of what a look or a repair has come to; ("", None) while it is under way or was given up."""
    result = job.result if isinstance(job.result, dict) else {}
    if job.state != SUCCESS:
        return "", None
    if "faults" in result:
        if result["faults"]:
            return "bad", say(
                "{count} faults. Make a backup of what can be read, and restore the last sound one.",
                count=result["faults"],
            )
        return "ok", say("The database is whole.")
    if "missing" in result:
        if result["missing"]:
            return "bad", say("{count} files have lost their content; a backup may have it.", count=result["missing"])
        return "ok", say("All {count} files have their content.", count=result["files"])
    if "deleted" in result:
        return "ok", say("{count} contents removed.", count=result["deleted"])
    if "records" in result:
        return "ok", say("{count} records indexed.", count=result["records"])
    return "ok", None
