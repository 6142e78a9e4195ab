"""The table of saved views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from appliance.base import clock
from appliance.engines.database.protocol import Database, Row
from appliance.features.views.view import View, from_stored, problem_of
from appliance.records.entity import Entity
from appliance.records.registry import Registry

COLUMNS = ("entity", "name", "label", "kind", "query", "owner", "shared", "role", "position")
_ALL = ", ".join(("id", *COLUMNS, "version", "created_at", "updated_at"))


def key_of(entity: Entity) -> str:
    """How the table names an entity: by what a renaming does not change."""
    return entity.name if entity.id is None else f"#{entity.id}"


class ViewTable:
    """Rows become views of entities in the registry; those of others are passed over."""

    def __init__(self, database: Database):
        self._database = database

    def seen_by(self, registry: Registry, user: int | None, entity: Entity | None = None) -> list[View]:
        """Own and shared ones, in order."""
        where, params = "(shared OR owner = ?)", [user if user is not None else -1]
        if entity is not None:
            where, params = f"{where} AND entity = ?", [*params, key_of(entity)]  # type: ignore[list-item]
        return self._views(registry, where, params)

    def get(self, registry: Registry, id_: int) -> View | None:
        found = self._views(registry, "id = ?", [id_])
        return found[0] if found else None

    def count_of(self, owner: int) -> int:
        sql = self._database.sql("SELECT count(*) FROM ingot_view WHERE owner = ?")
        return int(self._database.rows(sql, (owner,))[0][0])

    def insert(self, values: dict[str, Any]) -> int:
        now = clock.wire_now()
        marks = ", ".join("?" * (len(COLUMNS) + 2))
        names = ", ".join((*COLUMNS, "created_at", "updated_at"))
        sql = self._database.sql(f"INSERT INTO ingot_view ({names}) VALUES ({marks}) RETURNING id")
        return int(self._database.rows(sql, (*(values[c] for c in COLUMNS), now, now))[0][0])

    def update(self, id_: int, version: int, values: dict[str, Any]) -> bool:
        """False when the version is another by now."""
        sets = ", ".join(f"{name} = ?" for name in values)
        sql = f"UPDATE ingot_view SET {sets}, updated_at = ?, version = version + 1 WHERE id = ? AND version = ?"
        params = (*values.values(), clock.wire_now(), id_, version)
        return bool(self._database.run(self._database.sql(sql), params))

    def delete(self, id_: int) -> None:
        self._database.run(self._database.sql("DELETE FROM ingot_view WHERE id = ?"), (id_,))

    def free_role(self, entity: str, role: str) -> None:
        """Whichever view was the role's is it no longer."""
        sql = "UPDATE ingot_view SET role = NULL, version = version + 1 WHERE entity = ? AND role = ?"
        self._database.run(self._database.sql(sql), (entity, role))

    def _views(self, registry: Registry, where: str, params: Sequence[Any]) -> list[View]:
        sql = f"SELECT {_ALL} FROM ingot_view WHERE {where} ORDER BY entity, position, id"
        entities = {key_of(e): e for e in registry.entities.values()}
        rows = self._database.rows(self._database.sql(sql), params)
        return [_view(registry, entities[row[1]], row) for row in rows if row[1] in entities]


def _view(registry: Registry, entity: Entity, row: Row) -> View:
    id_, _, name, label, kind, query, owner, shared, role, position, version, created_at, updated_at = row
    query = from_stored(entity, query)
    return View(
        str(id_), entity.name, name, label, kind, query, owner, bool(shared), role, position, version, created_at,
        updated_at, problem_of(registry, entity, query),
    )  # fmt: skip
