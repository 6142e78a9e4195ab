"""Which jobs to list, and in which order: words to SQL, from a fixed table of columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SORTS = ("id", "created_at", "finished_at", "priority")


@dataclass(frozen=True, slots=True)
class Listing:
    """None means: whatever. Times are wire texts; `created_from` is in the range, `created_before` is not. `sort` is one
    of SORTS, with a minus for descending. `before` is the id of the last job of the page before (for sort="-id"),
    `after` likewise for sort="id"."""

    state: str | Sequence[str] | None = None
    kind: str | Sequence[str] | None = None
    lane: str | None = None
    actor: str | None = None
    parent: int | None = None
    root: int | None = None
    created_from: str | None = None
    created_before: str | None = None
    before: int | None = None
    after: int | None = None
    sort: str = "-id"
    limit: int = 50
    offset: int = 0

    def where(self) -> tuple[str, list[Any]]:
        tests: list[str] = []
        params: list[Any] = []
        for column in ("state", "kind", "lane", "actor", "parent", "root"):
            value = getattr(self, column)
            if value is None:
                continue
            values = [value] if isinstance(value, str | int) else list(value)
            tests.append(f"{column} IN ({', '.join('?' * len(values))})" if len(values) != 1 else f"{column} = ?")
            params += values
        for test, value in (
            ("created_at >= ?", self.created_from),
            ("created_at < ?", self.created_before),
            ("id < ?", self.before),
            ("id > ?", self.after),
        ):
            if value is not None:
                tests.append(test)
                params.append(value)
        return (" WHERE " + " AND ".join(tests) if tests else ""), params

    def order(self) -> str:
        """Raises ValueError for a sort we do not know. Jobs without a value come last, either way."""
        name, downward = self.sort.removeprefix("-"), self.sort.startswith("-")
        if name not in SORTS:
            raise ValueError(f"jobs are not sorted by {self.sort}")
        direction = "DESC" if downward else "ASC"
        if name in ("id", "created_at"):  # ids are given in the order of creation, and have an index
            return f"id {direction}"
        return f"{name} {direction} NULLS LAST, id DESC"
