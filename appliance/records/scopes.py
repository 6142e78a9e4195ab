"""What a token may do: its scopes. ENTITY:read and ENTITY:write (or create, update, delete), AREA:read and AREA:write, and * for
all of them. They narrow what its user may do and never widen it; no scopes narrow nothing."""

from __future__ import annotations

from collections.abc import Sequence

AREAS = ("job", "view", "schedule", "token", "import", "export", "undo", "file", "notice", "health")
"""Of the API, beside its entities. Nothing in health can be written."""
EVERY_RECORD = "*records"
"""Every entity, and no area: what tokens made by 0.1 called *."""
_EVERYTHING = ("*:read", "*:write")
_WRITE = ("create", "update", "delete", "write")


def covers(scope: str, verb: str, name: str, *, record: bool) -> bool:
    """Does one scope allow a verb on an entity (`record`) or in an area?"""
    word, _, verbs = scope.partition(":")
    if word not in ("*", name) and not (record and word == EVERY_RECORD):
        return False
    return verbs in ("", "*", verb) or (verbs == "write" and verb in _WRITE)


def allow(scopes: Sequence[str], area: str, verb: str) -> bool:
    """May a token with these scopes read or write in an area?"""
    return not scopes or any(covers(scope, verb, area, record=False) for scope in scopes)


def include(scopes: Sequence[str], needed: Sequence[str]) -> bool:
    """Do these scopes allow all that the needed ones allow? None needed: everything is."""
    return not scopes or all(_include_one(scopes, scope) for scope in needed or _EVERYTHING)


def _include_one(scopes: Sequence[str], needed: str) -> bool:
    name, _, verbs = needed.partition(":")
    record = name == EVERY_RECORD or name not in (*AREAS, "*")
    wanted = ("read", *_WRITE) if verbs in ("", "*") else _WRITE if verbs == "write" else (verbs,)
    return all(any(covers(scope, verb, name, record=record) for scope in scopes) for verb in wanted)
