"""How entities and fields were called, and when: read back from the schema's own entries in the log.

The log is append-only and speaks of entities and fields by the names they had when an entry was written. A rename does not
touch it: whoever reads a record's past asks here. So a name that was given to something else later never mixes two pasts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.records.entity import Entity

if TYPE_CHECKING:
    from appliance.records.log import Entry

END = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Span:
    """A name, valid for entries with `after` < position <= `upto`."""

    name: str
    after: int
    upto: int


class Names:
    """Of one schema revision: past names of what exists now, nothing about what is gone. Looks into the log at first use."""

    def __init__(self, database: Database, entities: Mapping[str, Entity]):
        self._database, self._entities = database, entities
        self._spans: dict[str, list[Span]] = {}
        self._fields: dict[str, dict[str, list[tuple[Span, str]]] | None] = {}
        self._schema = database.sql(
            "SELECT position, action, change FROM ingot_log WHERE entity = ? AND record = ? ORDER BY position DESC"
        )

    def spans(self, entity: str) -> list[Span]:
        """The names of an entity of today, newest first."""
        found = self._spans.get(entity)
        if found is None:
            held = self._entities.get(entity)
            found = [Span(entity, 0, END)] if held is None or held.id is None else self._past("entity", held.id, entity)
            self._spans[entity] = found
        return found

    def condition(self, entity: str) -> tuple[str, list[Any]]:
        """SQL (with `?`) and its values: the entries of an entity of today, whatever it was called."""
        parts: list[str] = []
        values: list[Any] = []
        for span in self.spans(entity):
            part = '"entity" = ?'
            values.append(span.name)
            if span.after:
                part += ' AND "position" > ?'
                values.append(span.after)
            if span.upto != END:
                part += ' AND "position" <= ?'
                values.append(span.upto)
            parts.append(f"({part})")
        return f"({' OR '.join(parts)})", values

    def today(self, entity: str, entries: Iterable[Entry]) -> list[Entry]:
        """Entries of one entity in the names of today. A field that is gone keeps its old name, marked where another has it."""
        fields = self._field_names(entity)
        return [self._renamed(entity, entry, fields) for entry in entries]

    def _renamed(self, entity: str, entry: Entry, fields: dict[str, list[tuple[Span, str]]] | None) -> Entry:
        if fields is not None:
            change: dict[str, Any] = {}
            for name, pair in entry.change.items():
                now = next((n for span, n in fields.get(name, ()) if span.after < entry.position <= span.upto), None)
                if now is None:
                    taken = name in self._entities[entity].by_name and name in fields
                    now = str(say("{name} (removed)", name=name)) if taken else name
                change[now] = pair
            entry = replace(entry, change_text=orjson.dumps(change).decode())
        return entry if entry.entity == entity else replace(entry, entity=entity)

    def _field_names(self, entity: str) -> dict[str, list[tuple[Span, str]]] | None:
        """{old name: [(when, name of today)]}; None where every field was always called as it is."""
        if entity not in self._fields:
            held = self._entities.get(entity)
            found: dict[str, list[tuple[Span, str]]] = {}
            plain = True
            for field in held.fields if held and held.id is not None else ():
                spans = self._past("field", field.id or 0, field.name)
                plain = plain and all(s.name == field.name and s.after == 0 for s in spans)
                for span in spans:
                    found.setdefault(span.name, []).append((span, field.name))
            self._fields[entity] = None if plain else found
        return self._fields[entity]

    def _past(self, kind: str, id_: int, name: str) -> list[Span]:
        """Backwards from the name of today: each entry of the entity's (or field's) own history may end a span."""
        spans: list[Span] = []
        upto = END
        here: str | None = name
        for position, action, text in self._database.rows(self._schema, (kind, id_)):
            before, after = (_name(words) for words in orjson.loads(text).get("declaration", (None, None)))
            if here is not None and after is not None and after != here and upto == END:
                continue  # newer than the registry we speak for
            if action == "created" and here is not None:
                spans.append(Span(here, position, upto))
                here = None
            elif action == "deleted" and before:  # it was restored later
                here, upto = before, position
            elif before and after and before != after and here is not None:
                spans.append(Span(here, position, upto))
                here, upto = before, position
        if here is not None:
            spans.append(Span(here, 0, upto))
        return spans


def _name(words: Any) -> str | None:
    return words.get("name") if isinstance(words, dict) else None
