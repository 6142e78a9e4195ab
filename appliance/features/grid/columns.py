"""Which columns a grid shows, and in which order the next click on a head would sort."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.http.pages.showing import NUMERIC
from appliance.records.entity import Entity, Field
from appliance.records.query import Sort

MOST = 8
"""Columns of a grid that nobody chose any for."""
_LATER = frozenset({"long_text", "json", "relations", "files", "file"})


@dataclass(frozen=True, slots=True)
class Column:
    """`sorted`: ascending, descending or empty; `turn`: the sort word that a click on the head asks for, empty when the
    field cannot be sorted by."""

    field: Field
    sorted: str
    turn: str

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def numeric(self) -> bool:
        return self.field.kind.name in NUMERIC


def default_names(entity: Entity) -> tuple[str, ...]:
    """What the title is made of first, then the declaration's own order; long things are left to the record's page."""
    first = [n for n in entity.title_fields if n in entity.by_name]
    rest = [f.name for f in entity.fields if f.kind.name not in _LATER and f.name not in first]
    return tuple((first + rest)[:MOST])


def columns(entity: Entity, names: tuple[str, ...], sorts: tuple[Sort, ...]) -> list[Column]:
    """Names that are no fields (any more) are left out."""
    order = {s.path[0]: "descending" if s.descending else "ascending" for s in sorts if len(s.path) == 1}
    found = []
    for field in (entity.by_name[n] for n in dict.fromkeys(names) if n in entity.by_name):
        now = order.get(field.name, "")
        can = field.kind.sortable and not field.many
        found.append(Column(field, now, ("-" if now == "ascending" else "") + field.name if can else ""))
    return found
