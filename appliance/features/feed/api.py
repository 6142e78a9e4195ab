"""/api/log: the feed. Ids are positions; `page[after]` resumes without gap or double. Each actor sees the entries of
records that they may see."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from appliance.base.errors import BadRequest
from appliance.base.text import say
from appliance.http import requests
from appliance.http.jsonapi.answers import answer
from appliance.http.jsonapi.document import VERSION
from appliance.http.jsonapi.past import entry_resource
from appliance.records.log import COLUMNS, Entry
from appliance.records.permissions import Actor
from appliance.records.reading import Reading
from appliance.records.records import Records

_FILTERS = ("entity", "record", "action", "actor", "transaction", "via")
SCHEMA = ("entity", "field")


def make_api(records: Records) -> Blueprint:
    api = Blueprint("feed", __name__, url_prefix="/api")

    @api.get("/log")
    def log() -> Response:
        actor = requests.actor()
        conditions, params, size, newest, after = [], [], 100, False, None
        for name, value in request.args.items():
            if name.startswith("filter[") and name[7:-1] in _FILTERS and name.endswith("]"):
                conditions.append(f'"{name[7:-1]}" = ?')
                params.append(_number(name, value) if name == "filter[record]" else value)
            elif name == "page[after]":
                after = _number(name, value)
            elif name == "page[size]":
                size = min(max(_number(name, value), 1), 500)
            elif name == "sort" and value in ("position", "-position"):
                newest = value.startswith("-")
            else:
                raise BadRequest(say("There is no parameter {name} here.", name=name[:100]), parameter=name[:100])
        if after is not None:
            conditions.append('"position" < ?' if newest else '"position" > ?')
            params.append(after)
        entities = readable(records, actor)
        conditions.append(f'"entity" IN ({", ".join("?" * len(entities)) or "NULL"})')
        params += entities
        order = "DESC" if newest else "ASC"
        sql = f'SELECT {COLUMNS} FROM ingot_log WHERE {" AND ".join(conditions)} ORDER BY "position" {order} LIMIT ?'
        raw = [Entry(*row) for row in records.database.rows(records.database.sql(sql), (*params, size))]
        shown = visible_entries(records, actor, raw)
        links: dict[str, Any] = {"self": request.full_path.rstrip("?")}
        if raw:
            links["next"] = f"/api/log?page[after]={raw[-1].position}" + ("&sort=-position" if newest else "")
        data = [entry_resource(e) for e in shown]
        return answer({"jsonapi": VERSION, "data": data, "links": links, "meta": {"position": records.log.last()}})

    return api


def readable(records: Records, actor: Actor) -> list[str]:
    """The entities of which the actor may see at least some entries."""
    names = [n for n in records.registry.entities if actor.reach("read", n)]
    return [*names, *SCHEMA] if actor.admin else names


def visible_entries(records: Records, actor: Actor, entries: list[Entry]) -> list[Entry]:
    """Those entries whose record the actor may see now; of a deleted record only who may read all of its kind."""
    own = {e.entity for e in entries if actor.reach("read", e.entity) == "own"}
    reading = Reading(records.database, records.registry, actor)
    seen = {name: set(reading.by_ids(name, [e.record for e in entries if e.entity == name])) for name in own}
    return [
        e
        for e in entries
        if (e.entity in own and e.record in seen[e.entity])
        or (e.entity not in own and (actor.reach("read", e.entity) == "all" or (e.entity in SCHEMA and actor.admin)))
    ]


def _number(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 18):
        raise BadRequest(say("{name} must be a number.", name=name), parameter=name)
    return int(value)
