"""What the grid's templates need: the view the address means, its filters as chips, its columns, its page of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from appliance.base.digits import is_id
from appliance.base.text import label
from appliance.features.grid.chips import SEARCH, Chips, Filter, read_filters, where
from appliance.features.grid.columns import Column, columns, default_names
from appliance.features.grid.listing import lines
from appliance.features.grid.options import options
from appliance.features.grid.sheets import FilterSheet, column_sheet, field_sheet, filter_sheet
from appliance.features.grid.tabs import Shown, shown_view, tabs
from appliance.features.grid.words import PAGE_ONLY, Pair, Words
from appliance.features.views.views import Views
from appliance.http import requests
from appliance.http.jsonapi.lists import Lists
from appliance.http.jsonapi.parameters import Asked
from appliance.http.kinds import face_of
from appliance.http.pages import formats
from appliance.http.pages.person import Person, person
from appliance.records.entity import Entity, Field
from appliance.records.permissions import may
from appliance.records.query import MAX_NUMBER, Condition, Query
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.settling import MOST_FOUND
from appliance.records.titles import monogram

SIZES = (25, 50, 100)
LONGEST_TRAIL = 1_000
"""Characters: each row of a page says them again."""


@dataclass(frozen=True)
class Grid:
    """What the pages work with."""

    records: Records
    lists: Lists
    views: Views


def view_of(grid: Grid, entity: Entity, pairs: Sequence[Pair]) -> tuple[Shown, list[Any]]:
    """The view an address means, and the tabs beside it."""
    actor = requests.actor()
    views = grid.views.views_for(actor, entity.name)
    default = grid.views.default_view(actor, entity.name) if not pairs else None
    default = default if default and default.kind == "grid" else None
    shown = shown_view(f"/{entity.type}", pairs, views, default)
    return shown, tabs(entity, views, shown)


def grid_values(grid: Grid, entity: Entity, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Of the whole page. Raises BadRequest for words that cannot be read, NotAllowed."""
    actor, me, registry = requests.actor(), person(), grid.records.registry
    may(actor, "read", entity.name)
    shown, tabs_ = view_of(grid, entity, pairs)
    words = shown.words
    # a count lets the database choose the better plan, and tells how far the pages go
    asked = grid.lists.asked(registry, entity, (words.query + "&page[totals]=true").encode("latin-1"), extra=PAGE_ONLY)
    looked = grid.lists.look(registry, actor, entity, asked)
    found, page = looked.found, asked.query.page
    listed = _columns(entity, asked, words)
    total = found.total or 0
    numbers = [c for c in listed if c.field.kind.numeric]
    return {
        **_bar(grid, entity, me, words, listed),
        "tabs": tabs_,
        "view": shown.view,
        "changed": shown.changed,
        "view_mine": shown.view is not None and not shown.view.declared and (actor.admin or not shown.view.shared),
        "lines": lines(looked.reading, me, looked.reading.table(entity.name), listed, found),
        "monogram": monogram(entity),
        "trail": trail(words),
        "sums": _sums(me, listed, looked.sums),
        "changeable": [f for f in entity.by_name.values() if f.writable and face_of(f).edited_in_cells],
        "summing": ",".join(c.name for c in numbers),
        "first": (page.number - 1) * page.size,
        "total": total,
        "matched": looked.matched,
        "most_found": MOST_FOUND,
        "number": page.number,
        "pages": min(max(1, -(-total // page.size)), MAX_NUMBER),
        "size": page.size,
        "sizes": SIZES if page.size in SIZES else (*SIZES, page.size),
        "may_create": actor.reach("create", entity.name),
        "may_update": actor.reach("update", entity.name),
        "may_delete": actor.reach("delete", entity.name),
        "roles": _roles(grid) if actor.admin else [],
    }


def filter_bar(grid: Grid, entity: Entity, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Of the bar alone: a sheet opens without reading rows."""
    may(requests.actor(), "read", entity.name)
    words = view_of(grid, entity, pairs)[0].words
    asked = grid.lists.asked(grid.records.registry, entity, words.query.encode("latin-1"), extra=PAGE_ONLY)
    return _bar(grid, entity, person(), words, _columns(entity, asked, words))


def row_values(grid: Grid, entity: Entity, pairs: Sequence[Pair], id_: str) -> dict[str, Any]:
    """Of one record's row. Its version and values are as they stand now, whether or not the filters still hold."""
    actor, me, registry = requests.actor(), person(), grid.records.registry
    may(actor, "read", entity.name)
    words = view_of(grid, entity, [p for p in pairs if p[0] != "row"])[0].words
    asked = grid.lists.asked(registry, entity, words.query.encode("latin-1"), extra=PAGE_ONLY)
    listed = _columns(entity, asked, words)
    reading = Reading(grid.records.database, registry, actor)
    wanted = int(id_) if is_id(id_) else 0
    found = reading.page(Query(entity.name, (Condition(("id",), "eq", (wanted,)),)))
    return {
        "entity": entity,
        "columns": listed,
        "lines": lines(reading, me, reading.table(entity.name), listed, found),
        "monogram": monogram(entity),
        "trail": trail(words),
        "may_update": actor.reach("update", entity.name),
        "may_delete": actor.reach("delete", entity.name),
    }


def trail(words: Words) -> str:
    """What links to records carry, so that their pages know the list; nothing when it would not fit an address."""
    text = quote(words.travelling, safe="[],.:")
    return f"?list={text}" if len(text) < LONGEST_TRAIL else ""


def _columns(entity: Entity, asked: Asked, words: Words) -> list[Column]:
    names = asked.fields.get(entity.type) or default_names(entity)
    found = columns(entity, names, asked.query.sorts, words.get("widths"), words.get("pinned", "1"))
    return found or columns(entity, default_names(entity), asked.query.sorts)


def _bar(grid: Grid, entity: Entity, me: Person, words: Words, listed: list[Column]) -> dict[str, Any]:
    registry = grid.records.registry
    filters = read_filters(registry, entity, words)
    chips = Chips(Reading(grid.records.database, registry, requests.actor()), me, filters)
    return {
        "entity": entity,
        "words": words,
        "columns": listed,
        "chips": chips.chips(),
        "q": words.get(SEARCH),
        "searched": bool(entity.searchable or entity.title_fields),
        "open": words.get("open"),
        "sheet": _sheet(grid, entity, me, words, filters, chips, listed),
    }


def _sheet(
    grid: Grid, entity: Entity, me: Person, words: Words, filters: list[Filter], chips: Chips, listed: list[Column]
) -> Any:
    """What is open: `columns`, `add`, `add.<path>`, `beside.<key>`, `beside.<key>/<path>`, or a filter's own key."""
    opened, registry = words.get("open"), grid.records.registry
    if not opened:
        return None
    if opened == "columns":
        return column_sheet(entity, me, listed, words)
    if opened == "add":
        return field_sheet(registry, entity, me, "add.")
    if opened.startswith("beside."):
        key, slash, path = opened.removeprefix("beside.").partition("/")
        if not slash:
            return field_sheet(registry, entity, me, f"{opened}/")
        return _found(grid, me, filter_sheet(registry, entity, me, path, None, chips, key), words)
    now = next((f for f in filters if f.key == opened), None)
    path = now.path if now else opened.removeprefix("add.")
    if where(registry, entity, path)[0] is None:
        return None
    return _found(grid, me, filter_sheet(registry, entity, me, path, now, chips), words)


def _found(grid: Grid, me: Person, sheet: FilterSheet | None, words: Words) -> FilterSheet | None:
    """With records to choose from, where the filter is about related ones."""
    if sheet and sheet.target and sheet.target != "file":
        known = options(grid.records, grid.lists, me, sheet.target, words.get("find"), sheet.values)
        sheet.choices[:] = known
    return sheet


def _sums(me: Person, listed: Sequence[Column], sums: dict[str, Any] | None) -> list[str] | None:
    """One text for each column; None when no totals were asked for."""
    if sums is None:
        return None
    return [_summed(me, c.field, sums[c.name]) if c.name in sums else "" for c in listed]


def _summed(me: Person, field: Field, value: Any) -> str:
    return formats.money(value, field.currency, me.locale) if value is not None else ""


def _roles(grid: Grid) -> list[tuple[str, str]]:
    rows = grid.records.database.rows("SELECT name, label FROM ingot_role ORDER BY name")
    return [(name, label(text or name, person().language)) for name, text in rows]
