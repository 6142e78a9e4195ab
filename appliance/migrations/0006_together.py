"""What people do together on records: comments, notices, and what can be taken back."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    sqlite = type(db).__name__.lower().find("sqlite") >= 0
    number = "INTEGER PRIMARY KEY AUTOINCREMENT" if sqlite else "BIGSERIAL PRIMARY KEY"
    record = (
        f"id {number}, version INTEGER NOT NULL DEFAULT 1, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, "
        "created_by BIGINT, updated_by BIGINT, owner BIGINT"
    )
    # entity: the number of a declared entity, which no rename changes; the name of a built-in one.
    db.execute_sql(
        f"CREATE TABLE ingot_comment ({record}, entity TEXT NOT NULL, record BIGINT NOT NULL, text TEXT NOT NULL)"
    )
    db.execute_sql("CREATE INDEX ingot_comment_record ON ingot_comment (entity, record, id)")

    # position: of the entry in the log that gave the reason; for job_done the number of the job.
    db.execute_sql(
        f'CREATE TABLE ingot_notice (id {number}, "user" BIGINT NOT NULL, kind TEXT NOT NULL, entity TEXT, record BIGINT, '
        "title TEXT, count INTEGER NOT NULL DEFAULT 1, actor BIGINT, at TEXT NOT NULL, read_at TEXT, "
        'position BIGINT NOT NULL, UNIQUE (position, "user", kind))'
    )
    db.execute_sql('CREATE INDEX ingot_notice_user ON ingot_notice ("user", id)')
    db.execute_sql('CREATE INDEX ingot_notice_unread ON ingot_notice ("user", id) WHERE read_at IS NULL')
    db.execute_sql("CREATE INDEX ingot_notice_at ON ingot_notice (at)")
    # Notices begin now: nobody wants to be told of years.
    db.execute_sql(
        "INSERT INTO ingot_follower (name, position) SELECT 'notices', coalesce(max(position), 0) FROM ingot_log"
    )

    # The entries that one transaction of a job left in the log: writers line up, so they lie together.
    db.execute_sql(
        "CREATE TABLE ingot_trace (name TEXT NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL, "
        "PRIMARY KEY (name, first))"
    )
    db.execute_sql('CREATE TABLE ingot_undone (name TEXT PRIMARY KEY, "by" TEXT NOT NULL, at TEXT NOT NULL)')
    of_import = "CASE WHEN i.job IS NULL THEN 'import:' || i.id ELSE 'job:' || i.job END"
    of_undo = "CASE WHEN i.undo_job IS NULL THEN 'undo:' || i.id ELSE 'job:' || i.undo_job END"
    db.execute_sql(
        f"INSERT INTO ingot_trace (name, first, last) SELECT CASE WHEN c.undo THEN {of_undo} ELSE {of_import} END, "
        "c.first, c.last FROM ingot_import_chunk c JOIN ingot_import i ON i.id = c.import"
    )
    db.execute_sql(
        f'INSERT INTO ingot_undone (name, "by", at) SELECT {of_import}, {of_undo}, i.undone_at FROM ingot_import i '
        "WHERE i.undone_at IS NOT NULL"
    )
    db.execute_sql("DROP TABLE ingot_import_chunk")
    db.execute_sql("ALTER TABLE ingot_import DROP COLUMN undone_at")

    db.execute_sql('CREATE INDEX ingot_log_transaction ON ingot_log ("transaction")')
    db.execute_sql("CREATE INDEX ingot_log_deleted ON ingot_log (entity, position) WHERE action = 'deleted'")
