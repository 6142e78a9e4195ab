"""Kinds that point at other records: relation (to one), relations (to many), file, files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import peewee

from appliance.base.digits import is_id
from appliance.base.text import say
from appliance.records.kinds.kind import Convert, Kind, Wrong, is_whole

if TYPE_CHECKING:
    from appliance.records.entity import Field

ID_OPERATORS = frozenset({"eq", "neq", "in", "empty"})


def record_id(value: Any) -> int:
    """An id as it comes: an integer, a string of digits, or a JSON:API identifier. Wrong for anything else."""
    if type(value) is dict:
        value = value.get("id")
    if is_id(value) or value == "0":  # of which there is none; but ids can be compared with it
        return int(value)
    if type(value) is int and 0 < value < 2**63:
        return value
    raise Wrong(say("must be the id of a record"), "type")


class RelationKind(Kind):
    name, label = "relation", "Link to one record"
    options = frozenset({"target", "inverse", "on_delete"})
    operators = ID_OPERATORS
    relational = True

    def holds(self, value: object) -> bool:
        return is_whole(value)

    def column(self, dialect: str) -> peewee.Field:
        return peewee.BigIntegerField(null=True)

    def check(self, field: Field) -> None:
        if not field.target:
            raise Wrong(say("needs a target, the entity it links to"))
        if field.on_delete not in ("clear", "restrict", "cascade"):
            raise Wrong(say("on_delete must be clear, restrict or cascade"))

    def cleaner(self, field: Field) -> Convert:
        return record_id

    def reader(self, field: Field) -> Convert:
        return lambda text: record_id(text.strip()) if text.strip() else None

    def shower(self, field: Field, dialect: str) -> Convert | None:
        return str

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string"}


class RelationsKind(RelationKind):
    name, label = "relations", "Links to several records"
    is_list = True
    many = True
    sortable = False

    def cleaner(self, field: Field) -> Convert:
        def clean(value: Any) -> list[int]:
            if type(value) is not list:
                raise Wrong(say("must be a list of records"), "type")
            return sorted({record_id(v) for v in value})

        return clean

    def reader(self, field: Field) -> Convert:
        def read(text: Any) -> list[int]:
            return sorted({record_id(w.strip()) for w in text.replace(";", ",").split(",") if w.strip()})

        return read


class FileKind(RelationKind):
    """A link to one uploaded file (a record of the built-in entity `file`)."""

    name, label = "file", "File"
    holds_files = True
    options = frozenset()

    def check(self, field: Field) -> None:
        return


class FilesKind(RelationsKind):
    name, label = "files", "Files"
    holds_files = True
    options = frozenset()

    def check(self, field: Field) -> None:
        return
