"""The views of a grid as tabs, and the address a view stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from appliance.features.grid.words import Pair, Words
from appliance.features.views.view import View, tidy
from appliance.records.entity import Entity


@dataclass(frozen=True, slots=True)
class Tab:
    """`view` is None for all records as they are."""

    href: str
    current: bool
    view: View | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What the address means: its words with those of the view it names, the view, and whether they differ."""

    words: Words
    view: View | None
    changed: bool


def shown_view(path: str, pairs: Sequence[Pair], views: Sequence[View], default: View | None) -> Shown:
    """An address without words is the default view's; with a view alone, all that the view says."""
    if not pairs and default:
        pairs = [("view", default.id)]
    named = next((value for name, value in pairs if name == "view"), "")
    view = next((v for v in views if v.id == named), None)
    if view and not [name for name, _ in pairs if name not in ("view", "open", "find")]:
        pairs = [*pairs, *parse_qsl(view.query, keep_blank_values=True)]
    words = Words(path, pairs)
    return Shown(words, view, _set(words.kept) != _set(view.query if view else ""))


def tabs(entity: Entity, views: Sequence[View], shown: Shown) -> list[Tab]:
    """All records first, unless the declaration has a view for that and no other list is meant."""
    path = f"/{entity.type}"
    found = [Tab(_address(path, v), v is shown.view, v) for v in views if v.problem is None or v is shown.view]
    if shown.view is None or not any(v.id == f"{entity.name}:all" for v in views):
        found.insert(0, Tab(f"{path}?view=", shown.view is None))
    return found


def _address(path: str, view: View) -> str:
    return f"{path}{'/board' if view.kind == 'board' else ''}?view={view.id}"


def _set(query: str) -> set[Pair]:
    return set(parse_qsl(tidy(query), keep_blank_values=True))
