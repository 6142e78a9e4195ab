"""What every value of a column allows, gathered in one pass over the whole file. A kind is possible only while no value speaks
against it; the values themselves are kept only where they are few."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from appliance.base.text import fold, snake
from appliance.features.imports.date_styles import Style, date_style
from appliance.features.imports.dates import order_evidence
from appliance.features.imports.number_shapes import DIGITS, MOST, NumberText, Shape, common_signs, shape_of
from appliance.features.imports.passes import ColumnBatches
from appliance.records.entity import Field
from appliance.records.kinds import KINDS, Wrong

WORDS, LONGEST_WORD = 20, 60
"""Different values that a choice may have, and characters of each."""
SHAPES = 3_000
KNOWN = 20_000
"""Values remembered so as not to be judged twice."""
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ZERO_AHEAD = re.compile(r"(?m)^[^\d\n]*0[0-9]")
_ZERO_POINT = re.compile(r"(?m)^[^\d\n]*0([.,])[0-9]")
_NO_MINUS = re.compile(r"(?m)^[^\d\n]*[-−][^1-9\n]*$")
_PLACES = re.compile(r"(?m)[.,][0-9]*0$")
_PHONE_WORD = re.compile(
    r"(^|_)(phone|phones|telephone|tel|telefon\w*|mobile|cell|cellphone|handy\w*|mobil\w*|fax\w*|telefax\w*|telefono|rufnummer|portable|puhelin)(_|$)"
)
_INTERNATIONAL = re.compile(r"\+[0-9][0-9\s()/.–-]{5,24}( ?(x|ext\.?) ?[0-9]+)?")
_SOLID = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")


def is_phone_word(header: str) -> bool:
    return bool(_PHONE_WORD.search(snake(header)))


class ColumnProfile:
    """`take` it all cells, batch by batch; then its attributes say what was there."""

    def __init__(self, header: str = "") -> None:
        self.filled = 0
        self.longest = 0
        self.control = False
        """Some value has a line break or a control character in it."""
        self.words: dict[str, str] | None = {}
        """The different values by what is compared, None when there are too many."""
        self.alike = False
        """Two of them differ in their case or accents only."""
        self.numeric = True
        self.shapes: dict[str, Shape] = {}
        self.typed = False
        """The file holds its numbers as numbers."""
        self.point_sure: set[str] = set()
        """Decimal signs that stand behind a leading zero."""
        self.trailing_zeros = False
        self.dated = True
        self.solid = True
        """Eight digits each, as in 20241231."""
        self.date_styles: set[Style] = set()
        self.orders: set[str] = set()
        self.order_open = False
        self.texts = {kind: fits(kind) for kind in ("email", "url", *(["phone"] if is_phone_word(header) else []))}
        """Kinds of text that all values fit so far."""
        self.phone_like = True
        """All are written as phone numbers are and nothing else: +49 30 1234567."""
        self._known: set[str] = set()

    def take(self, cells: list[str]) -> None:
        """Cells that hold something."""
        found = set(map(str.strip, cells))
        found.discard("")
        if not found:
            return
        self.filled += len(cells)
        self.typed = self.typed or (self.numeric and NumberText in set(map(type, cells)))
        self.longest = max(self.longest, max(map(len, cells)))
        self.control = self.control or bool(_CONTROL.search("".join(set(cells))))
        if self.words is not None:
            self._gather(found)
        if not (self.numeric or self.dated or self.solid or self.texts):
            return
        fresh = found - self._known
        if len(self._known) < KNOWN:
            self._known |= fresh
        if self.numeric:
            self._number(fresh)
        if self.dated:
            self._date(fresh)
        self.solid = self.solid and all(map(_SOLID.fullmatch, fresh))
        for kind, fit in list(self.texts.items()):
            if not all(map(fit, fresh)):
                del self.texts[kind]
        self.phone_like = self.phone_like and all(map(_INTERNATIONAL.fullmatch, fresh))

    # ------------------------------------------------------------------ judging a batch

    def _gather(self, found: Iterable[str]) -> None:
        words = self.words
        assert words is not None
        for text in found:
            self.alike = words.setdefault(fold(text), text) != text or self.alike
            if len(words) > WORDS or len(text) > LONGEST_WORD:
                self.words = None
                return

    def _number(self, fresh: set[str]) -> None:
        for text in {t.translate(DIGITS) for t in fresh} - self.shapes.keys():
            shape = shape_of(text) if len(text) <= 60 else None
            if shape is None or shape.whole > MOST or len(self.shapes) >= SHAPES:
                self.numeric = False
                return
            self.shapes[text] = shape
        joined = "\n".join(fresh)
        if _ZERO_AHEAD.search(joined) or _NO_MINUS.search(joined):  # 007, -0
            self.numeric = False
            return
        if ".9" in self.shapes or any(s.marked for s in self.shapes.values()):
            self.point_sure |= set(_ZERO_POINT.findall(joined))
            self.trailing_zeros = self.trailing_zeros or bool(_PLACES.search(joined))

    def _date(self, fresh: set[str]) -> None:
        for text in fresh:
            style = date_style(text) if len(text) <= 60 else None
            if style is None:
                self.dated = False
                return
            self.date_styles.add(style)
        orders, unclear = order_evidence(fresh)
        self.orders |= orders
        self.order_open = self.order_open or unclear

    # ------------------------------------------------------------------ what it comes to

    @property
    def signs(self) -> frozenset[str]:
        """The decimal signs with which all values are numbers; none when they are no numbers."""
        if not self.numeric or not self.shapes:
            return frozenset()
        found = common_signs(self.shapes.values())
        for sure in self.point_sure:
            found &= {sure}
        return found & {"."} if self.typed and any(s.marked for s in self.shapes.values()) else found

    @property
    def marked(self) -> bool:
        return any(s.marked for s in self.shapes.values())


class ColumnProfiles(ColumnBatches):
    """The profile of each column."""

    def __init__(self, columns: Iterable[str]):
        self.profiles = {c: ColumnProfile(c) for c in columns}
        super().__init__(self.profiles)

    def judge(self, column: str, cells: list[str]) -> None:
        self.profiles[column].take(cells)


def fits(kind: str) -> Callable[[str], bool]:
    """Would a field of this kind take a text, and keep it as it is?"""
    clean = KINDS[kind].cleaner(Field("x", KINDS[kind], ""))

    def fit(text: str) -> bool:
        try:
            return bool(clean(text) == text)
        except Wrong:
            return False

    return fit
