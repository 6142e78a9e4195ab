"""Ingot's own tables: what the schema is, the log, and who may do what. Records live in tables of their own, which
records/schema.py makes at run time."""

from typing import Any

from peewee import BigAutoField, BigIntegerField, BooleanField, IntegerField, Model, TextField
from playhouse.sqlite_ext import AutoIncrementField


def up(migrator: Any, db: Any) -> None:
    sqlite = type(db).__name__.lower().find("sqlite") >= 0
    # Plain SQLite would give the id of a deleted row away again.
    BigId = AutoIncrementField if sqlite else BigAutoField

    class Table(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Meta_(Table):
        key = TextField(primary_key=True)
        value = TextField()

        class Meta:
            table_name = "ingot_meta"

    class Entity(Table):
        id = BigId()
        name = TextField()
        definition = TextField()  # JSON: the words of the declaration, without fields
        table_name = TextField(unique=True)
        position = IntegerField(default=0)
        removed_at = TextField(null=True)

        class Meta:
            table_name = "ingot_entity"

    class Field(Table):
        id = BigId()
        entity = BigIntegerField(index=True)
        name = TextField()
        definition = TextField()
        column_name = TextField()
        position = IntegerField(default=0)
        removed_at = TextField(null=True)

        class Meta:
            table_name = "ingot_field"

    class Log(Table):
        position = BigId()
        at = BigIntegerField()  # microseconds since 1970
        actor = TextField()
        via = TextField()
        transaction = TextField()
        entity = TextField()
        record = BigIntegerField()
        version = IntegerField()
        action = TextField()
        change = TextField()  # JSON: {"field": [before, after]}

        class Meta:
            table_name = "ingot_log"
            indexes = ((("entity", "record", "position"), False),)

    class Follower(Table):
        name = TextField(primary_key=True)
        position = BigIntegerField(default=0)
        error = TextField(null=True)
        updated_at = TextField(null=True)

        class Meta:
            table_name = "ingot_follower"

    class Counter(Table):
        name = TextField(primary_key=True)
        value = BigIntegerField()

        class Meta:
            table_name = "ingot_counter"

    class Record(Table):
        """The columns every record has."""

        id = BigId()
        version = IntegerField(default=1)
        created_at = TextField()
        updated_at = TextField()
        created_by = BigIntegerField(null=True)
        updated_by = BigIntegerField(null=True)
        owner = BigIntegerField(null=True)

    class User(Record):
        email = TextField(unique=True)
        name = TextField(null=True)
        active = BooleanField(default=True)
        roles = TextField(default='["reader"]')  # JSON: role names, or ENTITY:ROLE for one entity alone
        language = TextField(null=True)
        password = TextField(null=True)  # argon2id; never a field of the entity

        class Meta:
            table_name = "ingot_user"

    class Role(Record):
        name = TextField(unique=True)
        label = TextField(null=True)
        grants = TextField()  # JSON: {entity or "*": {verb: "all" | "own"}}

        class Meta:
            table_name = "ingot_role"

    class Token(Record):
        name = TextField()
        user = BigIntegerField(index=True)
        digest = TextField(unique=True)
        hint = TextField()
        scopes = TextField(default="[]")
        expires_at = TextField(null=True)
        used_at = TextField(null=True)
        revoked_at = TextField(null=True)

        class Meta:
            table_name = "ingot_token"

    class Session(Table):
        digest = TextField(primary_key=True)
        user = BigIntegerField(index=True)
        csrf = TextField()
        created_at = TextField()
        seen_at = TextField()
        expires_at = TextField()
        address = TextField(default="")
        agent = TextField(default="")

        class Meta:
            table_name = "ingot_session"

    class File(Record):
        name = TextField()
        mime = TextField()
        size = BigIntegerField()
        sha = TextField(index=True)
        public = BooleanField(default=False)

        class Meta:
            table_name = "ingot_file"

    class Idempotency(Table):
        key = TextField(primary_key=True)  # actor and key
        request = TextField()  # digest of method, path and body
        status = IntegerField()
        headers = TextField()
        body = TextField()
        created_at = BigIntegerField(index=True)

        class Meta:
            table_name = "ingot_idempotency"

    db.create_tables([Meta_, Entity, Field, Log, Follower, Counter, User, Role, Token, Session, File, Idempotency])
    Meta_.insert_many([{"key": "schema", "value": "1"}]).execute()
