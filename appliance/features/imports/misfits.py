"""Which values of a file do not fit the fields they would go to, by all of its rows: told before an import, and of how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from appliance.base.text import in_language
from appliance.features.imports.column_profiles import BATCH, HEAVY
from appliance.features.imports.mapping import Column
from appliance.records.kinds import Wrong

KNOWN = 50_000
"""Values of a column whose verdict is remembered."""
EXAMPLES = 3


class Misfits:
    """An observer (passes.py). Links are not followed: whether a record is there is asked in the import."""

    def __init__(self, columns: Mapping[str, Column], language: str):
        self._columns, self._language = dict(columns), language
        self.done = not self._columns
        self._waiting: dict[str, list[str]] = {c: [] for c in self._columns}
        self._verdicts: dict[str, dict[str, tuple[str, str] | None]] = {c: {} for c in self._columns}
        self._found: dict[tuple[str, str], dict[str, Any]] = {}
        self._rows = self._size = 0

    def see(self, number: int, row: Mapping[str, Any]) -> None:
        for column, cells in self._waiting.items():
            if text := row.get(column):
                cells.append(text)
                self._size += len(text)
        self._rows += 1
        if self._rows >= BATCH or self._size > HEAVY:
            self._judge()

    def shown(self) -> list[dict[str, Any]]:
        """[{column, field, code, reason, rows, examples}]: most rows first."""
        self._judge()
        return sorted(self._found.values(), key=lambda each: -int(each["rows"]))

    def _judge(self) -> None:
        for header, cells in self._waiting.items():
            verdicts = self._verdicts[header]
            if len(verdicts) > KNOWN:
                verdicts.clear()
            for text, count in Counter(cells).items():
                if text not in verdicts:
                    verdicts[text] = self._verdict(self._columns[header], text)
                if verdict := verdicts[text]:
                    self._note(header, text, count, *verdict)
            cells.clear()
        self._rows = self._size = 0

    def _verdict(self, column: Column, text: str) -> tuple[str, str] | None:
        try:
            column.read(text)
        except Wrong as wrong:
            return wrong.code, in_language(wrong.message, self._language)
        return None

    def _note(self, header: str, text: str, count: int, code: str, reason: str) -> None:
        usual = {
            "column": header, "field": self._columns[header].field.name, "code": code,
            "reason": reason[:300], "rows": 0, "examples": [],
        }  # fmt: skip
        found = self._found.setdefault((header, code), usual)
        found["rows"] += count
        if len(found["examples"]) < EXAMPLES:
            found["examples"].append(text[:100])
