"""/import: what can be imported; and for administrators a file whose kind of records does not exist yet: its columns are proposed
as fields, edited, and become an entity. Then the file is imported like any other."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request

from appliance.base.errors import BadRequest, IngotError, Invalid, NotAllowed, TooLarge
from appliance.base.text import headline, label, say, snake
from appliance.features.imports import asking
from appliance.features.imports.analyses import AnalysisPending
from appliance.features.imports.choosing import MEANT, written
from appliance.features.imports.desk import Desk
from appliance.features.imports.layout import read_options
from appliance.features.imports.pages import arriving, encodings, said, sent, waiting
from appliance.features.imports.remembered import owner
from appliance.http import requests
from appliance.http.pages.rendering import page
from appliance.records.permissions import Actor

KINDS = (
    "text", "long_text", "integer", "decimal", "money", "boolean", "date", "datetime", "choice", "email", "phone", "url",
)  # fmt: skip
KIND_NAMES = {
    "text": say("Text"), "long_text": say("Long text"), "integer": say("Whole number"), "decimal": say("Decimal number"),
    "money": say("Money"), "boolean": say("Yes or no"), "date": say("Date"), "datetime": say("Date and time"),
    "choice": say("Choice"), "email": say("E-mail"), "phone": say("Phone"), "url": say("Link"),
}  # fmt: skip


def make_pages(desk: Desk, *, max_upload: int) -> Blueprint:
    pages = Blueprint("import_kinds", __name__, url_prefix="/import")

    @pages.get("")
    def choose() -> Response:
        actor = requests.actor()
        if request.args.get("file"):
            administrator(actor)
            return looked(actor, request.args["file"])
        return asked()

    @pages.post("")
    def upload() -> Response:
        arriving(max_upload)
        administrator(requests.actor())
        try:
            return redirect(f"/import?file={sent(desk, max_upload)}", 303)  # type: ignore[return-value]
        except (BadRequest, TooLarge, NotAllowed) as refused:
            return asked(said(refused), 422)

    @pages.post("/new")
    def create() -> Response:
        """The entity is there; then the page of an import into it, with the columns where they belong."""
        arriving(0)
        actor = requests.actor()
        administrator(actor)
        file = request.form.get("file", "")
        options = written(request.form)
        try:
            found = desk.analysis(actor, file, None, read_options(options))
        except AnalysisPending:
            return redirect("/import?" + urlencode({"file": file} | options), 303)  # type: ignore[return-value]
        except IngotError as refused:
            return asked(said(refused), 422)
        declared, mapping = edited(found)
        try:
            if not declared["fields"]:
                raise BadRequest(say("Keep at least one column."))
            if form_says_try():
                words = asking.checked(
                    {"mapping": mapping, "mode": "create", "dry_run": True, "options": options | meant()}
                )
                name, sha = desk.uploaded(actor, file)
                entity = desk.rehearse_entity(actor, declared)
                job = desk.start(actor, entity, words, name, sha, file, requests.language(), declared)
                return redirect(f"/import/{job.id}", 303)  # type: ignore[return-value]
            entity = desk.create_entity(actor, declared)
        except IngotError as refused:
            problem = refused.message.render(requests.language())
            if isinstance(refused, Invalid):
                problem = " ".join(f"{p.field}: {p.message.render(requests.language())}." for p in refused.problems)
            return proposed(found, declared, 422, problem)
        keys = [f["name"] for f in declared["fields"] if f.get("unique")]
        words = {"mapping": mapping, "options": {"only_mapping": True, "add_choices": True} | meant(), "keys": keys}
        columns = [c["name"] for c in found["columns"]]
        desk.remembered.note(owner(actor), entity.name, columns, words | {"mode": "upsert" if keys else "create"})
        return redirect(f"/{entity.type}/import?" + urlencode({"file": file, "made": 1} | options), 303)  # type: ignore[return-value]

    def asked(problem: str = "", status: int = 200) -> Response:
        actor, language = requests.actor(), requests.language()
        able = [
            (label(e.plural_label, language), f"/{e.type}/import", e.icon or "table")
            for e in desk.records.registry.entities.values()
            if not e.builtin and (actor.reach("create", e.name) or actor.reach("update", e.name))
        ]
        return page("pages/import_start.html", status, able=able, problem=problem, max_upload=max_upload)

    def looked(actor: Actor, file: str) -> Response:
        try:
            found = desk.analysis(actor, file, None, read_options(written(request.args)))
        except AnalysisPending as pending:
            return waiting(pending)
        except IngotError as refused:
            return asked(said(refused), 422)
        return proposed(found, found["proposed_entity"])

    def proposed(found: dict[str, Any], declared: dict[str, Any], status: int = 200, problem: str = "") -> Response:
        language = requests.language()
        return page(
            "pages/import_kind.html", status,
            found=found, declared=declared, problem=problem,
            unclear={each["option"] for each in found["ambiguous"]}, said=meant(),
            by_column=dict(zip([c["name"] for c in found["columns"]], _by_column(found, declared), strict=True)),
            kinds=[(k, KIND_NAMES[k].render(language)) for k in KINDS],
            encodings=encodings(found), written=written(request.values),
        )  # fmt: skip

    return pages


def form_says_try() -> bool:
    return request.form.get("do") == "try"


def meant() -> dict[str, str]:
    """How values are meant, where the form was asked."""
    return {name: request.form[name] for name in MEANT if request.form.get(name)}


def administrator(actor: Actor) -> None:
    if not actor.admin:
        raise NotAllowed(say("Only an administrator may change entities and fields."))


def edited(found: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """(the declaration, the mapping onto it): what was proposed for the file, as the form changed it."""
    form, usual = request.form, found["proposed_entity"]
    declared = {k: v for k, v in usual.items() if k not in ("fields", "title")}
    for word, name in (("label", "name"), ("plural_label", "plural")):
        given = form.get(word, "").strip()[:100]
        if given and given != usual[word]:
            declared |= {word: given, name: snake(given)[:50] or usual[name]}
    fields, mapping = [], {}
    for n, (column, field) in enumerate(zip(found["columns"], usual["fields"], strict=True)):
        kind = form.get(f"kind.{n}", "")
        if kind not in KINDS:
            continue  # left out
        made = (
            field
            if kind == field["kind"]
            else {k: v for k, v in field.items() if k in ("name", "label")} | {"kind": kind}
        )
        made = made | {"label": form.get(f"label.{n}", "").strip()[:200] or headline(field["name"])}
        made.pop("unique", None)
        fields.append(made | ({"unique": True} if form.get(f"unique.{n}") else {}))
        mapping[field["name"]] = column["name"]
    title = form.get("title", "")
    if title in mapping:
        declared["title"] = title
        for field in fields:
            field.pop("searchable", None)
            if field["name"] == title and field["kind"] in ("text", "long_text", "email"):
                field["searchable"] = 3
    return {**declared, "fields": fields}, mapping


def _by_column(found: dict[str, Any], declared: dict[str, Any]) -> list[dict[str, Any] | None]:
    """For each column its field, or None where it is left out."""
    held = {f["name"]: f for f in declared["fields"]}
    return [held.get(f["name"]) for f in found["proposed_entity"]["fields"]]
