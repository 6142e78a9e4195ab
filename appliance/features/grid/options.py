"""Records to choose from in a filter, a cell or a bulk change: what is chosen first, then what a search finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from appliance.base.digits import is_digits
from appliance.base.errors import BadRequest, Unavailable
from appliance.base.text import say
from appliance.http.jsonapi.lists import Lists
from appliance.http.pages.person import Person
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.titles import title, titles

MOST = 12


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    chosen: bool = False


def options(records: Records, lists: Lists, me: Person, target: str, text: str, chosen: Sequence[str]) -> list[Option]:
    """At most MOST beside those chosen. Empty for an entity this person may not read."""
    registry, actor = records.registry, me.actor
    entity = registry.entities.get(target)
    if entity is None or actor is None or not actor.reach("read", target):
        return []
    known = titles(Reading(records.database, registry, actor), target, (int(v) for v in chosen if is_digits(v)))
    found = [
        Option(v, known[int(v)] if is_digits(v) else _me(me), True) for v in chosen if v == "me" or _id(v) in known
    ]
    if target == "user" and "me" not in chosen and not text:
        found.append(Option("me", _me(me)))
    text = text.strip()[:100]
    query = f"page[size]={MOST}"
    if text and entity.builtin:
        query += "".join(f"&filter[or.1][{f.name}][contains]={quote(text)}" for f in entity.fields[:2])
    elif text:
        query += f"&filter[q]={quote(text)}"
    elif entity.title_fields and entity.by_name[entity.title_fields[0]].kind.sortable:
        query += f"&sort={entity.title_fields[0]}"
    try:
        looked = lists.look(registry, actor, entity, lists.asked(registry, entity, query.encode("latin-1")))
    except (BadRequest, Unavailable):
        return found
    table = looked.reading.table(target)
    return found + [Option(str(row[0]), title(table, row)) for row in looked.found.rows if str(row[0]) not in chosen]


def _me(me: Person) -> str:
    return say("Me").render(me.language)


def _id(text: str) -> int:
    return int(text) if is_digits(text) else -1
