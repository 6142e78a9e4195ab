"""/welcome: the questions of the first start, one page, after the claim link: who you are, what the box is called, what to
begin with. Every answer can be changed later; nothing is written before all of them hold."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, Response, g, redirect, request

from appliance.base.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from appliance.base.text import LANGUAGES, say
from appliance.features.home.box import Box
from appliance.features.identity import accounts
from appliance.features.identity.account import LABELS, zones
from appliance.features.identity.authenticator import PasswordAuthenticator
from appliance.features.identity.door import known_device, signed_in
from appliance.features.identity.passwords import ADVISED, SHORTEST, new_password
from appliance.features.identity.sessions import Sessions
from appliance.features.packs.installing import install_pack, installed
from appliance.features.packs.reading import read_pack
from appliance.features.packs.removing import bring_back_seeds, preview_removal, remove_seeds
from appliance.features.security_events.security_events import SecurityEvents
from appliance.http import requests
from appliance.http.pages.rendering import page
from appliance.records.permissions import SYSTEM, Actor
from appliance.records.records import Records

STARTS = ("demo", "crm", "empty")


def make_pages(
    records: Records, sessions: Sessions, authenticator: PasswordAuthenticator, box: Box, events: SecurityEvents
) -> Blueprint:
    pages = Blueprint("welcome", __name__)

    def claimer() -> int:
        """The user who came by the claim link and has no password yet; NotFound for everybody else."""
        actor = requests.actor()
        sql = records.database.sql("SELECT password FROM ingot_user WHERE id = ?")
        rows = records.database.rows(sql, (actor.user or 0,))
        if not actor.admin or not rows or rows[0][0] is not None or "session" not in g:
            raise NotFound(say("This box is set up already."))
        return actor.user or 0

    @pages.get("/welcome")
    def welcome() -> Response:
        claimer()
        start = "keep" if any(not e.builtin for e in records.registry.entities.values()) else "demo"
        return asked(
            {"box": "", "name": "", "email": "", "language": requests.language(), "timezone": "", "start": start}
        )

    @pages.post("/welcome")
    def begin() -> Response:
        user = claimer()
        given = {n: request.form.get(n, "").strip() for n in ("box", "name", "email", "language", "timezone", "start")}
        password = request.form.get("password", "")
        try:
            _check(given)
            fresh = new_password(password)
            with records.work(SYSTEM) as work:
                profile = ("name", "email", "language", "timezone")
                work.update("user", user, {n: given[n] or None for n in profile})
                accounts.set_password(work, user, fresh)
            box.change(given["box"][:80] or "Ingot", given["timezone"])
            events.tell("settings_changed", settings=["box", "timezone"])
        except Conflict as error:  # the address is somebody's already
            return asked(given, {"email": error.message.render(requests.language())}, 409)
        except Invalid as error:
            language = requests.language()
            problems = {p.field: p.message.render(language) for p in error.problems}
            return asked(given, problems, 422)
        if given["start"] in ("demo", "crm"):
            install_pack(records, SYSTEM, read_pack(given["start"]))
        return known_device(signed_in(sessions, user, "/"), authenticator, user)

    def asked(given: dict[str, str], problems: dict[str, str] | None = None, status: int = 200) -> Response:
        has_records = any(not e.builtin for e in records.registry.entities.values())
        return page(
            "pages/welcome.html",
            status,
            given=given,
            problems=problems or {},
            labels=LABELS,
            languages=LANGUAGES,
            zones=zones(),
            shortest=SHORTEST,
            advised=ADVISED,
            starts=("keep", *STARTS) if has_records else STARTS,
        )

    @pages.get("/demo/remove")
    def ask_to_remove_demo() -> Response:
        """What would go and what would stay; the button on it does it."""
        actor = administrator()
        if not installed(records, "demo"):
            return redirect("/", 303)  # type: ignore[return-value]
        return page(
            "pages/demo_remove.html", found=preview_removal(records, actor, "demo"), entities=records.registry.entities
        )

    @pages.post("/demo/remove")
    def remove_demo() -> Response:
        remove_seeds(records, administrator(), "demo")
        return redirect("/?done=demo", 303)  # type: ignore[return-value]

    @pages.post("/demo/undo")
    def bring_demo_back() -> Response:
        bring_back_seeds(records, administrator(), "demo")
        return redirect("/", 303)  # type: ignore[return-value]

    def administrator() -> Actor:
        actor = requests.actor()
        if not actor.admin:
            raise NotAllowed(say("Only an administrator may do this."))
        return actor

    return pages


def _check(given: dict[str, Any]) -> None:
    problems = []
    if not given["name"]:
        problems.append(Problem("name", say("is required"), "required"))
    if not given["email"]:
        problems.append(Problem("email", say("is required"), "required"))
    if given["language"] not in LANGUAGES:
        problems.append(Problem("language", say("must be one of: {choices}", choices=", ".join(LANGUAGES))))
    if given["timezone"] not in available_timezones():
        problems.append(Problem("timezone", say("must be a name like Europe/Berlin")))
    if problems:
        raise Invalid(problems)
