"""What imports did, so that one can be undone; and mappings that were used once and fit the next file of the same kind."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    sqlite = type(db).__name__.lower().find("sqlite") >= 0
    number = "INTEGER PRIMARY KEY AUTOINCREMENT" if sqlite else "BIGSERIAL PRIMARY KEY"
    db.execute_sql(
        f"CREATE TABLE ingot_import (id {number}, "
        "job BIGINT UNIQUE, "  # NULL: at the shell
        "actor TEXT NOT NULL, entity TEXT NOT NULL, file_name TEXT NOT NULL, plan TEXT NOT NULL, "
        "report TEXT, rejects BIGINT, "  # rejects: the file record with the refused rows
        "created_at TEXT NOT NULL, finished_at TEXT, undo_job BIGINT, undone_at TEXT)"
    )
    db.execute_sql("CREATE INDEX ingot_import_actor ON ingot_import (actor, id)")
    # The entries one transaction of an import (or of its undoing) left in the log: writers line up, so they lie together.
    db.execute_sql(
        "CREATE TABLE ingot_import_chunk (import BIGINT NOT NULL, undo BOOLEAN NOT NULL, "
        "first BIGINT NOT NULL, last BIGINT NOT NULL, PRIMARY KEY (import, undo, first))"
    )
    db.execute_sql(
        f"CREATE TABLE ingot_import_mapping (id {number}, actor TEXT NOT NULL, entity TEXT NOT NULL, name TEXT NOT NULL, "
        "signature TEXT NOT NULL, mapping TEXT NOT NULL, options TEXT NOT NULL, keys TEXT NOT NULL, mode TEXT NOT NULL, "
        "updated_at TEXT NOT NULL, UNIQUE (actor, entity, name))"
    )
    db.execute_sql("CREATE INDEX ingot_import_mapping_signature ON ingot_import_mapping (entity, signature)")
