"""Who may do what: `may` for a verb on an entity, `visible` for the rows. Every path asks these two: API, include,
filter, search, live, files, history, import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from appliance.base.errors import NotAllowed
from appliance.base.text import say
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
    """Who acts. `key` goes into the log: user:3, token:7, job:12, system. `scopes` narrow a token: ENTITY:VERB, * for any."""

    key: str
    grants: Grants
    user: int | None = None
    name: str = ""
    admin: bool = False
    scopes: tuple[str, ...] = ()
    via: str = "api"
    language: str = ""  # empty: as the request says
    timezone: str = ""  # IANA; empty: UTC
    theme: str = ""  # light, dark; empty: as the device says
    shortcuts: bool = True  # single keys on pages
    _reach: dict[tuple[str, str], Reach | None] = field(default_factory=dict, compare=False, repr=False)

    def reach(self, verb: str, entity: str) -> Reach | None:
        """How far the actor's right goes: all records, own records, none. Remembered for the actor's life."""
        key = (verb, entity)
        try:
            return self._reach[key]
        except KeyError:
            found = self._reach[key] = self._look_up(verb, entity)
            return found

    def _look_up(self, verb: str, entity: str) -> Reach | None:
        if self.scopes and not any(_covers(s, verb, entity) for s in self.scopes):
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


def _covers(scope: str, verb: str, entity: str) -> bool:
    name, _, verbs = scope.partition(":")
    return name in ("*", entity) and (verbs in ("", "*", verb) or (verbs == "write" and verb != "read"))


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


def visible(actor: Actor, table: Table) -> Any | None:
    """The condition that rows must meet to be seen; None when all may be. NotAllowed when nothing may be read."""
    if may(actor, "read", table.entity.name) == "all":
        return None
    return table.field("owner") == (actor.user or -1)


def sees(actor: Actor, table: Table, row: tuple[Any, ...] | None, verb: Verb = "read") -> bool:
    """May the actor do this with that very row?"""
    if row is None:
        return False
    reach = actor.reach(verb, table.entity.name)
    return reach == "all" or (reach == "own" and actor.user is not None and row[table.place["owner"]] == actor.user)


def reader_terms(actor: Actor, entities: list[str]) -> list[str]:
    """What a search may match: `all:contact`, or `own:contact:7`."""
    terms = []
    for name in entities:
        if name in _IMPLIED:  # not searched: and these terms are kept for all actors of the same rights
            continue
        reach = actor.reach("read", name)
        if reach == "all":
            terms.append(f"all:{name}")
        elif reach == "own" and actor.user is not None:
            terms.append(f"own:{name}:{actor.user}")
    return terms
