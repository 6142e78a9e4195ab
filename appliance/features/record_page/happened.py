"""Entries of a record's log as sentences: who did what, and how values changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from appliance.base import clock
from appliance.base.text import Text, headline, say
from appliance.features.record_page.looking import Look, far_ends, ids_in, rich
from appliance.features.record_page.people import Names
from appliance.http.kinds import face_of
from appliance.records.entity import Field
from appliance.records.log import Entry

VIA = {
    "api": say("through the API"),
    "import": say("by an import"),
    "job": say("by a job"),
    "rule": say("by a rule"),
}
TOLD = 4
"""Changed fields that a timeline tells of one entry; the history has all."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an entry. `before` and `after` are HTML, empty for no value."""

    name: str
    label: str
    before: str
    after: str
    icon: str


@dataclass(frozen=True, slots=True)
class Happened:
    """`at` in wire form. `more` counts the changes beyond those that are told."""

    entry: Entry
    at: str
    who: str
    via: str
    sentence: str
    icon: str
    changes: list[Change]
    more: int


def name_ends(look: Look, entries: Iterable[Entry]) -> None:
    """Look up what all these changes led to, at once."""
    pairs = [{n: pair[side] for n, pair in e.change.items()} for e in entries for side in (0, 1)]
    look.name(far_ends(look.entity.by_name.values(), pairs))


def told(look: Look, entries: Sequence[Entry], names: Names, *, most: int = TOLD) -> list[Happened]:
    return [_told(look, entry, names, most) for entry in entries]


def _told(look: Look, entry: Entry, names: Names, most: int) -> Happened:
    listed = changes(look, entry)
    who = names.of_key(entry.actor)
    via = VIA.get(entry.via)
    sentence = rich(_sentence(look, entry, listed, who), look.me.language)
    icon = {"created": "plus", "deleted": "trash"}.get(entry.action) or (listed[0].icon if listed else "pencil")
    shown = listed if entry.action == "updated" else []
    return Happened(
        entry, clock.wire(clock.from_micros(entry.at)), who,
        look.say(via) if via and entry.actor != "system" else "",
        sentence, icon, shown[:most] if len(listed) > 1 else [], max(0, len(shown) - most),
    )  # fmt: skip


def _sentence(look: Look, entry: Entry, listed: list[Change], who: str) -> Text:
    person = Markup("<b>{}</b>").format(who)
    if entry.action == "created":
        if entry.version > 1:
            return say("{who} brought this record back", who=person)
        return say("{who} created this record", who=person)
    if entry.action == "deleted":
        return say("{who} deleted this record", who=person)
    if len(listed) != 1:
        return say("{who} changed {count} fields", who=person, count=len(listed))
    one = listed[0]
    field = look.entity.by_name.get(one.name)
    name = Markup("<b>{}</b>").format(one.label)
    if field and field.kind.holds_files:
        before, after = entry.change[one.name]
        gone, come = set(ids_in(before)) - set(ids_in(after)), set(ids_in(after)) - set(ids_in(before))
        if come and not gone:
            return say("{who} added {file}", who=person, file=_files(look, come))
        if gone and not come:
            return say("{who} removed {file}", who=person, file=_files(look, gone))
    before, after = Markup("<del>{}</del>").format(one.before), Markup("<ins>{}</ins>").format(one.after)
    if not one.before:
        return say("{who} set {field} to {after}", who=person, field=name, after=after)
    if not one.after:
        return say("{who} emptied {field}, which was {before}", who=person, field=name, before=before)
    return say("{who} changed {field} from {before} to {after}", who=person, field=name, before=before, after=after)


def _files(look: Look, ids: set[int]) -> Markup:
    names = look.called.get("file", {})
    one = Markup('<a href="/files/{}">{}</a>')
    found = [one.format(i, names[i]) if i in names else escape(look.say(say("a file"))) for i in sorted(ids)]
    return Markup(", ").join(found)


def changes(look: Look, entry: Entry) -> list[Change]:
    """The changed fields in the order of the declaration; those that are gone by their old names."""
    known = look.entity.by_name
    order = {name: n for n, name in enumerate(known)}
    found = []
    for name, (before, after) in sorted(entry.change.items(), key=lambda pair: order.get(pair[0], 999)):
        field = known.get(name)
        text = look.label(field.label) if field else headline(name)
        icon = (face_of(field).icon if field else "") or "pencil"
        found.append(Change(name, text, value(look, field, before), value(look, field, after), icon))
    return found


def value(look: Look, field: Field | None, wire: Any) -> str:
    """HTML; empty for nothing. A value that the field of today cannot show is shown as it stands in the log."""
    if wire in (None, [], ""):
        return ""
    if field is None:
        return escape(str(wire)[:200])
    if field.kind.holds_files:
        return _files(look, set(ids_in(wire)))
    try:
        return escape(look.showing().show(field, wire))
    except (TypeError, ValueError, AttributeError):  # it was of another kind then
        return escape(str(wire)[:200])
