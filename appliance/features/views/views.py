"""Saved views for an actor: their own, the shared ones, those of the declaration. A view is no right: what it shows is
what its reader may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from appliance.base.digits import is_id
from appliance.base.errors import Conflict, Invalid, NotAllowed, NotFound, Problem, Stale
from appliance.base.text import Text, say, snake
from appliance.features.views.table import ViewTable, key_of
from appliance.features.views.view import KINDS, View, declared_views, problem_of, tidy, to_stored
from appliance.records.entity import Entity
from appliance.records.permissions import Actor, may
from appliance.records.records import Records

MOST = 500
"""Views one person may keep."""
WORDS = ("entity", "name", "label", "kind", "query", "shared", "role", "position")
_TEXTS = {"name": 100, "label": 100, "query": 4_000}


class Views:
    def __init__(self, records: Records):
        self._records = records
        self._table = ViewTable(records.database)

    # ------------------------------------------------------------------ reading

    def views_for(self, actor: Actor, entity: str | None = None) -> list[View]:
        """What this actor chooses from: the declaration's first, then the saved ones by position. NotFound for an entity
        that does not exist, NotAllowed for one that may not be read."""
        registry = self._records.registry
        chosen = None
        if entity is not None:
            chosen = registry.entity(entity)
            may(actor, "read", chosen.name)
        readable = [e for e in registry.entities.values() if actor.reach("read", e.name)]
        declared = [v for e in readable if chosen in (None, e) for v in declared_views(registry, e)]
        saved = self._table.seen_by(registry, actor.user, chosen)
        return [*declared, *(v for v in saved if actor.reach("read", v.entity))]

    def default_view(self, actor: Actor, entity: str) -> View | None:
        """The view to begin with: that of the first of the user's roles which has one, else the declared one called `all`.
        A view with a problem is none to begin with."""
        views = [v for v in self.views_for(actor, entity) if v.problem is None]
        of_role = {v.role: v for v in views if v.role}
        for role in self._roles(actor, entity) if of_role else ():
            if role in of_role:
                return of_role[role]
        return next((v for v in views if v.id == f"{entity}:all"), None)

    def get(self, actor: Actor, id_: str) -> View:
        """NotFound for one that is not there for this actor."""
        registry = self._records.registry
        found: View | None = None
        if ":" in id_:
            entity = registry.entities.get(id_.partition(":")[0])
            found = next((v for v in declared_views(registry, entity) if v.id == id_), None) if entity else None
        elif is_id(id_):
            found = self._table.get(registry, int(id_))
        seen = found and (found.shared or found.owner == actor.user is not None)
        if not (found and seen and actor.reach("read", found.entity)):
            raise NotFound(say("There is no view with id {id}.", id=id_[:100]))
        return found

    # ------------------------------------------------------------------ writing

    def create(self, actor: Actor, words: Mapping[str, Any]) -> View:
        """Raises Invalid, NotAllowed for sharing without being an administrator, Conflict when there are too many."""
        if actor.user is None:
            raise NotAllowed(say("Views belong to people: this request has no user."))
        registry = self._records.registry
        named = words.get("entity")
        entity = registry.entities.get(named) or registry.by_type.get(named) if isinstance(named, str) else None
        if entity is None or not actor.reach("read", entity.name):
            raise Invalid([Problem("entity", say("there is no such entity"), "not_found")])
        if "label" not in words:
            raise Invalid([Problem("label", say("is required"), "required")])
        usual = {"name": "", "kind": "grid", "query": "", "shared": False, "role": None, "position": 0}
        values = self._checked(actor, entity, {**usual, **words}, None)
        values |= {"entity": key_of(entity), "owner": actor.user}
        values["name"] = values["name"] or snake(values["label"])[:100] or "view"
        with self._records.database.write():
            if self._table.count_of(actor.user) >= MOST:
                raise Conflict(say("You have {max} views already; delete some.", max=MOST))
            self._make_room(values["entity"], values)
            id_ = self._table.insert(values)
        return self.get(actor, str(id_))

    def change(self, actor: Actor, id_: str, words: Mapping[str, Any], version: int | None = None) -> View:
        """`version`: what the caller has seen. Raises as create does, and Stale when somebody was faster."""
        view = self._own(actor, id_)
        entity = self._records.registry.entity(view.entity)
        if words.get("entity", view.entity) not in (view.entity, entity.type):
            raise Invalid([Problem("entity", say("cannot be set"), "read_only")])
        values = self._checked(actor, entity, words, view)
        if version is not None and version != view.version:
            raise _stale(view, values)
        if values:
            with self._records.database.write():
                self._make_room(key_of(entity), values)
                if not self._table.update(int(view.id), view.version, values):
                    raise _stale(self.get(actor, id_), values)
        return self.get(actor, id_)

    def delete(self, actor: Actor, id_: str) -> None:
        view = self._own(actor, id_)
        with self._records.database.write():
            self._table.delete(int(view.id))

    def _own(self, actor: Actor, id_: str) -> View:
        """One that the actor may change: own private ones, and for administrators the shared ones."""
        view = self.get(actor, id_)
        if view.declared:
            raise NotAllowed(say("This view belongs to the declaration; save a copy of it."))
        if view.shared and not actor.admin:
            raise NotAllowed(say("Only administrators may change shared views."))
        return view

    def _make_room(self, entity: str, values: Mapping[str, Any]) -> None:
        if values.get("role"):
            self._table.free_role(entity, values["role"])

    def _checked(self, actor: Actor, entity: Entity, words: Mapping[str, Any], view: View | None) -> dict[str, Any]:
        """The columns to write. A role's view is a shared one."""
        problems = [Problem(n[:100], say("there is no field called {name}", name=n[:100]), "unknown")
                    for n in words if n not in WORDS]  # fmt: skip
        given = {name: value for name, value in words.items() if name in WORDS and name != "entity"}
        for name, value in given.items():
            problems += [Problem(name, wrong) for wrong in [_wrong(name, value)] if wrong]
        if problems:
            raise Invalid(problems)
        if "query" in given:
            try:
                given["query"] = tidy(given["query"])
            except ValueError:
                raise Invalid([Problem("query", say("The query string cannot be read."))]) from None
            if wrong := problem_of(self._records.registry, entity, given["query"]):
                raise Invalid([Problem("query", wrong)])
            given["query"] = to_stored(entity, given["query"])
        if "role" in given:
            given["role"] = given["role"] or None
        role = given.get("role", view.role if view else None)
        if role is not None:
            if given.get("role") and role not in self._all_roles():
                raise Invalid([Problem("role", say("there is no role {name}", name=role), "not_found")])
            given["shared"] = True
        if given.get("shared") and not actor.admin:
            raise NotAllowed(say("Only administrators may share views or set a role's view."))
        return given

    # ------------------------------------------------------------------ roles

    def _all_roles(self) -> set[str]:
        return {row[0] for row in self._records.database.rows("SELECT name FROM ingot_role")}

    def _roles(self, actor: Actor, entity: str) -> list[str]:
        """The actor's roles that speak of this entity, in their order."""
        database = self._records.database
        rows = database.rows(database.sql("SELECT roles FROM ingot_user WHERE id = ?"), (actor.user or -1,))
        words = [word.rpartition(":") for word in (orjson.loads(rows[0][0]) if rows else [])]
        return [role for only, _, role in words if only in ("", entity)]


def _wrong(name: str, value: Any) -> Text | None:
    if name in _TEXTS:
        if not isinstance(value, str) or "\x00" in value:
            return say("must be a text")
        if len(value) > _TEXTS[name]:
            return say("must be at most {max} characters", max=_TEXTS[name])
        return say("is required") if name == "label" and not value.strip() else None
    if name == "kind":
        return None if value in KINDS else say("must be one of: {choices}", choices=", ".join(KINDS))
    if name == "shared":
        return None if isinstance(value, bool) else say("must be true or false")
    if name == "position":
        fits = type(value) is int and 0 <= value <= 1_000_000
        return None if fits else say("must be a whole number")
    return None if value is None or isinstance(value, str) else say("must be a text")


def _stale(view: View, values: Mapping[str, Any]) -> Stale:
    return Stale(view.version, [n for n, value in values.items() if n != "query" and getattr(view, n) != value])
