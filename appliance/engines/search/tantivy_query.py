"""Queries for tantivy, built from words and never from the user's text: its query language could probe any field.

Three tiers make the order of the hits: all words as they stand (by BM25 and field weight), then words that begin so
(in the title first), then words with a typo. A higher tier always wins."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tantivy import Occur, Query, Schema, Searcher

from appliance.engines.search.words import TYPED, Part, Word

WEIGHTS = {"w1": 1.0, "w2": 2.0, "w3": 3.0, "w4": 4.0}
WHOLE_WORD = 1000.0  # above any BM25 sum, and still exact enough in 32 bits to order by BM25 within
IN_TITLE, SOMEWHERE, TYPO = 3.0, 1.0, 0.1
CODE = 500.0
MOST_CLAUSES = 64  # beyond, one automaton over the reader terms is cheaper than a union


def any_of(queries: Sequence[Query]) -> Query:
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, query) for query in queries])


def all_of(queries: Sequence[Query]) -> Query:
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Must, query) for query in queries])


def flat(query: Query, score: float = 0.0) -> Query:
    return Query.const_score_query(query, score)


class Queries:
    def __init__(self, schema: Schema):
        self._schema = schema

    def matching(self, parts: Sequence[Part], near: bool = False) -> Query:
        """What is found, without an order: for counting."""
        return all_of([self._part(part, self._loose, near) for part in parts])

    def exact(self, parts: Sequence[Part]) -> Query:
        """The first tier alone: tantivy skips whole blocks of documents that cannot reach the page."""
        return all_of([self._whole(word) for part in parts for word in part.words])

    def ranked(self, parts: Sequence[Part], near: bool = False) -> Query:
        """All tiers, in the order in which `exact` has its part of them."""
        return all_of([self._part(part, self._tiers, near) for part in parts])

    def allowed(self, readers: Sequence[str], searcher: Searcher) -> Query | None:
        """A filter for the reader; None when no document has any of the terms."""
        known = [reader for reader in dict.fromkeys(readers) if searcher.doc_freq("readers", reader)]
        return flat(self._one_of("readers", known)) if known else None

    def of(self, entities: Sequence[str]) -> Query:
        return flat(self._one_of("entity", list(dict.fromkeys(entities))))

    def key(self, key: str) -> Query:
        return self._term("key", key)

    def _part(self, part: Part, word_query: Callable[[Word, bool], Query], near: bool) -> Query:
        spelled = all_of([word_query(word, near) for word in part.words])
        codes = [flat(self._begins("codes", code), CODE) for code in part.codes]
        return any_of([spelled, *codes])

    def _tiers(self, word: Word, near: bool) -> Query:
        whole = self._whole(word)
        first = any_of([whole, flat(whole, WHOLE_WORD)])
        if not word.prefix:
            return first
        # the best of the tiers and not their sum: else a title would change the order within the first one
        tiers = [first, flat(self._beginning("heads", word.text), IN_TITLE), flat(self._loose(word, False), SOMEWHERE)]
        if near and word.forgiving:
            tiers.append(flat(self._typos(word), TYPO))
        return Query.disjunction_max_query(tiers)

    def _whole(self, word: Word) -> Query:
        return any_of(
            [
                Query.boost_query(Query.term_query(self._schema, field, word.text, "freq"), weight)
                for field, weight in WEIGHTS.items()
            ]
        )

    def _loose(self, word: Word, near: bool) -> Query:
        if not word.prefix:
            return self._whole(word)
        start = self._beginning("starts", word.text)
        return any_of([start, self._typos(word)]) if near and word.forgiving else start

    def _typos(self, word: Word) -> Query:
        return any_of([Query.fuzzy_term_query(self._schema, field, word.text, 1, True, False) for field in WEIGHTS])

    def _beginning(self, field: str, text: str) -> Query:
        return self._term(field, text) if len(text) <= TYPED else self._begins(field, text)

    def _begins(self, field: str, text: str) -> Query:
        # a Levenshtein automaton of distance 0 is a prefix query: a third of the cost of a regular expression, and
        # unlike phrase_prefix_query it does not stop after 50 terms
        return Query.fuzzy_term_query(self._schema, field, text, 0, True, True)

    def _term(self, field: str, text: str) -> Query:
        return Query.term_query(self._schema, field, text, "basic")

    def _one_of(self, field: str, values: list[str]) -> Query:
        if len(values) <= MOST_CLAUSES:
            return any_of([self._term(field, value) for value in values])
        return Query.term_set_query(self._schema, field, values)
