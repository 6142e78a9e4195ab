"""The icons of entities."""

from __future__ import annotations

from appliance.records.entity import Entity


def icon_of(entity: Entity) -> str:
    return entity.icon or "table"
