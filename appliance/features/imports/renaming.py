"""A plan says names, and names change while a long import runs: what it means are the entity and the fields that had them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from appliance.features.imports.plan import Plan
from appliance.records.entity import Entity
from appliance.records.registry import Registry

Ids = dict[str, Any]
"""{"entity": id, "fields": {name or relation.key: [id of the field, id of the key]}}; as JSON keeps it."""


def ids_of(registry: Registry, entity: str, names: list[str]) -> Ids:
    """What the names of a plan mean now. Those that mean nothing are left out."""
    found = registry.entities.get(entity)
    if found is None:
        return {"entity": None, "fields": {}}
    fields: dict[str, list[int | None]] = {}
    for name in names:
        first, _, key = name.partition(".")
        field = found.by_name.get(first)
        target = registry.entities.get(field.target or "") if field else None
        if field is not None and field.id is not None:
            far = target.by_name.get(key) if target and key else None
            fields[name] = [field.id, far.id if far else None]
    return {"entity": found.id, "fields": fields}


def renamed(plan: Plan, ids: Ids, registry: Registry) -> Plan:
    """The plan with the names that its entity and fields have now; what is gone keeps its name, and is refused by it."""
    entity = next((e for e in registry.entities.values() if e.id is not None and e.id == ids["entity"]), None)
    if entity is None:
        return plan
    now = _names(entity, ids, registry)
    return replace(
        plan,
        entity=entity.name,
        keys=tuple(now(k) for k in plan.keys),
        mapping={now(target): column for target, column in plan.mapping.items()},
        options=replace(plan.options, create_missing=tuple(now(n) for n in plan.options.create_missing)),
    )


def _names(entity: Entity, ids: Ids, registry: Registry) -> Callable[[str], str]:
    by_id = {f.id: f for f in entity.fields}

    def now(name: str) -> str:
        first, far = ids["fields"].get(name, (None, None))
        field = by_id.get(first) if first is not None else None
        if field is None:
            return name
        key = name.partition(".")[2]
        target = registry.entities.get(field.target or "")
        key = next((f.name for f in target.fields if f.id == far), key) if target and far is not None else key
        return f"{field.name}.{key}" if key else field.name

    return now
