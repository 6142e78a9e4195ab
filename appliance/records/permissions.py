"""Who may do what. `may` answers for a verb on an entity; `Visibility` is the one rule for its records, and every path derives
from it: a row (`sees`), a list (`visible`, `Visibility.sql`), the index of search (`reader_terms`), a record that was deleted
(`saw`). Nobody else says what a right to "own" records means; a test fails when somebody does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from appliance.base.errors import NotAllowed
from appliance.base.text import say
from appliance.records.scopes import covers
from appliance.records.tables import Table

Verb = Literal["read", "create", "update", "delete"]
VERBS: tuple[Verb, ...] = ("read", "create", "update", "delete")
Reach = Literal["all", "own"]
Grants = Mapping[str, Mapping[str, str]]

_ALL: dict[str, str] = dict.fromkeys(VERBS, "all")
_HOUSE: dict[str, dict[str, str]] = {  # what "*" does not cover: the entities that come with the house
    "user": {"read": "all"},
    "file": {"read": "own", "create": "all", "update": "own", "delete": "own"},
}
ROLES: dict[str, dict[str, Any]] = {
    "admin": {"label": "Administrator", "grants": {"*": _ALL, "user": _ALL, "role": _ALL, "file": _ALL}},
    "editor": {"label": "Editor", "grants": {"*": _ALL, **_HOUSE}},
    "reader": {"label": "Reader", "grants": {"*": {"read": "all"}, "user": {"read": "all"}, "file": {"read": "own"}}},
}
_BUILTIN = {"user", "role", "file", "comment"}
_IMPLIED: Grants = {"comment": dict.fromkeys(VERBS, "own")}
"""What everybody has: who may read a record may comment on it, which features/comments checks; of comments as such
everyone has their own, administrators all."""


@dataclass(frozen=True)
class Actor:
    """Who acts. `key` goes into the log: user:3, token:7, job:12, system. `scopes` narrow a token (scopes.py)."""

    key: str
    grants: Grants
    user: int | None = None
    name: str = ""
    admin: bool = False
    administers: bool = False  # the user is an administrator, whatever a token's scopes leave of it
    scopes: tuple[str, ...] = ()
    via: str = "api"
    language: str = ""  # empty: as the request says
    timezone: str = ""  # IANA; empty: UTC
    theme: str = ""  # light, dark; empty: as the device says
    shortcuts: bool = True  # single keys on pages
    _reach: dict[tuple[str, str], Reach | None] = field(default_factory=dict, compare=False, repr=False)
    _visibility: dict[tuple[str, str], Visibility] = field(default_factory=dict, compare=False, repr=False)

    def reach(self, verb: str, entity: str) -> Reach | None:
        """How far the actor's right goes: all records, own records, none. Remembered for the actor's life."""
        key = (verb, entity)
        try:
            return self._reach[key]
        except KeyError:
            found = self._reach[key] = self._look_up(verb, entity)
            return found

    def _look_up(self, verb: str, entity: str) -> Reach | None:
        if self.scopes and not any(covers(s, verb, entity, record=True) for s in self.scopes):
            return None
        grants = self.grants.get(entity)
        if grants is None:
            grants = _IMPLIED.get(entity, {}) if entity in _BUILTIN else self.grants.get("*", {})
            if self.admin and entity in _IMPLIED:
                grants = _ALL
        found = grants.get(verb)
        return found if found in ("all", "own") else None  # type: ignore[return-value]

    @cached_property
    def rights(self) -> str:
        """Actors with the same text see the same records: the part of a cache key that keeps people apart."""
        own = any("own" in g.values() for g in self.grants.values())
        shared = sorted((e, *sorted(g.items())) for e, g in self.grants.items())
        return (
            f"{hash((str(shared), self.scopes)):x}"
            + (f"-{self.user}" if own else "")
            + ("-admin" if self.admin else "")
        )


SYSTEM = Actor("system", {"*": _ALL, **dict.fromkeys(_BUILTIN, _ALL)}, name="Ingot", admin=True, via="job")


def merge(grants: list[Grants]) -> Grants:
    """The union of several roles' grants; where both speak, the wider reach wins. A name beats `*` within one role, so
    `*` is unfolded only at look-up: roles for one entity alone must be merged by their name."""
    found: dict[str, dict[str, str]] = {}
    for one in grants:
        for entity, verbs in one.items():
            mine = found.setdefault(entity, {})
            for verb, reach in verbs.items():
                if mine.get(verb) != "all":
                    mine[verb] = reach
    return found


@dataclass(frozen=True, slots=True)
class Visibility:
    """Which records of one entity somebody may use one verb on: `every` one, those of `owner`, or none. False when none."""

    every: bool
    owner: int | None = None

    def __bool__(self) -> bool:
        return self.every or self.owner is not None

    def includes(self, owner: Any) -> bool:
        """A record with this owner, as a row or a wire value has it?"""
        if self.every or self.owner is None or owner is None:
            return self.every
        return bool(owner == self.owner or owner == str(self.owner))

    def sql(self, column: str = '"owner"') -> tuple[str, tuple[int, ...]]:
        """A condition and its values, to stand after a WHERE or an AND."""
        if self.every:
            return "1 = 1", ()
        return f"{column} = ?", (_NOBODY if self.owner is None else self.owner,)

    def terms(self, entity: str) -> list[str]:
        """What a search may match: `all:contact`, or `own:contact:7`."""
        if self.every:
            return [f"all:{entity}"]
        return [] if self.owner is None else [f"own:{entity}:{self.owner}"]


_NOBODY = -1
"""An owner that no record has."""


def visibility(actor: Actor, entity: str, verb: Verb = "read") -> Visibility:
    """What the actor may see of an entity, or do to its records. Never raises. Remembered for the actor's life."""
    key = (verb, entity)
    found = actor._visibility.get(key)
    if found is None:
        reach = actor.reach(verb, entity)
        found = actor._visibility[key] = Visibility(reach == "all", actor.user if reach == "own" else None)
    return found


