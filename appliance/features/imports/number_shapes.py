"""Numbers by their shape, every digit a 9: a column of a million amounts has a dozen of them. What a shape can mean, and with
which decimal sign, is found out once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

DIGITS = {ord(d): "9" for d in "012345678"}
"""For str.translate: a text becomes its shape."""
MOST = 15
"""Digits of a whole number: what has more is the number of an account."""
_UNIT = r"[^\d\s.,()+'’−:;/\\_#&*%-]{1,4}\.?"
_SHAPE = re.compile(
    rf"(?P<sign>[-−])?(?:(?P<before>{_UNIT})(?P<gap>[ \u00a0\u202f]?)(?P<inner>[-−])?)?"
    rf"(?P<digits>9(?:[9.,'’ \u00a0\u2007\u2009\u202f]*9)?)(?:(?P<gap2>[ \u00a0\u202f]?)(?P<after>{_UNIT}))?"
)
_GROUPS = " \u00a0\u2007\u2009\u202f'’"


class NumberText(str):
    """A number that the file holds as a number, not as letters, written with a point."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """`signs` are the decimal signs with which it is a number; `group` stands between its thousands where it has such for sure;
    `whole` counts the digits before the decimals, `places` those behind them, for each of the signs."""

    signs: frozenset[str]
    group: str = ""
    whole: int = 0
    places: tuple[int, int] = (0, 0)
    unit: str = ""
    glued: bool = False
    marked: bool = False
    """There is a point or a comma in it."""

    def places_with(self, sign: str) -> int:
        return self.places[sign == ","]


@lru_cache(maxsize=20_000)
def shape_of(text: str) -> Shape | None:
    """None for what is no number that would come back as it was: with brackets, a percent sign, a plus, a sign behind it."""
    found = _SHAPE.fullmatch(text)
    if not found or (found["before"] and found["after"]) or (found["sign"] and found["inner"]):
        return None
    unit = found["before"] or found["after"] or ""
    glued = bool(unit) and not (found["gap"] or found["gap2"])
    signs, group, places = set(), "", [0, 0]
    for n, sign in enumerate(".,"):
        read = _read(found["digits"], sign)
        if read:
            signs.add(sign)
            group, places[n] = read[0] or group, read[1]
    if not signs:
        return None
    marked = "." in found["digits"] or "," in found["digits"]
    digits = found["digits"].count("9")
    whole = digits - min(places[n] for n, s in enumerate(".,") if s in signs)
    return Shape(frozenset(signs), group, whole, (places[0], places[1]), unit, glued, marked)


def _read(digits: str, sign: str) -> tuple[str, int] | None:
    """(what stands between thousands, digits behind the decimal sign), None when it is no number with that sign."""
    whole, mark, part = digits.partition(sign)
    if mark and not re.fullmatch("9+", part):
        return None
    if re.fullmatch("9+", whole):
        return "", len(part)
    other = "," if sign == "." else "."
    for group in (other, *_GROUPS):
        if re.fullmatch(rf"9{{1,3}}({re.escape(group)}999)+", whole):
            return group, len(part)
    if sign == "." and re.fullmatch(r"9{1,2}(,99)+,999", whole):  # as in India: 12,34,567
        return ",", len(part)
    return None


def common_signs(shapes: Iterable[Shape]) -> frozenset[str]:
    """The decimal signs with which all of them are numbers."""
    found = frozenset(".,")
    for shape in shapes:
        found &= shape.signs
    return found
