"""/<type>/new and /<type>/<id>/edit: a record's form, made from its declaration. Beside them what the form's script asks:
/<type>/check says what is wrong with a form as it stands, /<type>/suggest finds records to pick.

Plain forms: a good one redirects to the record, a bad one comes back with all that was typed. With `Accept:
application/json` the answers are small: {"location", "id", "title"}, or {"problems"}."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, redirect, request

from appliance.base.digits import is_digits
from appliance.base.errors import BadRequest, Conflict, Invalid, NotAllowed, NotFound, Problem
from appliance.base.text import say
from appliance.engines.files.protocol import FileStore
from appliance.features.forms.filling import Filling, Form
from appliance.features.forms.merging import Clash
from appliance.features.forms.picking import Option, Picking, only
from appliance.features.forms.reading import Given, examine, given_by
from appliance.features.forms.saving import change, create
from appliance.features.forms.uploads import take_uploads
from appliance.features.forms.values import same
from appliance.features.grid.pages import shown_entity
from appliance.http import requests
from appliance.http.pages.person import person
from appliance.http.pages.rendering import is_fragment, page
from appliance.records.entity import Entity
from appliance.records.permissions import may, sees
from appliance.records.records import Records
from appliance.records.tables import Row
from appliance.records.titles import title
from appliance.records.work import Work

AROUND = 1 << 20
LONGEST = 8 << 20
"""Bytes of all that is typed in one form."""
PARTS = 20_000


def make_pages(records: Records, store: FileStore, *, max_upload: int) -> Blueprint:
    """`max_upload` in bytes, for files that come with the form itself."""
    pages = Blueprint("forms", __name__)

    def filling(type_: str) -> Filling:
        return Filling(records, requests.actor(), person(), shown_entity(records, type_))

    def arriving() -> None:
        """Before anything reads the form: it may be long, and hold files."""
        request.max_content_length = max_upload + AROUND
        request.max_form_memory_size = LONGEST
        request.max_form_parts = PARTS

    # ------------------------------------------------------------------ the pages

    @pages.get("/<type_>/new")
    def new(type_: str) -> Response:
        """Filled from the address: ?account=12. As a fragment, the short form for a dialog."""
        fill = filling(type_)
        if is_fragment():
            return page("pages/form_dialog.html", form=fill.new(short=True))
        saved, done = request.args.get("_saved", ""), request.args.get("_done", "")[:60]
        form = fill.new()
        if not (is_digits(saved) and done):
            return page("pages/form.html", form=form)
        named = fill.picking.chosen(fill.entity.name, [saved])
        return page("pages/form.html", form=form, saved=named[0] if named else None, done=done)

    @pages.get("/<type_>/<int:id_>/edit")
    def edit(type_: str, id_: int) -> Response:
        fill = filling(type_)
        return page("pages/form.html", form=fill.edit(fill.picking.reading.get(fill.entity.name, id_)))

    @pages.post("/<type_>/new")
    def save_new(type_: str) -> Response:
        arriving()
        fill = filling(type_)
        short = request.form.get("_short") == "1"
        entity = fill.entity

        def again(given: Given, **more: Any) -> Form:
            return fill.new(fill.beginning() | given.texts, short=short, **more)

        return save(fill, lambda work, given: create(work, entity.name, given, fill.me), again)

    @pages.post("/<type_>/<int:id_>/edit")
    def save_changes(type_: str, id_: int) -> Response:
        arriving()
        fill = filling(type_)
        version, entity = read_version(), fill.entity

        def again(given: Given, **more: Any) -> Form:
            row = fill.picking.reading.get(entity.name, id_)
            return fill.edit(row, given.texts, version=version, **more)

        try:
            return save(fill, lambda work, given: change(work, entity.name, id_, version, given, fill.me), again)
        except Clash as clash:
            form = fill.clashing(fill.picking.reading.get(entity.name, id_), clash)
            return page("pages/form_body.html" if wants_json() else "pages/form.html", 409, form=form)

    def save(fill: Filling, write: Callable[[Work, Given], Row], again: Callable[..., Form]) -> Response:
        """Write, and go on to the record; or the form again."""
        entity, given = fill.entity, given_by(fill.entity, request.form)
        take_uploads(records, store, fill.actor, entity, given, max_upload)
        offered, problems = find_sought(fill, given)
        if request.form.get("_do") == "find":
            return page("pages/form.html", form=again(given, offered=offered, sought=given.sought))
        try:
            if problems:
                raise Invalid(problems)
            with records.work(fill.actor) as work:
                row = write(work, given)
                work.flush()
        except Invalid as invalid:
            if wants_json():
                return told(fill, invalid)
            form = again(given, problems=invalid, offered=offered, sought=given.sought)
            return page("pages/form.html", 422, form=form)
        except Conflict as conflict:
            if wants_json():
                raise
            why = conflict.message.render(fill.me.language)
            return page("pages/form.html", 409, form=again(given, general=why, offered=offered))
        done = work.transaction if work.touched else ""
        location = f"/{entity.type}/{row[0]}?" + urlencode({"done": done}) if done else f"/{entity.type}/{row[0]}"
        if request.form.get("_do") == "another":
            location = f"/{entity.type}/new?" + urlencode({"_saved": row[0], "_done": done, **kept_words(entity)})
        if wants_json():
            called = title(records.registry.tables[entity.name], row)
            return _json({"location": location, "id": str(row[0]), "title": called, "transaction": done})
        return redirect(location, 303)  # type: ignore[return-value]

    def find_sought(fill: Filling, given: Given) -> tuple[dict[str, list[Option]], list[Problem]]:
        """Who has no script types a name: the only record of that name is meant, else they choose among those found."""
        offered: dict[str, list[Option]] = {}
        problems = []
        for name, text in list(given.sought.items()):
            target = records.registry.entities.get(fill.entity.by_name[name].target or "")
            if target is None or not fill.actor.reach("read", target.name):
                continue
            found = fill.picking.found(target, text, 20)
            held = given.texts[name]
            if meant := only(found, text):
                given.texts[name] = list(dict.fromkeys([*held, meant.value])) if isinstance(held, list) else meant.value
                del given.sought[name]
            elif found:
                offered[name] = found
                text_ = say("fits several records: choose one of them from the list and empty the search")
                problems.append(Problem(name, text_, "ambiguous"))
            else:
                problems.append(Problem(name, say("is not found: nothing is called “{text}”", text=text), "not_found"))
        return offered, problems

    # ------------------------------------------------------------------ for the script

    @pages.post("/<type_>/check")
    def check(type_: str) -> Response:
        """{"problems": [{"field", "message"}]} of a form as it stands; writes nothing. `_id` and `_version` for a record that
        is changed: only what differs is asked about."""
        arriving()
        fill = filling(type_)
        entity, given = fill.entity, given_by(fill.entity, request.form)
        row = None
        texts = given.texts
        if is_digits(id_ := request.form.get("_id", "")):
            row = fill.picking.reading.get(entity.name, int(id_))
            if not sees(fill.actor, fill.table, row, "update"):
                raise NotAllowed(say("You may not change this record."))
            before = fill.texts_at(row, read_version(), texts)
            texts = {name: text for name, text in texts.items() if not same(text, before[name])}
        else:
            may(fill.actor, "create", entity.name)
        work = Work(records.database, records.registry, records.log, fill.actor)  # for reading: nothing is opened
        values, unread = Given(texts).values(entity, texts, fill.me)
        return told(fill, Invalid(examine(work, fill.table, values, row, unread)), 200)

    @pages.get("/<type_>/suggest")
    def suggest(type_: str) -> Response:
        """Options for a combobox: what `q` finds, or what was worked on last. With `create`, also a way to make a new one."""
        actor, entity = requests.actor(), records.registry.by_type.get(type_)
        if entity is None or (entity.builtin and entity.name != "user"):
            raise NotFound(say("There is nothing at this address."))
        text = request.args.get("q", "").strip()[:200]
        found = Picking(records, actor).found(entity, text)
        known = any(o.label.casefold() == text.casefold() for o in found)
        may_create = bool(text and "create" in request.args and not entity.builtin and not known)
        may_create = may_create and bool(actor.reach("create", entity.name))
        prefix = request.args.get("id", "")[:60]
        return page(
            "pages/form_options.html", entity=entity, options=found, text=text, may_create=may_create, prefix=prefix
        )

    return pages


def read_version() -> int:
    text = request.form.get("_version", "")
    if not is_digits(text, 9):
        raise BadRequest(say("{name} must be a number.", name="_version"), parameter="_version")
    return int(text)


def kept_words(entity: Entity) -> dict[str, str]:
    """What the address filled in at first, for the next new record."""
    return {name: value for name, value in request.args.items() if name in entity.by_name}


def wants_json() -> bool:
    return "application/json" in request.headers.get("Accept", "")


def told(fill: Filling, invalid: Invalid, status: int = 422) -> Response:
    problems = [{"field": name, "message": text} for name, text in fill.sentences(invalid).items()]
    return _json({"problems": problems}, status)


def _json(found: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(found), status, {"Cache-Control": "no-store"}, mimetype="application/json")
