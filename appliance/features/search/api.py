"""/api/search: one box for all entities."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import orjson
from flask import Blueprint, Response, request

from appliance.base.digits import is_digits
from appliance.base.errors import BadRequest
from appliance.base.text import say
from appliance.engines.search.protocol import DEEPEST_HIT, MOST_HITS, SearchEngine
from appliance.features.search.finding import Finder, Finds, Item
from appliance.http import requests
from appliance.http.jsonapi.answers import OPTIONS, answer_bytes
from appliance.http.jsonapi.document import VERSION, Documents
from appliance.http.jsonapi.parameters import write_query
from appliance.http.route_policy import RECORDS, RoutePolicy, declare
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.registry import Registry

PATH = "/api/search"
SIZE = 25


@dataclass(frozen=True, slots=True)
class Asked:
    text: str
    types: tuple[str, ...] | None
    size: int
    number: int
    include: bool
    itself: str  # the links are written once for a query string that comes again
    first: str


def make_api(records: Records, engine: SearchEngine) -> Blueprint:
    api = Blueprint("search", __name__, url_prefix="/api")
    finder = Finder(records, engine)

    @api.get("/search")
    def search() -> Response:
        actor = requests.actor()
        asked = read(request.query_string.decode("latin-1"))
        registry = records.registry
        entities = _entities(registry, asked.types)
        offset = (asked.number - 1) * asked.size
        found = finder.find(actor, asked.text, entities=entities, limit=asked.size, offset=offset)
        document = _document(registry, found, asked, offset)
        if asked.include:
            documents = Documents(Reading(records.database, registry, actor))
            document["included"] = [documents.resource(item.table, item.row) for item in found.items]
        body = orjson.dumps(document, option=OPTIONS)
        return answer_bytes(body, etag=f'"{hashlib.blake2b(body, digest_size=10).hexdigest()}"')

    return declare(api, RoutePolicy(RECORDS, None))


@lru_cache(maxsize=1024)
def read(query_string: str) -> Asked:
    """What is asked. BadRequest names the parameter that is unknown, wrong or missing."""
    try:
        words = parse_qsl(query_string, keep_blank_values=True, max_num_fields=50, errors="strict")
    except ValueError:
        raise BadRequest(say("The query string cannot be read.")) from None
    text, types, include = None, None, False
    numbers = {"page[size]": SIZE, "page[number]": 1}
    most = {"page[size]": MOST_HITS, "page[number]": DEEPEST_HIT}
    for name, value in words:
        if name == "filter[q]":
            text = value
        elif name == "filter[type]":
            types = tuple(filter(None, value.split(",")))
        elif name == "include" and value in ("", "record"):
            include = value == "record"
        elif name == "include":
            raise BadRequest(say("{name} is not a relation.", name=value[:100]), parameter=name)
        elif name in numbers:
            numbers[name] = _number(name, value, most[name])
        else:
            raise BadRequest(say("There is no parameter {name} here.", name=name[:100]), parameter=name[:100])
    if text is None:
        raise BadRequest(say("Say what to search for: filter[q]=..."), parameter="filter[q]")
    others = [(n, v) for n, v in words if n != "page[number]"]
    return Asked(text, types, numbers["page[size]"], numbers["page[number]"], include, _link(words), _link(others))


def _number(name: str, value: str, most: int) -> int:
    if not (is_digits(value) and 1 <= int(value[:12]) <= most):
        raise BadRequest(say("{name} must be a number from 1 to {max}.", name=name, max=most), parameter=name)
    return int(value)


def _entities(registry: Registry, types: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if types is None:
        return None
    for type_ in types:
        if type_ not in registry.by_type:
            raise BadRequest(say("There is no resource type {type}.", type=type_[:100]), parameter="filter[type]")
    return tuple(registry.by_type[type_].name for type_ in types)


def _document(registry: Registry, found: Finds, asked: Asked, offset: int) -> dict[str, Any]:
    counts = {registry.entities[name].type: count for name, count in found.counts.items()}
    meta: dict[str, Any] = {"page": {"total": found.total}, "counts": counts}
    if found.degraded:
        meta["degraded"] = True
    data = [_resource(item) for item in found.items]
    more = offset + asked.size < min(found.total, DEEPEST_HIT)
    return {"jsonapi": VERSION, "data": data, "links": _links(asked, more), "meta": meta}


def _resource(item: Item) -> dict[str, Any]:
    # `type` may not be an attribute's name (JSON:API 1.1, 5.2.2): it stands in the relationship
    entity, id_ = item.table.entity, str(item.row[0])
    path = f"/api/{entity.type}/{id_}"
    return {
        "type": "search",
        "id": f"{entity.type}-{id_}",
        "attributes": {
            "title": item.title or f"{entity.label} {id_}",
            "entity": entity.name,
            "highlights": item.highlights,
            "score": round(item.score, 3),
        },
        "relationships": {"record": {"data": {"type": entity.type, "id": id_}, "links": {"related": path}}},
        "links": {"self": path},
    }


def _links(asked: Asked, more: bool) -> dict[str, str | None]:
    return {
        "self": asked.itself,
        "first": asked.first,
        "prev": f"{asked.first}&page%5Bnumber%5D={asked.number - 1}" if asked.number > 1 else None,
        "next": f"{asked.first}&page%5Bnumber%5D={asked.number + 1}" if more else None,
    }


def _link(words: list[tuple[str, str]]) -> str:
    return PATH + write_query(words)
