"""Records to pick for a relation: what a search finds, or, before anything is typed, what was worked on last. Only what this
person may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from appliance.base.digits import is_digits
from appliance.base.errors import BadRequest, Unavailable
from appliance.records.entity import Entity
from appliance.records.permissions import Actor, may
from appliance.records.query import Page, Query, Sort
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.tables import Row, Table
from appliance.records.titles import title, titles

MOST = 8
LOOKED_AT = 400
"""Entries at the end of the log that say what was worked on last."""
_TELLING = ("city", "email", "number", "company", "job_title")


@dataclass(frozen=True, slots=True)
class Option:
    """`more` tells records of the same name apart."""

    value: str
    label: str
    more: str = ""


class Picking:
    """For one person and one request."""

    def __init__(self, records: Records, actor: Actor):
        self.records = records
        self.reading = Reading(records.database, records.registry, actor, records.find)
        self._recent: dict[str, list[int]] | None = None

    def found(self, entity: Entity, text: str, limit: int = MOST) -> list[Option]:
        """Best first; what was worked on last for an empty text. NotAllowed when no such record may be read."""
        may(self.reading.actor, "read", entity.name)
        text = text.strip()[:200]
        if not text:
            ids = self._last(entity.name, limit)
        elif entity.builtin:
            ids = self._named(entity, text, limit)
        else:
            try:
                find = self.records.find
                ids = (
                    find(self.reading.actor, entity.name, text, limit).ids if find else self._named(entity, text, limit)
                )
            except (BadRequest, Unavailable):
                ids = self._named(entity, text, limit)
        table = self.reading.table(entity.name)
        rows = self.reading.by_ids(entity.name, ids[: limit * 2])
        return [_option(table, rows[i]) for i in ids if i in rows][:limit]

    def chosen(self, entity: str, ids: Iterable[str]) -> list[Option]:
        """Those already linked; a record that may not be seen is one all the same, or saving the form would drop it."""
        listed = [i for i in ids if is_digits(i)]
        known = titles(self.reading, entity, map(int, listed))
        return [Option(i, known.get(int(i), "")) for i in listed]

    def _named(self, entity: Entity, text: str, limit: int) -> list[int]:
        """By the database: all words somewhere in the title's fields (a user's name or address)."""
        database, table = self.records.database, self.reading.table(entity.name)
        names = ["name", "email"] if entity.name == "user" else list(entity.title_fields)
        columns = [entity.by_name[n].column for n in names if n in table.place]
        words = text.split()[:6]
        if not columns:
            return []
        one = " OR ".join(f"\"{column}\" {database.like} ? ESCAPE '!'" for column in columns)
        where = " AND ".join(f"({one})" for _ in words)
        patterns = [f"%{w.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%" for w in words for _ in columns]
        if entity.name == "user":
            where += " AND active"
        sql = f'SELECT "id" FROM "{entity.table}" WHERE {where} ORDER BY "id" DESC LIMIT ?'
        return [row[0] for row in database.rows(database.sql(sql), (*patterns, limit * 4))]

    def _last(self, entity: str, limit: int) -> list[int]:
        ids = dict.fromkeys(self._worked_on().get(entity, ())[: limit * 2])
        query = Query(entity, sorts=(Sort(("id",), True),), page=Page(limit))
        ids.update(dict.fromkeys(row[0] for row in self.reading.page(query).rows))
        return list(ids)

    def _worked_on(self) -> dict[str, list[int]]:
        """{entity: ids}, one's own work before that of others, the latest first. One look at the log for all fields."""
        if self._recent is None:
            database, me = self.records.database, self.reading.actor.key
            sql = 'SELECT "actor", "entity", "record" FROM ingot_log ORDER BY "position" DESC LIMIT ?'
            rows = database.rows(database.sql(sql), (LOOKED_AT,))
            self._recent = {}
            for _, name, record in sorted(rows, key=lambda row: row[0] != me):
                self._recent.setdefault(name, []).append(record)
        return self._recent


def _option(table: Table, row: Row) -> Option:
    entity = table.entity
    names = [
        n for n in _TELLING if n in table.place and n not in entity.title_fields and not entity.by_name[n].relational
    ]
    more = [str(v) for v in table.show(row, names).values() if v] if names else []
    return Option(str(row[0]), title(table, row), more[0] if more else "")


def only(options: list[Option], text: str) -> Option | None:
    """The one that is meant: the only hit, or the only one called exactly so."""
    exact = [o for o in options if o.label.casefold() == text.strip().casefold()]
    found = exact if len(exact) == 1 else options
    return found[0] if len(found) == 1 else None
