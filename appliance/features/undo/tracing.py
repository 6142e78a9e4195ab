"""Which entries of the log a long piece of work left behind, in how many transactions ever: so that it can be taken back as
one. The name of a trace says whose it is: job:12, or import:3 at the shell."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager

from appliance.base import clock
from appliance.engines.database.protocol import Database
from appliance.records.records import Records
from appliance.records.work import Work

Span = tuple[int, int]
"""(first, last) positions in the log."""


def trace_of_job(job_id: int) -> str:
    return f"job:{job_id}"


class Spans:
    """Is a position in the log one of these?"""

    def __init__(self, *lists: list[Span]):
        self.listed = sorted(span for one in lists for span in one)
        self._firsts = [first for first, _ in self.listed]

    def __contains__(self, position: int) -> bool:
        place = bisect_right(self._firsts, position) - 1
        return place >= 0 and position <= self.listed[place][1]

    @property
    def first(self) -> int:
        return self._firsts[0] if self._firsts else 0


class Traces:
    """Reads and writes ingot_trace and ingot_undone."""

    def __init__(self, database: Database):
        self._database = database
        sql = database.sql
        self._note = sql("INSERT INTO ingot_trace (name, first, last) VALUES (?, ?, ?)")
        self._spans = sql("SELECT first, last FROM ingot_trace WHERE name = ? ORDER BY first")
        self._forget = sql('DELETE FROM ingot_undone WHERE name = ? OR "by" = ?')
        self._undone = sql('INSERT INTO ingot_undone (name, "by", at) VALUES (?, ?, ?)')
        self._when = sql("SELECT at FROM ingot_undone WHERE name = ?")

    def note(self, name: str, first: int, last: int) -> None:
        self._database.run(self._note, (name, first, last))

    def spans(self, name: str) -> list[Span]:
        """Oldest first; none for work that changed nothing."""
        return [(row[0], row[1]) for row in self._database.rows(self._spans, (name,))]

    def undone(self, name: str, by: str) -> None:
        """What `name` did was taken back by `by`; so what `name` itself had taken back, if it did, stands again."""
        with self._database.write():
            self._database.run(self._forget, (name, name))
            self._database.run(self._undone, (name, by, clock.wire_now()))

    def undone_at(self, name: str) -> str | None:
        rows = self._database.rows(self._when, (name,))
        return rows[0][0] if rows else None


class Trace:
    """Notes the entries of one piece of work, in the transactions that leave them."""

    def __init__(self, records: Records, name: str):
        self._records, self.name = records, name
        self._traces = Traces(records.database)

    @contextmanager
    def of(self, work: Work) -> Iterator[None]:
        """Around what one work does: nobody else writes meanwhile, so all that comes is ours."""
        before = self._records.log.last()
        yield
        work.flush()
        last = self._records.log.last()
        if last > before:
            self._traces.note(self.name, before + 1, last)
