"""/<type>/import: a file becomes records in the browser. The file goes up, its columns are given fields, it is tried, it runs;
/import/<id> (report_pages) shows how far it is and what came of it. All of it plain forms: a file that was sent stays, and the
address names it, so going back loses nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request

from appliance.base.errors import BadRequest, IngotError, Invalid, NotAllowed, TooLarge
from appliance.base.text import label, say
from appliance.features.grid.pages import shown_entity
from appliance.features.imports import asking
from appliance.features.imports.analyses import AnalysisPending
from appliance.features.imports.choosing import MEANT, MODES, WRITTEN, Chosen, from_form, from_plan, proposed, written
from appliance.features.imports.desk import Desk
from appliance.features.imports.layout import read_options
from appliance.features.imports.offering import creatable_links, offered
from appliance.features.imports.remembered import LAST
from appliance.features.jobs.pages import LOOK
from appliance.http import requests
from appliance.http.jsonapi.job_resource import job_actor
from appliance.http.pages.rendering import page
from appliance.records.entity import Entity
from appliance.records.permissions import Actor

AROUND = 1 << 20
"""Bytes of a form beside the file in it."""
PARTS = 20_000
LATEST = 5
"""Earlier imports listed beside a new one."""
ENCODINGS = (
    "utf-8",
    "utf-16",
    "cp1252",
    "iso-8859-15",
    "cp850",
    "mac-roman",
    "cp437",
    "cp1250",
    "iso-8859-2",
    "cp852",
    "cp1251",
    "koi8-r",
    "cp1253",
    "cp1254",
    "cp1257",
    "cp932",
    "gb18030",
    "big5",
    "cp949",
)
DELIMITERS = {",": say("Comma"), ";": say("Semicolon"), "tab": say("Tab"), "|": say("Vertical bar")}


def make_pages(desk: Desk, *, max_upload: int) -> Blueprint:
    """`max_upload` in bytes."""
    pages = Blueprint("import_pages", __name__)
    records = desk.records

    def entity_of(type_: str) -> Entity:
        return desk.importable(requests.actor(), shown_entity(records, type_).name)

    @pages.get("/<type_>/import")
    def choose(type_: str) -> Response:
        """Without a file the question for one; with ?file=, what was found in it. ?from= takes over what an earlier import
        was asked with, ?saved= a mapping that was kept."""
        entity = entity_of(type_)
        return looked(entity, request.args["file"]) if request.args.get("file") else asked(entity)

    @pages.post("/<type_>/import")
    def upload(type_: str) -> Response:
        arriving(max_upload)
        entity = entity_of(type_)
        try:
            file = sent(desk, max_upload)
        except (BadRequest, TooLarge, NotAllowed) as refused:
            return asked(entity, said(refused), 422)
        return redirect(f"/{entity.type}/import?file={file}", 303)  # type: ignore[return-value]

    @pages.post("/<type_>/import/start")
    def start(type_: str) -> Response:
        """Try it, or do it: a job, and its page. What cannot work comes back with all that was chosen."""
        arriving(0)
        entity, actor = entity_of(type_), requests.actor()
        file = request.form.get("file", "")
        options = written(request.form)
        meant = {name: request.form[name] for name in MEANT if request.form.get(name)}
        try:
            found = desk.analysis(actor, file, entity, read_options(options | meant))
        except IngotError as refused:
            return asked(entity, said(refused), 422)
        except AnalysisPending:  # what was known of it is an hour old: it is looked at again
            return redirect(f"/{entity.type}/import?" + urlencode({"file": file} | options), 303)  # type: ignore[return-value]
        chosen = from_form(request.form, [c["name"] for c in found["columns"]])
        name, sha = desk.uploaded(actor, file)
        try:
            if not chosen.complain():
                words = asking.checked(chosen.words() | {"dry_run": request.form.get("do") != "import"})
                desk.check(entity, sha, words)
                job = desk.start(actor, entity, words, name, sha, file, requests.language())
                return redirect(f"/import/{job.id}", 303)  # type: ignore[return-value]
        except Invalid as invalid:
            chosen.note(invalid)
        return shown(entity, found, chosen, options, 422)

    # ------------------------------------------------------------------ what is shown

    def asked(entity: Entity, problem: str = "", status: int = 200) -> Response:
        me = job_actor(requests.actor())
        mine = [i for i in desk.history.newest(me) if i.entity == entity.name][:LATEST]
        return page(
            "pages/import.html", status,
            entity=entity, problem=problem, max_upload=max_upload, look=LOOK,
            earlier=[(i, desk.job(i.job)) for i in mine],
        )  # fmt: skip

    def looked(entity: Entity, file: str) -> Response:
        """A file that cannot be read leads back to the question; so written as was said, to what was found at first."""
        actor, options, problem = requests.actor(), written(request.args), ""
        if saved := request.args.get("saved"):
            held = desk.remembered.get(actor, saved).options
            options = {n: held[n] for n in WRITTEN if n in held} | options
        try:
            found = desk.analysis(actor, file, entity, read_options(options))
        except AnalysisPending as pending:
            return waiting(pending)
        except IngotError as refused:
            problem = said(refused)
            if not options:
                return asked(entity, problem, 422)
            try:
                found = desk.analysis(actor, file, entity, read_options({}))
            except AnalysisPending as pending:
                return waiting(pending)
            except IngotError:
                return asked(entity, problem, 422)
        chosen, noted = begun(actor, entity, found)
        return shown(entity, found, chosen, options, 422 if problem else 200, noted=noted, unread=problem)

    def begun(actor: Actor, entity: Entity, found: dict[str, Any]) -> tuple[Chosen, str]:
        """What is chosen at first, and where that comes from."""
        if earlier := request.args.get("from"):
            return from_plan(desk.mine(actor, earlier).plan, entity, found), ""
        if saved := request.args.get("saved"):
            held = desk.remembered.get(actor, saved)
            return from_plan(held.shown(), entity, found), held.name
        if before := found.get("remembered"):
            return from_plan(before, entity, found), LAST if before["name"].startswith(f"{LAST} ") else before["name"]
        return proposed(entity, found, modes(actor, entity)), ""

    def shown(
        entity: Entity, found: dict[str, Any], chosen: Chosen, options: dict[str, Any], status: int = 200, **more: Any
    ) -> Response:
        actor, language = requests.actor(), requests.language()
        unclear = {each["option"] for each in found["ambiguous"]}
        unclear |= {n for n in ("date_order", "decimal") if chosen.options.get(n) or n in chosen.wrong}
        proposals = {p["column"]: p for p in found["proposals"]}
        return page(
            "pages/import_columns.html", status,
            entity=entity, found=found, chosen=chosen, written=options, proposals=proposals,
            groups=offered(records.registry, entity, language),
            links=creatable_links(records.registry, actor, entity),
            modes=modes(actor, entity), unclear=unclear,
            unclear_columns={o: [e["column"] for e in found["ambiguous"] if e["option"] == o] for o in unclear},
            missing=missing(entity, chosen, language),
            wrong={name: text.render(language) for name, text in chosen.wrong.items()},
            problems={name: text.render(language) for name, text in chosen.problems.items()},
            general=[text.render(language) for text in chosen.general],
            saved=desk.remembered.named(actor, entity.name),
            encodings=encodings(found),
            delimiters={k: v.render(language) for k, v in DELIMITERS.items()},
            **more,
        )  # fmt: skip

    return pages


def modes(actor: Actor, entity: Entity) -> list[str]:
    """What this person may do to these records."""
    may = {"create": bool(actor.reach("create", entity.name)), "update": bool(actor.reach("update", entity.name))}
    return [m for m in MODES if (all(may.values()) if m == "upsert" else may[m])]


def missing(entity: Entity, chosen: Chosen, language: str) -> list[str]:
    """Fields that a new record must have and no column fills."""
    filled = {target.partition(".")[0] for target in chosen.targets.values()}
    needed = [f for f in entity.fields if f.required and f.writable and f.default is None and f.name not in filled]
    return [label(f.label, language) for f in needed] if chosen.mode != "update" else []


def encodings(found: dict[str, Any]) -> list[str]:
    """Offered: the one it was read in, those it could be, the usual ones."""
    likely = [each["encoding"] for each in found.get("encodings", ())]
    return list(dict.fromkeys([*([found["encoding"]] if found["encoding"] else []), *likely, *ENCODINGS]))


def waiting(pending: AnalysisPending) -> Response:
    """A page that shows how far the look at a large file is, and what was found once it has ended."""
    here = request.full_path.rstrip("?")
    return page("pages/import_waiting.html", 202, job=pending.job, here=here, look=LOOK)


def arriving(max_upload: int) -> None:
    """Before anything reads the form: it may hold a file, or two fields for each of many columns."""
    request.max_content_length = max_upload + AROUND
    request.max_form_memory_size = AROUND
    request.max_form_parts = PARTS


def sent(desk: Desk, max_upload: int) -> str:
    """The id of the file that came with a form. BadRequest when none did, NotAllowed, TooLarge."""
    found = request.files.get("file")
    if found is None or not found.filename:
        raise BadRequest(say("Choose a file first."))
    return desk.take(requests.actor(), found.stream, found.filename, found.mimetype, max_upload)


def said(refused: IngotError) -> str:
    """A refusal as a sentence in the reader's language, with a way out: what an Invalid says is in its problems."""
    language = requests.language()
    if not isinstance(refused, Invalid):
        return refused.message.render(language)
    why = "; ".join(p.message.render(language) for p in refused.problems)
    remedy = say("Open it in a spreadsheet program, save it as CSV or XLSX, and choose it again.")
    return f"{say('The file cannot be read: {why}.', why=why).render(language)} {remedy.render(language)}"
