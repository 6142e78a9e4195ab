"""What happened around a record, newest first, from several sources at once: its comments, the changes in its log, and the
records that tell of something (tellings.py). A page ends in a cursor that says how far each source was read."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from markupsafe import Markup, escape

from appliance.base import clock
from appliance.base.text import Text, say
from appliance.features.comments.comments import comments_of
from appliance.features.record_page import happened
from appliance.features.record_page.facts import choice_tag
from appliance.features.record_page.looking import Look, rich
from appliance.features.record_page.people import Names, mentioned, shown, to_edit
from appliance.features.record_page.tellings import (
    PLAIN,
    Telling,
    in_time,
    is_day,
    newest,
    points_here,
    tellings,
    time_of,
)
from appliance.http.pages import formats
from appliance.http.pages.icons import icon_of
from appliance.records.log import Entry
from appliance.records.query import Page, Query, Sort
from appliance.records.titles import title

SIZE = 15
AHEAD = 3
LONGEST = 600
"""Characters of a related record's text."""


@dataclass(frozen=True, slots=True)
class Item:
    """`kind`: comment, change, related. `html` is the sentence, `text` what was written. `changes` as in happened.py; `clock` is
    empty for what has only a day; `face` is the author of a comment."""

    kind: str
    at: str
    icon: str
    html: str
    text: str = ""
    small: str = ""
    tint: str = ""
    changes: Any = ()
    more: int = 0
    comment: int = 0
    mine: bool = False
    typed: str = ""
    edited: bool = False
    clock: str = ""
    tag: str = ""
    face: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    label: str
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Timeline:
    days: list[Day]
    older: str
    """The cursor of what follows; empty at the end."""


@dataclass(frozen=True, slots=True)
class _Found:
    at: str
    source: str
    mark: Any
    held: Any


def timeline(look: Look, cursor: str = "") -> Timeline:
    """A page of it. A cursor that is none begins anew."""
    place = read_cursor(cursor)
    found = sorted(_all(look, place), key=lambda f: f.at, reverse=True)
    taken = found[:SIZE]
    for one in taken:
        place[one.source] = one.mark
    items = _items(look, taken)
    days = _days(look, items, str(place.get("day", "")))
    older = ""
    if len(found) > SIZE:
        place["day"] = _local(look, taken[-1].at).isoformat()
        older = write_cursor(place)
    return Timeline(days, older)


def write_cursor(place: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(place, default=str)).decode().rstrip("=")


def read_cursor(text: str) -> dict[str, Any]:
    try:
        found = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


# ---------------------------------------------------------------------- sources


def _all(look: Look, place: dict[str, Any]) -> Iterable[_Found]:
    name, number = look.entity.name, SIZE + 1
    upto = place.get("log")
    upto = upto - 1 if type(upto) is int and 0 < upto < 2**62 else 2**62
    for entry in look.records.log.of_record(name, look.id, upto=upto, limit=number):
        yield _Found(clock.wire(clock.from_micros(entry.at)), "log", entry.position, entry)
    before = place.get("comment")
    before = before if type(before) is int and before < 2**62 else None
    comment = look.reading.table("comment")
    for row in comments_of(look.records, look.actor, look.entity, look.id, before=before, limit=number):
        yield _Found(str(row[comment.place["created_at"]]), "comment", row[0], row)
    for kind in tellings(look):
        yield from _related(look, kind, place.get(kind.key), number)


def _related(look: Look, kind: Telling, mark: Any, number: int) -> Iterable[_Found]:
    """Those whose time has come; days end with the day."""
    where = [points_here(look, kind)]
    if kind.when != PLAIN:
        where.append(in_time(look, kind, "lt"))
    after = tuple(mark) if _is_mark(mark) else None
    query = Query(kind.entity.name, tuple(where), newest(kind), Page(number, after=after, cursor=True))
    page = look.reading.page(query)
    table = look.reading.table(kind.entity.name)
    for row, keys in zip(page.rows, page.keys or (), strict=True):
        yield _Found(time_of(table, kind, row), kind.key, list(keys), (kind, row))


def coming_up(look: Look) -> list[Item]:
    """What is still to come, the nearest first."""
    found = []
    for kind in tellings(look):
        if kind.when == PLAIN:
            continue
        where = (points_here(look, kind), in_time(look, kind, "gte"))
        order = (Sort((kind.when,)), Sort(("id",)))
        table = look.reading.table(kind.entity.name)
        rows = look.reading.page(Query(kind.entity.name, where, order, Page(AHEAD))).rows
        found += [_Found(time_of(table, kind, row), kind.key, None, (kind, row)) for row in rows]
    return _items(look, sorted(found, key=lambda f: f.at)[:AHEAD])


