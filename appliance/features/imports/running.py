"""An import runs: chunks of rows are read, converted, their relations found, and stored in one work each. A row that
cannot be stored is noted with its number and the reason, and stops nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

from appliance.base.errors import Invalid, Problem, TooLarge
from appliance.base.text import say
from appliance.features.imports import reading
from appliance.features.imports.choices import add_choices, check_may_add, new_choices
from appliance.features.imports.filling import Filling
from appliance.features.imports.formulas import is_spreadsheet_export
from appliance.features.imports.history import Trace
from appliance.features.imports.layout import CSV, LINES, Layout
from appliance.features.imports.plan import SHOWN, BrokenFile, Chunk, Plan, Rejects, Report
from appliance.features.imports.styles import find_styles
from appliance.features.imports.unpacking import unpacked
from appliance.records.permissions import Actor
from appliance.records.records import Records
from appliance.records.steps import Steps

CHUNK = 2_000
"""Rows in one transaction: it holds the write gate for about 60 ms."""
HEAVY = 16 << 20
"""Characters after which a chunk ends earlier: a cell may have ten million, and all rows of a chunk are in memory."""


class _DryRun(Exception):
    """Rolls a dry run's chunk back."""


Progress = Callable[[int, int | None, str], None]


def run_import(
    records: Records,
    actor: Actor,
    plan: Plan,
    progress: Progress | None = None,
    steps: Steps | None = None,
    trace: Trace | None = None,
) -> Report:
    """Do it. Raises Invalid or NotFound before the first row for a plan that cannot work. With `steps`, chunks that an
    earlier run of the same job stored are not stored again; `trace` remembers what to undo. A dry run says what would
    happen, chunk by chunk: it does not see that two rows further apart than a chunk want the same unique value.

    A file that is broken somewhere is imported as far as it can be read; then BrokenFile, with the report."""
    began = time.monotonic()
    with unpacked(plan.path) as path:
        plan = replace(plan, path=path)
        layout = reading.detect_surely(path, plan.options)
        filling, report = _prepare(records, actor, plan, layout)
        refused = Rejects(plan.rejects, layout.columns, report, actor.language or "en")
        total = _rough_count(path, layout) if progress else None
        layout = replace(layout, whole=frozenset(h for h, kind in filling.kinds.items() if kind == "json"))
        chunks = Chunks(path, layout)
        try:
            for number, chunk in enumerate(chunks):
                if steps and (earlier := steps.result(number)):
                    refused.again(chunk, earlier["rejects"])
                    report.add(earlier["counts"])
                    filling.waiting += [tuple(w) for w in earlier.get("waiting", ())]
                    continue
                before, waiting = report.counts(), len(filling.waiting)
                refused.of_chunk = []
                with suppress(_DryRun), records.work(actor) as work:
                    filling = filling.fresh(work)
                    with trace.of(work) if trace and not plan.dry_run else nullcontext():
                        filling.store(work, chunk, report, refused)
                    if steps:
                        counts = [now - then for now, then in zip(report.counts(), before, strict=True)]
                        later = {"waiting": filling.waiting[waiting:]} if len(filling.waiting) > waiting else {}
                        steps.mark(number, {"counts": counts, "rejects": refused.of_chunk, **later})
                    if plan.dry_run:
                        filling.forget()
                        raise _DryRun
                report.seconds = time.monotonic() - began
                if progress:
                    rate = round(report.rows / report.seconds) if report.seconds else 0
                    message = f"{report.rows} rows, {report.rejected} rejected, {rate} rows/s"
                    progress(report.rows, max(total, report.rows) if total else None, message)
            if not plan.dry_run:
                _link(records, actor, filling, report, refused, steps, trace)
        finally:
            refused.close()
    report.seconds = time.monotonic() - began
    if chunks.broken:
        report.broken = "; ".join(str(problem.message) for problem in chunks.broken)
        raise BrokenFile(chunks.broken, report)
    return report


