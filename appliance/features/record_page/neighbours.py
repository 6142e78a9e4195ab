"""The records before and after this one in the list that one came from. The list's words travel along as `list`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, urlencode

from appliance.base.errors import IngotError
from appliance.features.grid.words import PAGE_ONLY
from appliance.features.record_page.looking import Look
from appliance.http.jsonapi.lists import Lists
from appliance.records.conditions import Condition
from appliance.records.query import Page, Query

LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Addresses; empty where the list ends. `list` is that of the list itself."""

    previous: str
    next: str
    list: str


def neighbours(look: Look, lists: Lists, words: str | None) -> Neighbours | None:
    """None without a list, and for words that are no list (any more). Follows the order of the list, whatever page of it
    the record was on; a record that has left the list keeps its place by its values."""
    if words is None or len(words) > LONGEST:
        return None
    kept = [p for p in parse_qsl(words, keep_blank_values=True) if not p[0].startswith("page[")]
    asked = [p for p in kept if p[0] not in PAGE_ONLY]
    try:
        query = lists.asked(
            look.reading.registry, look.entity, urlencode(asked).encode("latin-1"), extra=PAGE_ONLY
        ).query
        found = _around(look, query)
    except IngotError:
        return None
    text = urlencode(kept, quote_via=quote, safe="[],.:")
    address = f"/{look.entity.type}"

    def to(record_id: int | None) -> str:
        return f"{address}/{record_id}?list={quote(text, safe='')}" if record_id else ""

    return Neighbours(to(found[0]), to(found[1]), f"{address}?{text}" if text else address)


def _around(look: Look, query: Query) -> tuple[int | None, int | None]:
    here = replace(query, conditions=(Condition(("id",), "eq", (look.id,)),), page=Page(1, cursor=True))
    keys = look.reading.page(here).keys
    if not keys:
        return None, None
    before = look.reading.page(replace(query, page=Page(1, before=keys[0]))).rows
    after = look.reading.page(replace(query, page=Page(1, after=keys[0]))).rows
    return (before[0][0] if before else None), (after[0][0] if after else None)
