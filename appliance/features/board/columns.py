"""A board: the records of a list, in a column for each choice of one field, with how many there are and what they are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote

from babel.numbers import format_compact_currency

from appliance.base.errors import NotFound
from appliance.base.text import label, say
from appliance.features.grid.words import PAGE_ONLY, Words
from appliance.features.views.view import View, declared_views
from appliance.http.jsonapi.lists import Lists
from appliance.http.kinds import face_of, firsts, rank
from appliance.http.kinds.renderer import ValueRenderer
from appliance.http.pages import formats
from appliance.http.pages.person import Person
from appliance.records.entity import Choice, Entity, Field
from appliance.records.permissions import Actor, sees
from appliance.records.query import MAX_SIZE
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.tables import Row, Table
from appliance.records.titles import title, titles

SIZE = 30
"""Cards of a column that are shown at first, and that "more" adds."""
TOLD = 3


@dataclass(frozen=True, slots=True)
class Card:
    """`above` stands before the title, `strong` and `values` below it: safe HTML."""

    id: int
    version: int
    title: str
    above: str
    strong: str
    values: list[tuple[str, str]]
    owner: str
    movable: bool


@dataclass(frozen=True, slots=True)
class Column:
    """`value` is empty for records without one. `more`: how many times SIZE cards come next, 0 at the end."""

    value: str
    label: str
    color: str
    count: int
    sum: str
    cards: list[Card]
    more: int

    @property
    def key(self) -> str:
        return self.value or "-"


class Board:
    """For one person and one request."""

    def __init__(self, records: Records, lists: Lists, actor: Actor, me: Person, entity: Entity, words: Words):
        self.records, self.lists, self.actor, self.me = records, lists, actor, me
        self.entity, self.words = entity, words
        self.table: Table = records.registry.tables[entity.name]
        self.field = group_field(records, entity, words.get("group_by"))
        self.money = next((f for f in entity.fields if f.kind.monetary), None)
        names = words.get(f"fields[{entity.type}]").split(",") if words.get(f"fields[{entity.type}]") else []
        self.told = told_fields(entity, self.field, names)

    def columns(self, pages: Mapping[str, int]) -> list[Column]:
        """`pages`: how many times SIZE cards of a column are shown, where it is not once. What has no value stands first,
        if there is any."""
        found = [self._column(choice, pages.get(choice.value, 1)) for choice in self.field.choices]
        rest = self._column(None, pages.get("-", 1))
        return [rest, *found] if rest.count else found

    def _column(self, choice: Choice | None, pages: int) -> Column:
        name = self.field.name
        narrowed = f"filter[{name}]={quote(choice.value)}" if choice else f"filter[{name}][empty]=true"
        size = min(pages * SIZE, MAX_SIZE)
        query = "&".join(filter(None, (self.listed, narrowed, f"page[size]={size}&page[totals]=true")))
        if self.money:
            query += f"&page[sums]={self.money.name}"
        registry = self.records.registry
        asked = self.lists.asked(registry, self.entity, query.encode("latin-1"), extra=PAGE_ONLY)
        looked = self.lists.look(registry, self.actor, self.entity, asked)
        return Column(
            choice.value if choice else "",
            label(choice.label, self.me.language) if choice else say("Without").render(self.me.language),
            (choice.color if choice else "") or "gray",
            looked.found.total or 0,
            self._sum((looked.sums or {}).get(self.money.name)) if self.money else "",
            self.cards(looked.found.rows),
            pages + 1 if looked.found.more and size < MAX_SIZE else 0,
        )

    def _sum(self, wire: str | None) -> str:
        """Whole, and from a million on in short: nobody reads the cents of a column."""
        amount = Decimal(wire or 0)
        currency = self.money.currency if self.money else None
        if currency and abs(amount) >= 1_000_000:
            return format_compact_currency(amount, currency, locale=self.me.locale, fraction_digits=1)
        return formats.money(str(round(amount)), currency, self.me.locale)

    @property
    def listed(self) -> str:
        """The list's words, without those of a page or of the board."""
        kept = [p for p in self.words.pairs if p[0].startswith("filter[") or p[0] == "sort"]
        return Words(self.words.path, kept).query

    def cards(self, rows: Sequence[Row]) -> list[Card]:
        place = self.table.place
        wanted: dict[str, set[int]] = {"user": {row[place["owner"]] for row in rows if row[place["owner"]]}}
        for field in self.told:
            if field.relational:
                wanted.setdefault(field.target or "", set()).update(
                    row[place[field.name]] for row in rows if row[place[field.name]]
                )
        reading = Reading(self.records.database, self.records.registry, self.actor)
        called = {entity: titles(reading, entity, ids) for entity, ids in wanted.items()}
        showing = ValueRenderer(self.records.registry, self.me, called)
        return [self._card(row, showing, called["user"]) for row in rows]

    def _card(self, row: Row, showing: ValueRenderer, people: dict[int, str]) -> Card:
        above = strong = ""
        values: list[tuple[str, str]] = []
        shown = self.table.show(row, [f.name for f in self.told])
        for field in self.told:
            value = shown[field.name]
            if value is None:
                continue
            html = showing.show(field, value)
            if field.relational and not above:
                above = html
            elif field.kind.monetary and not strong:
                strong = html
            else:
                values.append((label(field.label, self.me.language), html))
        owner = people.get(row[self.table.place["owner"]] or 0, "")
        movable = self.field.writable and sees(self.actor, self.table, row, "update")
        return Card(row[0], row[1], title(self.table, row), above, strong, values, owner, movable)


def choice_fields(entity: Entity) -> list[Field]:
    return [f for f in entity.fields if f.kind.single_choice]


def board_view(records: Records, entity: Entity) -> View | None:
    """The board the declaration has."""
    return next((v for v in declared_views(records.registry, entity) if v.kind == "board" and not v.problem), None)


def group_field(records: Records, entity: Entity, asked: str) -> Field:
    """The field whose choices are the columns: the one asked for, that of the declared board, the first with colours. NotFound
    when there is none to group by."""
    choices = choice_fields(entity)
    if asked:
        named = next((f for f in choices if f.name == asked), None)
        if named is None:
            raise NotFound(say("{name} is not a choice field to group by.", name=asked[:100]))
        return named
    coloured = next((f for f in choices if any(c.color for c in f.choices)), None)
    found = coloured or (choices[0] if choices else None)
    if found is None:
        raise NotFound(say("These records have no choice field to make a board of."))
    return found


def told_fields(entity: Entity, group: Field, names: Sequence[str]) -> list[Field]:
    """What a card says beside its title."""
    spoken = {group.name, *entity.title_fields}
    fields = [entity.by_name[n] for n in names if n in entity.by_name] or list(entity.fields)
    usable = [f for f in fields if not face_of(f).tall and f.name not in spoken and not f.kind.is_list]
    if names:
        usable = [f for f in usable if not f.kind.yes_or_no]
    else:
        usable = firsts(sorted((f for f in usable if face_of(f).rank), key=rank))
    return usable[:TOLD]
