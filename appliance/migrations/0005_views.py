"""Saved views: a list's query string with a name."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    sqlite = type(db).__name__.lower().find("sqlite") >= 0
    number = "INTEGER PRIMARY KEY AUTOINCREMENT" if sqlite else "BIGSERIAL PRIMARY KEY"
    db.execute_sql(
        f"CREATE TABLE ingot_view (id {number}, "
        "entity TEXT NOT NULL, "  # #ID of the declaration, which a renaming does not touch; the name of a built-in entity
        "name TEXT NOT NULL, label TEXT NOT NULL, kind TEXT NOT NULL, "
        "query TEXT NOT NULL, "  # of the list; fields[] stands for the entity's own type
        "owner BIGINT, shared BOOLEAN NOT NULL DEFAULT FALSE, "
        "role TEXT, "  # the view that people of this role begin with
        "position INTEGER NOT NULL DEFAULT 0, "
        "created_at TEXT NOT NULL, updated_at TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 1)"
    )
    db.execute_sql("CREATE INDEX ingot_view_entity ON ingot_view (entity, position, id)")
    db.execute_sql("CREATE UNIQUE INDEX ingot_view_role ON ingot_view (entity, role) WHERE role IS NOT NULL")
