"""What the values of a file's columns have in common: the decimal sign, the order of day and month. Found out before the
first row is stored; where nothing tells, the import is refused until a person says it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from appliance.base.errors import Invalid, Problem
from appliance.base.text import say
from appliance.features.imports import reading
from appliance.features.imports.dates import date_order
from appliance.features.imports.layout import Layout, Options
from appliance.features.imports.numbers import decimal_sign
from appliance.features.imports.values import LONGEST, NUMBERS, Style

LOOK = 1_000
DATES = ("date", "datetime")


def find_styles(path: Path, layout: Layout, kinds: Mapping[str, str], options: Options) -> dict[str, Style]:
    """{column: how it is meant} for columns of `kinds` {column: field kind}. Invalid, by column, where it is not clear."""
    styles, unclear = look_at_styles(path, layout, kinds, options)
    if unclear:
        problems = []
        for header in unclear:
            if kinds[header] in DATES:
                text = say("{column} can be read in several ways: say date_order, one of dmy, mdy, ymd", column=header)
                problems.append(Problem("date_order", text, "ambiguous"))
            else:
                text = say("{column} can be read in several ways: say decimal, a point or a comma", column=header)
                problems.append(Problem("decimal", text, "ambiguous"))
        raise Invalid(problems)
    return styles


def look_at_styles(
    path: Path, layout: Layout, kinds: Mapping[str, str], options: Options
) -> tuple[dict[str, Style], list[str]]:
    """(the styles, the columns that can be read in several ways)."""
    asked = {h: k for h, k in kinds.items() if k in (*DATES, *NUMBERS)}
    open_ = asked
    found: dict[str, tuple[str | None, bool]] = {}
    if open_:
        rows = reading.sound_rows(path, layout)
        part = list(islice(rows, LOOK))
        found = {h: _judged(k, [r[h] for _, r in part if r.get(h)]) for h, k in open_.items()}
        said = {h for h, k in open_.items() if (options.date_order if k in DATES else options.decimal)}
        waiting = {h for h, (_, unclear) in found.items() if unclear} - said
        # A file sorted by date begins with twelve days of January: for what stays unclear, all of it is read.
        while waiting and (part := list(islice(rows, LOOK))):
            for header in list(waiting):
                later = _judged(open_[header], [r[header] for _, r in part if r.get(header)])
                if later[0]:
                    found[header] = later
                    waiting.discard(header)
    votes = {sign for h, (sign, _) in found.items() if sign and open_[h] in NUMBERS}
    vote = "." if layout.canonical else votes.pop() if len(votes) == 1 else None
    styles: dict[str, Style] = {}
    unclear = []
    for header in kinds:
        if header in found:
            decided, doubtful = found[header]
            if (
                decided is None and asked[header] in NUMBERS and vote and not options.decimal
            ):  # one program wrote all columns
                decided, doubtful = vote, False
            wish = options.date_order if asked[header] in DATES else options.decimal
            if decided is None and wish:  # it counts where the file leaves it open
                decided, doubtful = wish, False
            if doubtful:
                unclear.append(header)
        else:
            decided = None
        if asked.get(header) in DATES:
            styles[header] = Style(order=decided, separator=options.separator, rounds=options.round_digits)
        else:
            styles[header] = Style(
                decimal=decided if header in asked else None, separator=options.separator, rounds=options.round_digits
            )
    return styles, unclear


def _judged(kind: str, texts: list[str]) -> tuple[str | None, bool]:
    texts = [t for t in texts if len(t) <= LONGEST]  # no longer one is a date or a number
    return date_order(texts) if kind in DATES else decimal_sign(texts)
