"""Sentences for people: English in the code by `say()`, other languages from the same catalog as the server's."""

from __future__ import annotations

import errno
import json
import re
import string
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QLocale

from gui import places

_spoken = "en"


def language() -> str:
    return _spoken


def speak(name: str) -> None:
    """From here on in this language; English where there is no catalog of it."""
    global _spoken
    _spoken = name.partition("-")[0].partition("_")[0].lower()


def locale() -> QLocale:
    return QLocale(_spoken) if _spoken != "en" else QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom)


def say(template: str, **values: Any) -> str:
    """A sentence in the reader's language: `say("{n} threads", n=4)`."""
    text = _catalog(_spoken).get(template, template)
    return text.format_map(values) if "{" in text else text


def retold(sentence: str) -> str:
    """What the server said in English, in the reader's language where the catalog knows the sentence: its slots are read back."""
    catalog = _catalog(_spoken)
    if not catalog or not sentence:
        return sentence
    if sentence in catalog:
        return catalog[sentence]
    for pattern, template in _patterns(_spoken):
        if found := pattern.fullmatch(sentence):
            # a reason at its end may be a sentence of the catalog as well
            return template.format_map({slot: catalog.get(words, words) for slot, words in found.groupdict().items()})
    return sentence


def why(error: OSError | ValueError) -> str:
    """Why the system refused something, as the rest of a sentence; what is not known here, in the system's own words."""
    number = getattr(error, "errno", None)
    known = {
        errno.ENOENT: say("there is no such file or folder"), errno.EACCES: say("that is not allowed here"),
        errno.EPERM: say("that is not allowed here"), errno.ENOSPC: say("the disk is full"),
        errno.EROFS: say("it can only be read there"), errno.EISDIR: say("it is a folder"),
        errno.ENOTDIR: say("a part of the path is no folder"), errno.ENAMETOOLONG: say("the name is too long"),
    }  # fmt: skip
    return known.get(number or 0) or str(getattr(error, "strerror", None) or error)


@lru_cache
def _catalog(name: str) -> dict[str, str]:
    try:
        texts: dict[str, str] = json.loads((places.LOCALE / f"{name}.json").read_text("utf-8"))
        return texts
    except (OSError, ValueError):
        return {}


@lru_cache
def _patterns(name: str) -> list[tuple[re.Pattern[str], str]]:
    """Those with words around their slots, the wordiest first: `{a}: {b}` would swallow everything."""
    found = []
    for english, german in _catalog(name).items():
        parts = list(string.Formatter().parse(english))
        words = "".join(literal for literal, *_ in parts)
        slots = [slot for _, slot, *_ in parts if slot]
        if slots and len(set(slots)) == len(slots) and all(s.isidentifier() for s in slots) and len(words.strip()) > 5:
            pattern = "".join(re.escape(lit) + (f"(?P<{slot}>.+)" if slot else "") for lit, slot, *_ in parts)
            found.append((len(words), re.compile(pattern, re.DOTALL), german))
    return [(pattern, german) for _, pattern, german in sorted(found, key=lambda f: -f[0])]


def size(octets: float) -> str:
    return locale().formattedDataSize(int(octets), 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def number(value: float, digits: int = 0) -> str:
    return locale().toString(float(value), "f", digits)


def span(seconds: float) -> str:
    """How long, in the two largest units that matter."""
    whole = int(seconds)
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return say("{days} d {hours} h", days=days, hours=hours)
    if hours:
        return say("{hours} h {minutes} min", hours=hours, minutes=minutes)
    if minutes:
        return say("{minutes} min", minutes=minutes)
    return say("{seconds} s", seconds=whole)


def label(word: str) -> str:
    """A name of the server's own, such as a role: translated where the catalog has it, else as it is."""
    found = _catalog(_spoken)
    return found.get(word) or found.get(word.capitalize(), word)
