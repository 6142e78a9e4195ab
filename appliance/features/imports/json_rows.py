"""JSON as rows: a list of objects, or one object a line, read piece by piece. Values become the text a cell would hold."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import orjson

from appliance.base.errors import Invalid, TooLarge
from appliance.base.text import Text, say
from appliance.features.imports import limits
from appliance.features.imports.encodings import refused
from appliance.features.imports.layout import BROKEN, JSON, LINES, Layout
from appliance.features.imports.number_shapes import NumberText

DIGITS = 1_000
"""Digits that a number may have."""
LOOK = 1_000
"""Objects looked at for their keys: not all of them have all."""
PIECE = 1 << 16
_SPACE = re.compile(r"[ \t\r\n,]*")
_CANONICAL = re.compile(r"-?[0-9]{1,40}\.[0-9]{1,40}")
_PLACES = 400
"""Digits to which a number with an exponent is written out."""


class Unreadable(ValueError):
    """What stands there is no row of ours, whatever it is as JSON. `why` is a sentence's end."""

    def __init__(self, why: Text):
        super().__init__(str(why))
        self.why = why


class WrittenFloat(float):
    """A number with a point or an exponent, and how it was written: a float keeps 17 digits of it."""

    written: str


def _float(text: str) -> WrittenFloat:
    if len(text) > DIGITS:
        raise Unreadable(say("a number has more than {max} digits", max=DIGITS))
    number = WrittenFloat(text)
    number.written = text
    return number


def _integer(text: str) -> int:
    if len(text) > DIGITS:
        raise Unreadable(say("a number has more than {max} digits", max=DIGITS))
    return int(text)


def _constant(text: str) -> Any:
    raise Unreadable(say("{value} is no JSON", value=text))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The last of two values with one key would win in silence."""
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise Unreadable(say("{key} stands in it twice", key=twice[:100]))
    return found


_DECODER = json.JSONDecoder(parse_float=_float, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_object)


def _why(error: Exception) -> Text:
    """In the reader's language, where the parser's own words are English."""
    if isinstance(error, Unreadable):
        return error.why
    if isinstance(error, json.JSONDecodeError):
        return say("it breaks off at character {at}", at=error.pos + 1)
    return say("it is nested too deeply") if isinstance(error, RecursionError) else say("it is no JSON")


def json_layout(path: Path, encoding: str, sample: str) -> Layout | None:
    """None when the file is no JSON. Its columns are the keys of the objects, in the order they are met."""
    format_ = _format(sample)
    if format_ is None:
        return None
    layout = Layout(format_, (), encoding, header_row=0)
    if format_ == LINES:
        limits.check_lines(path)
    found: dict[str, None] = {}
    broken: Exception | None = None
    try:
        for _, row in islice(json_rows(path, layout), LOOK):
            found |= dict.fromkeys(k[: limits.NAME] for k in row if k != BROKEN and BROKEN not in row)
            limits.check_columns(len(found))
    except Invalid as error:  # whoever reads the rows meets it again, behind those that can be read
        broken = error
    if not found and broken:
        raise broken
    if not found:
        raise refused(say("the file is empty"), "empty")
    return Layout(format_, tuple(found), encoding, header_row=0)


def json_rows(path: Path, layout: Layout) -> Iterator[tuple[int, dict[str, Any]]]:
    """(number from 1, {key: text}). A line that is no object is a row marked BROKEN; a list that stops being JSON is
    Invalid, with the number: nobody can say where it goes on."""
    with path.open("r", encoding=layout.encoding, newline="") as file:
        if layout.format == LINES:
            yield from _lines(file, layout.whole)
            return
        for number, value in enumerate(_values(file), 1):
            if not isinstance(value, dict):
                raise _stops(number - 1, say("a row is no object"))
            yield number, _row(value, layout.whole)


def _lines(file: TextIO, whole: Collection[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(file, 1):
        text = line.strip("\ufeff \t\r\n")
        if not text:
            continue
        try:
            value = _DECODER.decode(text)
            if not isinstance(value, dict):
                raise Unreadable(say("a row is no object"))
            yield number, _row(value, whole)
        except (ValueError, RecursionError) as error:
            yield number, {BROKEN: str(say("the line is not JSON: {why}", why=_why(error))), "": text}


def _values(file: TextIO) -> Iterator[Any]:
    """What a list holds, or the one object that stands there instead. Never more in memory than one of them."""
    read = _DECODER.raw_decode
    text = file.read(PIECE).lstrip("\ufeff \t\r\n")
    listed = text.startswith("[")
    at, number, piece, ended = int(listed), 0, PIECE, False
    while True:
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
        if listed and text.startswith("]", at):
            return
        try:
            value, end = read(text, at)
            if end == len(text) and not ended:  # a number may go on in the next piece
                raise json.JSONDecodeError("more may follow", text, end)
        except RecursionError:
            text_ = say("Row {row} is nested too deeply.", row=number + 1)
            raise limits.too_large(text_, "too_deep") from None
        except ValueError as error:
            room = limits.OBJECT - (len(text) - at)
            if room < 0:
                raise _too_long(number + 1) from None
            more = "" if ended else file.read(min(piece, room + 1))
            if not more:
                if at == len(text) and (ended or number) and not listed:
                    return
                if ended:
                    raise _stops(number, _why(error)) from None
                ended = True
                continue
            text, at = text[at:] + more, 0
            piece *= 2  # a long object is not parsed from its start for each 64 KB
            continue
        number, piece, at = number + 1, PIECE, end
        yield value


def _too_long(number: int) -> TooLarge:
    text = say("Row {row} has more than {max} characters.", row=number, max=limits.OBJECT)
    return limits.too_large(text, "row_too_long")


def _stops(number: int, why: Text) -> Exception:
    return refused(say("the file cannot be read after row {row}: {why}", row=number, why=why), "unreadable")


def _format(sample: str) -> str | None:
    """A list or one object is JSON; where the first line is an object of its own, each line is one."""
    start = sample.lstrip("\ufeff \t\r\n")
    if start.startswith("["):
        return JSON
    try:
        whole = isinstance(json.loads(start.split("\n", 1)[0]), dict)
    except (ValueError, RecursionError):
        return JSON if start[:1] == "{" and start[1:].lstrip()[:1] in ('"', "}") else None
    return LINES if whole else None


def _row(value: dict[str, Any], whole: Collection[str]) -> dict[str, Any]:
    row = {key[: limits.NAME]: _text(one) for key, one in value.items()}
    for key in whole:
        if value.get(key) is not None:
            row[key] = _dumped(value[key])
    return row


def _text(value: Any) -> str | None:
    """JSON knows one way to write a number, also between quotes."""
    if value is None or isinstance(value, str):
        return NumberText(value) if value and _CANONICAL.fullmatch(value) else value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, WrittenFloat):
        return NumberText(_written(value.written))
    return _dumped(value) if isinstance(value, list | dict) else NumberText(value)


def _written(text: str) -> str:
    """As it was written; without its exponent, where that leaves a number that one can read."""
    if "e" not in text and "E" not in text:
        return text
    number = Decimal(text)
    return f"{number:f}" if abs(number.adjusted()) < _PLACES else text


def _dumped(value: Any) -> str:
    """orjson writes no integers beyond 64 bits, nor half surrogates."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"))
