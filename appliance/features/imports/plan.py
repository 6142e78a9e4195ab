"""What an import is asked to do, and what became of it."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from appliance.base.errors import Invalid, Problem
from appliance.base.text import Text, in_language
from appliance.features.imports.layout import BROKEN, EXTRA, Options

SHOWN = 1_000
"""Rejected rows that a report lists; a file of rejects has them all."""
BRIEF, BRIEF_TEXT, BRIEF_SIZE = 20, 300, 30_000
"""Of these, the result of the job has so many, of so many characters, in so many bytes: all of it is in the import's report."""
NOTES = ("#row", "#reason", "#more")
"""Columns that a file of rejects has behind its own: never taken for fields. `#more` holds what stood in no column."""
Chunk = list[tuple[int, dict[str, Any]]]
"""(row number, {column: text})"""
_COUNTS = ("rows", "created", "updated", "unchanged", "rejected", "linked_created", "unlinked")


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
    options: Options = field(default_factory=Options)


@dataclass
class Report:
    """Counts of rows, and the first thousand rejected ones as (row number, reason). `linked_created` counts records that
    were created because rows point at them."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    linked_created: int = 0
    unlinked: int = 0
    """Records that were stored without a link to another row of the file, because that one was rejected."""
    rejects: list[tuple[int, str]] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    unused_columns: tuple[str, ...] = ()
    new_choices: dict[str, list[str]] = field(default_factory=dict)
    seconds: float = 0.0
    broken: str | None = None
    """Where and why the file could not be read further; what stands above it was imported."""

    def counts(self) -> list[int]:
        return [getattr(self, name) for name in _COUNTS]

    def add(self, counts: Sequence[int]) -> None:
        for name, more in zip(_COUNTS, counts, strict=False):
            setattr(self, name, getattr(self, name) + more)

    def shown(self) -> dict[str, Any]:
        return {
            **dict(zip(_COUNTS, self.counts(), strict=True)),
            "rejects": [{"row": n, "reason": r} for n, r in self.rejects],
            "unused_columns": list(self.unused_columns), "new_choices": self.new_choices,
            **({"broken": self.broken} if self.broken else {}),
            "seconds": round(self.seconds, 2),
            "rows_per_second": round(self.rows / self.seconds) if self.seconds else 0,
        }  # fmt: skip


def brief(shown: dict[str, Any]) -> dict[str, Any]:
    """A shown report that is small enough for the result of a job, whatever stands in it."""
    rejects = [{**each, "reason": each["reason"][:BRIEF_TEXT]} for each in shown["rejects"][:BRIEF]]
    found = {**shown, "rejects": rejects}
    if len(orjson.dumps(found)) > BRIEF_SIZE:  # a thousand columns that nobody wanted, or new choices
        found |= {"unused_columns": [], "new_choices": {}}
    return found


class BrokenFile(Invalid):
    """The file could not be read to its end. `report` counts what was imported before."""

    def __init__(self, problems: list[Problem], report: Report):
        super().__init__(problems)
        self.report = report


class Rejects:
    """Rejected rows: counted, listed, and with `path` written to a file that can be corrected and imported again."""

    def __init__(self, path: Path | None, columns: Sequence[str], report: Report, language: str = "en"):
        self._report, self._columns, self._language = report, columns, language
        self._file = path.open("w", encoding="utf-8", errors="backslashreplace", newline="") if path else None
        self._writer = csv.writer(self._file) if self._file else None
        if self._writer:
            self._writer.writerow([*columns, *NOTES])
        self.of_chunk: list[tuple[int, str]] = []
        """Those of the chunk at hand; whoever begins a chunk empties it."""

    def add(self, number: int, row: Mapping[str, Any], *why: Text | str) -> None:
        """With all reasons that there are."""
        reason = "; ".join(in_language(one, self._language) for one in why)
        self._report.rejected += 1
        self.of_chunk.append((number, reason))
        self._note(number, row, reason)

    def tell(self, number: int, why: Text) -> None:
        """Something of a row that was stored all the same."""
        reason = in_language(why, self._language)
        self.of_chunk.append((number, reason))
        self._note(number, {}, reason)

    def again(self, chunk: Chunk, rejects: list[tuple[int, str]]) -> None:
        """What an earlier run of the same job refused; their counts are added by the caller."""
        by_number = dict(chunk)
        for number, reason in rejects:
            self._note(number, by_number.get(number, {}), reason)

    def _note(self, number: int, row: Mapping[str, Any], reason: str) -> None:
        if len(self._report.rejects) < SHOWN:
            self._report.rejects.append((number, reason))
        if self._writer:
            more = orjson.dumps(row[EXTRA]).decode() if EXTRA in row else row.get("", "") if BROKEN in row else ""
            self._writer.writerow([*(row.get(c) or "" for c in self._columns), number, reason, more])

    def close(self) -> None:
        if self._file:
            self._file.close()
