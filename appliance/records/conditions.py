"""What rows of a list must meet: conditions, groups of them, and those that are only known when the list is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Condition:
    """`path` is a field name, or names through relations: ("account", "name"). `values` are stored values, or one bool
    for `empty`.

    Beside the operators of a request: `within` and `outside` take pairs (from, before which), `among` one JSON text with
    a list of ids."""

    path: tuple[str, ...]
    operator: str
    values: tuple[Any, ...]

    @property
    def shape(self) -> tuple[Any, ...]:
        """What the SQL depends on; the values themselves are slots."""
        own = self.values if self.operator == "empty" else self.foreign
        return (self.path, self.operator, len(self.values), own)

    @property
    def foreign(self) -> bool:
        """Is a pattern with letters beyond ASCII looked for, whose case a database may not know?"""
        return self.operator in ("contains", "starts", "ends") and not str(self.values[0]).isascii()


@dataclass(frozen=True, slots=True)
class Relative:
    """A condition whose values hang on the day or on who asks; `settling.settle` makes a Condition of it.

    `words`: stored values, and in between a Span or ME."""

    path: tuple[str, ...]
    operator: str
    words: tuple[Any, ...]
    has_time: bool
    parameter: str


@dataclass(frozen=True, slots=True)
class Span:
    """A word for days: today, last_30_days; see spans.py."""

    word: str


ME = Span("me")
"""The user who asks."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A text to look for in the index of search."""

    text: str
    path: tuple[str, ...] = ("id",)


@dataclass(frozen=True, slots=True)
class Group:
    """Of its parts one must hold, or every one."""

    parts: tuple[Any, ...]
    every: bool = False

    @property
    def shape(self) -> tuple[Any, ...]:
        return ("every" if self.every else "any", *(p.shape for p in self.parts))


Part = Condition | Relative | Sought | Group


def leaves(parts: Iterable[Part]) -> Iterator[Any]:
    """All conditions, also those in groups, in the order in which they become SQL."""
    for part in parts:
        if isinstance(part, Group):
            yield from leaves(part.parts)
        else:
            yield part


def shapes(parts: Iterable[Part]) -> tuple[Any, ...]:
    """What the SQL of settled parts depends on."""
    return tuple(part.shape for part in parts)  # type: ignore[union-attr]


def is_open(parts: Iterable[Part]) -> bool:
    """Is there something to settle before the rows can be read?"""
    return any(type(leaf) is not Condition for leaf in leaves(parts))
