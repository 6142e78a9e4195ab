"""A chunk of a file's rows becomes records: cells are converted, the records they point at are found, the rest is Bulk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from appliance.base.errors import Invalid, Problem
from appliance.base.text import Text, say
from appliance.features.imports import reading
from appliance.features.imports.mapping import Column, make_mapping
from appliance.features.imports.plan import Chunk, Plan, Rejects, Report
from appliance.records.bulk import Bulk, check_keys
from appliance.records.kinds import Wrong
from appliance.records.permissions import sees
from appliance.records.registry import Registry
from appliance.records.work import Work

REMEMBERED = 200_000
"""Linked records whose ids are kept for the chunks to come."""
PART = 500
"""Values in one IN (...)."""
Ids = dict[Any, int | None]
"""Value in a cell -> id of the record it means; None where several have the value."""


class _Bad(Exception):
    """A row that cannot be stored."""

    def __init__(self, reason: Text):
        self.reason = reason


class Filling:
    """Bound to one revision of the schema: the columns' readers give values as that revision stores them."""

    def __init__(self, registry: Registry, plan: Plan, headers: Sequence[str]):
        """Raises Invalid for a mapping or keys that cannot work."""
        self.registry = registry
        self.mapping = make_mapping(registry, registry.entity(plan.entity), headers, plan.mapping)
        for key in plan.keys:
            if key not in {c.field.name for c in self.mapping.columns}:
                raise Invalid([Problem("key", say("the key {key} is filled by no column", key=key), "key")])
        check_keys(registry.tables[plan.entity], plan.keys, plan.mode)
        self._known: dict[str, Ids] = {}

    def fresh(self, work: Work, plan: Plan, headers: Sequence[str]) -> Filling:
        """This one, or one for the schema as it is now: somebody may re-type a field while a long import runs."""
        return self if work.registry.revision == self.registry.revision else Filling(work.registry, plan, headers)

    def store(self, work: Work, plan: Plan, chunk: Chunk, report: Report, refused: Rejects) -> None:
        report.rows += len(chunk)
        links = {c.header: self._find(work, c, chunk) for c in self.mapping.columns if c.field.relational}
        accepted: list[dict[str, Any]] = []
        origin: Chunk = []
        for number, row in chunk:
            try:
                accepted.append(self._values(row, links))
                origin.append((number, row))
            except _Bad as bad:
                refused.add(number, row, str(bad.reason))
        outcome = Bulk(work, plan.entity, plan.keys, mode=plan.mode).store(accepted)
        for place, reason in sorted(outcome.rejected, key=lambda r: r[0]):
            refused.add(origin[place][0], origin[place][1], str(reason))
        report.created += outcome.created
        report.updated += outcome.updated
        report.unchanged += outcome.unchanged

    def _values(self, row: Mapping[str, Any], links: Mapping[str, Ids]) -> dict[str, Any]:
        """One row's stored values. _Bad with the reason of the first cell that does not fit."""
        if reading.EXTRA in row:
            raise _Bad(say("the row has more cells than there are columns"))
        values: dict[str, Any] = {}
        header = ""
        try:
            for column in self.mapping.columns:
                header = column.header
                cell = row.get(header)
                if cell is None and header in row and reading.SHORT in row:
                    raise _Bad(say("the row has fewer cells than there are columns"))
                value = column.read(cell)
                if value is not None and header in links:
                    value = _linked(column, value, links[header])
                values[column.field.name] = value
        except Wrong as wrong:
            raise _Bad(say("{column}: {why}", column=header, why=wrong.message)) from None
        return values

    def _find(self, work: Work, column: Column, chunk: Chunk) -> Ids:
        """Ids of the records that this chunk's cells point at, by the value in the cell; remembered for the chunks to come."""
        known = self._known.setdefault(column.header, {})
        table = work.table(str(column.field.target))
        key = column.by or "id"
        wanted: set[Any] = set()
        for _, row in chunk:
            try:
                value = column.read(row.get(column.header))
            except Wrong:
                continue
            wanted |= set(value) if isinstance(value, list) else {value}
        missing = [v for v in wanted if v is not None and v not in known]
        name = "id" if key == "id" else table.entity.by_name[key].column
        select = table.select_sql.rpartition(" WHERE ")[0]
        for start in range(0, len(missing), PART):
            part = missing[start : start + PART]
            marks = ", ".join("?" * len(part))
            sql = select + work.database.sql(f' WHERE "{name}" IN ({marks})')
            for held in work.database.rows(sql, part):
                if sees(work.actor, table, held):
                    value = table.plain(key, held[table.place[key]])
                    known[value] = None if value in known else held[0]
        if len(known) > REMEMBERED:
            for old in list(islice(known, REMEMBERED // 2)):
                if old not in wanted:
                    del known[old]
        return known


def _linked(column: Column, value: Any, found: Ids) -> Any:
    wanted = value if isinstance(value, list) else [value]
    for v in wanted:
        if found.get(v) is None:
            words = {"column": column.header, "entity": column.field.target, "key": column.by or "id", "value": v}
            raise _Bad(
                say("{column}: several {entity} records have {key} {value}", **words)
                if v in found
                else say("{column}: there is no {entity} with {key} {value}", **words)
            )
    ids = {found[v] for v in wanted}
    return sorted(i for i in ids if i) if column.field.many else ids.pop()
