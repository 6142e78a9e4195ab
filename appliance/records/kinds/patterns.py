"""Patterns that people declare for texts: RE2's, which reads a text once whatever the pattern, where Python's own engine can take
years over forty letters (https://github.com/google/re2/wiki/Syntax). Letters and digits are those of all scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import re2

LONGEST = 1_000
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 1 << 20
"""Bytes for one compiled pattern: enough for long lists of words, too little for a{999}{999}."""

# RE2 knows these of ASCII alone; people mean the letters of their names.
_WIDER = {"w": r"\pL\pM\pN_", "d": r"\p{Nd}", "s": r"\s\pZ"}
_OUTSIDE = {
    **{name: f"[{members}]" for name, members in _WIDER.items()},
    "W": r"[^\pL\pM\pN_]",
    "D": r"\P{Nd}",
    "S": r"[^\s\pZ]",
}

_PLAIN = re.compile(
    r"""(?: [A-Za-z0-9 _@\#%&=~!:;,<>'"./-]          # what stands for itself in every engine, and the point
          | \\[.+*?()\[\]{}|^$/\\]
          | \((?:\?:)? | \) | \| | \^ | \$
          | [*+?] | \{[0-9]+(?:,[0-9]*)?\}
          | \[\^?(?:[A-Za-z0-9 _@\#%:;,.]|[A-Za-z0-9]-[A-Za-z0-9]|\\[-.+*?()\[\]{}|^$/\\])+\]
        )*""",
    re.VERBOSE,
)


class PatternRefused(ValueError):
    """The engine does not take this pattern; the message says why, in its own words."""


@lru_cache(maxsize=1_000)
def compile_pattern(pattern: str) -> Callable[[str], object]:
    """A function that is true for texts that the whole pattern fits. Raises PatternRefused."""
    if len(pattern) > LONGEST:
        raise PatternRefused(f"longer than {LONGEST} characters")
    try:
        matches: Callable[[str], object] = re2.compile(_widened(pattern), _OPTIONS).fullmatch
        return matches
    except re2.error as error:
        why = error.args[0] if error.args else ""
        raise PatternRefused(why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)) from None


def is_taken(pattern: str | None) -> bool:
    """Can this pattern be applied? One of an earlier version may not be."""
    try:
        return not pattern or compile_pattern(pattern) is not None
    except PatternRefused:
        return False


def shared_pattern(pattern: str | None) -> str | None:
    """The pattern as JSON Schema and HTML have it (ECMA-262), where they read it as we do; None where they would not."""
    if not pattern or not is_taken(pattern) or not _PLAIN.fullmatch(pattern):
        return None
    try:
        re.compile(pattern)  # which refuses to repeat an anchor, as ECMA-262 does and RE2 does not
    except re.error:
        return None
    return pattern


def _widened(pattern: str) -> str:
    """With letters, digits and blanks of all scripts."""
    found, inside, at = [], False, 0
    while at < len(pattern):
        one = pattern[at]
        if one == "\\" and at + 1 < len(pattern):
            following = pattern[at + 1]
            found.append((_WIDER if inside else _OUTSIDE).get(following, one + following))
            at += 2
            continue
        if one == "[" and not inside:
            inside = True
            opening = re.match(r"\[\^?\]?", pattern[at:])  # a bracket that comes first is a member
            assert opening
            found.append(opening[0])
            at += len(opening[0])
            continue
        inside = inside and one != "]"
        found.append(one)
        at += 1
    return "".join(found)
