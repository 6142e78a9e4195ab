"""A cache in a folder, shared by the processes of one machine: diskcache, with a Disk that can neither pickle nor
unpickle (CVE-2025-69872 has no fix), and healing what it finds broken."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any, TypeVar

import diskcache
from diskcache.core import MODE_BINARY, MODE_RAW, MODE_TEXT, UNKNOWN

from appliance.base.disk import is_disk_full
from appliance.engines.cache.protocol import Value
from appliance.engines.cache.values import check_key, pack, unpack

log = logging.getLogger(__name__)

TIMEOUT = 2.0  # seconds to wait for another writer; then it is a miss
PAUSE = 10.0  # seconds before a store that could not be opened is tried again
_MISS = object()
T = TypeVar("T")


class PlainDisk(diskcache.Disk):
    """Text, bytes and numbers alone. Every way of the base class to pickle is closed here."""

    def put(self, key: Any) -> Any:
        check_key(key)
        return super().put(key)

    def get(self, key: Any, raw: Any) -> Any:
        if not raw:
            raise ValueError("a pickled key is refused")
        return super().get(key, raw)

    def store(self, value: Any, read: bool, key: Any = UNKNOWN) -> Any:
        if read:
            raise TypeError("streams are not stored")
        return super().store(pack(value), False, key)

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> Any:
        if mode not in (MODE_RAW, MODE_BINARY, MODE_TEXT) or read:
            raise ValueError("a pickled value is refused")
        if filename is not None and (PurePath(filename).is_absolute() or ".." in PurePath(filename).parts):
            raise ValueError("a file outside the cache is refused")
        return unpack(super().fetch(mode, filename, value, read))


class DiskCache:
    """`size` in bytes: the oldest entries go when there is more."""

    def __init__(self, root: Path, size: int = 256_000_000):
        self._root, self._limit = root, size
        self._lock = threading.Lock()
        self._closed = False
        self._cache: diskcache.Cache | None = None
        self._inode = 0
        self._again = 0.0  # monotonic time of the next attempt to open
        with self._lock:
            self._open()

    def get(self, key: str, default: Value = None) -> Value:
        check_key(key)
        value = self._try(lambda cache: cache.get(key, default=_MISS), _MISS, key)
        return default if value is _MISS else value

    def set(self, key: str, value: Value, *, ttl: float | None = None, tag: str | None = None) -> bool:
        check_key(key)
        pack(value)  # a value that cannot be stored is told to the caller, everything later is a miss
        if ttl is not None and ttl <= 0:
            self.delete(key)
            return False
        return self._try(lambda cache: bool(cache.set(key, value, expire=ttl, tag=tag)), False)

    def delete(self, key: str) -> bool:
        check_key(key)
        return self._try(lambda cache: bool(cache.delete(key)), False)

    def evict(self, tag: str) -> int:
        return self._try(lambda cache: int(cache.evict(tag)), 0)

    def incr(self, key: str, by: int = 1, *, ttl: float | None = None) -> int:
        check_key(key)

        def step(cache: diskcache.Cache) -> int:
            with cache.transact():
                try:
                    with cache.transact():
                        number = int(cache.incr(key, by, default=None))
                except (KeyError, TypeError, OverflowError):  # new, expired, not a number, beyond 64 bits
                    cache.set(key, by, expire=ttl)
                    return by
                return number

        if ttl is not None and ttl <= 0:
            self.delete(key)
            return by
        return self._try(step, by)

    def clear(self) -> None:
        self._try(lambda cache: int(cache.clear()), 0)

    def size(self) -> int:
        return self._try(lambda cache: int(cache.volume()), 0)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._shut()

    def _try(self, step: Callable[[diskcache.Cache], T], failed: T, key: str | None = None) -> T:
        for _ in range(2):
            cache = self._cache if self._cache is not None else self._reopen()  # `or` would count its rows
            if cache is None:
                return failed
            try:
                return step(cache)
            except diskcache.Timeout:
                if not self._moved():  # diskcache says Timeout for every failed BEGIN: never use its endless `retry`
                    return failed
                self._heal(cache)
            except ValueError as refused:  # planted, or half written
                log.warning("A cache entry was refused: %s", refused)
                if key is not None:
                    self.delete(key)
                return failed
            except (sqlite3.Error, OSError) as error:
                if is_disk_full(error):
                    log.warning("The cache keeps nothing new: the disk is full")
                    return failed
                log.warning("The cache is damaged and starts empty: %r", error)
                self._heal(cache)
        return failed

    def _reopen(self) -> diskcache.Cache | None:
        with self._lock:
            if self._cache is None and not self._closed and time.monotonic() >= self._again:
                self._open()
            return self._cache

    def _heal(self, broken: diskcache.Cache) -> None:
        with self._lock:
            if self._cache is not broken:
                return  # another thread was faster
            moved = self._moved()  # then another process healed it, or somebody deleted it: nothing to wipe
            self._shut()
            if not moved:
                self._wipe()
            if not self._closed:
                self._open()

    def _open(self) -> None:
        for _ in range(2):
            try:
                self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._cache = diskcache.Cache(
                    str(self._root),
                    timeout=TIMEOUT,
                    disk=PlainDisk,
                    size_limit=self._limit,
                    eviction_policy="least-recently-stored",  # "used" would make every get a write
                    tag_index=True,
                )
                self._inode = self._database().stat().st_ino
                return
            except (sqlite3.Error, diskcache.Timeout, OSError, ValueError, TypeError, AttributeError) as error:
                # the settings it stores beside the entries may be damaged in any way
                if is_disk_full(error):
                    log.warning("There is no cache for now: the disk is full")
                    break
                log.warning("The cache is damaged and starts empty: %r", error)
                self._wipe()
        self._again = time.monotonic() + PAUSE

    def _shut(self) -> None:
        if self._cache is not None:
            cache, self._cache = self._cache, None
            try:
                cache.close()
            except sqlite3.Error:
                log.debug("closing the cache", exc_info=True)

    def _wipe(self) -> None:
        """Only what diskcache makes: should the folder be the wrong one, the rest of it stays."""
        for path in [*self._root.glob("cache.db*"), *self._root.glob("[0-9a-f][0-9a-f]")]:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _moved(self) -> bool:
        try:
            return self._database().stat().st_ino != self._inode
        except OSError:
            return True

    def _database(self) -> Path:
        return self._root / "cache.db"