def may(actor: Actor, verb: Verb, entity: str) -> Reach:
    """The actor's reach for a verb; NotAllowed when there is none."""
    if found := actor.reach(verb, entity):
        return found
    sentences = {  # whole ones, for other languages build theirs otherwise
        "read": say("You may not read {entity} records.", entity=entity),
        "create": say("You may not create {entity} records.", entity=entity),
        "update": say("You may not update {entity} records.", entity=entity),
        "delete": say("You may not delete {entity} records.", entity=entity),
    }
    raise NotAllowed(sentences[verb])


def visible(actor: Actor, table: Table, me: Any = None) -> Any | None:
    """The condition that rows must meet to be seen; None when all may be. `me` stands for the actor's id in queries that are
    compiled once for all. NotAllowed when nothing may be read."""
    may(actor, "read", table.entity.name)
    found = visibility(actor, table.entity.name)
    if found.every:
        return None
    return table.field("owner") == ((found.owner or _NOBODY) if me is None else me)


def sees(actor: Actor, table: Table, row: tuple[Any, ...] | None, verb: Verb = "read") -> bool:
    """May the actor do this with that very row?"""
    return row is not None and visibility(actor, table.entity.name, verb).includes(row[table.place["owner"]])


def saw(actor: Actor, entity: str, change: Mapping[str, Sequence[Any]]) -> bool:
    """Could the actor see a record until it was deleted? `change` is what the log's entry says: it tells whose it was."""
    return visibility(actor, entity).includes(change.get("owner", (None,))[0])


def lost_sight(actor: Actor, entity: str, action: str, change: Mapping[str, Sequence[Any]]) -> bool:
    """Did a change take a record away from somebody who saw it until then: was it deleted, or given to somebody else? They are
    told so, by its id alone. Who sees every record loses none."""
    if action == "updated" and "owner" not in change:
        return False
    seen = visibility(actor, entity)
    before, after = change.get("owner", (None, None))
    return action in ("updated", "deleted") and not seen.every and seen.includes(before) and not seen.includes(after)


def reader_terms(actor: Actor, entities: list[str]) -> list[str]:
    """What a search may match."""
    # Comments are not searched: and these terms are kept for all actors of the same rights.
    return [term for name in entities if name not in _IMPLIED for term in visibility(actor, name).terms(name)]
