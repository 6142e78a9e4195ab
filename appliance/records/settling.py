"""Settling a query: words for days become bounds, `me` becomes a user, a text to look for becomes ids. What is settled
says the same whenever it is read, so it can be remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from appliance.base.errors import BadRequest
from appliance.base.text import say
from appliance.records.conditions import ME, Condition, Group, Part, Relative, Sought, Span, is_open
from appliance.records.permissions import Actor
from appliance.records.query import Query
from appliance.records.spans import bounds, zone_of

MOST_FOUND = 10_000
"""Records that a search inside a list may find."""


@dataclass(frozen=True, slots=True)
class Ids:
    """What a search found: the best ids, and how many records matched in all."""

    ids: list[int]
    matched: int


Find = Callable[[Actor, str, str, int], Ids]
"""(actor, entity, text, at most so many) -> what the actor may see of it. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Settled:
    """`matched`: how many records the search matched, when those were more than MOST_FOUND."""

    query: Query
    matched: int | None = None


def settle(query: Query, actor: Actor, now: datetime, find: Find | None = None) -> Settled:
    """The query as it stands now for this actor. BadRequest where `me` is nobody or nothing can be searched."""
    if not is_open(query.conditions):
        return Settled(query)
    settling = _Settling(query.entity, actor, now, find)
    return Settled(replace(query, conditions=tuple(map(settling.part, query.conditions))), settling.matched)


@dataclass
class _Settling:
    entity: str
    actor: Actor
    now: datetime
    find: Find | None
    matched: int | None = None

    def part(self, part: Part) -> Part:
        if isinstance(part, Group):
            return Group(tuple(map(self.part, part.parts)), part.every)
        if isinstance(part, Relative):
            return self._me(part) if ME in part.words else self._days(part)
        return self._sought(part) if isinstance(part, Sought) else part

    def _me(self, part: Relative) -> Condition:
        user = self.actor.user
        if user is None:
            raise BadRequest(say("There is no user behind this request whom me could mean."), parameter=part.parameter)
        return Condition(part.path, part.operator, tuple(user if w == ME else w for w in part.words))

    def _days(self, part: Relative) -> Part:
        """Spans end before a moment, so all operators come down to `>=` and `<`."""
        zone = zone_of(self.actor.timezone)
        pairs = [bounds(w.word, part.has_time, self.now, zone) for w in part.words if isinstance(w, Span)]
        first, after = pairs[0]
        match part.operator:
            case "lt" | "gte":
                return Condition(part.path, part.operator, (first,))
            case "lte":
                return Condition(part.path, "lt", (after,))
            case "gt":
                return Condition(part.path, "gte", (after,))
            case "neq":
                return Condition(part.path, "outside", (first, after))
        within = Condition(part.path, "within", tuple(bound for pair in pairs for bound in pair))
        plain = tuple(w for w in part.words if not isinstance(w, Span))
        return Group((within, Condition(part.path, "in", plain))) if plain else within

    def _sought(self, part: Sought) -> Condition:
        if self.find is None:
            raise BadRequest(say("There is no search at this place."), parameter="filter[q]")
        found = self.find(self.actor, self.entity, part.text, MOST_FOUND)
        if found.matched > len(found.ids):
            self.matched = max(found.matched, self.matched or 0)
        return Condition(part.path, "among", (_list(found.ids),))


def _list(ids: list[int]) -> str:
    return f"[{','.join(map(str, sorted(ids)))}]"


def refuse_cut(settled: Settled) -> Query:
    """The query; BadRequest when its search matched more than it may find. For whoever acts on all that match."""
    if settled.matched is not None:
        raise BadRequest(
            say("The search matches {count} records, and at most {max} can be taken; say more.",
                count=settled.matched, max=MOST_FOUND),
            parameter="filter[q]",
        )  # fmt: skip
    return settled.query


__all__ = ["MOST_FOUND", "Find", "Ids", "Settled", "refuse_cut", "settle"]
