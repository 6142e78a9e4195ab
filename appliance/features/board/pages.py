"""/<type>/board: a list's records as cards in columns, one for each choice of a field. Its address has the list's own words
(filters, order, columns) and group_by. Cards are moved by PATCH from the script, by /<type>/board/move without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote

from flask import Blueprint, Response, redirect, request

from appliance.base.digits import is_digits, is_id
from appliance.base.errors import BadRequest, IngotError, NotFound, NotSignedIn
from appliance.base.text import say
from appliance.features.board.columns import Board, Column, board_view, choice_fields
from appliance.features.grid.chips import SEARCH, Chips, read_filters
from appliance.features.grid.pages import shown_entity
from appliance.features.grid.tabs import Shown, shown_view, tabs
from appliance.features.grid.words import Words
from appliance.features.undo.undoing import undo_transaction
from appliance.features.views.views import Views
from appliance.http import requests
from appliance.http.errors import translate
from appliance.http.jsonapi.lists import Lists
from appliance.http.pages.person import person
from appliance.http.pages.rendering import is_fragment, page
from appliance.records.entity import Entity
from appliance.records.permissions import may
from appliance.records.reading import Reading
from appliance.records.records import Records

OWN = ("_pages", "_move", "_done", "_moved")
"""Words of the page alone: which columns show more, whose move is asked, what was done."""


@dataclass(frozen=True, slots=True)
class Look:
    """The address read."""

    entity: Entity
    shown: Shown
    board: Board


def make_pages(records: Records, lists: Lists) -> Blueprint:
    pages = Blueprint("board", __name__)
    all_views = Views(records)

    def look(type_: str) -> Look:
        actor, entity = requests.actor(), shown_entity(records, type_)
        may(actor, "read", entity.name)
        pairs = parse_qsl(request.query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=200)
        pairs = [pair for pair in pairs if pair[0] not in OWN]
        views = all_views.views_for(actor, entity.name)
        default = board_view(records, entity)
        named = any(name == "group_by" for name, _ in pairs)
        shown = shown_view(f"/{entity.type}/board", pairs, views, None if named else default)
        return Look(entity, shown, Board(records, lists, actor, person(), entity, shown.words))

    def drawn(found: Look, status: int = 200, problem: str = "") -> Response:
        template = "pages/board_body.html" if is_fragment() else "pages/board.html"
        return page(template, status, **values(found), problem=problem)

    def values(found: Look) -> dict[str, Any]:
        actor, me, entity, words = requests.actor(), person(), found.entity, found.shown.words
        columns = found.board.columns(shown_pages(request.args.get("_pages", "")))
        reading = Reading(records.database, records.registry, actor, records.find)
        moved = request.args.get("_moved", "")
        return {
            "entity": entity,
            "words": words,
            "field": found.board.field,
            "fields": choice_fields(entity),
            "columns": columns,
            "total": sum(c.count for c in columns),
            "tabs": tabs(entity, all_views.views_for(actor, entity.name), found.shown),
            "chips": Chips(reading, me, read_filters(records.registry, entity, words)).chips(),
            "q": words.get(SEARCH),
            "table": Words(f"/{entity.type}", [p for p in words.pairs if p[0] not in ("view", "group_by")]).here,
            "may_create": bool(actor.reach("create", entity.name)),
            "moving": request.args.get("_move", ""),
            "more": lambda column: more_address(words, columns, column),
            "done": request.args.get("_done", "")[:60],
            "moved": moved if is_digits(moved) else "",
            "narrowed": [(name, value) for name, value in words.pairs if name != SEARCH],
        }

    @pages.get("/<type_>/board")
    def board(type_: str) -> Response:
        return drawn(look(type_))

    @pages.post("/<type_>/board/move")
    def move(type_: str) -> Response:
        """`id`, `version` and `to`, a choice: back to the board, whose address stands in the query string."""
        actor, found = requests.actor(), look(type_)
        id_, version, to = (request.form.get(n, "") for n in ("id", "version", "to"))
        if not (is_id(id_) and is_digits(version, 9)):
            raise BadRequest(say("{name} must be a number.", name="id"), parameter="id")
        try:
            with records.work(actor) as work:
                work.update(found.entity.name, int(id_), {found.board.field.name: to}, version=int(version))
        except (NotSignedIn, NotFound):
            raise
        except IngotError as error:
            status, told, _ = translate(error, requests.language())
            return drawn(found, status, " ".join(one["detail"] for one in told))
        return redirect(back(found, _done=work.transaction if work.touched else "", _moved=id_), 303)  # type: ignore[return-value]

    @pages.post("/<type_>/board/undo")
    def undo(type_: str) -> Response:
        """For who has no script; with it POST /api/undo is asked."""
        actor, found = requests.actor(), look(type_)
        try:
            with records.work(actor) as work:
                undo_transaction(work, request.form.get("transaction", "")[:60])
        except NotSignedIn:
            raise
        except IngotError as error:
            status, told, _ = translate(error, requests.language())
            return drawn(found, status, " ".join(one["detail"] for one in told))
        return redirect(back(found), 303)  # type: ignore[return-value]

    return pages


def back(found: Look, **more: str) -> str:
    address = found.shown.words.here
    for name, value in more.items():
        if value:
            address += ("&" if "?" in address else "?") + f"{name}={quote(value)}"
    return address


def shown_pages(text: str) -> dict[str, int]:
    """`won:2,lost:3`"""
    pairs = (part.rpartition(":") for part in text.split(",") if part)
    return {key: max(1, int(n)) for key, _, n in pairs if is_digits(n, 2)}


def more_address(words: Words, columns: Sequence[Column], column: Column) -> str:
    """The board with more cards in one column, and as many as now in the others."""
    known = shown_pages(request.args.get("_pages", ""))
    known[column.key] = column.more
    listed = ",".join(f"{c.key}:{known[c.key]}" for c in columns if known.get(c.key, 1) > 1)
    address = words.here
    return f"{address}{'&' if '?' in address else '?'}_pages={quote(listed, safe=':,')}"
