"""A row becomes a document of the index: its title, the texts of its searchable fields, and who may find it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from appliance.engines.search.protocol import Document
from appliance.records.entity import Entity, Field
from appliance.records.tables import Row, Table

Texts = Callable[[Any], str]
HEAVIEST = 4


class DocumentMaker:
    """Makes documents of one table's rows in one schema revision. An entity without searchable fields is found by its
    title."""

    def __init__(self, table: Table):
        entity = table.entity
        self._table, self._entity = table, entity
        self._titles = [name for name in entity.title_fields if name in table.place]
        self._owner, self._updated = table.place["owner"], table.place["updated_at"]
        # What stands in the title as it is need not be a text too: it is searched, weighs most and is marked there.
        whole = {name for name in self._titles if is_whole_text(entity.by_name[name])}
        self._fields = [
            (
                f.name,
                table.place[f.name],
                table.showers.get(f.name),
                f.kind.search_text(f),
                min(HEAVIEST, f.searchable),
                f.kind.code_like,
            )
            for f in entity.searchable
            # a relation's words are those of another record
            if f.name in table.place and f.name not in whole and not f.relational
        ]
        self._code_titles = [table.place[name] for name in self._titles if entity.by_name[name].kind.code_like]
        self.everybody = f"all:{entity.name}"
        self._own = f"own:{entity.name}:"

    def title(self, row: Row) -> str:
        """What the record is called; empty when nothing of its title is filled in."""
        return self._entity.title_of(self._table.show(row, self._titles)) if self._titles else ""

    def updated(self, row: Row) -> int:
        """Microseconds since 1970."""
        text = row[self._updated]
        return int(datetime.fromisoformat(text).timestamp() * 1_000_000) if text else 0

    def make(self, row: Row) -> Document:
        texts: list[tuple[str, str, int]] = []
        codes = [str(row[place]) for place in self._code_titles if row[place]]
        for name, place, show, words, weight, is_code in self._fields:
            value = row[place]
            if value is None or value == "":
                continue
            text = words(show(value) if show else value)
            if text:
                texts.append((name, text, weight))
                if is_code:
                    codes.append(text)
        owner = row[self._owner]
        readers = [self.everybody] if owner is None else [self.everybody, self._own + str(owner)]
        return Document(self._entity.name, row[0], self.title(row), texts, codes, readers, self.updated(row))


def is_whole_text(field: Field) -> bool:
    """It stands in a title as it is, where a choice stands by its label."""
    return field.kind.plain_text and not field.kind.has_choices


def shape(entity: Entity) -> tuple[Any, ...]:
    """What an entity's documents depend on beside its rows: another shape, and all of them must be made anew."""
    title = tuple((name, f.column) for name in entity.title_fields if (f := entity.by_name.get(name)))
    fields = tuple((f.id, f.name, f.column, f.kind.name, f.searchable, f.choices) for f in entity.searchable)
    return entity.id, entity.name, entity.title, title, fields
