"""What records are called: for the far ends of relations, where a page or a spreadsheet shows a name and not a number."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.records.entity import Entity
from appliance.records.reading import Reading
from appliance.records.tables import Row, Table


def title(table: Table, row: Row) -> str:
    """`Ada Lovelace`, or `Contact 42` for a record whose title fields are empty."""
    entity = table.entity
    return entity.title_of(table.show(row, _names(table))).strip() or f"{entity.label} {row[0]}"


def titles(reading: Reading, entity: str, ids: Iterable[int]) -> dict[int, str]:
    """The titles of those records that the actor may see; the others are missing."""
    wanted = [i for i in dict.fromkeys(ids) if i]
    if not wanted or entity not in reading.registry.entities:
        return {}
    table = reading.table(entity)
    return {i: title(table, row) for i, row in reading.by_ids(entity, wanted).items()}


def _names(table: Table) -> list[str]:
    return [n for n in table.entity.title_fields if n in table.place]


def monogram(entity: Entity) -> bool:
    """Is a record of this kind shown with its initials, as people are?"""
    return entity.icon in ("user", "user-circle", "user-plus", "users", "id-badge")
