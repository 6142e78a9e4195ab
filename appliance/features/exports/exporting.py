"""An export as a stream of bytes (CSV, JSON Lines) or as a file (XLSX, which cannot be streamed)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from appliance.features.exports.cells import LOSSLESS, people_cell, plain_cell
from appliance.features.exports.listing import Values, Wanted, pages, titles_of
from appliance.features.exports.sheet import write_sheet
from appliance.features.imports.headers import unique_names
from appliance.records.permissions import Actor
from appliance.records.records import Records

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
}
Progress = Callable[[int], None]


def stream(
    records: Records, actor: Actor, wanted: Wanted, written: Callable[[int], None] = lambda count: None
) -> Iterator[bytes]:
    """CSV or JSON Lines, a page of records at a time. For spreadsheets with a byte order mark: Excel wants to be told.
    `written` hears of each page how many records it had."""
    if wanted.format == "jsonl":
        for listed in pages(records, actor, wanted):
            written(len(listed))
            yield b"".join(orjson.dumps({n: row.get(n) for n in wanted.names}) + b"\n" for row in listed)
        return
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header(records, wanted))
    start = b"" if wanted.mode == LOSSLESS else b"\xef\xbb\xbf"
    for rows in _rows(records, actor, wanted, typed=False):
        writer.writerows(rows)
        written(len(rows))
        yield start + out.getvalue().encode()
        start = b""
        out.seek(0)
        out.truncate()
    if out.tell():
        yield start + out.getvalue().encode()


def write(records: Records, actor: Actor, wanted: Wanted, path: Path, progress: Progress | None = None) -> int:
    """Into a file, any format; the number of records. Raises Invalid where XLSX cannot hold it."""
    done = 0

    def counted(listed: Iterator[list[list[Any]]]) -> Iterator[list[Any]]:
        nonlocal done
        for rows in listed:
            yield from rows
            done += len(rows)
            if progress:
                progress(done)

    if wanted.format == "xlsx":
        typed = wanted.mode != LOSSLESS
        label = records.registry.entity(wanted.entity).plural_label
        rows = counted(_rows(records, actor, wanted, typed=typed))
        return write_sheet(path, label, header(records, wanted), rows, cut=typed)

    def written(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(done)

    with path.open("wb") as file:
        file.writelines(stream(records, actor, wanted, written))
    return done


def header(records: Records, wanted: Wanted) -> list[str]:
    """Field names, or for spreadsheets their labels."""
    if wanted.mode == LOSSLESS:
        return list(wanted.names)
    known = records.registry.entity(wanted.entity).by_name
    words = {"id": "ID", "version": "Version"}
    return list(unique_names([known[n].label if n in known else words[n] for n in wanted.names]))


def _rows(records: Records, actor: Actor, wanted: Wanted, *, typed: bool) -> Iterator[list[list[Any]]]:
    entity = records.registry.entity(wanted.entity)
    if wanted.mode == LOSSLESS:
        cells = [(n, plain_cell(entity.by_name.get(n))) for n in wanted.names]
        for listed in pages(records, actor, wanted):
            yield [[cell(row.get(n)) for n, cell in cells] for row in listed]
        return
    for listed in pages(records, actor, wanted):
        called = titles_of(records, actor, wanted, listed)
        shown = [(n, people_cell(entity, n, called.get(n, {}), wanted.language, typed=typed)) for n in wanted.names]
        yield [[_seen(row, n, cell) for n, cell in shown] for row in listed]


def _seen(row: Values, name: str, cell: Callable[[Any], Any]) -> Any:
    value = row.get(name)
    return "" if value is None or value == [] else cell(value)
