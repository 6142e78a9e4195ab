"""An import runs: chunks of rows are read, converted, their relations found, and stored in one work each. A row that
cannot be stored is noted with its number and the reason, and stops nothing."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import Any

from appliance.base.errors import Invalid, Problem
from appliance.base.text import Text, say
from appliance.features.imports import reading
from appliance.features.imports.mapping import Column, Mapping_, make_mapping
from appliance.records.bulk import Bulk
from appliance.records.kinds import Wrong
from appliance.records.permissions import Actor, sees
from appliance.records.records import Records
from appliance.records.steps import Steps
from appliance.records.work import Work

CHUNK = 2_000
"""Rows in one transaction: it holds the write gate for about 60 ms."""
SHOWN = 1_000


@dataclass(frozen=True)
class Plan:
    """What to import, and how. `keys` are field names that tell records apart; `mode` is upsert, create or update."""

    entity: str
    path: Path
    keys: tuple[str, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False
    mode: str = "upsert"
    rejects: Path | None = None


@dataclass
class Report:
    """Counts of rows, and the first thousand rejected ones as (row number, reason)."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejects: list[tuple[int, str]] = field(default_factory=list)
    unused_columns: tuple[str, ...] = ()
    seconds: float = 0.0

    def counts(self) -> list[int]:
        return [self.rows, self.created, self.updated, self.unchanged, self.rejected]

    def add(self, counts: list[int]) -> None:
        self.rows, self.created, self.updated, self.unchanged, self.rejected = map(sum, zip(self.counts(), counts, strict=True))

    def shown(self) -> dict[str, Any]:
        rate = round(self.rows / self.seconds) if self.seconds else 0
        return {
            "rows": self.rows, "created": self.created, "updated": self.updated, "unchanged": self.unchanged,
            "rejected": self.rejected, "rejects": [{"row": n, "reason": r} for n, r in self.rejects],
            "unused_columns": list(self.unused_columns), "seconds": round(self.seconds, 2), "rows_per_second": rate,
        }  # fmt: skip


class _DryRun(Exception):
    """Rolls a dry run's chunk back."""


Progress = Callable[[int, int | None, str], None]


def run_import(
    records: Records, actor: Actor, plan: Plan, progress: Progress | None = None, steps: Steps | None = None
) -> Report:
    """Do it. Raises Invalid or NotFound before the first row for a plan that cannot work. With `steps`, chunks that an
    earlier run of the same job stored are not stored again."""
    began = time.monotonic()
    layout = reading.detect(plan.path)
    entity = records.registry.entity(plan.entity)
    mapping = make_mapping(records.registry, entity, layout.columns, plan.mapping)
    for key in plan.keys:
        if key not in {c.field.name for c in mapping.columns}:
            raise Invalid([Problem("key", say("the key {key} is filled by no column", key=key), "key")])
    report = Report(unused_columns=mapping.unused)
    size = plan.path.stat().st_size
    refused = Rejects(plan.rejects, layout.columns, report)
    rows = reading.rows(plan.path, layout)
    found_before: dict[str, dict[Any, int | None]] = {}
    try:
        for number in count():
            chunk = list(islice(rows, CHUNK))
            if not chunk:
                break
            if steps and (earlier := steps.result(number)):
                report.add(earlier)
                continue
            try:
                with records.work(actor) as work:
                    before = report.counts()
                    _store(work, plan, mapping, chunk, report, refused, found_before)
                    if steps:
                        steps.mark(number, [now - then for now, then in zip(report.counts(), before, strict=True)])
                    if plan.dry_run:
                        raise _DryRun
            except _DryRun:
                pass
            report.seconds = time.monotonic() - began
            if progress:
                progress(report.rows, None, f"{report.rows} rows, {report.rejected} rejected ({size} bytes)")
    except UnicodeDecodeError as error:
        raise Invalid([Problem("file", say("the file is not {encoding} after row {row}", encoding=layout.encoding, row=report.rows))]) from error
    except csv.Error as error:
        raise Invalid([Problem("file", say("the file cannot be read after row {row}: {why}", row=report.rows, why=error))]) from error
    finally:
        refused.close()
    report.seconds = time.monotonic() - began
    return report


