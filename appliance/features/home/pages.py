"""/: where a person starts: the places, what happened last, what waits for them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from appliance.base import clock
from appliance.features.packs.installing import installed
from appliance.features.packs.removing import removed
from appliance.features.record_page.people import users_behind
from appliance.http import requests
from appliance.http.pages.icons import icon_of
from appliance.http.pages.rendering import page
from appliance.records.entity import Entity
from appliance.records.log import COLUMNS, Entry
from appliance.records.permissions import Actor
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.titles import titles

LOOKED_AT = 400
SHOWN = 12
MANY = 5
ONE_GO = 600_000_000
"""Microseconds: more than MANY changes of a kind by the same hand within one such span are told as one."""


@dataclass(frozen=True, slots=True)
class Happened:
    """A change of a record this person may see: who did what, when. The last change of each record only; of an import, a
    batch or a job one record stands for all, with `more` beside it."""

    who: str
    action: str
    entity: Entity
    record: int
    title: str
    at: str
    more: bool

    @property
    def icon(self) -> str:
        return icon_of(self.entity)


def make_pages(records: Records) -> Blueprint:
    pages = Blueprint("home", __name__)

    @pages.get("/")
    def home() -> Response:
        actor = requests.actor()
        values: dict[str, Any] = {"done": request.args.get("done", "")}
        values["news"] = news(records, actor)
        values["demo"] = actor.admin and installed(records, "demo")
        values["demo_gone"] = actor.admin and values["done"] == "demo" and removed(records, "demo")
        return page("pages/home.html", **values)

    return pages


def news(records: Records, actor: Actor) -> list[Happened]:
    """What happened last, newest first. Looks at the end of the log only: a quiet office's home may show less."""
    registry, database = records.registry, records.database
    sql = database.sql(f'SELECT {COLUMNS} FROM ingot_log ORDER BY "position" DESC LIMIT ?')
    latest: dict[tuple[str, int], Entry] = {}
    for row in database.rows(sql, (LOOKED_AT,)):
        entry = Entry(*row)
        entity = registry.entities.get(entry.entity)
        if (
            entity
            and not entity.builtin
            and entry.action in ("created", "updated")
            and actor.reach("read", entity.name)
        ):
            latest.setdefault((entity.name, entry.record), entry)
    reading = Reading(database, registry, actor)
    wanted: dict[str, list[int]] = {}
    for name, record in latest:
        wanted.setdefault(name, []).append(record)
    called = {name: titles(reading, name, ids) for name, ids in wanted.items()}
    people = names_of(reading, [e.actor for e in latest.values()])
    seen = [e for e in latest.values() if e.record in called[e.entity]]
    alike = Counter(map(_together, seen))
    found, told = [], set()
    for entry in seen:
        go, many = _together(entry), alike[_together(entry)] > MANY
        if go in told:
            continue
        if many:
            told.add(go)
        title, at = called[entry.entity][entry.record], clock.wire(clock.from_micros(entry.at))
        who, entity = people.get(entry.actor, ""), registry.entities[entry.entity]
        found.append(Happened(who, entry.action, entity, entry.record, title, at, many))
        if len(found) == SHOWN:
            break
    return found


def _together(entry: Entry) -> tuple[str | int, ...]:
    """What one import or batch does is one piece of news."""
    return entry.actor, entry.via, entry.entity, entry.action, entry.at // ONE_GO


def names_of(reading: Reading, keys: list[str]) -> dict[str, str]:
    """{actor key: the person's name} for the users among them, and for programs with a user's token."""
    ids = users_behind(reading.database, keys)
    known = titles(reading, "user", ids.values())
    return {key: known[i] for key, i in ids.items() if i in known}
