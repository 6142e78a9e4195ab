"""One change for many records: values, links to add and take away, or that they go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from appliance.base.errors import BadRequest, Invalid, Problem
from appliance.base.text import say
from appliance.http.jsonapi.incoming import read_resource, settle
from appliance.records.entity import Entity
from appliance.records.permissions import Actor, may
from appliance.records.registry import Registry
from appliance.records.work import Work

HOW = ("replace", "add", "remove")


@dataclass(frozen=True)
class Change:
    """`values` are wire values by field; `links` {relation: [(how, ids)]} with how as in `Work.relate`, for links to many
    from either end. With `delete` the records go, and the rest is not looked at."""

    values: Mapping[str, Any] = field(default_factory=dict)
    links: Mapping[str, list[tuple[str, list[int]]]] = field(default_factory=dict)
    delete: bool = False

    def shown(self) -> dict[str, Any]:
        """As JSON: what the job remembers."""
        return {"delete": True} if self.delete else {"values": dict(self.values), "links": dict(self.links)}

    @classmethod
    def read(cls, words: Mapping[str, Any]) -> Change:
        links = {name: [(how, ids) for how, ids in steps] for name, steps in words.get("links", {}).items()}
        return cls(words.get("values", {}), links, bool(words.get("delete")))


def check(registry: Registry, entity: Entity, actor: Actor, change: Change) -> None:
    """NotAllowed when the actor may do so to none of these records; Invalid for fields that there are not, and for a change
    that changes nothing."""
    may(actor, "delete" if change.delete else "update", entity.name)
    if change.delete:
        return
    problems = []
    for name in change.values:
        if name not in entity.by_name:
            problems.append(Problem(name[:100], say("there is no field called {name}", name=name[:100]), "unknown"))
        elif not entity.by_name[name].writable:
            problems.append(Problem(name, say("cannot be set"), "read_only"))
    for name, steps in change.links.items():
        many = name in entity.inverse_by_name or (name in entity.by_name and entity.by_name[name].many)
        if not many or any(how not in HOW for how, _ in steps):
            problems.append(Problem(name[:100], say("is no link to many"), "invalid"))
    if not (change.values or change.links):
        problems.append(Problem("data", say("says nothing to change"), "required", "/data"))
    if problems:
        raise Invalid(problems)


def apply(work: Work, entity: str, record_id: int, change: Change) -> bool:
    """Do it to one record; was there anything to do? Raises what `Work` raises."""
    table = work.table(entity)
    if change.delete:
        if work.row(table, record_id) is None:
            return False  # it went along with one before it
        work.delete(entity, record_id)
        return True
    before = work.visible_row(table, record_id)
    if change.values:
        work.update(entity, record_id, change.values)
    far = False
    for name, steps in change.links.items():
        for how, ids in steps:
            work.relate(entity, record_id, name, list(ids), how)
            far = far or name in table.entity.inverse_by_name
    after = work.row(table, record_id)
    return far or after is None or after[1] != before[1]


def from_resource(registry: Registry, entity: Entity, data: Mapping[str, Any]) -> Change:
    """A resource object without an id. A relationship to many is replaced, unless its `meta.how` says add or remove."""
    how: dict[str, str] = {}
    for name, value in (data.get("relationships") or {}).items() if isinstance(data.get("relationships"), dict) else ():
        meta = value.get("meta") if isinstance(value, dict) else None
        if isinstance(meta, dict) and "how" in meta:
            if meta["how"] not in HOW:
                text = say("must be one of: {choices}", choices=", ".join(HOW))
                raise BadRequest(text, pointer=f"/data/relationships/{name[:100]}/meta/how")
            how[name] = meta["how"]
    incoming = read_resource(registry, data, "/data", entity=entity, creating=False)
    if "version" in incoming.meta:
        raise BadRequest(say("meta.version says nothing of many records."), pointer="/data/meta/version")
    settle(registry, incoming)
    values, links = dict(incoming.values), {n: [("replace", ids)] for n, ids in incoming.inverses.items()}
    for name, word in how.items():
        if name in values and isinstance(values[name], list):
            links[name] = [(word, values.pop(name))]
        elif name in links:
            links[name] = [(word, links[name][0][1])]
        else:
            raise BadRequest(say("{name} leads to one record; it is replaced.", name=name[:100]), pointer="/data")
    return Change(values, links)
