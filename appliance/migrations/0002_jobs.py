"""Background work: what was asked for (ingot_job), the messages that carry it (ingot_task), what runs by the clock."""

from typing import Any

from peewee import (
    SQL,
    AutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    DoubleField,
    IntegerField,
    Model,
    SmallIntegerField,
    SqliteDatabase,
    TextField,
)
from playhouse.sqlite_ext import AutoIncrementField


def up(migrator: Any, db: Any) -> None:
    # AUTOINCREMENT: the id of a pruned job or an acknowledged message never names another one.
    number = AutoIncrementField if isinstance(db, SqliteDatabase) else AutoField

    class Table(Model):
        id = number()

        class Meta:
            database = db

    class Job(Table):
        kind = TextField()
        state = TextField()
        actor = TextField()
        lane = TextField()
        priority = IntegerField()
        root = IntegerField(null=True)
        parent = IntegerField(null=True)
        unique_key = TextField(null=True)
        held_key = TextField(null=True, unique=True)  # unique_key while the job is active: one holder at a time
        arguments = TextField()
        progress_done = BigIntegerField(default=0)
        progress_total = BigIntegerField(null=True)
        message = TextField(null=True)
        attempts = IntegerField(default=0)
        cancel_requested = BooleanField(default=False)
        error = TextField(null=True)
        result = TextField(null=True)
        task = TextField(null=True)
        time_limit = IntegerField(null=True)
        created_at = TextField()
        run_after = TextField(null=True)
        expires_at = TextField(null=True)
        started_at = TextField(null=True)
        finished_at = TextField(null=True)

        class Meta:
            table_name = "ingot_job"
            indexes = ((("state", "id"), False), (("kind", "id"), False), (("finished_at",), False))

    Job.add_index(Job.root, where=Job.root.is_null(False), name="ingot_job_root")
    Job.add_index(Job.parent, where=Job.parent.is_null(False), name="ingot_job_parent")

    class Task(Table):
        state = SmallIntegerField()
        priority = IntegerField()
        lane = TextField()
        due = DoubleField()
        deliveries = IntegerField()
        owner = TextField(null=True)
        message = BlobField()

        class Meta:
            table_name = "ingot_task"

    Task.add_index(Task.state, SQL("priority DESC"), Task.id, Task.lane, name="ingot_task_next")
    Task.add_index(Task.state, Task.due, name="ingot_task_due")

    class Schedule(Model):
        name = TextField(primary_key=True)
        spec = TextField()
        next_run = TextField()

        class Meta:
            database = db
            table_name = "ingot_schedule"

    db.create_tables([Job, Task, Schedule], safe=False)
