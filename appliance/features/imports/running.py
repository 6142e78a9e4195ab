"""An import runs: chunks of rows are read, converted, their relations found, and stored in one work each. A row that
cannot be stored is noted with its number and the reason, and stops nothing."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count, islice

from appliance.base.errors import Invalid, Problem
from appliance.base.text import say
from appliance.features.imports import reading
from appliance.features.imports.filling import Filling
from appliance.features.imports.plan import Plan, Rejects, Report
from appliance.records.permissions import Actor
from appliance.records.records import Records
from appliance.records.steps import Steps

CHUNK = 2_000
"""Rows in one transaction: it holds the write gate for about 60 ms."""


class _DryRun(Exception):
    """Rolls a dry run's chunk back."""


Progress = Callable[[int, int | None, str], None]


def run_import(
    records: Records, actor: Actor, plan: Plan, progress: Progress | None = None, steps: Steps | None = None
) -> Report:
    """Do it. Raises Invalid or NotFound before the first row for a plan that cannot work. With `steps`, chunks that an
    earlier run of the same job stored are not stored again. A dry run says what would happen, chunk by chunk: it does not
    see that two rows further apart than a chunk want the same unique value."""
    began = time.monotonic()
    layout = reading.detect(plan.path)
    filling = Filling(records.refresh(), plan, layout.columns)
    report = Report(unused_columns=filling.mapping.unused)
    size = plan.path.stat().st_size
    refused = Rejects(plan.rejects, layout.columns, report)
    rows = reading.rows(plan.path, layout)
    try:
        for number in count():
            chunk = list(islice(rows, CHUNK))
            if not chunk:
                break
            if steps and (earlier := steps.result(number)):
                refused.again(chunk, earlier["rejects"])
                report.add(earlier["counts"])
                continue
            before, shown = report.counts(), len(report.rejects)
            with suppress(_DryRun), records.work(actor) as work:
                filling = filling.fresh(work, plan, layout.columns)
                filling.store(work, plan, chunk, report, refused)
                if steps:
                    counts = [now - then for now, then in zip(report.counts(), before, strict=True)]
                    steps.mark(number, {"counts": counts, "rejects": report.rejects[shown:]})
                if plan.dry_run:
                    raise _DryRun
            report.seconds = time.monotonic() - began
            if progress:
                progress(report.rows, None, f"{report.rows} rows, {report.rejected} rejected ({size} bytes)")
    except UnicodeError as error:
        text = say("the file is not {encoding} after row {row}", encoding=layout.encoding, row=report.rows)
        raise Invalid([Problem("file", text, "encoding")]) from error
    except csv.Error as error:
        text = say("the file cannot be read after row {row}: {why}", row=report.rows, why=error)
        raise Invalid([Problem("file", text, "unreadable")]) from error
    finally:
        refused.close()
    report.seconds = time.monotonic() - began
    return report


__all__ = ["Plan", "Report", "run_import"]
