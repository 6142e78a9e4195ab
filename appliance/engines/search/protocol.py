"""What a search engine promises. The index is a cache of the records: it may be lost, and is then fed again from
position 0. Everything here is safe to call from many threads; one process at a time holds the writing side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

MOST_HITS = 500  # per page
DEEPEST_HIT = 10_000  # nobody pages further: the engine would have to rank everything above


@dataclass(frozen=True, slots=True)
class Document:
    """One record as search sees it. The title is searched with weight 4, without being listed in `texts`.

    `codes` are found by fragments, whatever their punctuation (`smith@acme`, `555-0123`, `00172`); a code that should
    also be highlighted, or ranked by a weight, is listed in `texts` too. `readers` are opaque terms: whoever holds one
    of them may find the record, and nobody else."""

    entity: str
    id: int
    title: str
    texts: list[tuple[str, str, int]] = field(default_factory=list)  # field name, text, weight 1..4
    codes: list[str] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)
    updated: int = 0  # microseconds since 1970


@dataclass(frozen=True, slots=True)
class Hit:
    """`highlights`: field name ("title" for the title) -> escaped HTML with <mark> around what was found."""

    entity: str
    id: int
    score: float
    title: str
    highlights: dict[str, str] = field(default_factory=dict)
    updated: int = 0


@dataclass(frozen=True, slots=True)
class Hits:
    """`total` counts the entities asked for; `counts` every entity in which this reader would find something."""

    total: int = 0
    items: list[Hit] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stats:
    documents: int
    bytes: int


class Shelf(Protocol):
    """Where documents are put. Nothing is found, or survives a crash, before `commit`."""

    def put(self, documents: Iterable[Document]) -> None:
        """Add or replace. Raises Unavailable when the index cannot be written; what was not committed is lost then,
        so go on from `position()`."""
        ...

    def delete(self, entity: str, ids: Iterable[int]) -> None:
        """Unknown ids are no error. Fails like `put`."""
        ...

    def drop(self, entity: str) -> None:
        """Forget every document of an entity. Fails like `put`."""
        ...

    def commit(self, position: int) -> None:
        """Keep what was put, and remember `position` in the same atomic step. Fails like `put`."""
        ...

    def position(self) -> int:
        """The position of the last commit. 0: the index is new, or was lost, damaged or written by another version."""
        ...


class Rebuild(Shelf, Protocol):
    """A new index beside the old one, which answers meanwhile. Leaving the `with` block without `switch()`, or a crash,
    leaves the old index as it was."""

    def switch(self) -> None:
        """From now on the new index answers, and `position()` of the engine is that of its last commit. The new
        position may lie before the old one: whoever feeds the engine asks it again and goes on from there."""
        ...

    def abandon(self) -> None:
        """Throw the new index away. No error after `switch()`."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class SearchEngine(Shelf, Protocol):
    def search(
        self,
        text: str,
        *,
        readers: Sequence[str],
        entities: Sequence[str] | None = None,
        limit: int = 20,
        offset: int = 0,
    ) -> Hits:
        """Records that hold all words of `text`, in any fields, best first. Case and accents do not matter, a word may
        be the beginning of the word found, and where little is found one typo is forgiven in words of five letters.

        `text` is never a query language. No words, or no `readers`: no hits. `limit` and `offset` are clamped
        (0: only the counts). Raises Unavailable when the index cannot be read."""
        ...

    def ids(self, text: str, *, readers: Sequence[str], entity: str, limit: int) -> tuple[list[int], int]:
        """What `search` finds of one entity, as ids: the best `limit` of them in no promised order, and how many there
        are in all. Fails like `search`."""
        ...

    def rebuild(self) -> Rebuild:
        """Raises Conflict while another rebuild is under way."""
        ...

    def stats(self) -> Stats: ...

    def close(self) -> None:
        """What was not committed is forgotten. Closing twice is no error."""
        ...
