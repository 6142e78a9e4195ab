"""How text becomes words, the same way for what is indexed and for what is searched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby

from appliance.base import text as texts

WORD = re.compile(r"[^\W_]+")
LONGEST_WORD = 40  # longer words are cut, in the index and in the query alike: they still find each other
LONGEST_CODE = 64
LONGEST_QUERY = 256
MOST_WORDS = 10
SHORT = 3
TYPED = 8
"""Beginnings up to this length are terms of their own in the index. Longer ones are looked up word by word, which is dear
only where many words begin alike: `olsen17@` to `olsen99@` are as many words as addresses."""

_RUN = re.compile(r"[^\W\d_]+|\d+")
_NUMBER = re.compile(r"[+(]*\d[\d()+./-]*")
_STROKES = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)  # letters that Unicode does not decompose


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    prefix: bool  # may be the beginning of a longer word

    @property
    def forgiving(self) -> bool:
        """Long enough for a typo to be recognised; a number with another digit is another number."""
        return len(self.text) >= 5 and self.text.isalpha()


@dataclass(frozen=True, slots=True)
class Part:
    """What stood between two blanks: all `words`, or instead a code that holds one of `codes`."""

    words: tuple[Word, ...]
    codes: tuple[str, ...] = ()


def fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    return texts.fold(text).translate(_STROKES)


def words(text: str) -> list[str]:
    return [word[:LONGEST_WORD] for word in WORD.findall(fold(text))]


def beginnings(some: set[str]) -> set[str]:
    """The words themselves and their short beginnings: one term lookup answers what somebody has typed so far."""
    found = set(some)
    for length in range(1, TYPED + 1):
        found.update([word[:length] for word in some])
    return found


def code_terms(code: str) -> set[str]:
    """Every place where somebody may start to quote a code, up to its end, without punctuation: the beginning of each
    run of letters and each digit. `+49 30 1234` -> 49301234, 9301234, 301234, ... 234."""
    runs = _RUN.findall(fold(code[:200]).replace("(0)", ""))
    whole = "".join(runs)[:LONGEST_CODE]
    found, at = {whole} if whole else set(), 0
    for run in runs:
        starts = range(at, at + len(run)) if run[0].isdigit() else (at,)
        found.update(whole[start:] for start in starts if len(whole) - start >= SHORT)
        at += len(run)
    return found


def parse(text: str) -> list[Part]:
    """The query of a person; an empty list when there is no word in it. Neighbouring numbers are one number too, as in
    `+49 30 1234`."""
    chunks = text[:LONGEST_QUERY].split()
    bare = [" ".join(chunks[i:j]) for i, j in _together(chunks)]
    found: list[Part] = []
    room = MOST_WORDS
    for number, chunk in enumerate(bare):
        tokens = words(chunk)[:room]
        if not tokens:
            continue
        room -= len(tokens)
        last = number == len(bare) - 1
        # a short word that is already finished means itself: "a" or "de" as beginnings would find nearly everything
        some = tuple(Word(t, len(t) >= SHORT or (last and i == len(tokens) - 1)) for i, t in enumerate(tokens))
        part = Part(some, _codes(chunk, tokens))
        if part not in found:
            found.append(part)
    return found


def _together(chunks: list[str]) -> list[tuple[int, int]]:
    spans, at = [], 0
    for is_number, run in groupby(chunks, key=lambda chunk: bool(_NUMBER.fullmatch(chunk))):
        length = len(list(run))
        spans += [(at, at + length)] if is_number else [(i, i + 1) for i in range(at, at + length)]
        at += length
    return spans


def _codes(chunk: str, tokens: list[str]) -> tuple[str, ...]:
    code = "".join(WORD.findall(fold(chunk).replace("(0)", "")))[:LONGEST_CODE]
    if len(code) < SHORT or (len(tokens) == 1 and code.isalpha()):
        return ()  # plain words of codes are among the words of the record
    national = code.lstrip("0")
    if code.isdigit() and len(national) >= 5 and national != code and len(code) >= 7:
        return code, national  # 030 1234567 and 0049 30 1234567 are stored as +49 30 1234567
    return (code,)
