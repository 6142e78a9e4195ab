"""/api/log: the feed. Ids are positions; `page[after]` resumes without gap or double. Each actor sees the entries of
records that they may see."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from appliance.base.digits import is_digits
from appliance.base.errors import BadRequest
from appliance.base.text import say
from appliance.http import requests
from appliance.http.jsonapi.answers import answer
from appliance.http.jsonapi.document import VERSION
from appliance.http.jsonapi.parameters import write_query
from appliance.http.jsonapi.past import entry_resource
from appliance.http.route_policy import RECORDS, RoutePolicy, declare
from appliance.records.log import COLUMNS, Entry
from appliance.records.permissions import Actor, lost_sight, visibility
from appliance.records.reading import Reading
from appliance.records.records import Records

_FILTERS = ("record", "action", "actor", "transaction", "via")
SCHEMA = ("entity", "field")


def make_api(records: Records) -> Blueprint:
    api = Blueprint("feed", __name__, url_prefix="/api")

    @api.get("/log")
    def log() -> Response:
        actor = requests.actor()
        conditions: list[str] = []
        params: list[Any] = []
        size, newest, after, entity = 100, False, None, None
        for name, value in request.args.items():
            if name == "filter[entity]":
                entity = value
            elif name.startswith("filter[") and name[7:-1] in _FILTERS and name.endswith("]"):
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
        which, held = _which(records, actor, entity)
        conditions.append(which)
        params += held
        order = "DESC" if newest else "ASC"
        sql = f'SELECT {COLUMNS} FROM ingot_log WHERE {" AND ".join(conditions)} ORDER BY "position" {order} LIMIT ?'
        raw = [Entry(*row) for row in records.database.rows(records.database.sql(sql), (*params, size))]
        found = in_names_of_today(records, raw)
        shown = visible_entries(records, actor, [e for e in found if entity in (None, e.entity)])
        asked = [(n, v) for n, v in request.args.items(multi=True) if n != "page[after]"]
        links: dict[str, Any] = {"self": request.path + write_query(request.args.items(multi=True)), "next": None}
        if raw:
            links["next"] = request.path + write_query([*asked, ("page[after]", str(raw[-1].position))])
        data = [entry_resource(e) for e in shown]
        return answer({"jsonapi": VERSION, "data": data, "links": links, "meta": {"position": records.log.last()}})

    return declare(api, RoutePolicy(RECORDS, None))


def _which(records: Records, actor: Actor, entity: str | None) -> tuple[str, list[Any]]:
    """SQL and its values: the entries that are looked through. For administrators, those of entities that are gone, too."""
    known = readable(records, actor)
    if actor.admin and entity is None:
        return "1 = 1", []
    if actor.admin and entity not in known:
        return '"entity" = ?', [entity]
    return _entries_of(records, [name for name in known if entity in (None, name)])


def _entries_of(records: Records, entities: list[str]) -> tuple[str, list[Any]]:
    """SQL and its values: the entries of these entities of today, each under the names it had at the time."""
    names = records.log.names
    steady = [e for e in entities if e in SCHEMA or (len(names.spans(e)) == 1 and names.spans(e)[0].after == 0)]
    parts = [f'"entity" IN ({", ".join("?" * len(steady)) or "NULL"})']
    values: list[Any] = list(steady)
    for entity in entities:
        if entity not in steady:
            part, held = names.condition(entity)
            parts.append(part)
            values += held
    return f"({' OR '.join(parts)})", values


def in_names_of_today(records: Records, entries: list[Entry]) -> list[Entry]:
    """The same entries as one would write them now: entities and fields may have been renamed since. Rights are asked by
    today's names, so that a name given to something else never opens the past of what had it before. Entries of an entity that
    is gone keep the name it had."""
    names = records.log.names
    found = []
    for entry in entries:
        if entry.entity in SCHEMA:
            found.append(entry)
            continue
        for entity in records.registry.entities:
            if any(s.name == entry.entity and s.after < entry.position <= s.upto for s in names.spans(entity)):
                found += names.today(entity, [entry])
                break
        else:
            found.append(entry if entry.entity not in records.registry.entities else _of_another(entry))
    return found


def _of_another(entry: Entry) -> Entry:
    """Of an entity that is gone, and whose name has been given to another since."""
    return replace(entry, entity=str(say("{name} (removed)", name=entry.entity)))


def readable(records: Records, actor: Actor) -> list[str]:
    """The entities of which the actor may see at least some entries."""
    names = [n for n in records.registry.entities if actor.reach("read", n)]
    return [*names, *SCHEMA] if actor.admin else names


def visible_entries(records: Records, actor: Actor, entries: list[Entry]) -> list[Entry]:
    """Those entries whose record the actor may see now, and by its id alone that it left their sight; of a deleted record all
    for who may read all of its kind, of a deleted entity all for administrators."""
    limited = {name for name in {e.entity for e in entries} if not visibility(actor, name).every}
    own = {name for name in limited if name in records.registry.entities and visibility(actor, name)}
    reading = Reading(records.database, records.registry, actor)
    seen = {name: set(reading.by_ids(name, [e.record for e in entries if e.entity == name])) for name in own}
    gone = {e.entity for e in entries if e.entity not in records.registry.entities}
    shown = []
    for e in entries:
        if visibility(actor, e.entity).every if e.entity not in gone else actor.admin:
            shown.append(e)
        elif e.entity in own and lost_sight(actor, e.entity, e.action, e.change):
            shown.append(replace(e, action="deleted", change_text="{}"))
        elif e.entity in own and e.record in seen[e.entity]:
            shown.append(e)
    return shown


def _number(name: str, value: str) -> int:
    if not is_digits(value):
        raise BadRequest(say("{name} must be a number.", name=name), parameter=name)
    return int(value)
