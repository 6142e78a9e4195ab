"""One tantivy index in one folder: its schema, its writer, its reader. What stands around it (which folder is valid,
what happens to a damaged one) is in tantivy.py."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import orjson
import tantivy
from tantivy import Query, Searcher

from appliance.base.errors import Unavailable
from appliance.base.text import say
from appliance.engines.search.protocol import Document
from appliance.engines.search.tantivy_query import Queries
from appliance.engines.search.words import beginnings, code_terms, words

# another number when the schema, or the way words are made, changes: an older index is then fed again from 0
STAMP = "ingot-2/tantivy-" + ".".join(version("tantivy").split(".")[:2])
HEAP = 40_000_000
POSITION = "#position"  # the key of the document that remembers it: committed with the others, found by no search
LONGEST_TEXT = 20_000
MOST_TEXT = 100_000  # characters of one document
MOST_CODES = 50
COVERS = 1000  # reader sets that are remembered per commit


@contextmanager
def guarded() -> Iterator[None]:
    """tantivy's errors, and its panics, which are no Exception and would kill a thread, become Unavailable."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, ValueError | OSError | RuntimeError) or type(error).__name__ == "PanicException":
            raise Unavailable(say("Search is out of order for the moment.")) from error
        raise


def schema() -> tantivy.Schema:
    build = tantivy.SchemaBuilder()
    for name in ("key", "readers"):
        build.add_text_field(name, tokenizer_name="raw", index_option="basic")
    build.add_text_field("entity", tokenizer_name="raw", index_option="basic", fast=True)
    build.add_integer_field("id", fast=True)
    for name in ("w1", "w2", "w3", "w4"):
        build.add_text_field(name, tokenizer_name="blanks", index_option="freq")
    for name in ("starts", "heads", "codes"):  # beginnings of all words, of the title's words, parts of codes
        build.add_text_field(name, tokenizer_name="blanks", index_option="basic")
    build.add_bytes_field("shown", stored=True)
    return build.build()


class View:
    """The index as of one commit."""

    def __init__(self, searcher: Searcher, queries: Queries):
        self.searcher, self.queries = searcher, queries
        marks = searcher.search(queries.key(POSITION), 1, False).hits
        self.documents = searcher.num_docs - len(marks)
        self.position = int(searcher.fast_field_values("id", [marks[0][1]])[0] or 0) if marks else 0
        self._filters: dict[frozenset[str], tuple[bool, Query | None]] = {}

    def readable(self, readers: frozenset[str]) -> tuple[bool, Query | None]:
        """(whether anything is, the filter to apply). No filter when it would let every document through: for those
        who may see everything the filter would be half of the cost of a search."""
        known = self._filters.get(readers)
        if known is None:
            allowed = self.queries.allowed(sorted(readers), self.searcher)
            everything = allowed is not None and self._count(allowed) == self.documents
            known = (allowed is not None, None if everything else allowed)
            if len(self._filters) < COVERS:
                self._filters[readers] = known
        return known

    def _count(self, query: Query) -> int:
        return int(self.searcher.search(query, 1, True).count)  # type: ignore[attr-defined]  # missing in the stubs


class OpenIndex:
    """Opens or creates. Raises Unavailable when the folder holds something that cannot be opened."""

    def __init__(self, path: Path, *, writer: bool):
        self.path = path
        self._lock = threading.RLock()
        self._writer = None
        self._changed = False
        with guarded():
            self._index = tantivy.Index(schema(), path=str(path)) if writer else tantivy.Index.open(str(path))
            blanks = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
            self._index.register_tokenizer("blanks", blanks)
            self._index.config_reader("manual")
            if writer:
                self._writer = self._index.writer(HEAP, 1)
            self.queries = Queries(self._index.schema)
            self._seen = self._mark()
            self._index.reload()
            self.view = View(self._index.searcher(), self.queries)

    def put(self, documents: Iterable[Document]) -> None:
        ready = [
            (key(each.entity, each.id), entry(each)) for each in documents
        ]  # a bad one stops before any is written
        with self._lock, guarded():
            writer = self._writing()
            for name, document in ready:
                writer.delete_documents_by_term("key", name)
                writer.add_document(document)
            self._changed = self._changed or bool(ready)

    def delete(self, entity: str, ids: Iterable[int]) -> None:
        with self._lock, guarded():
            for number in ids:
                self._writing().delete_documents_by_term("key", key(entity, number))
                self._changed = True

    def drop(self, entity: str) -> None:
        with self._lock, guarded():
            self._writing().delete_documents_by_term("entity", entity)
            self._changed = True

    def commit(self, position: int) -> None:
        with self._lock, guarded():
            if not self._changed and position == self.view.position:
                return
            writer = self._writing()
            writer.delete_documents_by_term("key", POSITION)
            writer.add_document(tantivy.Document(key=POSITION, id=position))
            writer.commit()
            self._changed = False
            self._reload()

    def follow(self) -> None:
        """See what another process committed since; costs one `stat` when nothing was."""
        if self._mark() == self._seen:
            return
        with self._lock, guarded():
            self._seen = self._mark()
            self._reload()

    def close(self) -> None:
        with self._lock:
            self._writer = None  # its threads end, its lock is released; what was not committed is forgotten

    def _reload(self) -> None:
        self._index.reload()
        self.view = View(self._index.searcher(), self.queries)

    def _writing(self) -> tantivy.IndexWriter:
        if self._writer is None:
            raise Unavailable(say("Search is out of order for the moment."))
        return self._writer

    def _mark(self) -> tuple[int, int, int]:
        try:
            stat = (self.path / "meta.json").stat()
        except OSError:
            return (0, 0, 0)
        return stat.st_mtime_ns, stat.st_ino, stat.st_size


def key(entity: str, number: int) -> str:
    return f"{entity}:{number}"


def entry(document: Document) -> tantivy.Document:
    title = sound(document.title)[:LONGEST_TEXT]
    texts, room = [], MOST_TEXT
    for name, text, weight in document.texts:
        text = sound(text)[: min(LONGEST_TEXT, room)]
        room -= len(text)
        texts.append((name, text, min(4, max(1, weight))))
    codes = [sound(code) for code in document.codes[:MOST_CODES]]

    weighted: dict[int, list[str]] = {1: [], 2: [], 3: [], 4: words(title)}
    for _, text, weight in texts:
        if weight != 4 or text != title:  # a title that is also a text is one title
            weighted[weight] += words(text)
    every = {word for some in weighted.values() for word in some}
    in_codes = {word for code in codes for word in words(code)}
    weighted[1] += in_codes - every

    return tantivy.Document(
        key=key(document.entity, document.id),
        entity=document.entity,
        id=document.id,
        readers=list(document.readers),
        **{f"w{weight}": " ".join(some) for weight, some in weighted.items()},
        starts=" ".join(beginnings(every | in_codes)),
        heads=" ".join(beginnings(set(weighted[4]))),
        codes=" ".join({term for code in codes for term in code_terms(code)}),
        shown=orjson.dumps(
            [document.entity, document.id, title, document.updated, [(name, text) for name, text, _ in texts]]
        ),
    )


def sound(text: str) -> str:
    """Half a surrogate pair cannot be stored as UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
