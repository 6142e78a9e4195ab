"""JSON that comes from outside. Whole numbers beyond 64 bits are refused: the parser would round them in silence."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

LOWEST, HIGHEST = -(2**63), 2**64 - 1
_LONG = re.compile(rb"[0-9]{19}")


class TooBig(ValueError):
    """A whole number that no 64 bits hold. The message names it."""


def loads(data: bytes) -> Any:
    """The value. Raises orjson.JSONDecodeError (a ValueError) for what is not JSON, and TooBig."""
    found = orjson.loads(data)
    if _LONG.search(data):  # rare, and perhaps only inside a text
        json.loads(data, parse_int=_checked)
    return found


def _checked(text: str) -> int:
    if len(text) > 20 or not LOWEST <= (number := int(text)) <= HIGHEST:
        raise TooBig(f"{text[:40]} is beyond 64 bits")
    return number
