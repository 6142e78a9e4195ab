"""A chunk of a file's rows becomes records: cells are converted, the records they point at are found, the rest is Bulk."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from appliance.base.digits import is_digits
from appliance.base.errors import Invalid, Problem
from appliance.base.text import Text, say
from appliance.features.imports import reading
from appliance.features.imports.layout import BROKEN, EXTRA, SHORT, Layout
from appliance.features.imports.mapping import Column, Matching
from appliance.features.imports.plan import Chunk, Plan, Rejects, Report
from appliance.features.imports.renaming import ids_of, renamed
from appliance.features.imports.values import Style
from appliance.records.bulk import Bulk, check_keys
from appliance.records.entity import Choice
from appliance.records.kinds import Wrong
from appliance.records.permissions import sees
from appliance.records.registry import Registry
from appliance.records.tables import Table
from appliance.records.work import Work

REMEMBERED = 200_000
"""Linked records whose ids are kept for the chunks to come."""
PART = 500
"""Values in one IN (...)."""
Ids = dict[Any, int | None]
"""Value in a cell (or values in several) -> id of the record it means; None where several have the value."""


Waiting = tuple[int, int, str, Any]
"""A link to a record of the same file, for when all rows are stored: (row, id of its record, column, value in the cell)."""


class _Bad(Exception):
    """A row that cannot be stored, with all that is wrong with it."""

    def __init__(self, *reasons: Text | str):
        self.reasons = reasons


class _NotYet(Exception):
    """The linked record stands in another row of the file."""


class Filling:
    """Bound to one revision of the schema: the columns' readers give values as that revision stores them."""

    def __init__(
        self,
        registry: Registry,
        plan: Plan,
        layout: Layout,
        styles: Mapping[str, Style] | None = None,
        choices: Mapping[str, tuple[Choice, ...]] | None = None,
    ):
        """Raises Invalid for a mapping or keys that cannot work."""
        self.registry, self._layout, self._styles, self._choices = registry, layout, styles or {}, choices or {}
        self.plan = plan
        entity = registry.entity(plan.entity)
        wanted = dict(plan.mapping)
        self._id = _id_column(layout, wanted.pop("id", "id")) if "id" in plan.keys else None
        matching = Matching(registry, entity, layout.columns, self._styles, self._choices)
        self.mapping = matching.make(wanted, only=plan.options.only_mapping)
        for key in plan.keys:
            if key not in {c.field.name for c in self.mapping.columns} and not (key == "id" and self._id):
                raise Invalid([Problem("key", say("the key {key} is filled by no column", key=key), "key")])
        check_keys(registry.tables[plan.entity], plan.keys, plan.mode)
        able = {c.field.name for c in self.mapping.columns if c.by and not c.more}
        for name in plan.options.create_missing:
            if name not in able:
                text = say("records of {name} can be created only where one column holds their key", name=name)
                raise Invalid([Problem("create_missing", text, "unknown")])
        self._creates, self._fills = set(plan.options.create_missing), plan.options.short_rows == "fill"
        self._known: dict[str, Ids] = {}
        self._new: set[tuple[str, Any]] = set()
        by_field = {c.field.name: c for c in self.mapping.columns if not c.field.relational}
        self._own = {
            c.header: by_field[c.by]
            for c in self.mapping.columns
            if c.field.target == entity.name and c.by in by_field and not c.more and not c.field.required
        }
        """{column of a link to the same entity: the column whose values its cells name}"""
        self._provided: dict[str, set[Any]] = {}
        self.waiting: list[Waiting] = []
        self.only_looks = False

    @property
    def kinds(self) -> dict[str, str]:
        """{column: kind of what stands in it}"""
        return {c.header: "link" if c.by else c.field.kind.name for c in self.mapping.columns}

    def fresh(self, work: Work) -> Filling:
        """This one, or one for the schema as it is now: somebody may re-type a field while a long import runs."""
        if work.registry.revision == self.registry.revision:
            return self
        mapping = {f"{c.field.name}.{c.by}" if c.by else c.field.name: c.header for c in self.mapping.columns}
        for column in self.mapping.columns:
            mapping |= {f"{column.field.name}.{k.by}": k.header for k in column.more}
        plan = replace(self.plan, options=replace(self.plan.options, only_mapping=True))
        names = [*mapping, *plan.keys, *plan.options.create_missing]
        ids = ids_of(self.registry, plan.entity, names)
        if self._id:
            mapping["id"] = self._id
        plan = renamed(replace(plan, mapping=mapping), ids, work.registry)
        found = Filling(work.registry, plan, self._layout, self._styles, self._choices)
        found._provided, found.waiting = self._provided, self.waiting
        return found

    def look_ahead(self, path: Path) -> None:
        """Note which records the file itself brings, for links between them: its rows stand in any order."""
        if not self._own:
            return
        found: dict[str, set[Any]] = {header: set() for header in self._own}
        for _, row in reading.sound_rows(path, self._layout):
            for header, own in self._own.items():
                with suppress(Wrong):
                    found[header].add(own.read(row.get(own.header)))
        self._provided = found

    def forget(self) -> None:
        """The chunk was taken back: records that it created are not there."""
        if self._creates:
            self._known.clear()

    def store(self, work: Work, chunk: Chunk, report: Report, refused: Rejects) -> None:
        report.rows += len(chunk)
        plan = self.plan
        links = {c.header: self._find(work, c, chunk, report) for c in self.mapping.columns if c.field.relational}
        accepted: list[dict[str, Any]] = []
        origin: Chunk = []
        later: list[list[tuple[str, Any]]] = []
        for number, row in chunk:
            try:
                values, open_ = self._values(row, links)
                accepted.append(values)
                later.append(open_)
                origin.append((number, row))
            except _Bad as bad:
                refused.add(number, row, *bad.reasons)
        outcome = Bulk(work, plan.entity, plan.keys, mode=plan.mode).store(accepted)
        reasons: dict[int, list[Text]] = {}
        for place, reason in outcome.rejected:
            reasons.setdefault(place, []).append(reason)
        for place, listed in sorted(reasons.items()):
            refused.add(origin[place][0], origin[place][1], *listed)
        for place, open_ in enumerate(later):
            if open_ and place in outcome.ids:
                number = origin[place][0]
                self.waiting += [(number, outcome.ids[place], header, value) for header, value in open_]
        report.created += outcome.created
        report.updated += outcome.updated
        report.unchanged += outcome.unchanged

    def convert(
        self, work: Work, chunk: Chunk, report: Report, refused: Rejects, new_target: str
    ) -> list[tuple[int, dict[str, Any], dict[str, Any]]]:
        """(row number, row, stored values) of those that could be stored; nothing is. Records of `new_target` are not there yet:
        there are those alone that the file brings."""
        report.rows += len(chunk)
        links: dict[str, Ids] = {}
        for column in self.mapping.columns:
            if column.field.relational:
                new = column.field.target == new_target
                links[column.header] = {} if new else self._find(work, column, chunk, report)
        found = []
        for number, row in chunk:
            try:
                found.append((number, row, self._values(row, links)[0]))
            except _Bad as bad:
                refused.add(number, row, *bad.reasons)
        return found

    def link(self, work: Work, part: Sequence[Waiting], report: Report, refused: Rejects) -> None:
        """Set links that waited for the rest of the file. One whose record was not stored after all stays empty, and is told."""
        by_header = {c.header: c for c in self.mapping.columns}
        wanted: dict[int, dict[str, Any]] = {}
        for header in {w[2] for w in part}:
            column = by_header[header]
            values = {v for w in part if w[2] == header for v in (w[3] if isinstance(w[3], list) else [w[3]])}
            known: Ids = {}
            self._look_up(work, work.table(str(column.field.target)), column, list(values), known)
            for number, record, _, value in (w for w in part if w[2] == header):
                try:
                    ids = _linked(column, value, known)
                    wanted.setdefault(record, {})[column.field.name] = ids
                except _Bad as bad:
                    report.unlinked += 1
                    refused.tell(number, say("stored, but without its link: {why}", why=bad.reasons[0]))
        rows = [{"id": record, **values} for record, values in wanted.items()]
        Bulk(work, self.plan.entity, ("id",), mode="update").store(rows)

    def _values(self, row: Mapping[str, Any], links: Mapping[str, Ids]) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
        """(one row's stored values, links that must wait: their column and cell). _Bad with the reasons of all cells that do not
        fit."""
        if EXTRA in row:
            raise _Bad(say("the row has more cells than there are columns"))
        if BROKEN in row:
            raise _Bad(row[BROKEN])
        short = SHORT in row and not self._fills
        values: dict[str, Any] = {}
        waiting: list[tuple[str, Any]] = []
        wrong: list[Text | str] = []
        if self._id:
            try:
                values["id"] = _id(self._id, row.get(self._id))
            except _Bad as bad:
                wrong += bad.reasons
        for column in self.mapping.columns:
            header = column.header
            cell = row.get(header)
            if short and cell is None and header in row:
                raise _Bad(*wrong, say("the row has fewer cells than there are columns"))
            try:
                value = _wanted(column, row) if column.more else column.read(cell)
                if value is not None and header in links:
                    value = _linked(column, value, links[header], self._provided.get(header, ()))
                values[column.field.name] = value
            except Wrong as refused:
                wrong.append(say("{column}: {why}", column=header, why=refused.message))
            except _Bad as bad:
                wrong += bad.reasons
            except _NotYet:
                waiting.append((header, value))
        if wrong:
            raise _Bad(*wrong)
        return values, waiting

    # ------------------------------------------------------------------ linked records

    def _find(self, work: Work, column: Column, chunk: Chunk, report: Report) -> Ids:
        """Ids of the records that this chunk's cells point at, by the value in the cell; remembered for the chunks to come."""
        known = self._known.setdefault(column.header, {})
        table = work.table(str(column.field.target))
        wanted: set[Any] = set()
        for _, row in chunk:
            try:
                value = _wanted(column, row) if column.more else column.read(row.get(column.header))
            except Wrong:
                continue
            wanted |= set(value) if isinstance(value, list) else {value}
        missing = [v for v in wanted if v is not None and v not in known]
        self._look_up(work, table, column, missing, known)
        if column.field.name in self._creates and not self.only_looks:
            coming = self._provided.get(column.header, ())
            absent = [v for v in missing if v not in known and v not in coming]
            if absent:
                made = Bulk(work, table.entity.name, mode="create").store([{str(column.by): v} for v in absent])
                self._look_up(work, table, column, absent, known)
                fresh = {(column.header, v) for v in absent if v in known} - self._new
                report.linked_created += len(fresh) if made.created else 0
                self._new |= fresh
        if len(known) > REMEMBERED:
            for old in list(islice(known, REMEMBERED // 2)):
                if old not in wanted:
                    del known[old]
        return known

    def _look_up(self, work: Work, table: Table, column: Column, missing: list[Any], known: Ids) -> None:
        key = column.by or "id"
        names = (key, *(k.by for k in column.more))
        physical = "id" if key == "id" else table.entity.by_name[key].column
        select = table.select_sql.rpartition(" WHERE ")[0]
        firsts = list({v[0]: None for v in missing}) if column.more else missing
        asked = set(missing)
        for start in range(0, len(firsts), PART):
            part = firsts[start : start + PART]
            marks = ", ".join("?" * len(part))
            sql = select + work.database.sql(f' WHERE "{physical}" IN ({marks})')
            for held in work.database.rows(sql, part):
                found = tuple(table.plain(n, held[table.place[n]]) for n in names)
                value = found if column.more else found[0]
                if value in asked and sees(work.actor, table, held):
                    known[value] = None if value in known else held[0]


def _id_column(layout: Layout, wanted: str) -> str | None:
    """The column that holds the records' own ids, of a file that was exported."""
    return next((h for h in layout.columns if h.lower() == wanted.lower()), None)


def _id(header: str, cell: Any) -> int | None:
    text = str(cell or "").strip()
    if text and not is_digits(text):
        raise _Bad(say("{column}: {why}", column=header, why=say("must be a whole number")))
    return int(text) if text else None


def _wanted(column: Column, row: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The values of several columns that together tell one record; None where all are empty."""
    values = (column.read(row.get(column.header)), *(k.read(row.get(k.header)) for k in column.more))
    return None if all(v is None for v in values) else values


def _linked(column: Column, value: Any, found: Ids, coming: Collection[Any] = ()) -> Any:
    """The ids. _NotYet where some of them are `coming` with other rows of the file."""
    wanted = value if isinstance(value, list) else [value]
    for v in wanted:
        if v not in found and v in coming:
            continue
        if found.get(v) is None:
            key = ", ".join((column.by or "id", *(k.by for k in column.more)))
            said = ", ".join(str(x or "") for x in v) if isinstance(v, tuple) else v
            words = {"column": column.header, "entity": column.field.target, "key": key, "value": said}
            raise _Bad(
                say("{column}: several {entity} records have {key} {value}", **words)
                if v in found
                else say("{column}: there is no {entity} with {key} {value}", **words)
            )
    if any(v not in found for v in wanted):
        raise _NotYet
    ids = {found[v] for v in wanted}
    return sorted(i for i in ids if i) if column.field.many else ids.pop()
