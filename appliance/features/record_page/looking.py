"""One record, read once for one person: its row, its wire values with its links, and how values look to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape

from appliance.base.digits import is_digits
from appliance.base.text import Text, catalog, label
from appliance.http.kinds.renderer import ValueRenderer
from appliance.http.pages.person import Person
from appliance.records.entity import Entity, Field
from appliance.records.permissions import Actor, sees
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.tables import Row, Table
from appliance.records.titles import title, titles

MOST_LINKS = 50
"""Links of one field to many that a page names."""
Values = Mapping[str, Any]


@dataclass
class Look:
    """`values` are wire values by field name, ids of links as texts. `more` counts the links that are not among them."""

    records: Records
    reading: Reading
    me: Person
    table: Table
    row: Row
    values: dict[str, Any]
    called: dict[str, dict[int, str]] = field(default_factory=dict)

    @property
    def entity(self) -> Entity:
        return self.table.entity

    @property
    def id(self) -> int:
        return int(self.row[0])

    @property
    def version(self) -> int:
        return int(self.row[1])

    @property
    def actor(self) -> Actor:
        return self.reading.actor

    @property
    def title(self) -> str:
        return title(self.table, self.row)

    def may(self, verb: Any) -> bool:
        return sees(self.actor, self.table, self.row, verb)

    def say(self, text: Text) -> str:
        return text.render(self.me.language)

    def label(self, text: str) -> str:
        return label(text, self.me.language)

    def name(self, wanted: Mapping[str, Iterable[int]]) -> None:
        """Look up what related records are called, one question for each entity; what is known is not asked again."""
        for entity, ids in wanted.items():
            known = self.called.setdefault(entity, {})
            if missing := [i for i in ids if i not in known]:
                known.update(titles(self.reading, entity, missing))

    def showing(self, *, short: bool = True) -> ValueRenderer:
        return ValueRenderer(self.reading.registry, self.me, self.called, short=short)


def look_at(records: Records, reading: Reading, me: Person, entity: Entity, record_id: int) -> Look:
    """NotFound when it is not there for this person, NotAllowed when they may read none of its kind."""
    row = reading.get(entity.name, record_id)
    table = reading.table(entity.name)
    look = Look(records, reading, me, table, row, values_of(reading, table, row))
    look.name(far_ends(entity.by_name.values(), [look.values]))
    return look


def values_of(reading: Reading, table: Table, row: Row) -> dict[str, Any]:
    values = table.show(row)
    for link in table.links:
        values[link.name] = [str(i) for i in reading.linked(table, link, [row[0]], limit=MOST_LINKS)[row[0]]]
    return values


def far_ends(fields: Iterable[Field], listed: Iterable[Values]) -> dict[str, set[int]]:
    """{entity: ids} of all that these values point at."""
    found: dict[str, set[int]] = defaultdict(set)
    links = [(f.name, f.target or "") for f in fields if f.relational]
    for values in listed:
        for name, target in links:
            found[target].update(ids_in(values.get(name)))
    return found


def ids_in(value: Any) -> list[int]:
    """The ids in a link's wire value: one, several, none."""
    many = value if isinstance(value, list) else [value]
    return [int(v) for v in many if v is not None and is_digits(str(v))]


def rich(text: Text, language: str) -> Markup:
    """A sentence whose values may be HTML: `rich(say("{who} wrote", who=Markup(...)), "de")`. Everything else is escaped."""
    template = text.template if language == "en" else catalog(language).get(text.template, text.template)
    values = {k: v.render(language) if isinstance(v, Text) else v for k, v in text.values.items()}
    return Markup(escape(template)).format(**values)
