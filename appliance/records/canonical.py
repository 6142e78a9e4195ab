"""Canonical columns: beside what was typed, the form by which values are compared. A unique index of the database holds each
of them, so that no two records share one, whatever wrote them.

The column follows its field where every write leaves its entry in the log (`Work.note`), which no way of writing can forget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from appliance.base.email import canonical_email
from appliance.base.errors import Conflict
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.records.log import Change


@dataclass(frozen=True, slots=True)
class CanonicalColumn:
    """`table`.`column` holds `form(value of field)`, or NULL where an older record holds that form already."""

    table: str
    field: str
    column: str
    form: Callable[[str], str]


CANONICAL = {"user": CanonicalColumn("ingot_user", "email", "email_canonical", canonical_email)}


def follow(database: Database, entity: str, record_id: int, change: Change) -> None:
    """Bring a record's canonical column up to what was written to its field. Conflict when another record has that form;
    inside `write()`, where nobody else can take it meanwhile."""
    rule = CANONICAL.get(entity)
    if rule is None or rule.field not in change:
        return
    value = change[rule.field][1]
    form = rule.form(value) if value else None
    taken = database.sql(f"SELECT 1 FROM {rule.table} WHERE {rule.column} = ? AND id <> ?")
    if form and database.rows(taken, (form, record_id)):
        raise Conflict(
            say("Another {entity} has this {fields} already.", entity=entity, fields=rule.field),
            code="unique",
            pointer=f"/data/attributes/{rule.field}",
        )
    sql = database.sql(f"UPDATE {rule.table} SET {rule.column} = ? WHERE id = ?")
    database.run(sql, (form or None, record_id))
