"""Which values of a file do not fit the fields they would go to, by all of its rows: told before an import, and of how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from appliance.base.text import in_language
from appliance.features.imports.mapping import Column
from appliance.features.imports.passes import ColumnBatches
from appliance.records.kinds import Wrong

KNOWN = 50_000
"""Values of a column whose verdict is remembered."""
EXAMPLES = 3


class Misfits(ColumnBatches):
    """An observer (passes.py). Links are not followed: whether a record is there is asked in the import."""

    def __init__(self, columns: Mapping[str, Column], language: str):
        super().__init__(columns)
        self._columns, self._language = dict(columns), language
        self._verdicts: dict[str, dict[str, tuple[str, str] | None]] = {c: {} for c in self._columns}
        self._found: dict[tuple[str, str], dict[str, Any]] = {}

    def shown(self) -> list[dict[str, Any]]:
        """[{column, field, code, reason, rows, examples}]: most rows first."""
        self.finish()
        return sorted(self._found.values(), key=lambda each: -int(each["rows"]))

    def judge(self, column: str, cells: list[str]) -> None:
        verdicts = self._verdicts[column]
        if len(verdicts) > KNOWN:
            verdicts.clear()
        for text, count in Counter(cells).items():
            if text not in verdicts:
                verdicts[text] = self._verdict(self._columns[column], text)
            if verdict := verdicts[text]:
                self._note(column, text, count, *verdict)

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
