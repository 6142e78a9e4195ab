"""What a column may become: the words of the selects on the import page."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.base.text import label, say
from appliance.records.entity import Entity, Field
from appliance.records.permissions import Actor
from appliance.records.registry import Registry

MOST_KEYS = 6
"""Key fields of a linked entity that are offered."""


@dataclass(frozen=True, slots=True)
class Offered:
    """`target` is what a mapping would say: a field, `relation.key`, or `id`."""

    target: str
    label: str
    required: bool = False


def key_fields(target: Entity) -> list[str]:
    """Fields by which a linked record may be told: those that tell it surely first."""
    names = [f.name for f in target.fields if f.unique] + [n for n in target.title_fields if n in target.by_name]
    names += [f.name for f in target.fields if f.kind.identifies]
    return list(dict.fromkeys(names))[:MOST_KEYS]


def offered(registry: Registry, entity: Entity, language: str) -> list[tuple[str, list[Offered]]]:
    """Groups of targets: the entity's own fields, then each link with the fields its records can be told by."""
    own = [Offered(f.name, label(f.label, language), f.required) for f in _fillable(entity) if not f.relational]
    own.append(Offered("id", say("Number of the record in Ingot (id)").render(language)))
    groups = [(label(entity.label, language), own)]
    for field in _fillable(entity):
        target = registry.entities.get(field.target or "")
        if field.relational and target:
            name = label(field.label, language)
            keys = [
                Offered(f"{field.name}.{key}", f"{name}: {label(target.by_name[key].label, language)}", field.required)
                for key in key_fields(target)
            ]
            by_id = Offered(field.name, say("{name}: number in Ingot (id)", name=name).render(language), field.required)
            groups.append((name, [*keys, by_id]))
    return groups


def creatable_links(registry: Registry, actor: Actor, entity: Entity) -> list[Field]:
    """Links whose records an import of this actor may create when none has the key."""
    found = []
    for field in _fillable(entity):
        target = registry.entities.get(field.target or "")
        if field.relational and target and not target.builtin and actor.reach("create", target.name):
            found.append(field)
    return found


def _fillable(entity: Entity) -> list[Field]:
    return [f for f in entity.fields if f.writable and not f.kind.holds_files]
