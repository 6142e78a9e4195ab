"""Security events: who got in, who was refused, and what was done to what lets people in; with a retention of its own, beside the
change log."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    sqlite = type(db).__name__.lower().find("sqlite") >= 0
    number = "INTEGER PRIMARY KEY AUTOINCREMENT" if sqlite else "BIGSERIAL PRIMARY KEY"
    # at: of gathered ones the beginning of their minute. actor: the key of who acted. user: whose account acted; account:
    # whose was meant. gathered: what makes refusals one row, with `count`.
    db.execute_sql(
        f"CREATE TABLE ingot_security_event (id {number}, at TEXT NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL, "
        '"user" BIGINT, account BIGINT, client_ip TEXT NOT NULL, agent TEXT NOT NULL, via TEXT NOT NULL, '
        "detail TEXT NOT NULL, count INTEGER NOT NULL DEFAULT 1, gathered TEXT UNIQUE)"
    )
    db.execute_sql("CREATE INDEX ingot_security_event_at ON ingot_security_event (at)")
    db.execute_sql("CREATE INDEX ingot_security_event_kind ON ingot_security_event (kind, id)")
    db.execute_sql('CREATE INDEX ingot_security_event_user ON ingot_security_event ("user", id)')
    db.execute_sql("CREATE INDEX ingot_security_event_account ON ingot_security_event (account, id)")
    db.execute_sql("CREATE INDEX ingot_security_event_client_ip ON ingot_security_event (client_ip, id)")

    # When a token was used first. '': made before this was noted, so nobody can tell.
    db.execute_sql("ALTER TABLE ingot_token ADD COLUMN first_used_at TEXT")
    db.execute_sql("UPDATE ingot_token SET first_used_at = ''")
