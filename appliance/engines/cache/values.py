"""How values are written: numbers and text as they are, everything else as bytes with a letter in front. JSON and not
pickle, because reading a pickle runs whatever somebody planted in it."""

from __future__ import annotations

from typing import Any

import orjson

Packed = str | int | float | bytes


def pack(value: Any) -> Packed:
    """Raises TypeError for what cannot be stored."""
    if type(value) is bytes:
        return b"B" + value
    if type(value) is str and _sound(value):
        return value
    if type(value) is float and value == value:
        return value
    if type(value) is int and -(2**63) <= value < 2**63:
        return value  # as it is: incr() needs a number
    return b"J" + orjson.dumps(value)


def unpack(packed: Any) -> Any:
    """Raises ValueError when somebody else wrote it."""
    if not isinstance(packed, bytes):
        return packed
    if packed[:1] == b"B":
        return packed[1:]
    if packed[:1] == b"J":
        return orjson.loads(packed[1:])
    raise ValueError("not written by this cache")


def check_key(key: Any) -> None:
    if type(key) is not str or not _sound(key):
        raise TypeError("a cache key is text")


def _sound(text: str) -> bool:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise TypeError("half a surrogate pair cannot be stored") from None
    return True
