"""How a person likes their pages."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for column in ("timezone", "theme", "shortcuts"):
        db.execute_sql(f"ALTER TABLE ingot_user ADD COLUMN {column} TEXT")
