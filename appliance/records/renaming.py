"""What else speaks of an entity or a field by its name, and follows when it is renamed: declarations, views, roles, the
scopes of tokens. The log does not: it keeps the names of its time (names.py)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import orjson

from appliance.records.definitions import Definitions
from appliance.records.entity import Entity
from appliance.records.work import Work

_OPERATED = re.compile(r"([^\[\]]+)(\[.*)?")
_PATHS = ("sort", "group_by")


def point_elsewhere(definitions: Definitions, old: str, new: str) -> None:
    """Every link to `old` names `new` from now on; those in the trash too, or they would come back pointing at nothing."""
    for _, field, _ in definitions.all_fields():
        if field.target == old:
            definitions.save_field(replace(field, target=new))


def rename_entity_in_rights(work: Work, old: str, new: str) -> None:
    """Roles that speak of the entity, users who have a role for it alone, tokens confined to it: a right that no longer
    fits would fall back to what `*` allows."""
    sql = work.database.sql
    for id_, text in work.database.rows("SELECT id, grants FROM ingot_role"):
        grants = orjson.loads(text)
        if old in grants:
            work.update("role", id_, {"grants": {new if n == old else n: g for n, g in grants.items()}})
    for id_, text in work.database.rows("SELECT id, roles FROM ingot_user"):
        roles = orjson.loads(text)
        swapped = [_swap_word(r, old, new) for r in roles]
        if swapped != roles:
            work.update("user", id_, {"roles": swapped})
    for id_, text in work.database.rows("SELECT id, scopes FROM ingot_token"):
        scopes = orjson.loads(text)
        swapped = [_swap_word(s, old, new) for s in scopes]
        if swapped != scopes:
            words = orjson.dumps(swapped).decode()
            work.database.run(
                sql("UPDATE ingot_token SET scopes = ?, version = version + 1 WHERE id = ?"), (words, id_)
            )
            version = work.database.rows(sql("SELECT version FROM ingot_token WHERE id = ?"), (id_,))[0][0]
            work.note("token", id_, version, "updated", {"scopes": [scopes, swapped]})


def _swap_word(word: str, old: str, new: str) -> str:
    entity, colon, rest = word.partition(":")
    return f"{new}:{rest}" if colon and entity == old else word


def rename_field_in_declarations(
    definitions: Definitions, entities: Iterable[Entity], entity: Entity, old: str, new: str
) -> None:
    """The entity's title, indexes and views, and other entities' views that look through a relation."""

    def swap(group: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new if n == old else n for n in group)

    known = {e.name: e for e in entities}
    for other in known.values():
        path = partial(_path, known, other, entity.name, old, new)
        views = tuple(_view(v, path) for v in other.views)
        after = replace(other, views=views)
        if other.id == entity.id:
            title = new if other.title == old else other.title.replace("{" + old + "}", "{" + new + "}")
            indexes, unique = tuple(map(swap, other.indexes)), tuple(map(swap, other.unique))
            after = replace(after, title=title, indexes=indexes, unique=unique)
        if after != other:
            definitions.save_entity(after)


def _view(view: Mapping[str, Any], path: Callable[[str], str]) -> dict[str, Any]:
    """The view with `path` applied to every place where a field, or a way to one, can stand."""
    found = dict(view)
    if isinstance(found.get("columns"), list):
        found["columns"] = [path(c) if isinstance(c, str) else c for c in found["columns"]]
    for key in _PATHS:
        if isinstance(found.get(key), str):
            found[key] = ",".join("-" + path(w[1:]) if w.startswith("-") else path(w) for w in found[key].split(","))
        elif isinstance(found.get(key), list):
            found[key] = ["-" + path(w[1:]) if str(w).startswith("-") else path(str(w)) for w in found[key]]
    if isinstance(found.get("filter"), Mapping):
        found["filter"] = {_operated(key, path): value for key, value in found["filter"].items()}
    return found


def _operated(key: str, path: Callable[[str], str]) -> str:
    """`city` and `city[neq]` alike."""
    parts = _OPERATED.fullmatch(key)
    return path(parts[1]) + (parts[2] or "") if parts else key


def _path(known: Mapping[str, Entity], start: Entity, entity: str, old: str, new: str, text: str) -> str:
    """A dotted path with each step that means the renamed field called by its new name."""
    here: Entity | None = start
    steps = []
    for step in text.split("."):
        steps.append(new if here is not None and here.name == entity and step == old else step)
        here = known.get(_leads_to(known, here, step)) if here is not None else None
    return ".".join(steps)


def _leads_to(known: Mapping[str, Entity], here: Entity, step: str) -> str:
    field = here.by_name.get(step)
    if field is not None:
        return field.target or ""
    return next((e.name for e in known.values() for f in e.fields if f.target == here.name and f.inverse == step), "")
