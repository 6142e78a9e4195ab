"""/<type>/<id>: a record with what belongs to it; its history, its past, and what to say when it is in the trash. What can be
done on the page stands in doing.py."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, request

from appliance.base.digits import is_digits
from appliance.base.errors import NotFound
from appliance.base.text import say
from appliance.features.grid.pages import shown_entity
from appliance.features.record_page import facts, people
from appliance.features.record_page.attached import drawers
from appliance.features.record_page.doing import add_doings
from appliance.features.record_page.looking import Look, look_at
from appliance.features.record_page.neighbours import neighbours
from appliance.features.record_page.news import news
from appliance.features.record_page.past import as_of, history
from appliance.features.record_page.related import cards
from appliance.features.record_page.tellings import tellings, writable
from appliance.features.record_page.timeline import coming_up, timeline
from appliance.features.record_page.trash import add_trash, in_trash
from appliance.http import requests
from appliance.http.jsonapi.lists import Lists
from appliance.http.pages.person import person
from appliance.http.pages.rendering import is_fragment, page
from appliance.records.entity import Entity
from appliance.records.reading import Reading
from appliance.records.records import Records

CARRIED = 6_000
"""Characters of values that the address of a copy may have."""


def make_pages(records: Records, lists: Lists) -> Blueprint:
    pages = Blueprint("record_page", __name__)

    @pages.get("/<type_>/<int:id_>")
    def record(type_: str, id_: int) -> Response:
        return _page(records, lists, type_, id_, "activity")

    @pages.get("/<type_>/<int:id_>/history")
    def past(type_: str, id_: int) -> Response:
        return _page(records, lists, type_, id_, "history")

    @pages.get("/<type_>/<int:id_>/activity")
    def older(type_: str, id_: int) -> Response:
        """The next page of the timeline, as a fragment."""
        look = _look(records, type_, id_)
        return page("parts/record/days.html", look=look, timeline=timeline(look, request.args.get("before", "")))

    @pages.get("/<type_>/<int:id_>/news")
    def what_is_new(type_: str, id_: int) -> Response:
        """What others did to the record since a position of the log: {"text"}, empty for nothing."""
        look = _look(records, type_, id_)
        return _json(news(look, request.args.get("after", 0, int)))

    @pages.get("/<type_>/<int:id_>/people")
    def to_mention(type_: str, id_: int) -> Response:
        """People whose name begins as typed, for who writes a comment."""
        look = _look(records, type_, id_)
        found = people.offered(records.database, look.actor, request.args.get("q", "")[:80])
        return _json([{"id": user, "name": name} for user, name in found])

    add_trash(pages, records)
    add_doings(pages, records, lambda type_, id_, **more: _page(records, lists, type_, id_, "activity", **more))
    return pages


def _json(found: Any) -> Response:
    return Response(orjson.dumps(found), 200, {"Cache-Control": "no-store"}, mimetype="application/json")


def _look(records: Records, type_: str, id_: int) -> Look:
    actor = requests.actor()
    entity = shown_entity(records, type_)
    reading = Reading(records.database, records.registry, actor, records.find)
    return look_at(records, reading, person(), entity, id_)


def _page(records: Records, lists: Lists, type_: str, id_: int, tab: str, status: int = 200, **more: Any) -> Response:
    try:
        position = records.log.last()  # before reading: what comes in between is told twice rather than never
        look = _look(records, type_, id_)
    except NotFound:
        gone = in_trash(records, type_, id_)
        if gone is None:
            raise
        template = "parts/record/gone.html" if is_fragment() else "pages/record_gone.html"
        return page(template, 410, **gone)
    template = "parts/record/record.html" if is_fragment() else "pages/record.html"
    return page(template, status, position=position, **{**_values(look, lists, tab), **more})


def _values(look: Look, lists: Lists, tab: str) -> dict[str, Any]:
    """What the template needs, from the request's query string."""
    asked = request.args.get("as-of", "").strip()
    past = as_of(look, asked) if asked else None
    values = past.values if past else look.values
    done = request.args.get("done", "")[:60]
    listed = cards(look)
    found: dict[str, Any] = {
        "look": look,
        "entity": look.entity,
        "tab": "past" if past else tab,
        "past": past,
        "face": facts.face(look.entity),
        "headline": facts.headline(look, values),
        "steps": facts.steps(look, values),
        "fields": facts.fields(look, values),
        "tags": facts.tags(look, values),
        "drawers": drawers(look, values),
        "full": [c for c in listed if c.count],
        "empty": [c for c in listed if not c.count],
        "near": neighbours(look, lists, request.args.get("list")),
        "list_words": request.args.get("list"),
        "address": f"/{look.entity.type}/{look.id}",
        "may_update": look.may("update") and not past,
        "may_delete": look.may("delete") and not past,
        "may_create": look.actor.reach("create", look.entity.name),
        "copy": copy_address(look.entity, look.values),
        "around": [] if past else list(dict.fromkeys(kind.entity.type for kind in tellings(look))),
        "done": done,
        "done_text": done_text(look, done) if done else "",
        "problem": "",
        "typed": "",
    }
    if past:
        return found
    found["ahead"] = coming_up(look)
    if tab == "history":
        before = request.args.get("before", "")
        found["history"] = history(look, int(before) if is_digits(before) else None)
    else:
        found["writable"] = writable(look)
        found["timeline"] = timeline(look, request.args.get("before", ""))
    return found


def done_text(look: Look, transaction: str) -> str:
    """What that transaction did to this record, in a word."""
    last = look.records.log.of_record(look.entity.name, look.id, limit=1)
    if last and last[0].transaction == transaction and last[0].action == "created":
        return look.say(say("Restored.") if last[0].version > 1 else say("Created."))
    return look.say(say("Saved."))


def copy_address(entity: Entity, values: dict[str, Any]) -> str:
    """The form for a new record, filled with this one's values, as far as an address can carry them."""
    pairs: list[tuple[str, str]] = []
    length = 0
    for field in entity.fields:
        value = values.get(field.name)
        if (
            value in (None, [], "")
            or not field.writable
            or field.unique
            or field.kind.holds_files
            or field.kind.structured
        ):
            continue
        text = (
            ",".join(map(str, value))
            if isinstance(value, list)
            else str(value).lower()
            if value in (True, False)
            else str(value)
        )
        length += len(text) + len(field.name)
        if length < CARRIED:
            pairs.append((field.name, text))
    return f"/{entity.type}/new?{urlencode(pairs)}" if pairs else f"/{entity.type}/new"
