"""Rows become JSON:API documents: resources, linkage, included records, links. Links are paths on this server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from appliance.http.jsonapi.media import CURSOR
from appliance.http.jsonapi.parameters import Asked, write_cursor, write_query
from appliance.records.entity import Entity, Field, Inverse
from appliance.records.reading import Found, Reading
from appliance.records.registry import Registry
from appliance.records.tables import Face, Row, Table

VERSION = {"version": "1.1"}
MAX_LINKAGE = 100_000
Resource = dict[str, Any]


class Documents:
    """Bound to one reading (one registry, one actor) and what was asked."""

    def __init__(self, reading: Reading, asked: Asked | None = None):
        self.reading, self.registry = reading, reading.registry
        self.asked = asked
        self._shapes: dict[str, Shape] = {}

    # ------------------------------------------------------------------ documents

    def one(self, table: Table, row: Row, path: str | None = None) -> dict[str, Any]:
        """`path` is the address asked, when it is not the record's own."""
        resource = self.resource(table, row)
        link = path or resource["links"]["self"]
        if self.asked and self.asked.words:
            link += write_query(self.asked.words)
        document: dict[str, Any] = {"jsonapi": VERSION, "data": resource, "links": {"self": link}}
        if self.asked and self.asked.include is not None:
            document["included"] = self._included(table, [row], [resource])
        return document

    def many(self, table: Table, found: Found, path: str) -> dict[str, Any]:
        assert self.asked
        data = [self.resource(table, row) for row in found.rows]
        document: dict[str, Any] = {"jsonapi": VERSION, "data": data, "links": page_links(self.asked, found, path)}
        if found.total is not None:
            document["meta"] = {"page": {"total": found.total}}
        if found.keys is not None:
            document["jsonapi"] = {**VERSION, "profile": [CURSOR]}
            for resource, keys in zip(data, found.keys, strict=True):
                resource["meta"]["page"] = {"cursor": write_cursor(keys)}
        if self.asked.include is not None:
            document["included"] = self._included(table, found.rows, data)
        return document

    def linkage(self, table: Table, row: Row, name: str) -> dict[str, Any]:
        """The document of a relationship endpoint. The caller has checked that the name is a relationship."""
        base = f"/api/{table.entity.type}/{row[0]}"
        step = table.entity.by_name.get(name) or table.entity.inverse_by_name[name]
        links = {"self": f"{base}/relationships/{name}", "related": f"{base}/{name}"}
        data: Any
        target = self.target_of(step)
        if isinstance(step, Field) and not step.many:
            held = row[
                table.place[name]
            ]  # told as the resource tells it, whether or not the actor sees what it leads to
            data = None if held is None else {"type": target.type, "id": str(held)}
        else:
            ids = self.reading.linked(table, step, [row[0]], MAX_LINKAGE)[row[0]]
            seen = self.reading.by_ids(target.name, ids)
            data = [{"type": target.type, "id": str(i)} for i in ids if i in seen]
        document = {"jsonapi": VERSION, "data": data, "links": links}
        if self.asked and self.asked.words:
            links["self"] += write_query(self.asked.words)
        if self.asked and self.asked.include is not None:
            document["included"] = self._included(table, [row], [])
        return document

    def target_of(self, step: Field | Inverse) -> Entity:
        return self.registry.entities[step.source if isinstance(step, Inverse) else str(step.target)]

    # ------------------------------------------------------------------ resources

    def resource(self, table: Table, row: Row) -> Resource:
        shape = self._shapes.get(table.entity.name)
        if shape is None:
            chosen = self.asked.fields.get(table.entity.type) if self.asked else None
            shape = self._shapes[table.entity.name] = shape_of(self.reading, table, chosen)
        return shape.resource(row)

    # ------------------------------------------------------------------ included

    def _included(self, table: Table, rows: Sequence[Row], data: Sequence[Resource]) -> list[Resource]:
        assert self.asked and self.asked.include is not None
        have = {(r["type"], r["id"]): r for r in data}
        primary = set(have)
        for path in self.asked.include:
            self._follow(table, rows, path, have)
        return [r for key, r in have.items() if key not in primary]

    def _follow(
        self, table: Table, rows: Iterable[Row], path: tuple[str, ...], have: dict[tuple[str, str], Resource]
    ) -> None:
        """Include what the first name of a path points at, put the linkage in, and go on with the rest."""
        name, rest = path[0], path[1:]
        rows = list(rows)
        step = table.entity.by_name.get(name) or table.entity.inverse_by_name[name]
        target = self.target_of(step)
        other = self.registry.tables[target.name]
        if isinstance(step, Field) and not step.many:
            place = table.place[name]
            seen = self.reading.by_ids(target.name, [r[place] for r in rows if r[place] is not None])
        else:
            linked = self.reading.linked(table, step, [r[0] for r in rows])
            seen = self.reading.by_ids(target.name, [i for ids in linked.values() for i in ids])
            for row in rows:
                resource = have.get((table.entity.type, str(row[0])))
                relationships = resource.get("relationships") if resource else None
                if relationships and name in relationships:
                    data = [{"type": target.type, "id": str(i)} for i in linked[row[0]] if i in seen]
                    relationships[name] = {**relationships[name], "data": data}
        for row in seen.values():
            key = (target.type, str(row[0]))
            if key not in have:
                have[key] = self.resource(other, row)
        if rest and seen:
            self._follow(other, seen.values(), rest, have)