def _is_mark(mark: Any) -> bool:
    """A time and an id. PostgreSQL would not even compare anything else."""
    if not (isinstance(mark, list) and len(mark) == 2 and isinstance(mark[0], str) and type(mark[1]) is int):
        return False
    try:
        datetime.fromisoformat(mark[0])
    except ValueError:
        return False
    return -(2**63) <= mark[1] < 2**63


# ---------------------------------------------------------------------- items


def _items(look: Look, taken: list[_Found]) -> list[Item]:
    """What they all need to know of people and related records is asked for at once."""
    entries = [f.held for f in taken if f.source == "log"]
    comments = [f.held for f in taken if f.source == "comment"]
    place = look.reading.table("comment").place
    people = [c[place["created_by"]] for c in comments]
    people += mentioned(c[place["text"]] for c in comments)
    for f in taken:
        if f.source not in ("log", "comment"):
            kind, row = f.held
            people.append(row[look.reading.table(kind.entity.name).place["owner"]])
    happened.name_ends(look, entries)
    names = Names(look, [e.actor for e in entries], people)
    return [replace(_MAKERS.get(f.source, _tells)(look, f, names), clock=_clock(look, f)) for f in taken]


def _clock(look: Look, found: _Found) -> str:
    """A day has no hour."""
    if found.source not in ("log", "comment"):
        kind: Telling = found.held[0]
        if is_day(kind.entity.by_name[kind.when]):
            return ""
    return formats.clock(_here(look, found.at), look.me.locale)


def _change(look: Look, found: _Found, names: Names) -> Item:
    entry: Entry = found.held
    (one,) = happened.told(look, [entry], names)
    tint = {"created": "tint-green", "deleted": "tint-red"}.get(entry.action, "tint-blue")
    return Item("change", one.at, one.icon, one.sentence, "", one.via, tint, one.changes, one.more)


def _comment(look: Look, found: _Found, names: Names) -> Item:
    table = look.reading.table("comment")
    row = found.held
    values = table.show(row, ("text", "created_by", "owner"))
    author = int(values["created_by"] or 0)
    sentence = rich(say("{who} commented", who=Markup("<b>{}</b>").format(names.of_user(author))), look.me.language)
    mine = look.actor.admin or (look.actor.user is not None and values["owner"] == str(look.actor.user))
    return Item(
        "comment", found.at, "message", sentence, shown(values["text"], names), "", "tint-violet",
        comment=row[0], mine=mine, typed=to_edit(values["text"], names) if mine else "", edited=row[1] > 1,
        face=names.of_user(author),
    )  # fmt: skip


def _tells(look: Look, found: _Found, names: Names) -> Item:
    kind, row = found.held
    table = look.reading.table(kind.entity.name)
    values = table.show(row)
    link = Markup('<a href="/{}/{}">{}</a>').format(kind.entity.type, row[0], title(table, row))
    choice = next((f for f in kind.entity.fields if f.kind.single_choice and any(c.color for c in f.choices)), None)
    mark = choice_tag(look, choice, values[choice.name]) if choice and values.get(choice.name) else ""
    text = str(values.get(kind.text) or "")
    text = text if len(text) <= LONGEST else text[:LONGEST].rstrip() + "…"
    small = look.label(kind.entity.label)
    if owner := values.get("owner"):
        small = f"{small} · {names.of_user(int(owner))}"
    return Item("related", found.at, icon_of(kind.entity), link, escape(text), small, "tint-amber", tag=mark)


_MAKERS: dict[str, Callable[[Look, _Found, Names], Item]] = {"log": _change, "comment": _comment}


# ---------------------------------------------------------------------- days


def _here(look: Look, at: str) -> datetime:
    moment = datetime.fromisoformat(at)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(formats.zone(look.me.timezone))


def _local(look: Look, at: str) -> date:
    return _here(look, at).date()


def _days(look: Look, items: list[Item], shown_already: str) -> list[Day]:
    """A day whose heading stands on the page above has none here."""
    found: list[Day] = []
    last = None
    for item in items:
        day = _local(look, item.at)
        if day != last:
            text = "" if day.isoformat() == shown_already else day_label(look, day)
            found.append(Day(text, []))
            last = day
        found[-1].items.append(item)
    return found


def day_label(look: Look, day: date) -> str:
    today = clock.now().astimezone(formats.zone(look.me.timezone)).date()
    near: dict[date, Text] = {
        today: say("Today"), today - timedelta(days=1): say("Yesterday"), today + timedelta(days=1): say("Tomorrow"),
    }  # fmt: skip
    return look.say(near[day]) if day in near else formats.day(day.isoformat(), look.me.locale)
