"""The embedded search engine: one tantivy index for all entities. Heals itself: an index that is missing, damaged or of
another format is replaced by an empty one, whose position is 0."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson
from tantivy import DocAddress, Query

from appliance.base.errors import Conflict, Unavailable
from appliance.base.text import say
from appliance.engines.search import words
from appliance.engines.search.folder import POINTER, IndexFolder
from appliance.engines.search.highlight import Marker
from appliance.engines.search.protocol import DEEPEST_HIT, MOST_HITS, Document, Hit, Hits, Stats
from appliance.engines.search.tantivy_index import STAMP, OpenIndex, View, guarded
from appliance.engines.search.tantivy_query import all_of
from appliance.engines.search.words import Part

log = logging.getLogger(__name__)

FEW = 3  # with fewer hits than this, typos are forgiven
MANY = 300  # with more, the words as they stand are tried first: they usually fill the page, at a third of the cost
_PER_ENTITY = {"entity": {"terms": {"field": "entity", "size": 1000}}}


class TantivySearch:
    """`writer=False` opens the index of another process to search in it, and follows that process's commits.

    Raises Unavailable when another process already writes this folder."""

    def __init__(self, root: Path, *, writer: bool = True):
        self._folder = IndexFolder(root, STAMP)
        self._writer = writer
        self._lock = threading.RLock()
        self._one = threading.Lock()
        self._rebuild: TantivyRebuild | None = None
        self._index: OpenIndex | None = None
        self._pointer: tuple[int, int] | None = None
        if writer:
            self._folder.lock()
            try:
                self._open()
            except BaseException:
                self._folder.unlock()
                raise
        else:
            self._follow()

    # -- writing

    def put(self, documents: Iterable[Document]) -> None:
        self._write(lambda index: index.put(documents))

    def delete(self, entity: str, ids: Iterable[int]) -> None:
        self._write(lambda index: index.delete(entity, ids))

    def drop(self, entity: str) -> None:
        self._write(lambda index: index.drop(entity))

    def commit(self, position: int) -> None:
        self._write(lambda index: index.commit(position))

    def position(self) -> int:
        if not self._writer:
            self._follow()
        index = self._index
        return index.view.position if index else 0

    def _write(self, step: Callable[[OpenIndex], None]) -> None:
        with self._lock:
            index = self._index
            if not self._writer or index is None:
                raise Unavailable(say("Search is out of order for the moment."))
            try:
                step(index)
            except Unavailable:
                log.exception("The search index could not be written")
                index.close()
                self._open()  # with the last commit, or empty
                raise

    def _open(self) -> None:
        path = self._folder.current()
        if path:
            try:
                self._index = OpenIndex(path, writer=True)
            except Unavailable:
                log.exception("The search index is damaged and starts empty")
                path = None
        if path is None:
            path = self._folder.fresh()
            self._index = OpenIndex(path, writer=True)
            self._folder.point_to(path)
        self._folder.sweep(*[self._rebuild.path] if self._rebuild else [])

    def _follow(self) -> None:
        """The reading side's part: see the other process's commits and rebuilds."""
        try:
            stat = (self._folder.root / POINTER).stat()
            pointer = (stat.st_mtime_ns, stat.st_ino)
        except OSError:
            pointer = None
        with self._lock:
            if pointer != self._pointer or self._index is None:
                path = self._folder.current()
                self._index = OpenIndex(path, writer=False) if path else None
                self._pointer = pointer
        if self._index:
            self._index.follow()

    # -- searching

    def search(
        self,
        text: str,
        *,
        readers: Sequence[str],
        entities: Sequence[str] | None = None,
        limit: int = 20,
        offset: int = 0,
    ) -> Hits:
        parts = words.parse(text)
        if not parts or not readers:
            return Hits()
        if not self._writer:
            self._follow()
        if self._index is None:
            return Hits()
        page = (max(0, min(limit, MOST_HITS)), max(0, offset))
        # One at a time: a search lets the GIL go for each document of its page, and several would only push each other
        # about for it. The engine's own time is a fifth of a millisecond.
        with self._one, guarded():
            return _search(self._index.view, parts, frozenset(readers), entities, *page)

    def ids(self, text: str, *, readers: Sequence[str], entity: str, limit: int) -> tuple[list[int], int]:
        parts = words.parse(text)
        if not self._writer:
            self._follow()
        if not parts or not readers or self._index is None or limit < 1:
            return [], 0
        with self._one, guarded():
            return _ids(self._index.view, parts, frozenset(readers), entity, limit)

    def stats(self) -> Stats:
        index = self._index
        if index is None:
            return Stats(0, 0)
        return Stats(index.view.documents, sum(file.stat().st_size for file in _files(index.path)))

    def rebuild(self) -> TantivyRebuild:
        with self._lock:
            if not self._writer or self._index is None:
                raise Unavailable(say("Search is out of order for the moment."))
            if self._rebuild:
                raise Conflict(say("A rebuild of the search index is already running."))
            self._rebuild = TantivyRebuild(self, OpenIndex(self._folder.fresh(), writer=True))
            return self._rebuild

    def close(self) -> None:
        with self._lock:
            if self._rebuild:
                self._rebuild.abandon()
            if self._index:
                self._index.close()
            self._index = None
            self._folder.unlock()


class TantivyRebuild:
    """A new index beside the one that answers; see protocol.Rebuild."""

    def __init__(self, engine: TantivySearch, index: OpenIndex):
        self._engine, self._index = engine, index
        self.path = index.path
        self.put, self.delete, self.drop, self.commit = index.put, index.delete, index.drop, index.commit

    def position(self) -> int:
        return self._index.view.position

    def switch(self) -> None:
        engine = self._engine
        with engine._lock:
            if engine._rebuild is not self:
                raise Unavailable(say("Search is out of order for the moment."))
            engine._folder.point_to(self._index.path)  # a crash before this line leaves the old index, after it the new
            old, engine._index, engine._rebuild = engine._index, self._index, None
            if old:
                old.close()
            engine._folder.sweep()

    def abandon(self) -> None:
        with self._engine._lock:
            if self._engine._rebuild is self:
                self._engine._rebuild = None
                self._index.close()
                shutil.rmtree(self._index.path, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon()


def _search(
    view: View, parts: list[Part], readers: frozenset[str], entities: Sequence[str] | None, limit: int, offset: int
) -> Hits:
    anything, allowed = view.readable(readers)
    if not anything:
        return Hits()
    filters = [allowed] if allowed else []
    near = False
    counts = _counts(view, [view.queries.matching(parts), *filters])
    if sum(counts.values()) < FEW and any(word.forgiving for part in parts for word in part.words):
        near = True
        counts = _counts(view, [view.queries.matching(parts, near), *filters])

    if entities is not None:
        filters += [view.queries.of(entities)] if entities else []
        total = sum(counts.get(entity, 0) for entity in set(entities))
    else:
        total = sum(counts.values())
    if offset >= min(total, DEEPEST_HIT) or not limit:
        return Hits(total, [], counts)

    page: list[tuple[float, DocAddress]] = []
    whole = min(limit, total - offset)
    if total > MANY and not any(part.codes for part in parts):
        exact = all_of([view.queries.exact(parts), *filters])
        page = view.searcher.search(exact, limit, False, None, offset).hits
    if len(page) < whole:
        ranked = all_of([view.queries.ranked(parts, near), *filters])
        page = view.searcher.search(ranked, limit, False, None, offset).hits
    marker = Marker(parts, near)
    return Hits(total, [_hit(view, marker, score, address) for score, address in page], counts)


def _ids(view: View, parts: list[Part], readers: frozenset[str], entity: str, limit: int) -> tuple[list[int], int]:
    """Typos are forgiven where `search` does: when little is found in all entities together."""
    anything, allowed = view.readable(readers)
    if not anything:
        return [], 0
    filters = [allowed] if allowed else []
    near = False
    counts = _counts(view, [view.queries.matching(parts), *filters])
    if sum(counts.values()) < FEW and any(word.forgiving for part in parts for word in part.words):
        near = True
        counts = _counts(view, [view.queries.matching(parts, near), *filters])
    total = counts.get(entity, 0)
    if not total:
        return [], 0
    # only what is cut off needs an order
    chosen = view.queries.ranked(parts, near) if total > limit else view.queries.matching(parts, near)
    hits = view.searcher.search(all_of([chosen, *filters, view.queries.of([entity])]), limit, False).hits
    found = view.searcher.fast_field_values("id", [address for _, address in hits])
    return [int(number) for number in found if number is not None], total


def _counts(view: View, queries: list[Query]) -> dict[str, int]:
    buckets = view.searcher.aggregate(all_of(queries), _PER_ENTITY)["entity"]["buckets"]
    return {bucket["key"]: bucket["doc_count"] for bucket in buckets}


def _hit(view: View, marker: Marker, score: float, address: DocAddress) -> Hit:
    entity, number, title, updated, texts = orjson.loads(view.searcher.doc(address)["shown"][0])
    marked = {name: snippet for name, text in [("title", title), *texts] if (snippet := marker.snippet(text))}
    return Hit(entity, number, score, title, marked, updated)


def _files(path: Path) -> list[Path]:
    return [file for file in path.rglob("*") if file.is_file()]
