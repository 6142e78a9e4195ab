"""A page of a grid: rows read once, related titles looked up once for all of them, every value made HTML."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from appliance.features.grid.columns import Column
from appliance.http.kinds import face_of
from appliance.http.kinds.renderer import ValueRenderer
from appliance.http.pages.person import Person
from appliance.records.entity import Field
from appliance.records.reading import Found, Reading
from appliance.records.tables import Row, Table
from appliance.records.titles import title, titles


@dataclass(frozen=True, slots=True)
class Line:
    """One record in a grid. `cells` in the order of the columns, safe to print; the first is a link to the record, so it
    holds none."""

    id: int
    version: int
    title: str
    cells: list[str]


def lines(reading: Reading, me: Person, table: Table, columns: Sequence[Column], found: Found) -> list[Line]:
    ids = [row[0] for row in found.rows]
    fields = [c.field for c in columns]
    links = {f.name: reading.linked(table, f, ids, limit=20) for f in fields if f.many}
    showing = ValueRenderer(reading.registry, me, related_titles(reading, table, fields, found.rows, links))
    makers = [_maker(table, f, showing, links) for f in fields]
    if fields and face_of(fields[0]).links:
        makers[0] = _plain(table, fields[0], showing, links)
    return [Line(row[0], row[1], title(table, row), [make(row) for make in makers]) for row in found.rows]


def related_titles(
    reading: Reading, table: Table, fields: Sequence[Field], rows: Sequence[Row], links: dict[str, dict[int, list[int]]]
) -> dict[str, dict[int, str]]:
    """{entity: {id: title}} of all that these rows point at, one question per entity."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for field in fields:
        if field.many:
            wanted[field.target or ""].update(i for far in links[field.name].values() for i in far)
        elif field.relational:
            place = table.place[field.name]
            wanted[field.target or ""].update(row[place] for row in rows if row[place])
    return {entity: titles(reading, entity, ids) for entity, ids in wanted.items()}


def _maker(table: Table, field: Field, showing: ValueRenderer, links: dict[str, dict[int, list[int]]]) -> Any:
    """The function from a row to the field's cell. Kept small: it runs for each cell of a page."""
    show = showing.of(field)
    if field.many:
        far = links[field.name]
        return lambda row: escape(show(far[row[0]])) if far[row[0]] else ""
    place, convert = table.place[field.name], table.showers.get(field.name)
    nothing = Markup("")
    if convert is None:
        return lambda row: nothing if row[place] is None else escape(show(row[place]))
    return lambda row: nothing if row[place] is None else escape(show(convert(row[place])))


def _plain(table: Table, field: Field, showing: ValueRenderer, links: dict[str, dict[int, list[int]]]) -> Any:
    """Of what would be a link the words alone; empty, and so the record's title, for related records that are not to be
    seen."""
    names = showing.titles.get(field.target or "", {})
    if field.many:
        far = links[field.name]
        return lambda row: escape(", ".join(names[i] for i in far[row[0]] if i in names))
    place = table.place[field.name]
    if field.relational:
        return lambda row: escape(names.get(row[place], ""))
    return lambda row: escape(row[place] or "")
