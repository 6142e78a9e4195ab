"""Marks what was found in a text: escaped HTML with <mark>. Works on the original text, in plain Python, because the
engine knows its text only folded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from appliance.engines.search.words import WORD, Part, Word, fold

LENGTH = 200  # characters of a snippet
BEFORE = 60  # of them before the first mark
FURTHEST = 20_000  # characters of a text that are looked at
_BETWEEN = r"[\W_]{0,3}"


class Marker:
    """`near`: also mark words with one typo."""

    def __init__(self, parts: Iterable[Part], near: bool = False):
        parts = list(parts)
        codes = [_BETWEEN.join(map(re.escape, code)) for part in parts for code in part.codes]
        plain = sorted({word for part in parts for word in part.words}, key=lambda word: -len(word.text))
        finished = r"(?![^\W_])"
        starts = [re.escape(word.text) + (r"[^\W_]*" if word.prefix else finished) for word in plain]
        self._pattern = re.compile("|".join([*codes, r"(?<![^\W_])(?:" + "|".join(starts) + ")"]))
        self._hints = [] if codes else [word.text for word in plain]  # most fields hold nothing: `in` says so at once
        self._near: list[Word] = [word for word in plain if word.forgiving] if near else []

    def snippet(self, text: str) -> str | None:
        """None when there is nothing to mark."""
        text = text[:FURTHEST]
        plain, origin = _folded(text)
        spans = []
        if not self._hints or any(hint in plain for hint in self._hints):
            spans = [match.span() for match in self._pattern.finditer(plain)]
        if self._near:
            spans += [m.span() for m in WORD.finditer(plain) if any(one_edit(w.text, m[0]) for w in self._near)]
            spans.sort(key=lambda span: (span[0], -span[1]))
        if origin is not None:
            spans = [(origin[start], origin[end]) for start, end in spans]
        return _html(text, spans) if spans else None


def _folded(text: str) -> tuple[str, list[int] | None]:
    """The folded text, and for each of its characters (and its end) the place in the original; None: the same place."""
    if text.isascii():
        return text.lower(), None
    pieces, origin = [], []
    for at, character in enumerate(text):
        piece = character.lower() if character.isascii() else fold(character)
        pieces.append(piece)
        origin += [at] * len(piece)
    return "".join(pieces), [*origin, len(text)]


def _html(text: str, spans: list[tuple[int, int]]) -> str:
    begin, end = 0, len(text)
    if len(text) > LENGTH:
        begin = max(0, min(spans[0][0] - BEFORE, len(text) - LENGTH))
        if begin:  # do not start inside a word, but never lose the mark
            blank = text.find(" ", begin, spans[0][0])
            begin = blank + 1 if blank >= 0 else begin
        end = min(len(text), begin + LENGTH)
    pieces, at = ["…" if begin else ""], begin
    for start, stop in spans:
        start, stop = max(start, at), min(stop, end)
        if start < stop:
            pieces += [escape(text[at:start]), "<mark>", escape(text[start:stop]), "</mark>"]
            at = stop
    return "".join([*pieces, escape(text[at:end]), "…" if end < len(text) else ""])


def one_edit(a: str, b: str) -> bool:
    """Whether one letter added, lost, changed, or two neighbours exchanged, turn one word into the other."""
    if abs(len(a) - len(b)) > 1 or a == b:
        return a == b
    if len(a) > len(b):
        a, b = b, a
    at = next((i for i, letter in enumerate(a) if letter != b[i]), len(a))
    if len(a) < len(b):
        return a[at:] == b[at + 1 :]
    return a[at + 1 :] == b[at + 1 :] or (a[at : at + 2] == b[at : at + 2][::-1] and a[at + 2 :] == b[at + 2 :])
