"""The words of a grid's address: the API's own (filter, sort, fields, page) and a few that only a page needs. Links are made
by changing one word and keeping the rest."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from appliance.features.views.view import EXTRA

Pair = tuple[str, str]

PAGE_ONLY = ("view", *EXTRA)
"""view: a saved view's id; the others a view keeps: pinned is how many first columns stay in sight, widths name:pixels."""


class Words:
    def __init__(self, path: str, pairs: Iterable[Pair]):
        self.path = path
        self.pairs = tuple(pairs)

    def get(self, name: str, default: str = "") -> str:
        return next((value for key, value in self.pairs if key == name), default)

    def to(self, **changes: str | int | None) -> str:
        """The address with some words changed; None takes one away. `number` and `size` mean page[...]. Whatever changes
        but the page itself leads to its first page."""
        wanted = {_LONG.get(name, name): value for name, value in changes.items()}
        return self.with_({name: None if value is None else str(value) for name, value in wanted.items()})

    def with_(self, changes: dict[str, str | None]) -> str:
        gone = {*changes, "page[number]"}
        pairs = [p for p in self.pairs if p[0] not in gone]
        pairs += [(name, value) for name, value in changes.items() if value is not None]
        return self.address(pairs)

    def without(self, place: int) -> str:
        """The address without the pair at that place."""
        return self.address(p for n, p in enumerate(self.pairs) if n != place and p[0] != "page[number]")

    def address(self, pairs: Iterable[Pair]) -> str:
        text = urlencode(list(pairs), quote_via=quote, safe="[],.:")
        return f"{self.path}?{text}" if text else self.path

    @property
    def query(self) -> str:
        """What the API reads: without the words that only the page knows."""
        return urlencode([p for p in self.pairs if p[0] not in PAGE_ONLY], quote_via=quote, safe="[],.:")

    @property
    def filters(self) -> list[tuple[int, str, str]]:
        return [(n, name, value) for n, (name, value) in enumerate(self.pairs) if name.startswith("filter[")]

    def others(self, *names: str) -> list[Pair]:
        """What a form must carry along as hidden inputs."""
        return [p for p in self.pairs if p[0] not in names and p[0] != "page[number]"]


_LONG = {"number": "page[number]", "size": "page[size]"}
