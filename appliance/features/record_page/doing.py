"""What is done on a record's page. Each is a plain form: with script its answer is the page's fragment and the news of what was
done, without it a redirect back to the page. What goes wrong comes back on the page, with what was typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, redirect, request

from appliance.base.digits import is_digits
from appliance.base.errors import BadRequest, Conflict, IngotError, Invalid, NotSignedIn, Stale
from appliance.base.text import Text, label, say
from appliance.features.comments import comments
from appliance.features.grid.pages import shown_entity
from appliance.features.record_page.people import everybody, to_store
from appliance.features.undo.restoring import restore
from appliance.features.undo.taking_back import UndoRefused
from appliance.features.undo.undoing import undo_transaction
from appliance.http import requests
from appliance.http.errors import translate
from appliance.http.pages.rendering import is_fragment
from appliance.records.entity import Entity
from appliance.records.records import Records
from appliance.records.work import Work

Again = Callable[..., Response]
Do = Callable[[Work, Entity], Text]


def add_doings(pages: Blueprint, records: Records, again: Again) -> None:
    """`again` draws the page of a type and an id once more."""

    def do(type_: str, id_: int, doing: Do, *, undo: bool = True, typed: str = "") -> Response:
        actor = requests.actor()
        entity = shown_entity(records, type_)
        try:
            with records.work(actor) as work:
                text = doing(work, entity)
        except NotSignedIn:
            raise
        except IngotError as error:
            status, _, _ = translate(error, requests.language())
            return again(type_, id_, status=status, problem=_why(entity, error), typed=typed)
        transaction = work.transaction if undo and work.touched else ""
        if is_fragment():
            answer = again(type_, id_)
            news = {"text": text.render(requests.language()), "undo": transaction}
            answer.headers["HX-Trigger"] = json.dumps({"record:done": news})
            return answer
        kept = request.form.get("list")
        tail = f"&list={quote(kept, safe='')}" if kept is not None else ""
        return redirect(f"/{entity.type}/{id_}?done={transaction}{tail}", 303)  # type: ignore[return-value]

    @pages.post("/<type_>/<int:id_>/set")
    def set_value(type_: str, id_: int) -> Response:
        """One choice: `field`, its `value`, and what it `was` when the page was drawn."""
        field, value, was = (request.form.get(n, "") for n in ("field", "value", "was"))

        def doing(work: Work, entity: Entity) -> Text:
            held = entity.by_name.get(field)
            if held is None or not held.kind.single_choice:
                raise BadRequest(say("There is no parameter {name} here.", name=field[:100]), parameter="field")
            table = work.table(entity.name)
            row = work.visible_row(table, id_)
            if was != (table.show(row, (field,))[field] or ""):
                raise Conflict(say("Somebody changed it meanwhile; please look again."), code="changed_since")
            work.update(entity.name, id_, {field: value})
            chosen = next((c.label for c in held.choices if c.value == value), value)
            language = requests.language()
            return say("{field} is now {value}.", field=label(held.label, language), value=label(chosen, language))

        return do(type_, id_, doing)

    @pages.post("/<type_>/<int:id_>/comments")
    def comment(type_: str, id_: int) -> Response:
        text = request.form.get("text", "")

        def doing(work: Work, entity: Entity) -> Text:
            comments.add(work, entity.name, id_, _stored(work, text))
            return say("Your comment is there.")

        return do(type_, id_, doing, undo=False, typed=text)

    @pages.post("/<type_>/<int:id_>/comments/<int:comment_id>")
    def change_comment(type_: str, id_: int, comment_id: int) -> Response:
        """Another `text`; with `do=remove` it goes."""
        text = request.form.get("text", "")

        def doing(work: Work, entity: Entity) -> Text:
            if request.form.get("do") == "remove":
                comments.remove(work, comment_id)
                return say("The comment is deleted.")
            comments.edit(work, comment_id, _stored(work, text))
            return say("The comment is changed.")

        return do(type_, id_, doing, undo=False)

    @pages.post("/<type_>/<int:id_>/files")
    def change_files(type_: str, id_: int) -> Response:
        """Uploaded `file`s (ids) come to a `field`; with `do=remove` one goes from it."""
        field, given = request.form.get("field", ""), ",".join(request.form.getlist("file")).split(",")
        ids = [int(i) for i in given if is_digits(i)]

        def doing(work: Work, entity: Entity) -> Text:
            held = entity.by_name.get(field)
            if held is None or not held.kind.holds_files or not ids:
                raise BadRequest(say("There is no parameter {name} here.", name=field[:100]), parameter="field")
            gone = request.form.get("do") == "remove"
            if held.many:
                work.relate(entity.name, id_, field, ids, "remove" if gone else "add")
            else:
                work.update(entity.name, id_, {field: None if gone else ids[-1]})
            if gone:
                return say("The file is removed.")
            return say("{count} files were added.", count=len(ids)) if len(ids) > 1 else say("The file was added.")

        return do(type_, id_, doing)

    @pages.post("/<type_>/<int:id_>/restore")
    def give_back(type_: str, id_: int) -> Response:
        """The values of a `version`: of the given `field`s, or all."""
        version, fields = request.form.get("version", ""), request.form.getlist("field")

        def doing(work: Work, entity: Entity) -> Text:
            if not is_digits(version, 9):
                raise BadRequest(say("{name} must be a number.", name="version"), parameter="version")
            restore(work, entity.name, id_, int(version), fields or None)
            return say("Restored as it was in version {version}.", version=version)

        return do(type_, id_, doing)

    @pages.post("/<type_>/<int:id_>/undo")
    def undo(type_: str, id_: int) -> Response:
        """For who has no script; with it POST /api/undo is asked."""

        def doing(work: Work, entity: Entity) -> Text:
            undo_transaction(work, request.form.get("transaction", "")[:60])
            return say("Undone.")

        return do(type_, id_, doing)

    @pages.post("/<type_>/<int:id_>/delete")
    def delete(type_: str, id_: int) -> Response:
        """Into the trash. The page then says so, and how to get it back; scripts are told where to go on and how to undo it."""
        actor = requests.actor()
        entity = shown_entity(records, type_)
        try:
            with records.work(actor) as work:
                work.delete(entity.name, id_)
        except (Conflict, Invalid, Stale) as error:
            status, _, _ = translate(error, requests.language())
            if request.headers.get("Accept") == "application/json":
                raise
            return again(type_, id_, status=status, problem=_why(entity, error))
        if request.headers.get("Accept") == "application/json":
            text = say("Deleted. It lies in the trash for a while.").render(requests.language())
            found = {"text": text, "transaction": work.transaction}
            return Response(json.dumps(found), 200, mimetype="application/json")
        return redirect(f"/{entity.type}/{id_}", 303)  # type: ignore[return-value]


def _stored(work: Work, text: str) -> str:
    chosen = [int(i) for i in request.form.getlist("mention") if is_digits(i, 15)]
    text = text.replace("\r\n", "\n")
    return to_store(text, everybody(work.database, work.actor), chosen) if "@" in text else text


def _why(entity: Entity, error: IngotError) -> str:
    """A sentence for the person: problems by the labels of their fields."""
    language = requests.language()
    if isinstance(error, UndoRefused) and error.left:
        return "; ".join(dict.fromkeys(str(one["reason"]) for one in error.left))
    if not isinstance(error, Invalid):
        return error.message.render(language)
    named: list[Any] = []
    for problem in error.problems:
        field = entity.by_name.get(problem.field)
        what = label(field.label, language) if field else say("Comment").render(language)
        named.append(f"{what}: {problem.message.render(language)}")
    return "; ".join(named)
