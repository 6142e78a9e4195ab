"""JSON that comes from outside. Whole numbers beyond 64 bits are refused, for the parser would round them in silence; so are more
values than a request can mean, and lists in lists in lists: the parser lets no other thread run meanwhile."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

LOWEST, HIGHEST = -(2**63), 2**64 - 1
MOST_VALUES = 400_000
"""In one text, and as many names: a batch of 10,000 records has 20 fields each. Ten megabytes of `[],[],` took 2 s, in which
nobody else was answered."""
_LONG = re.compile(rb"[0-9]{19}")
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


class TooBig(ValueError):
    """A whole number that no 64 bits hold. The message names it."""


class TooComplex(ValueError):
    """More values than MOST_VALUES, or nested too deeply."""


def loads(data: bytes) -> Any:
    """The value. Raises orjson.JSONDecodeError (a ValueError) for what is not JSON, TooComplex and TooBig."""
    _check_count(data)
    found = orjson.loads(data)
    if _LONG.search(data):  # rare, and perhaps only inside a text
        try:
            json.loads(data, parse_int=_checked)
        except RecursionError:
            raise TooComplex("it is nested too deeply") from None
    return found


def _check_count(data: bytes) -> None:
    """Before anything is parsed. The first count takes what stands in texts for values, and is cheap; only who is over it is
    counted exactly."""
    if data.count(b",") < MOST_VALUES:
        return
    quotes = data.count(b'"') - data.count(b'\\"')
    if quotes > 5 * MOST_VALUES or _TEXT.sub(b"", data).count(b",") >= MOST_VALUES:
        raise TooComplex(f"it holds more than {MOST_VALUES} values")


def _checked(text: str) -> int:
    if len(text) > 20 or not LOWEST <= (number := int(text)) <= HIGHEST:
        raise TooBig(f"{text[:40]} is beyond 64 bits")
    return number
