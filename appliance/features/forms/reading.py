"""One reading of a form: which fields were on it, what was typed in each, and what that says. Where a record was looked for
by its name, as without script, it is found here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from appliance.base.errors import Conflict, Invalid, Problem
from appliance.base.text import say
from appliance.features.forms.values import read
from appliance.http.kinds import Typed, face_of
from appliance.http.pages.person import Person
from appliance.records.checks import check_unique, clean
from appliance.records.entity import Entity, Field
from appliance.records.kinds import Wrong
from appliance.records.tables import Row, Table
from appliance.records.work import Work

HAS, FIND, PICK = "_has", "_find.", "_pick."
"""The form's own words begin with an underscore, as no field's name does: `_has` lists the fields that are on it (a box that
is not ticked sends nothing), `_find.NAME` is a text to find a record by, `_pick.NAME` the side chosen in a conflict."""


@dataclass
class Given:
    """What came with a form: `texts` by field, and texts that are still to be found."""

    texts: dict[str, Typed]
    sought: dict[str, str] = field(default_factory=dict)
    theirs: frozenset[str] = frozenset()

    def values(self, entity: Entity, names: Iterable[str], me: Person) -> tuple[dict[str, Any], list[Problem]]:
        """(values for `work`, problems of what cannot be read)"""
        values: dict[str, Any] = {}
        problems = []
        for name in names:
            try:
                values[name] = read(entity.by_name[name], self.texts[name], me)
            except Wrong as wrong:
                problems.append(Problem(name, wrong.message, wrong.code))
        return values, problems


def on_form(entity: Entity) -> dict[str, Field]:
    """The fields a form may set, by name; the owner last."""
    return {f.name: f for f in (*entity.fields, *entity.system_fields) if f.writable}


def given_by(entity: Entity, form: MultiDict[str, str]) -> Given:
    """Names that are no fields are passed over: a field may have been removed while the form was open."""
    known = on_form(entity)
    present = {*form, *(name for text in form.getlist(HAS) for name in text.split(","))}
    found = Given({name: _typed(one, form) for name, one in known.items() if name in present})
    found.sought = {
        name: text for name in found.texts if known[name].relational and (text := form.get(FIND + name, "").strip())
    }
    found.theirs = frozenset(k[len(PICK) :] for k, v in form.items() if k.startswith(PICK) and v == "theirs")
    return found


def _typed(one: Field, form: MultiDict[str, str]) -> Typed:
    values = form.getlist(one.name)
    if face_of(one).listed:
        return list(dict.fromkeys(v for v in values if v))
    if one.kind.yes_or_no:  # a hidden "false" stands before the box
        return values[-1] if values else "false"
    return values[-1] if values else ""


def examine(
    work: Work, table: Table, values: dict[str, Any], row: Row | None, unread: Iterable[Problem] = ()
) -> list[Problem]:
    """All that is wrong with these values, by the rules that hold when they are written. Reads only."""
    found = list(unread)
    bad = {p.field for p in found}
    try:
        columns, _ = clean(work, table, values, row)
    except Invalid as invalid:
        return found + [p for p in invalid.problems if p.field not in bad]
    held = {f.name: row[table.place[f.name]] for f in table.columns} if row else {}
    try:
        check_unique(work, table, {**held, **columns}, row[0] if row else None)
    except Conflict as conflict:
        found.append(problem_of(conflict))
    return found


def problem_of(conflict: Conflict) -> Problem:
    """A unique value that is taken, as a problem of its field."""
    name = (conflict.pointer or "").rpartition("/")[2]
    return Problem(name, say("is taken: another record has it already"), conflict.code)


def change_links(given: Typed, shown: Typed, now: Typed) -> list[str]:
    """Links to many: what was added and taken away on the form, done to what there is now."""
    added, gone = set(given) - set(shown), set(shown) - set(given)
    return [*(v for v in now if v not in gone), *(v for v in given if v in added and v not in now)]
