"""Entities that come with the house: users, roles, files, comments. Everybody reads them by the same API as any record; they are
written by operations in features/, which still leave log entries."""

from __future__ import annotations

from appliance.records.declaration import read_field
from appliance.records.entity import Entity


def _builtin(name: str, label: str, title: str, *fields: dict[str, object]) -> Entity:
    from dataclasses import replace

    read = tuple(replace(read_field(f), column=str(f["name"])) for f in fields)
    return Entity(
        name,
        name + "s",
        label,
        read,
        table="ingot_" + name,
        plural_label=label + "s",
        title=title,
        builtin=True,
        unique=(),
    )


BUILTIN = (
    _builtin(
        "user",
        "User",
        "name",
        {"name": "email", "kind": "email", "required": True, "unique": True},
        {"name": "name", "kind": "text"},
        {"name": "active", "kind": "boolean", "required": True, "default": True},
        {"name": "roles", "kind": "json", "default": ["reader"]},
        {"name": "language", "kind": "choice", "choices": ["en", "de"]},
        {"name": "timezone", "kind": "text", "label": "Time zone"},
        {"name": "theme", "kind": "choice", "choices": ["light", "dark"]},
        {"name": "shortcuts", "kind": "choice", "choices": ["on", "off"], "help": "single keys: /, j, k"},
    ),
    _builtin(
        "role",
        "Role",
        "label",
        {"name": "name", "kind": "text", "required": True},
        {"name": "label", "kind": "text"},
        {"name": "grants", "kind": "json"},
    ),
    _builtin(
        "file",
        "File",
        "name",
        {"name": "name", "kind": "text", "required": True},
        {"name": "mime", "kind": "text", "read_only": True},
        {"name": "size", "kind": "integer", "read_only": True},
        {"name": "sha", "kind": "text", "read_only": True},
        {"name": "public", "kind": "boolean", "default": False},
    ),
    _builtin(
        "comment",
        "Comment",
        "record",  # what it says is for those alone who see the record: no title anywhere
        {"name": "entity", "kind": "text", "required": True},  # by its number: see features/comments/
        {"name": "record", "kind": "integer", "required": True},
        {"name": "text", "kind": "long_text", "required": True, "max_length": 10_000},
    ),
)
