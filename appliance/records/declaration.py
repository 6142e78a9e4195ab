"""Declarations, the words a pack file, `/api/entities` and the designer share: read into an Entity, and written back.

`read_entity` and `read_field` list everything that is wrong with a declaration at once, as Invalid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from appliance.base.errors import Invalid, Problem
from appliance.base.text import Text, headline, say
from appliance.records.entity import SYSTEM_FIELDS, Choice, Entity, Field
from appliance.records.kinds import KINDS, Wrong

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
RESERVED = {
    "id",
    "type",
    "lid",
    "version",
    "links",
    "meta",
    "attributes",
    "relationships",
    *(f.name for f in SYSTEM_FIELDS),
}
RESERVED_ENTITIES = {
    "entity", "field", "user", "role", "token", "session", "file", "job", "import", "log", "search", "schedule", "operation",
    "entities", "fields", "users", "roles", "tokens", "sessions", "files", "jobs", "imports", "logs", "schedules", "operations",
    "export", "exports", "import_mapping", "import_mappings", "trash", "openapi", "docs", "history", "me",
    "view", "views", "health",
    "comment", "comments", "notice", "notices", "undo", "restore",
}  # fmt: skip

_COMMON = {"name", "kind", "label", "help", "required", "unique", "default", "indexed", "searchable", "read_only"}
_ENTITY = {
    "name",
    "plural",
    "label",
    "plural_label",
    "title",
    "help",
    "icon",
    "indexes",
    "unique",
    "fields",
    "field",
    "views",
    "pack",
}
_TYPES: dict[str, tuple[type, ...]] = {
    "label": (str,), "help": (str,), "required": (bool,), "unique": (bool,), "indexed": (bool,), "searchable": (int, bool),
    "read_only": (bool,), "min": (int, float, str), "max": (int, float, str), "min_length": (int,), "max_length": (int,),
    "pattern": (str,), "places": (int,), "choices": (list,), "currency": (str,), "target": (str,), "inverse": (str,),
    "on_delete": (str,), "plural": (str,), "plural_label": (str,), "title": (str,), "icon": (str,), "pack": (str,),
}  # fmt: skip


class Problems:
    """Collects what is wrong. `where` is the JSON pointer of the declaration inside its request."""

    def __init__(self, where: str = "/data/attributes"):
        self.where = where
        self.found: list[Problem] = []

    def add(self, key: str, message: Text, code: str = "invalid", pointer: str | None = None) -> None:
        self.found.append(Problem(key, message, code, pointer or f"{self.where}/{key}"))

    def end(self) -> None:
        if self.found:
            raise Invalid(self.found)


def read_entity(declared: Mapping[str, Any], where: str = "/data/attributes") -> Entity:
    """An entity from the words of a declaration. Targets are not looked up here: schema.py knows what exists."""
    problems = Problems(where)
    entity = _entity_without_fields(declared, problems)
    key = "field" if "field" in declared else "fields"
    listed = [] if declared.get(key) is None else declared[key]
    if not isinstance(listed, list):
        problems.add(key, say("must be a list of fields"))
        listed = []
    fields: list[Field] = []
    for n, one in enumerate(listed):
        inner = Problems(f"{where}/{key}/{n}")
        field = _field(one, inner) if isinstance(one, Mapping) else None
        if field is None and not inner.found:
            inner.add("name", say("must be an object with name and kind"))
        if field and any(f.name == field.name for f in fields):
            inner.add("name", say("there is a field called {name} already", name=field.name), "taken")
        problems.found += inner.found
        if field:
            fields.append(field)
    entity = replace(entity, fields=tuple(fields))
    if not problems.found:
        check_names(entity, problems)
    problems.end()
    return entity


def check_names(entity: Entity, problems: Problems) -> None:
    """Do title, indexes and unique speak of fields that exist?"""
    for key, groups in (("indexes", entity.indexes), ("unique", entity.unique)):
        for group in groups:
            for name in group:
                if name not in entity.by_name or entity.by_name[name].many:
                    problems.add(key, say("there is no field {name} to index", name=name))
    for name in entity.title_fields:
        if name not in entity.by_name:
            problems.add("title", say("there is no field called {name}", name=name))


def _entity_without_fields(declared: Mapping[str, Any], problems: Problems) -> Entity:
    for key in declared:
        if key not in _ENTITY:
            problems.add(str(key), say("is not a word of a declaration"), "unknown")
    name = declared.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > 50:
        problems.add("name", say("must be a singular name in small letters: sales_visit"))
        name = "entity"
    plural = declared.get("plural") or (name + "s")
    if not isinstance(plural, str) or not _NAME.fullmatch(plural.replace("-", "_")) or len(plural) > 60:
        problems.add("plural", say("must be a name in small letters: sales_visits"))
        plural = name + "s"
    plural = plural.replace("-", "_")
    if name in RESERVED_ENTITIES or name.startswith(("ingot_", "sqlite_", "pg_")):
        problems.add("name", say("{name} is taken by Ingot itself", name=name), "reserved")
    if plural in RESERVED_ENTITIES:
        problems.add("plural", say("{name} is taken by Ingot itself", name=plural), "reserved")
    words = _words(declared, problems, ("label", "plural_label", "title", "help", "icon", "pack"))
    return Entity(
        name=name,
        plural=plural,
        label=words.pop("label", "") or headline(name),
        plural_label=words.pop("plural_label", "") or headline(plural),
        fields=(),
        indexes=_groups(declared, "indexes", problems),
        unique=_groups(declared, "unique", problems),
        views=_views(declared, problems),
        **words,
    )


def _views(declared: Mapping[str, Any], problems: Problems) -> tuple[dict[str, Any], ...]:
    views = declared.get("views") or []
    if not isinstance(views, list) or not all(isinstance(v, Mapping) and isinstance(v.get("name"), str) for v in views):
        problems.add("views", say("must be a list of views, each with a name"))
        return ()
    return tuple(dict(v) for v in views)


def _groups(declared: Mapping[str, Any], key: str, problems: Problems) -> tuple[tuple[str, ...], ...]:
    groups = declared.get(key) or []
    if not isinstance(groups, list) or not all(
        isinstance(g, list) and g and all(isinstance(n, str) for n in g) for g in groups
    ):
        problems.add(key, say("must be a list of lists of field names"))
        return ()
    return tuple(tuple(g) for g in groups)


def _words(declared: Mapping[str, Any], problems: Problems, keys: tuple[str, ...]) -> dict[str, Any]:
    """The given keys with their values, where they are of the right type."""
    found = {}
    for key in keys:
        value = declared.get(key)
        if value is None:
            continue
        right = _TYPES[key]
        if not isinstance(value, right) or (isinstance(value, bool) and bool not in right):
            problems.add(key, say("must be {kind}", kind=" or ".join(t.__name__ for t in right)), "type")
        elif isinstance(value, str) and (len(value) > 2_000 or "\x00" in value):
            problems.add(key, say("must be at most {max} characters", max=2_000), "too_long")
        else:
            found[key] = value
    return found


def read_field(declared: Mapping[str, Any], where: str = "/data/attributes", *, stored: bool = False) -> Field:
    """A field from the words of a declaration. With `stored`, one that was checked when it was written: rules that came later do
    not turn it away, for nobody could mend it then."""
    problems = Problems(where)
    field = _field(declared, problems, stored=stored)
    problems.end()
    assert field
    return field


def _field(declared: Mapping[str, Any], problems: Problems, *, stored: bool = False) -> Field | None:
    name, kind_name = declared.get("name"), declared.get("kind", "text")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > 50:
        problems.add("name", say("must be a name in small letters: close_date"))
    elif name in RESERVED:
        problems.add("name", say("{name} is taken by Ingot itself", name=name), "reserved")
    kind = KINDS.get(kind_name) if isinstance(kind_name, str) else None
    if kind is None:
        problems.add("kind", say("must be one of: {choices}", choices=", ".join(KINDS)))
        return None
    for key in declared:
        if key not in _COMMON and key not in kind.options:
            problems.add(str(key), say("is not a word of a {kind} field", kind=kind.name), "unknown")
    keys = tuple(k for k in (*_COMMON - {"name", "kind", "default"}, *kind.options - {"choices"}))
    words = _words(declared, problems, keys)
    words["searchable"] = min(int(words.get("searchable", 0)), 4)
    words.setdefault("label", headline(name) if isinstance(name, str) else "")
    if kind.holds_files:
        words["target"] = "file"
    if words.get("inverse") and (not _NAME.fullmatch(words["inverse"]) or len(words["inverse"]) > 50):
        problems.add("inverse", say("must be a name in small letters: sales_visits"))
    if words.get("unique") and declared.get("default") is not None:
        problems.add("default", say("cannot be unique when all records get the same value"), "unique")
    if words.get("unique") and (kind.many or kind.long):
        problems.add("unique", say("{kind} fields cannot be unique", kind=kind.name))
    choices = _choices(declared.get("choices"), problems) if "choices" in kind.options else ()
    if problems.found:
        return None
    field = Field(name=str(name), kind=kind, choices=choices, **words)
    if stored:
        return replace(field, default=declared.get("default"))
    try:
        kind.check(field)
        for bound in (field.min, field.max):
            if bound is not None:
                KINDS["decimal"].cleaner(replace(field, min=None, max=None, places=9))(bound)
        default = declared.get("default")
        if default is not None:
            kind.cleaner(field)(default)
            field = replace(field, default=default)
    except Wrong as wrong:
        problems.add("default" if declared.get("default") is not None else "kind", wrong.message, wrong.code)
        return None
    return field


def _choices(listed: Any, problems: Problems) -> tuple[Choice, ...]:
    found = []
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, str) and one and "\x00" not in one:
            found.append(Choice(one, one))
        elif isinstance(one, Mapping) and isinstance(one.get("value"), str) and one["value"]:
            found.append(Choice(one["value"], str(one.get("label") or one["value"]), one.get("color")))
        else:
            problems.add("choices", say("must be a list of texts, or of objects with value and label"))
            return ()
    return tuple(found)


def write_field(field: Field) -> dict[str, Any]:
    """The words that `read_field` would read back into the same field; what is as usual is left out."""
    words: dict[str, Any] = {"name": field.name, "kind": field.kind.name, "label": field.label}
    usual = Field("", field.kind, "")
    for key in (
        "help",
        "required",
        "unique",
        "default",
        "indexed",
        "searchable",
        "read_only",
        *sorted(field.kind.options - {"choices"}),
    ):
        value = getattr(field, key)
        if value != getattr(usual, key) and value is not None:
            words[key] = value
    if field.choices:
        plain = all(c.value == c.label and not c.color for c in field.choices)
        words["choices"] = [
            c.value if plain else {"value": c.value, "label": c.label, **({"color": c.color} if c.color else {})}
            for c in field.choices
        ]
    return words


def write_entity(entity: Entity, *, fields: bool = True) -> dict[str, Any]:
    """The words that `read_entity` would read back."""
    words: dict[str, Any] = {
        "name": entity.name,
        "plural": entity.plural,
        "label": entity.label,
        "plural_label": entity.plural_label,
    }
    for key in ("title", "help", "icon", "pack"):
        if getattr(entity, key):
            words[key] = getattr(entity, key)
    for key in ("indexes", "unique"):
        if getattr(entity, key):
            words[key] = [list(group) for group in getattr(entity, key)]
    if entity.views:
        words["views"] = [dict(v) for v in entity.views]
    if fields:
        words["fields"] = [write_field(f) for f in entity.fields]
    return words
