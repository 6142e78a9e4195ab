"""Scopes name areas of the API beside entities now, and * covers them all. Tokens made before keep what they could do to records
and get nothing new: their * becomes a word for every record alone."""

import json
from typing import Any

BEFORE, EVERY_RECORD = "*", "*records"


def up(migrator: Any, db: Any) -> None:
    sql = f"UPDATE ingot_token SET scopes = {db.param} WHERE id = {db.param}"
    for token, text in db.execute_sql("SELECT id, scopes FROM ingot_token").fetchall():
        db.execute_sql(sql, (json.dumps([_narrowed(scope) for scope in json.loads(text)]), token))


def _narrowed(scope: str) -> str:
    name, _, verbs = scope.partition(":")
    return f"{EVERY_RECORD}:{verbs or '*'}" if name == BEFORE else scope