def _link(
    records: Records,
    actor: Actor,
    filling: Filling,
    report: Report,
    refused: Rejects,
    steps: Steps | None,
    trace: Trace | None,
) -> None:
    """The second pass of a hierarchy: links between rows of the file, once all of them are stored."""
    waiting = filling.waiting
    for number, start in enumerate(range(0, len(waiting), CHUNK), 1):
        if steps and (earlier := steps.result(-number)):
            refused.again([], earlier["rejects"])
            report.add(earlier["counts"])
            continue
        before = report.counts()
        refused.of_chunk = []
        with records.work(actor) as work:
            filling = filling.fresh(work)
            with trace.of(work) if trace else nullcontext():
                filling.link(work, waiting[start : start + CHUNK], report, refused)
            if steps:
                counts = [now - then for now, then in zip(report.counts(), before, strict=True)]
                steps.mark(-number, {"counts": counts, "rejects": refused.of_chunk})


def standing(steps: Steps) -> Report:
    """What the chunks of an import that ended early have stored, and still stands."""
    report = Report()
    number = 0
    while earlier := steps.result(number):
        report.add(earlier["counts"])
        report.rejects += [(n, why) for n, why in earlier["rejects"]][: SHOWN - len(report.rejects)]
        number += 1
    return report


class Chunks:
    """A file's rows, CHUNK at a time. Where the file is broken the last chunk ends, and `broken` says why."""

    def __init__(self, path: Path, layout: Layout):
        self._rows, self._layout = reading.rows(path, layout), layout
        self.broken: list[Problem] = []

    def __iter__(self) -> Iterator[Chunk]:
        while not self.broken:
            chunk: Chunk = []
            try:
                size = 0
                for row in islice(self._rows, CHUNK):
                    chunk.append(row)
                    size += sum(len(text) for text in row[1].values() if text.__class__ is str)
                    if size > HEAVY:
                        break
            except reading.UNREADABLE as error:
                self.broken = self._problems(error, chunk)
            if not chunk:
                return
            yield chunk

    def _problems(self, error: Exception, chunk: Chunk) -> list[Problem]:
        if isinstance(error, Invalid):
            return error.problems
        if isinstance(error, TooLarge):
            return [Problem("file", error.message, error.code)]
        if isinstance(error, UnicodeError):
            text = say("the file is not {encoding}: {why}", encoding=self._layout.encoding, why=error)
            return [Problem("file", text, "encoding")]
        row = chunk[-1][0] if chunk else 0
        text = say("the file cannot be read after row {row}: {why}", row=row, why=error)
        return [Problem("file", text, "unreadable")]


def check_plan(records: Records, plan: Plan) -> None:
    """Invalid for what `run_import` would refuse before the first row: told while the person is still there."""
    with unpacked(plan.path) as path:
        layout = reading.detect_surely(path, plan.options)
        find_styles(path, layout, Filling(records.refresh(), plan, layout).kinds, plan.options)


def _prepare(records: Records, actor: Actor, plan: Plan, layout: Layout) -> tuple[Filling, Report]:
    """All that must be known, or in the schema, before the first row."""
    filling = Filling(records.refresh(), plan, layout)
    styles = find_styles(plan.path, layout, filling.kinds, plan.options)
    if is_spreadsheet_export(plan.path, layout, filling.registry.entity(plan.entity)):
        styles = {column: replace(style, disarmed=True) for column, style in styles.items()}
    found = {}
    if plan.options.add_choices:
        check_may_add(actor)
        found = new_choices(plan, layout, filling.mapping.columns)
        if found and not plan.dry_run:
            add_choices(records, actor, plan.entity, found)
    report = Report(columns=layout.columns, unused_columns=filling.mapping.unused)
    report.new_choices = {n: [c.value for c in fresh] for n, fresh in found.items()}
    filling = Filling(records.refresh(), plan, layout, styles, found if plan.dry_run else None)
    filling.look_ahead(plan.path)
    return filling, report


def _rough_count(path: Path, layout: Layout) -> int | None:
    """About how many rows there are, by the line ends: for a bar that moves. None where lines say nothing."""
    if layout.format not in (CSV, LINES):
        return None
    ends = returns = 0
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            ends += part.count(b"\n")
            returns += part.count(b"\r")
    return max(1, (ends or returns) - layout.header_row)


__all__ = ["Plan", "Report", "check_plan", "run_import"]
