"""/<type>: an entity's records as a grid. All of it stands in the address, in the words of the API."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, Response, request

from appliance.base.errors import NotFound
from appliance.base.text import say
from appliance.features.grid.columns import columns, default_names
from appliance.features.grid.listing import lines
from appliance.features.grid.words import PAGE_ONLY, Words
from appliance.http import requests
from appliance.http.jsonapi.lists import Lists
from appliance.http.pages.person import person
from appliance.http.pages.rendering import is_fragment, page
from appliance.records.entity import Entity
from appliance.records.permissions import may
from appliance.records.records import Records

SIZES = (25, 50, 100)


def make_pages(records: Records, lists: Lists) -> Blueprint:
    pages = Blueprint("grid", __name__)

    @pages.get("/<type_>")
    def grid(type_: str) -> Response:
        entity = shown_entity(records, type_)
        template = "parts/grid.html" if is_fragment() else "pages/grid.html"
        return page(template, **grid_values(records, lists, entity))

    return pages


def shown_entity(records: Records, type_: str) -> Entity:
    """The entity whose pages these are; NotFound when there is none, or when it belongs to the house."""
    entity = records.registry.by_type.get(type_)
    if entity is None or entity.builtin:
        raise NotFound(say("There is nothing at this address."))
    return entity


def grid_values(records: Records, lists: Lists, entity: Entity) -> dict[str, Any]:
    """What the grid's template needs, from the request's query string."""
    actor, me, registry = requests.actor(), person(), records.registry
    may(actor, "read", entity.name)
    pairs = parse_qsl(request.query_string.decode("latin-1"), keep_blank_values=True)
    words = Words(f"/{entity.type}", pairs)
    # a count lets the database choose the better plan, and tells how far the pages go
    asked = lists.asked(registry, entity, (words.query + "&page[totals]=true").encode("latin-1"), extra=PAGE_ONLY)
    looked = lists.look(registry, actor, entity, asked)
    found, query = looked.found, asked.query
    shown = columns(entity, asked.fields.get(entity.type) or default_names(entity), asked.query.sorts)
    first = (query.page.number - 1) * query.page.size
    return {
        "entity": entity,
        "words": words,
        "columns": shown,
        "lines": lines(looked.reading, me, looked.reading.table(entity.name), shown, found),
        "first": first,
        "more": found.more,
        "total": found.total or 0,
        "number": query.page.number,
        "size": query.page.size,
        "sizes": SIZES,
        "may_create": actor.reach("create", entity.name),
        "may_update": actor.reach("update", entity.name),
        "may_delete": actor.reach("delete", entity.name),
    }