class Rejects:
    """Rejected rows: counted, listed, and with `path` written to a file that can be corrected and imported again."""

    def __init__(self, path: Path | None, columns: Sequence[str], report: Report):
        self._report, self._columns = report, columns
        self._file = path.open("w", encoding="utf-8", newline="") if path else None
        self._writer = csv.writer(self._file) if self._file else None
        if self._writer:
            self._writer.writerow([*columns, "row", "reason"])

    def add(self, number: int, row: Mapping[str, Any], reason: str) -> None:
        self._report.rejected += 1
        if len(self._report.rejects) < SHOWN:
            self._report.rejects.append((number, reason))
        if self._writer:
            self._writer.writerow([*(row.get(c) or "" for c in self._columns), number, reason])

    def close(self) -> None:
        if self._file:
            self._file.close()


def _store(
    work: Work,
    plan: Plan,
    mapping: Mapping_,
    chunk: list[tuple[int, dict[str, Any]]],
    report: Report,
    refused: Rejects,
    found_before: dict[str, dict[Any, int | None]],
) -> None:
    report.rows += len(chunk)
    links = {c.header: _find(work, c, chunk, found_before.setdefault(c.header, {})) for c in mapping.columns if c.by or c.field.relational}
    accepted: list[dict[str, Any]] = []
    origin: list[tuple[int, dict[str, Any]]] = []
    for number, row in chunk:
        try:
            accepted.append(_values(mapping, row, links))
            origin.append((number, row))
        except _Bad as bad:
            refused.add(number, row, str(bad.reason))
    outcome = Bulk(work, plan.entity, plan.keys, mode=plan.mode).store(accepted)
    for place, reason in sorted(outcome.rejected, key=lambda r: r[0]):
        refused.add(origin[place][0], origin[place][1], str(reason))
    report.created += outcome.created
    report.updated += outcome.updated
    report.unchanged += outcome.unchanged


class _Bad(Exception):
    def __init__(self, reason: Text):
        self.reason = reason


def _values(mapping: Mapping_, row: Mapping[str, Any], links: Mapping[str, Mapping[Any, int | None]]) -> dict[str, Any]:
    """One row's stored values. _Bad with the reason of the first cell that does not fit."""
    if row.get(reading.EXTRA):
        raise _Bad(say("the row has more cells than there are columns"))
    values: dict[str, Any] = {}
    header = ""
    try:
        for column in mapping.columns:
            header = column.header
            cell = row.get(header)
            if cell is None and header in row:
                raise _Bad(say("the row has fewer cells than there are columns"))
            value = column.read(cell)
            if value is not None and header in links:
                value = _linked(column, value, links[header])
            values[column.field.name] = value
    except Wrong as wrong:
        raise _Bad(say("{column}: {why}", column=header, why=wrong.message)) from None
    return values


def _linked(column: Column, value: Any, found: Mapping[Any, int | None]) -> Any:
    wanted = value if isinstance(value, list) else [value]
    ids = [found.get(v) for v in wanted]
    for v, record_id in zip(wanted, ids, strict=True):
        if record_id is None:
            raise _Bad(say("{column}: there is no {entity} with {key} {value}", column=column.header, entity=column.field.target,
                           key=column.by or "id", value=v))  # fmt: skip
    return sorted(i for i in ids if i) if column.field.many else ids[0]


def _find(work: Work, column: Column, chunk: list[tuple[int, dict[str, Any]]], known: dict[Any, int | None]) -> dict[Any, int | None]:
    """Ids of the records that this chunk's cells point at, by the value in the cell; remembered for the chunks to come."""
    table = work.table(str(column.field.target))
    key = column.by or "id"
    wanted: set[Any] = set()
    for _, row in chunk:
        try:
            value = column.read(row.get(column.header))
        except Wrong:
            continue
        wanted |= set(value) if isinstance(value, list) else {value}
    missing = [v for v in wanted - {None} if known.get(v) is None]
    name = "id" if key == "id" else table.entity.by_name[key].column
    select = table.select_sql.rpartition(" WHERE ")[0]
    for part in _parts(missing):
        marks = ", ".join("?" * len(part))
        for row in work.database.rows(select + work.database.sql(f' WHERE "{name}" IN ({marks}) ORDER BY "id" DESC'), part):
            if sees(work.actor, table, row):
                known[row[table.place[key]]] = row[0]
    if len(known) > 200_000:
        for old in list(islice(known, 100_000)):
            if old not in wanted:
                del known[old]
    return known


def _parts(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), 500):
        yield values[start : start + 500]
