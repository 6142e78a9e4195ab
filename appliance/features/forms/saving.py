"""A form is saved: a new record, or the changes of one, through the one door for writing."""

from __future__ import annotations

from appliance.base.errors import Conflict, Invalid, NotAllowed
from appliance.base.text import say
from appliance.features.forms.merging import merged, past_of, wire_values
from appliance.features.forms.reading import Given, examine, problem_of
from appliance.http.pages.person import Person
from appliance.records.permissions import may, sees
from appliance.records.tables import Row
from appliance.records.work import Work


def create(work: Work, entity_name: str, given: Given, me: Person) -> Row:
    """Raises NotAllowed, and Invalid with all that is wrong."""
    table = work.table(entity_name)
    may(work.actor, "create", entity_name)
    values, unread = given.values(table.entity, given.texts, me)
    if unread:
        raise Invalid(examine(work, table, values, None, unread))
    try:
        return work.create(entity_name, values)
    except Conflict as conflict:
        raise _invalid(conflict) from None


def change(work: Work, entity_name: str, record_id: int, version: int, given: Given, me: Person) -> Row:
    """Write what the form changed since `version`; what others changed meanwhile stays. Raises NotFound, NotAllowed, Invalid,
    and Clash where both changed the same."""
    table = work.table(entity_name)
    row = work.visible_row(table, record_id)
    if not sees(work.actor, table, row, "update"):
        raise NotAllowed(say("You may not change this record."))
    now = wire_values(work, table, row)
    past = past_of(work.log, entity_name, record_id, now, version)
    mine = merged(table.entity, given, past, now, row[1], me)
    values, unread = Given(mine).values(table.entity, mine, me)
    if unread:
        raise Invalid(examine(work, table, values, row, unread))
    try:
        return work.update(entity_name, record_id, values) if values else row
    except Conflict as conflict:
        raise _invalid(conflict) from None


def _invalid(conflict: Conflict) -> Exception:
    """What belongs to a field goes beside it."""
    return Invalid([problem_of(conflict)]) if conflict.pointer else conflict
