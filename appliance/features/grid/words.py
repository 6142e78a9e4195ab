"""The words of a grid's address: the API's own (filter, sort, fields, page) and a few that only a page needs. Links are made
by changing one word and keeping the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlencode

from appliance.features.views.view import EXTRA

Pair = tuple[str, str]

PAGE_ONLY = ("view", "open", "find", *EXTRA)
"""view: the view one began with; open: which sheet of the filters is open, find: what is looked for in it; the others a view
keeps: pinned is how many first columns stay in sight, widths name:pixels."""
PASSING = ("open", "find", "page[number]")
_FIRST_PAGE = ("page[number]", "1")


class Words:
    def __init__(self, path: str, pairs: Iterable[Pair]):
        self.path = path
        self.pairs = tuple(pairs)

    def get(self, name: str, default: str = "") -> str:
        return next((value for key, value in self.pairs if key == name), default)

    def to(self, **changes: str | int | None) -> str:
        """The address with some words changed; None takes one away. `number`, `size`, `sums` mean page[...]. Whatever
        changes but the page itself leads to its first page."""
        wanted = {_LONG.get(name, name): value for name, value in changes.items()}
        return self.with_({name: None if value is None else str(value) for name, value in wanted.items()})

    def with_(self, changes: Mapping[str, str | None]) -> str:
        gone = {*changes, *PASSING}
        pairs = [p for p in self.pairs if p[0] not in gone]
        pairs += [(name, value) for name, value in changes.items() if value is not None]
        return self.address(pairs)

    def opened(self, what: str) -> str:
        """The same page with a sheet of the filters open."""
        return self.address([*(p for p in self.pairs if p[0] not in ("open", "find")), ("open", what)])

    def without(self, places: Iterable[int]) -> str:
        """The address without the pairs at those places."""
        gone = set(places)
        return self.address(p for n, p in enumerate(self.pairs) if n not in gone and p[0] not in PASSING)

    def address(self, pairs: Iterable[Pair]) -> str:
        """A view alone means all that it says: where its words were taken away, the address must say more."""
        kept = list(pairs)
        if [name for name, _ in kept] == ["view"]:
            kept.append(_FIRST_PAGE)
        text = write(kept)
        return f"{self.path}?{text}" if text else self.path

    @property
    def here(self) -> str:
        """This page, with no sheet open."""
        return self.address(p for p in self.pairs if p[0] not in ("open", "find"))

    @property
    def query(self) -> str:
        """What the API reads: without the words that only the page knows."""
        return write(p for p in self.pairs if p[0] not in PAGE_ONLY)

    @property
    def kept(self) -> str:
        """What a view keeps of it."""
        return write(p for p in self.pairs if p[0] not in (*PASSING, "view"))

    @property
    def narrowing(self) -> str:
        """The filters alone: what says which records are meant."""
        return write(p for p in self.pairs if p[0].startswith("filter["))

    @property
    def travelling(self) -> str:
        """The list without its place in it and its looks: what a record's page needs to find what is before and after."""
        return write(p for p in self.pairs if p[0] in ("view", "sort") or p[0].startswith("filter["))

    def listed(self, type_: str) -> str:
        """What an export reads: filters, order and columns."""
        names = ("sort", f"fields[{type_}]")
        return write(p for p in self.pairs if p[0].startswith("filter[") or p[0] in names)

    def others(self, *names: str) -> list[Pair]:
        """What a form must carry along as hidden inputs."""
        return [p for p in self.pairs if p[0] not in names and p[0] not in PASSING]


def write(pairs: Iterable[Pair]) -> str:
    """As a person would write it."""
    return urlencode(list(pairs), quote_via=quote, safe="[],.:")


_LONG = {"number": "page[number]", "size": "page[size]", "sums": "page[sums]"}