class Shape:
    """One entity's resource with chosen fields: everything that does not depend on the row is made once."""

    def __init__(self, table: Table, face: Face | None, to_one: list[tuple[str, int, str]], to_many: list[str]):
        self.type, self._face = table.entity.type, face
        self._to_one, self._to_many = to_one, to_many
        self._base = f"/api/{table.entity.type}/"

    def resource(self, row: Row) -> Resource:
        base = self._base + str(row[0])
        relationships: dict[str, Any] = {}
        for name, place, target in self._to_one:
            value = row[place]
            relationships[name] = {
                "data": None if value is None else {"type": target, "id": str(value)},
                "links": {"self": f"{base}/relationships/{name}", "related": f"{base}/{name}"},
            }
        for name in self._to_many:
            relationships[name] = {"links": {"self": f"{base}/relationships/{name}", "related": f"{base}/{name}"}}
        resource: Resource = {"type": self.type, "id": str(row[0])}
        if self._face:
            resource["attributes"] = self._face.attributes(row)
        if relationships:
            resource["relationships"] = relationships
        resource["links"] = {"self": base}
        resource["meta"] = {"version": row[1]}
        return resource


def shape_of(reading: Reading, table: Table, chosen: tuple[str, ...] | None) -> Shape:
    """The shape for a sparse fieldset, or for all fields. Kept in the registry: it holds nothing of the actor."""
    registry = reading.registry
    return registry.memo(("shape", table.entity.name, chosen), lambda: _make_shape(registry, table, chosen))


def _make_shape(registry: Registry, table: Table, chosen: tuple[str, ...] | None) -> Shape:
    entity = table.entity

    def wanted(name: str) -> bool:
        return chosen is None or name in chosen

    names = [f.name for f in entity.attributes if wanted(f.name)]
    to_one, to_many = [], []
    for field in entity.relationships:
        if wanted(field.name) and field.target in registry.entities:
            if field.many:
                to_many.append(field.name)
            else:
                to_one.append((field.name, table.place[field.name], registry.entities[field.target].type))
    to_many += [i.name for i in entity.inverses if wanted(i.name)]
    return Shape(table, Face(table, names) if names else None, to_one, to_many)


def page_links(asked: Asked, found: Found, path: str) -> dict[str, str | None]:
    """self, first, prev, next and, with a total, last; of the cursor kind when the request was."""
    page = asked.query.page
    others = [(n, v) for n, v in asked.words if n not in ("page[number]", "page[after]", "page[before]")]
    start = path + (f"{write_query(others)}&" if others else "?")  # once: encoding is a third of a list's own work

    def link(pair: tuple[str, str]) -> str:
        return start + write_query([pair])[1:]

    links: dict[str, str | None] = {"self": path + write_query(asked.words)}
    if found.keys is not None:
        backwards = page.before is not None
        has_next = bool(found.keys) if backwards else found.more
        has_prev = found.more if backwards else page.after is not None and bool(found.keys)
        links["prev"] = link(("page[before]", write_cursor(found.keys[0]))) if has_prev else None
        links["next"] = link(("page[after]", write_cursor(found.keys[-1]))) if has_next else None
        return links
    links["first"] = link(("page[number]", "1"))
    links["prev"] = link(("page[number]", str(page.number - 1))) if page.number > 1 else None
    links["next"] = link(("page[number]", str(page.number + 1))) if found.more else None
    if found.total is not None:
        links["last"] = link(("page[number]", str(max(1, -(-found.total // page.size)))))
    return links
