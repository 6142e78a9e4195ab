"""What happened to a record, and around it, since somebody opened its page: in one sentence, where it was somebody else."""

from __future__ import annotations

from typing import Any

from appliance.base.text import Text, say
from appliance.features.comments.comments import comments_of
from appliance.features.record_page.happened import changes
from appliance.features.record_page.looking import Look
from appliance.features.record_page.people import Names
from appliance.features.record_page.tellings import tellings
from appliance.records.log import Entry
from appliance.records.titles import title

MOST = 3
"""Fields that are named; of more only the number is told."""
LOOKED_AT = 300
"""Entries of the log that are looked through for records around this one: after a large import not all."""


def news(look: Look, after: int) -> dict[str, Any]:
    """{"text", "changed", "position"}: `changed` says whether the page would look different, `text` is empty when it was only
    this person, in another window perhaps."""
    position = look.records.log.last()
    text: Text | None = None
    changed = False
    for found, told in _sources(look, after):
        changed = changed or bool(found)
        others = [e for e in found if e.actor != look.actor.key]
        if others and text is None:
            text = told(others)
    return {"text": look.say(text) if text else "", "changed": changed, "position": position}


def _sources(look: Look, after: int) -> Any:
    """(entries, how to tell of them), what weighs most first."""
    yield look.records.log.of_record(look.entity.name, look.id, after=after, limit=20), lambda e: _fields(look, e)
    newest = comments_of(look.records, look.actor, look.entity, look.id, limit=5)
    entries = [e for row in newest for e in look.records.log.of_record("comment", row[0], after=after, limit=1)]
    yield entries, lambda e: say("{who} commented", who=_who(look, e[0]))
    around = _around(look, after)
    yield [e for e, _ in around], lambda e: _related(look, e[0], {a.position: t for a, t in around})


def _who(look: Look, entry: Entry) -> str:
    return Names(look, [entry.actor]).of_key(entry.actor)


def _fields(look: Look, entries: list[Entry]) -> Text:
    """By the one who wrote last; others will be seen as well."""
    newest = entries[0]
    labels = list(dict.fromkeys(c.label for e in entries if e.actor == newest.actor for c in changes(look, e)))
    if len(labels) > MOST:
        return say("{who} changed {count} fields", who=_who(look, newest), count=len(labels))
    return say("{who} changed {fields}", who=_who(look, newest), fields=", ".join(labels))


def _related(look: Look, entry: Entry, called: dict[int, str]) -> Text:
    entity = look.reading.registry.entity(entry.entity)
    what = f"{look.label(entity.label)} “{called[entry.position]}”"
    if entry.action == "created":
        return say("{who} added {what}", who=_who(look, entry), what=what)
    return say("{who} changed {what}", who=_who(look, entry), what=what)


def _around(look: Look, after: int) -> list[tuple[Entry, str]]:
    """Entries about records that tell of something and point here, with what those are called; newest first."""
    links = {kind.entity.name: kind.link for kind in tellings(look) if not kind.link.many}
    entries = [e for e in look.records.log.after(after, LOOKED_AT) if e.entity in links and e.action != "deleted"]
    found = []
    for name in {e.entity for e in entries}:
        table = look.reading.table(name)
        rows = look.reading.by_ids(name, [e.record for e in entries if e.entity == name])
        for entry in entries:
            row = rows.get(entry.record) if entry.entity == name else None
            if row and row[table.place[links[name].name]] == look.id:
                found.append((entry, title(table, row)))
    return sorted(found, key=lambda pair: -pair[0].position)
