"""Trees of jobs, jobs that wait for others, turns in place of bare priorities, and schedules that people can change."""

import time
from typing import Any

STEP = 300.0  # engines/queue/protocol.py said so when this was written


def up(migrator: Any, db: Any) -> None:
    number = "DOUBLE PRECISION"
    flag = "BOOLEAN NOT NULL DEFAULT FALSE"
    for column in (
        "own_state TEXT",  # how a job's own part ended while its children are still at work
        "children INTEGER NOT NULL DEFAULT 0",
        "open_children INTEGER NOT NULL DEFAULT 0",
    ):
        db.execute_sql(f"ALTER TABLE ingot_job ADD COLUMN {column}")
    db.execute_sql("CREATE INDEX ingot_job_actor ON ingot_job (actor, id)")
    db.execute_sql("CREATE INDEX ingot_job_expires ON ingot_job (expires_at) WHERE expires_at IS NOT NULL")
    db.execute_sql(
        f"CREATE TABLE ingot_need (job BIGINT NOT NULL, needs BIGINT NOT NULL, only_if_success {flag}, "
        "PRIMARY KEY (job, needs))"
    )
    db.execute_sql("CREATE INDEX ingot_need_needs ON ingot_need (needs)")

    db.execute_sql(f"ALTER TABLE ingot_task ADD COLUMN turn {number} NOT NULL DEFAULT 0")
    db.execute_sql(f"UPDATE ingot_task SET turn = {time.time()!r} - priority * {STEP!r}")
    db.execute_sql("DROP INDEX ingot_task_next")
    db.execute_sql("CREATE INDEX ingot_task_next ON ingot_task (state, turn, id)")
    db.execute_sql("CREATE INDEX ingot_task_lane ON ingot_task (state, lane, turn, id)")

    for column in (
        "kind TEXT",  # NULL: that of the name
        "arguments TEXT NOT NULL DEFAULT '{}'",
        "crontab TEXT",
        f"every {number}",
        "timezone TEXT",  # NULL: the box's
        "actor TEXT NOT NULL DEFAULT 'system'",
        f"changed {flag}",  # a person set its times: a new release leaves them alone
        f"paused {flag}",
        "due_run TEXT",  # the due time that was served last
        "last_run TEXT",
        "last_job BIGINT",
        f"last_seconds {number}",
        "last_state TEXT",
        "last_message TEXT",
        "last_result TEXT",
        "created_at TEXT",
    ):
        db.execute_sql(f"ALTER TABLE ingot_schedule ADD COLUMN {column}")
    db.execute_sql("CREATE INDEX ingot_schedule_next ON ingot_schedule (next_run)")
