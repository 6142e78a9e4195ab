"""Which single-byte encoding a file is written in, told by the letters that it gives: Lefèvre is French, Lefčvre is no Czech
word. Each candidate's reading is judged by how often its letters follow each other in the languages that are written so
(data/letters.json, made by packaging/letters.py)."""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import log

from appliance.base import paths

_WEST = ["en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "is", "ca", "eu"]
_MIDDLE = ["pl", "cs", "sk", "hu", "ro", "hr", "sl", "sr-Latn", "sq", "de"]
_CYRILLIC = ["ru", "uk", "bg", "sr", "mk", "be"]
CANDIDATES: tuple[tuple[str, Sequence[str], float], ...] = (
    ("cp1252", _WEST, 0.0), ("iso8859-15", _WEST, -2.0), ("mac-roman", _WEST, -4.0), ("cp850", _WEST, -5.0),
    ("cp437", _WEST, -6.0), ("cp1250", _MIDDLE, -1.5), ("iso8859-2", _MIDDLE, -2.5), ("cp852", _MIDDLE, -6.0),
    ("mac-latin2", _MIDDLE, -7.0), ("iso8859-16", ["ro"], -5.0), ("cp1251", _CYRILLIC, -1.0), ("koi8-r", ["ru", "bg"], -3.0),
    ("koi8-u", ["uk"], -3.5), ("cp866", _CYRILLIC, -4.0), ("iso8859-5", _CYRILLIC, -4.0), ("mac-cyrillic", _CYRILLIC, -5.0),
    ("cp1253", ["el"], -1.5), ("iso8859-7", ["el"], -2.0), ("cp737", ["el"], -6.0), ("cp1254", ["tr"], -1.5),
    ("iso8859-9", ["tr"], -2.0), ("cp857", ["tr"], -6.0), ("cp1257", ["lt", "lv", "et"], -2.0),
    ("iso8859-13", ["lt", "lv", "et"], -3.0), ("cp1255", ["he"], -2.0), ("iso8859-8", ["he"], -3.0),
    ("cp1256", ["ar"], -2.0), ("iso8859-6", ["ar"], -3.0), ("cp1258", ["vi"], -5.0),
)  # fmt: skip
"""(encoding, the languages written in it, how unlikely it is before anything was read: a natural logarithm)"""
FOREIGN, RARE, WITHIN, CONTROL = -9.0, -7.0, -12.0, -25.0
"""A letter of no word of the language; a sign few files have; a sign between two letters; no character at all."""
MIXED = -8.0
"""Letters of two scripts side by side."""
_SIGNS = frozenset("°©®™€£§«»“”„‘’‚–—…•·¿¡ºª²³µ½¼¾×±´¹‹›\xa0")
_OPENING, _CLOSING = frozenset("“„‘‚«¿¡‹©#"), frozenset("”“’»›…°®™ªº²³¹\xa0")
_APOSTROPHES = "’'`´"
_NO_LETTERS = "ªºµƒ"
OTHER = -4.0
"""That a word is of another language than most."""
PLAIN, ALONE = 0.3, -5.0
"""How much two plain letters say of the language; that a letter stands for a whole word."""


class Language:
    """How likely one letter follows another."""

    def __init__(self, pairs: Mapping[str, int]):
        first: dict[str, int] = defaultdict(int)
        single: dict[str, int] = defaultdict(int)
        for pair, count in pairs.items():
            first[pair[0]] += count
            single[pair[1]] += count
        total = sum(single.values())
        self._pairs = {p: log(0.9 * c / first[p[0]] + 0.1 * single[p[1]] / total) for p, c in pairs.items()}
        self._all = {c: log(n / total) for c, n in single.items()}
        self._single = {c: max(log(0.1 * n / total), FOREIGN + 0.5) for c, n in single.items()}

    def step(self, first: str, second: str) -> float:
        found = self._pairs.get(first + second)
        return found if found is not None else self._single.get(second, FOREIGN)

    def gain(self, first: str, second: str) -> float:
        """How much likelier the second is for the first: a plain letter costs the same in all encodings."""
        return max(-4.0, self.step(first, second) - self._all.get(second, FOREIGN))


@lru_cache(maxsize=1)
def languages() -> dict[str, Language]:
    held = json.loads((paths.DATA / "letters.json").read_text("utf-8"))
    return {name: Language(pairs) for name, pairs in held.items() if isinstance(pairs, dict)}


@lru_cache(maxsize=1)
def frequent() -> dict[str, str]:
    """The commonest characters of languages that have thousands."""
    held = json.loads((paths.DATA / "letters.json").read_text("utf-8"))
    return {name: chars for name, chars in held.items() if isinstance(chars, str)}


def judge(units: Sequence[bytes], words: Sequence[str]) -> list[tuple[float, str, tuple[str, ...]]]:
    """[(score, encoding, the units as it reads them)], the best first, of those that can read all units. `words` are words
    of plain letters in the same file: they hint at its language."""
    hints = _hints(words)
    found = []
    for encoding, names, prior in CANDIDATES:
        try:
            texts = tuple(u.decode(encoding) for u in units)
        except UnicodeDecodeError:
            continue
        by_text = [{n: score(t, languages()[n]) for n in names} for t in texts]
        best = max(
            hints[n] + sum(max(scores[n], max(scores.values()) + OTHER) for scores in by_text) for n in names
        )  # fmt: skip
        found.append((prior + best, encoding, texts))
    return sorted(found, key=lambda f: -f[0])


def score(text: str, language: Language) -> float:
    """How likely the odd characters of a text are, each beside its neighbours."""
    total = 0.0
    before, case = " ", ""
    for place, char in enumerate(text):
        after = text[place + 1 : place + 2]
        if char.isascii():
            letter = char.lower() if char.isalpha() else " "
            if not before.isascii():
                total += language.gain(before, letter) + (MIXED if letter != " " and _script(before) else 0.0)
            elif letter != " " and before != " ":
                total += PLAIN * language.gain(before, letter)
            before, case = letter, ("U" if char.isupper() else "L") if letter != " " else ""
            continue
        kind = unicodedata.category(char)
        if kind in ("Lu", "Ll", "Lt", "Lo", "Mn") and char not in _NO_LETTERS:
            small = "i" if char == "İ" else char.lower()
            total += language.step(before, small)
            total += ALONE if len(text) == 1 else 0.0
            if before != " " and _script(small) != _script(before):
                total += MIXED
            if kind == "Lu" and (case == "L" or (before != " " and after.islower())):
                total -= 6.0
            if (
                kind == "Ll"
                and case == "U"
                and text[max(0, place - 2) : place].isupper()
                and place > 1
                and after.isupper()
            ):
                total -= 4.0
            if not after:
                total += language.gain(small, " ")
            before, case = small, "U" if kind == "Lu" else "L"
            continue
        total += _sign(char, kind, before, after)
        before, case = " ", ""
    return total


def _script(letter: str) -> int:
    """0 for Latin; the others lie apart from each other."""
    return 0 if letter < "\u0370" or letter > "\u1e00" else ord(letter) >> 7


def _sign(char: str, kind: str, before: str, after: str) -> float:
    if kind in ("Cc", "Cn", "Co", "Cs"):
        return CONTROL
    behind, ahead = before != " ", after.isalpha()
    if char in _APOSTROPHES and behind and ahead:
        return -4.0
    if behind and ahead:
        return WITHIN
    if char not in _SIGNS:
        return RARE + (-3.0 if behind or ahead else 0.0) if ord(char) < 0x2500 and kind != "Lm" else WITHIN
    if (behind and char not in _CLOSING) or (ahead and char not in _OPENING):
        return -9.0
    return -4.5 if not behind or char in "”»°®™" else -6.5


def _hints(words: Sequence[str]) -> dict[str, float]:
    """What words of plain letters say about the language: little, for headers are English everywhere."""
    totals = {}
    for name, language in languages().items():
        totals[name] = sum(
            language.step(a, b) for word in words for a, b in zip(f" {word}", f"{word} ", strict=True)
        )  # fmt: skip
    best = max(totals.values())
    return {name: max(-3.0, (total - best) * 0.1) for name, total in totals.items()}
