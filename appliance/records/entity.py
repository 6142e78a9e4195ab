"""An entity is data: its name, its fields, how it is indexed. Immutable here; how it is read from a declaration stands in
declaration.py, how it changes in schema.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from appliance.base.text import kebab
from appliance.records.kinds import KINDS, Kind
from appliance.records.kinds.patterns import is_taken


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    color: str | None = None


@dataclass(frozen=True)
class Field:
    """One field. `column` is the physical column (or table of links) and never changes after creation; `id` is the row in
    ingot_field, None for the fields every record has."""

    name: str
    kind: Kind
    label: str
    column: str = ""
    id: int | None = None
    help: str = ""
    required: bool = False
    unique: bool = False
    default: Any = None
    indexed: bool = False
    searchable: int = 0
    read_only: bool = False
    min: Any = None
    max: Any = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    places: int | None = None
    choices: tuple[Choice, ...] = ()
    currency: str | None = None
    target: str | None = None
    inverse: str | None = None
    on_delete: str = "clear"
    system: bool = False

    @property
    def many(self) -> bool:
        return self.kind.many

    @property
    def relational(self) -> bool:
        return self.kind.relational

    @property
    def refused_pattern(self) -> bool:
        """Has it a declared pattern that the engine of today does not take? It is not applied."""
        return "pattern" in self.kind.options and not self.kind.assigned and not is_taken(self.pattern)

    @property
    def writable(self) -> bool:
        return not (self.read_only or self.kind.assigned or (self.system and self.name != "owner"))


@dataclass(frozen=True)
class Inverse:
    """The far end of a relation, as the target sees it: always to many. `source` holds `field`, which points here."""

    name: str
    source: str
    field: str


def _system(name: str, kind: str, label: str, target: str | None = None) -> Field:
    return Field(name, KINDS[kind], label, column=name, target=target, system=True, read_only=name != "owner")


SYSTEM_FIELDS = (
    _system("created_at", "datetime", "Created"),
    _system("updated_at", "datetime", "Changed"),
    _system("created_by", "relation", "Created by", "user"),
    _system("updated_by", "relation", "Changed by", "user"),
    _system("owner", "relation", "Owner", "user"),
)

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Entity:
    """A kind of record. `builtin` entities (users, files) have tables of their own and are written by operations only."""

    name: str
    plural: str
    label: str
    fields: tuple[Field, ...]
    table: str = ""
    id: int | None = None
    plural_label: str = ""
    title: str = ""
    help: str = ""
    icon: str = ""
    indexes: tuple[tuple[str, ...], ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    views: tuple[dict[str, Any], ...] = ()
    pack: str = ""
    builtin: bool = False
    inverses: tuple[Inverse, ...] = ()
    system_fields: tuple[Field, ...] = SYSTEM_FIELDS

    @cached_property
    def type(self) -> str:
        """The JSON:API type and path."""
        return kebab(self.plural)

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {f.name: f for f in (*self.fields, *self.system_fields)}

    @cached_property
    def inverse_by_name(self) -> dict[str, Inverse]:
        return {i.name: i for i in self.inverses}

    @cached_property
    def attributes(self) -> tuple[Field, ...]:
        return tuple(f for f in (*self.fields, *self.system_fields) if not f.relational)

    @cached_property
    def relationships(self) -> tuple[Field, ...]:
        return tuple(f for f in (*self.fields, *self.system_fields) if f.relational)

    @cached_property
    def searchable(self) -> tuple[Field, ...]:
        return tuple(f for f in self.fields if f.searchable)

    @cached_property
    def title_fields(self) -> tuple[str, ...]:
        """The fields a record's title is made of."""
        if not self.title:
            first = next((f.name for f in self.fields if f.kind.names_records), None)
            return (first,) if first else ()
        if "{" not in self.title:
            return (self.title,)
        return tuple(_SLOT.findall(self.title))

    def title_of(self, values: dict[str, Any]) -> str:
        """What a record is called, from its wire values; `Contact 42` is left to the caller when this is empty."""
        if "{" not in self.title:
            return str(values.get(self.title_fields[0]) or "") if self.title_fields else ""
        text = _SLOT.sub(lambda m: str(values.get(m[1]) or ""), self.title)
        return re.sub(r"\s+", " ", text).strip(" ,;-–/")

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)
