"""One pass over all rows of a file, for any number of observers: each sees every row once, and what it keeps is its own affair
and bounded by itself. Nothing of the file is held; the pass runs where the reading runs, in the helper process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from appliance.features.imports import reading
from appliance.features.imports.layout import BROKEN, EXTRA, SHORT, Layout

BATCH = 1_000
"""Rows whose cells are judged together: columns repeat themselves."""
HEAVY = 4 << 20
"""Characters of rows after which they are judged earlier."""
EVERY = 5_000
"""Rows between two calls of `alive`."""


class Observer(Protocol):
    """Sees each row that can be read: {column: text or None}. Once `done` is true it is not called again."""

    done: bool

    def see(self, number: int, row: Mapping[str, Any]) -> None: ...


@dataclass(slots=True)
class Seen:
    """What a pass met. `whole`: it came to the end of the file; not when the observers had enough, or the file is broken."""

    rows: int = 0
    broken: int = 0
    short: int = 0
    long: int = 0
    whole: bool = False


def observe(
    path: Path, layout: Layout, observers: Iterable[Observer], alive: Callable[[int], None] | None = None
) -> Seen:
    """Show each row to all observers until none wants more. `alive` hears how many there were, and may raise to end it.
    Where the file is broken, the rows above are all there are. Raises what `alive` and the observers raise."""
    seen, watching = Seen(), list(observers)
    rows = iter(reading.rows(path, layout))
    while watching:
        try:
            number, row = next(rows)
        except StopIteration:
            seen.whole = True
            break
        except reading.UNREADABLE:
            break
        seen.rows += 1
        if BROKEN in row:
            seen.broken += 1
            continue
        seen.short += SHORT in row
        seen.long += EXTRA in row
        for one in watching:
            one.see(number, row)
        if any(one.done for one in watching):
            watching = [one for one in watching if not one.done]
        if alive and seen.rows % EVERY == 0:
            alive(seen.rows)
    return seen


class ColumnBatches(ABC):
    """An observer that judges the cells of some columns batch by batch. A row costs as much as it holds: files may have many
    columns and rows that fill one each."""

    def __init__(self, columns: Iterable[str]):
        self._waiting: dict[str, list[str]] = {c: [] for c in columns}
        self._rows = self._size = 0
        self.done = not self._waiting

    @abstractmethod
    def judge(self, column: str, cells: list[str]) -> None:
        """Cells that hold something, in the order of their rows."""

    def see(self, number: int, row: Mapping[str, Any]) -> None:
        waiting = self._waiting
        for column, text in row.items():
            if text and column in waiting:
                waiting[column].append(text)
                self._size += len(text)
        self._rows += 1
        if self._rows >= BATCH or self._size > HEAVY:
            self.finish()

    def finish(self) -> None:
        """Judge what waits; to be called at the end."""
        for column, cells in self._waiting.items():
            if cells:
                self.judge(column, cells)
                cells.clear()
        self._rows = self._size = 0


class Distinct:
    """Which of the columns hold no value twice, and none that is empty."""

    def __init__(self, columns: Iterable[str], most: int):
        self._seen: dict[str, set[int]] = {c: set() for c in columns}
        self._left, self.done = most, not self._seen
        self.ended = False
        """It stopped before it had seen all: what it says is no answer."""

    @property
    def columns(self) -> set[str]:
        return set(self._seen)

    def see(self, number: int, row: Mapping[str, Any]) -> None:
        for column in list(self._seen):
            text = row.get(column)
            mark = hash(text.strip()) if text else None  # eight bytes a value instead of all of it
            if mark is None or mark in self._seen[column]:
                del self._seen[column]
            else:
                self._seen[column].add(mark)
        self._left -= 1
        self.ended = self._left <= 0
        self.done = not self._seen or self.ended
