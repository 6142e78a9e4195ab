"""Encodings of Chinese, Japanese and Korean: judged by how common the characters are that they give. A few odd bytes are never
enough: 12 °C is a temperature, and no worm (蚓)."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from functools import lru_cache

from appliance.features.imports.letters import frequent

CANDIDATES = (
    ("cp932", "ja"),
    ("euc-jp", "ja"),
    ("gb18030", "zh"),
    ("big5", "zh-Hant"),
    ("cp950", "zh-Hant"),
    ("cp949", "ko"),
)
PRIOR, LETTER, BESIDE = -10.0, -3.0, -6.0
LONGEST = 1_000
"""Bytes of a piece that are judged."""
LEAST = 4
"""Characters that a file must have of them."""
_KANA, _HANGUL = range(0x3041, 0x30FF), range(0xAC00, 0xD7A4)
_MARKS = frozenset("、。，．・：；？！（）「」『』【】《》“”‘’…—～　ー々〇〒※○●△▲□■☆★")


@lru_cache(maxsize=4)
def _common(language: str) -> frozenset[str]:
    return frozenset(frequent()[language])


def judge(units: Sequence[bytes]) -> list[tuple[float, str, tuple[str, ...]]]:
    """As `letters.judge`, of those that read all units and find enough characters there."""
    found = []
    for encoding, language in CANDIDATES:
        try:
            texts = tuple(_decode(u, encoding) for u in units)
        except UnicodeDecodeError:
            continue
        wide = sum(not c.isascii() for t in texts for c in t)
        if wide >= LEAST:
            found.append((PRIOR + sum(_score(t, encoding, language) for t in texts), encoding, texts))
    return sorted(found, key=lambda f: -f[0])


def _decode(unit: bytes, encoding: str) -> str:
    """A long piece may be cut in the middle of a character."""
    return codecs.getincrementaldecoder(encoding)().decode(unit, final=len(unit) < LONGEST)


def _score(text: str, encoding: str, language: str) -> float:
    """Plain letters that became half of a character count as such, and hardly stand beside one in a word."""
    common = _common(language)
    total, before = 0.0, ""
    for char in text:
        if not char.isascii():
            total += _char(char, encoding, language, common)
            if char.encode(encoding)[-1] < 0x80:
                total += LETTER
        if before and before.isascii() != char.isascii() and (before if before.isascii() else char).islower():
            total += BESIDE
        before = char
    return total


def _char(char: str, encoding: str, language: str, common: frozenset[str]) -> float:
    if char in common:
        return -5.5
    if char in _MARKS:
        return -6.0
    number = ord(char)
    if number in _KANA:
        return -5.0 if language == "ja" else -13.0
    if 0xFF61 <= number <= 0xFF9F:  # half-width, one byte each in Shift-JIS
        return (-4.3 if encoding == "cp932" else -10.0) if language == "ja" else -13.0
    if 0xFF01 <= number <= 0xFF5E:  # full-width Latin
        return -7.0
    if number in _HANGUL:
        return (-7.5 if _lead(char, "euc-kr") else -13.0) if language == "ko" else -14.0
    if 0x4E00 <= number < 0xA000:
        first = {
            "ja": ("euc-jp", 0xB0, 0xCF),
            "zh": ("gb2312", 0xB0, 0xD7),
            "zh-Hant": ("big5", 0xA4, 0xC6),
            "ko": ("euc-kr", 0, 0),
        }
        name, low, high = first[language]
        lead = _lead(char, name)
        return -8.5 if low <= lead <= high and lead else -11.0 if lead else -13.0
    return -14.0


def _lead(char: str, encoding: str) -> int:
    """The first byte of a character in the standard that the encoding grew from; 0 when it is not in there."""
    try:
        return char.encode(encoding)[0]
    except UnicodeEncodeError:
        return 0
