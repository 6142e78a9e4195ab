"""A small cache in this process: least recently used goes first."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import NamedTuple

from appliance.engines.cache.protocol import Value
from appliance.engines.cache.values import Packed, check_key, pack, unpack


class _Kept(NamedTuple):
    packed: Packed
    until: float  # monotonic seconds
    tag: str | None
    size: int


class MemoryCache:
    def __init__(self, entries: int = 5000, size: int = 32_000_000):
        self._most, self._limit = entries, size
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._tags: dict[str, set[str]] = {}
        self._size = 0
        self._closed = False

    def get(self, key: str, default: Value = None) -> Value:
        check_key(key)
        with self._lock:
            kept = self._living(key)
            if kept is None:
                return default
            self._kept.move_to_end(key)
        return unpack(kept.packed)

    def set(self, key: str, value: Value, *, ttl: float | None = None, tag: str | None = None) -> bool:
        check_key(key)
        packed = pack(value)
        with self._lock:
            return self._put(key, packed, _until(ttl), tag)

    def delete(self, key: str) -> bool:
        check_key(key)
        with self._lock:
            return self._living(key) is not None and self._drop(key)

    def evict(self, tag: str) -> int:
        with self._lock:
            return sum([self._drop(key) for key in list(self._tags.get(tag, ()))])

    def incr(self, key: str, by: int = 1, *, ttl: float | None = None) -> int:
        check_key(key)
        with self._lock:
            kept = self._living(key)
            if kept and type(kept.packed) is int and -(2**63) <= kept.packed + by < 2**63:
                number, until, tag = kept.packed + by, kept.until, kept.tag
            else:
                number, until, tag = by, _until(ttl), None
            self._put(key, number, until, tag)
            return number

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._tags.clear()
            self._size = 0

    def size(self) -> int:
        return self._size

    def close(self) -> None:
        self._closed = True
        self.clear()

    def _living(self, key: str) -> _Kept | None:
        kept = self._kept.get(key)
        if kept and kept.until <= time.monotonic():
            self._drop(key)
            return None
        return kept

    def _put(self, key: str, packed: Packed, until: float, tag: str | None) -> bool:
        self._drop(key)
        size = len(key) + (len(packed) if isinstance(packed, str | bytes) else 8) + 200  # what an entry itself weighs
        if self._closed or until <= time.monotonic() or size > self._limit:
            return False
        self._kept[key] = _Kept(packed, until, tag, size)
        self._size += size
        if tag is not None:
            self._tags.setdefault(tag, set()).add(key)
        while len(self._kept) > self._most or self._size > self._limit:
            self._drop(next(iter(self._kept)))
        return True

    def _drop(self, key: str) -> bool:
        kept = self._kept.pop(key, None)
        if kept is None:
            return False
        self._size -= kept.size
        if kept.tag is not None:
            keys = self._tags[kept.tag]
            keys.discard(key)
            if not keys:
                del self._tags[kept.tag]
        return True


def _until(ttl: float | None) -> float:
    return float("inf") if ttl is None else time.monotonic() + ttl
