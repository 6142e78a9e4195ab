"""What a cache promises: to be fast or empty, and never to be the reason why something fails. Nothing in it must
survive; whoever asks can compute the answer again."""

from __future__ import annotations

from typing import Any, Protocol

# bytes, str, int (64 bit), float, bool, None, and lists and dicts of these (no bytes inside). What JSON writes
# differently comes back so: a tuple as a list, a datetime as text, NaN as None.
Value = Any


class Cache(Protocol):
    """Keys and tags are text. A damaged, deleted, locked or full store is a miss, logged, never an exception; a value
    that cannot be stored at all (an object, an integer far beyond 64 bits) is a mistake of the caller: TypeError."""

    def get(self, key: str, default: Value = None) -> Value:
        """A copy: changing it does not change the cache."""
        ...

    def set(self, key: str, value: Value, *, ttl: float | None = None, tag: str | None = None) -> bool:
        """Whether it was kept. `ttl` in seconds; None: until it is crowded out; 0 or less: not at all."""
        ...

    def delete(self, key: str) -> bool: ...

    def evict(self, tag: str) -> int:
        """Delete what was set with this tag; the number deleted."""
        ...

    def incr(self, key: str, by: int = 1, *, ttl: float | None = None) -> int:
        """Add atomically, also between processes; the new number. A key that is new, expired or no number starts at 0,
        and `ttl` counts from then on. A store that is down answers `by`: a rate limit then lets people through."""
        ...

    def clear(self) -> None: ...

    def size(self) -> int:
        """Bytes in use, roughly."""
        ...

    def close(self) -> None:
        """Everything is a miss afterwards. Closing twice is no error."""
        ...
