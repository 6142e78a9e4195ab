"""/<type>: an entity's records as a grid. All of it stands in the address, in the words of the API.

/<type>/words turns a form into such an address; /<type>/views keeps one; /<type>/rows, /cell and /options are pieces that
the page's script asks for."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, Response, jsonify, redirect, request

from appliance.base.errors import BadRequest, Invalid, NotFound
from appliance.base.text import Text, say
from appliance.features.grid.cells import cell_values
from appliance.features.grid.composing import compose
from appliance.features.grid.keeping import keep
from appliance.features.grid.options import options
from appliance.features.grid.showing_grid import Grid, filter_bar, grid_values, row_values, view_of
from appliance.features.views.views import Views
from appliance.http import requests
from appliance.http.jsonapi.lists import Lists
from appliance.http.kinds import face_of
from appliance.http.kinds.number import NumberFace
from appliance.http.pages.person import person
from appliance.http.pages.rendering import is_fragment, page
from appliance.records.entity import Entity, Field
from appliance.records.kinds import Wrong
from appliance.records.permissions import may
from appliance.records.query import resolve
from appliance.records.records import Records


def make_pages(records: Records, lists: Lists) -> Blueprint:
    pages = Blueprint("grid", __name__)
    grid_of = Grid(records, lists, Views(records))

    def pairs() -> list[tuple[str, str]]:
        return parse_qsl(request.query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=300)

    @pages.get("/<type_>")
    def grid(type_: str) -> Response:
        entity = shown_entity(records, type_)
        if is_fragment() and request.headers.get("HX-Target") == "div#filters":
            return page("parts/grid_filters.html", **filter_bar(grid_of, entity, pairs()))
        return whole(entity, pairs())

    def whole(entity: Entity, words: list[tuple[str, str]], status: int = 200, **more: Any) -> Response:
        """An address that cannot be read is told as such, with a way back."""
        template = "parts/grid.html" if is_fragment() else "pages/grid.html"
        try:
            return page(template, status, **grid_values(grid_of, entity, words), **more)
        except BadRequest as refused:
            values = grid_values(grid_of, entity, [("view", "")])
            return page(template, 400, **values, refused=refused.message.render(person().language))

    @pages.get("/<type_>/words")
    def words(type_: str) -> Response:
        entity = shown_entity(records, type_)
        may(requests.actor(), "read", entity.name)
        me = person()
        return redirect(compose(records.registry, entity, f"/{entity.type}", request.args, me.timezone, me.locale), 303)  # type: ignore[return-value]

    @pages.get("/<type_>/rows")
    def rows(type_: str) -> Response:
        """The row of one record, as the page's columns have it: after a change of it. Empty when it is not to be seen."""
        entity = shown_entity(records, type_)
        return page("parts/grid_rows.html", **row_values(grid_of, entity, pairs(), request.args.get("row", "")))

    @pages.get("/<type_>/cell")
    def cell(type_: str) -> Response:
        """The input for a field, with a record's value when one is named."""
        entity = shown_entity(records, type_)
        field = entity.by_name.get(request.args.get("field", ""))
        if field is None:
            raise NotFound(say("There is nothing at this address."))
        return page("parts/grid_cell.html", **cell_values(records, lists, entity, field, request.args.get("row", "")))

    @pages.get("/<type_>/number")
    def number(type_: str) -> Response:
        """{"value"}: a number that was typed into a cell, as the API wants it; {"problem"} where it is none, or may be two."""
        entity = shown_entity(records, type_)
        field = entity.by_name.get(request.args.get("field", ""))
        if field is None or not isinstance(face := face_of(field), NumberFace):
            raise NotFound(say("There is nothing at this address."))
        try:
            return jsonify({"value": face.canonical(field, request.args.get("text", ""), person().locale)})
        except Wrong as wrong:
            answer = jsonify({"problem": _said(wrong.message)})
            answer.status_code = 422
            return answer

    @pages.get("/<type_>/options")
    def options_(type_: str) -> Response:
        """Records to choose from for a relation, found by their titles."""
        entity = shown_entity(records, type_)
        may(requests.actor(), "read", entity.name)
        path = tuple(request.args.get("path", "").split("."))
        _, last = resolve(records.registry, entity, path, "path")
        target = last.target or "" if isinstance(last, Field) else ""
        chosen = [v for v in request.args.getlist("value") if v][:50]
        found = options(records, lists, person(), target, request.args.get("find", ""), chosen)
        if request.args.get("how") == "radio":  # what is edited takes a person, not a word for one
            found = [o for o in found if o.value != "me"]
        return page("parts/grid_options.html", options=found, how=request.args.get("how"))

    @pages.post("/<type_>/views")
    def views(type_: str) -> Response:
        entity = shown_entity(records, type_)
        try:
            address = keep(grid_of.views, requests.actor(), entity, request.form)
        except Invalid as error:
            problem = " ".join(_said(p.message) for p in error.problems)
            words = parse_qsl(request.form.get("words", ""), keep_blank_values=True)
            return whole(entity, words, 422, view_problem=problem, view_label=request.form.get("label", ""))
        return redirect(address, 303)  # type: ignore[return-value]

    return pages


def _said(text: Text) -> str:
    return text.render(person().language)


def shown_entity(records: Records, type_: str) -> Entity:
    """The entity whose pages these are; NotFound when there is none, or when it belongs to the house."""
    entity = records.registry.by_type.get(type_)
    if entity is None or entity.builtin:
        raise NotFound(say("There is nothing at this address."))
    return entity


__all__ = ["make_pages", "shown_entity", "view_of"]
