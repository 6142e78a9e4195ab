"""/search: what was found, grouped by kind of record; as a page, and as the sheet under the search field of every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request
from markupsafe import Markup

from appliance.engines.search.protocol import SearchEngine
from appliance.features.search.finding import Finder, Finds
from appliance.http import requests
from appliance.http.pages.rendering import is_fragment, page
from appliance.records.entity import Entity
from appliance.records.records import Records

IN_SHEET, ON_PAGE = 12, 60


@dataclass(frozen=True, slots=True)
class Group:
    """The hits of one entity, best first; `count` is how many there are in all."""

    entity: Entity
    count: int
    hits: list[dict[str, Any]]


def make_pages(records: Records, engine: SearchEngine) -> Blueprint:
    pages = Blueprint("search_pages", __name__)
    finder = Finder(records, engine)

    @pages.get("/search")
    def search() -> Response:
        actor = requests.actor()
        text = request.args.get("q", "").strip()[:200]
        sheet = is_fragment()
        # The entities with pages of their own: a user or a file is found through its records.
        shown = tuple(e.name for e in records.registry.entities.values() if not e.builtin)
        found = (
            finder.find(actor, text, entities=shown, limit=IN_SHEET if sheet else ON_PAGE)
            if text and shown
            else Finds()
        )
        template = "parts/found.html" if sheet else "pages/search.html"
        return page(template, text=text, groups=groups(found), total=found.total, degraded=found.degraded)

    return pages


def groups(found: Finds) -> list[Group]:
    """In the order of their best hits."""
    by_entity: dict[str, list[dict[str, Any]]] = {}
    entities: dict[str, Entity] = {}
    for item in found.items:
        entity = item.table.entity
        entities[entity.name] = entity
        by_entity.setdefault(entity.name, []).append(
            {
                "href": f"/{entity.type}/{item.row[0]}",
                "title": Markup(item.highlights["title"]) if "title" in item.highlights else item.title,
                "plain": item.title,
                "where": [
                    (entity.by_name[name].label, Markup(html))
                    for name, html in item.highlights.items()
                    if name in entity.by_name and name not in entity.title_fields
                ][:2],
            }
        )
    return [Group(entities[name], found.counts.get(name, len(hits)), hits) for name, hits in by_entity.items()]
