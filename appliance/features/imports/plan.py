"""What an import is asked to do, and what became of it."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SHOWN = 1_000
"""Rejected rows that a report lists; a file of rejects has them all."""
Chunk = list[tuple[int, dict[str, Any]]]
"""(row number, {column: text})"""


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
        self.rows, self.created, self.updated, self.unchanged, self.rejected = map(
            sum, zip(self.counts(), counts, strict=True)
        )

    def shown(self) -> dict[str, Any]:
        rate = round(self.rows / self.seconds) if self.seconds else 0
        return {
            "rows": self.rows, "created": self.created, "updated": self.updated, "unchanged": self.unchanged,
            "rejected": self.rejected, "rejects": [{"row": n, "reason": r} for n, r in self.rejects],
            "unused_columns": list(self.unused_columns), "seconds": round(self.seconds, 2), "rows_per_second": rate,
        }  # fmt: skip


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
        self._write(number, row, reason)

    def again(self, chunk: Chunk, rejects: list[tuple[int, str]]) -> None:
        """What an earlier run of the same job refused; their counts are added by the caller."""
        by_number = dict(chunk)
        for number, reason in rejects:
            if len(self._report.rejects) < SHOWN:
                self._report.rejects.append((number, reason))
            self._write(number, by_number.get(number, {}), reason)

    def _write(self, number: int, row: Mapping[str, Any], reason: str) -> None:
        if self._writer:
            self._writer.writerow([*(row.get(c) or "" for c in self._columns), number, reason])

    def close(self) -> None:
        if self._file:
            self._file.close()
