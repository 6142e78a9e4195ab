"""A record's past: its versions, how it was at one of them, and in what it differed from today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from markupsafe import escape

from appliance.base import clock
from appliance.base.digits import is_digits
from appliance.base.errors import BadRequest, NotFound
from appliance.base.text import say
from appliance.features.record_page.happened import Change, Happened, changes, name_ends, told, value
from appliance.features.record_page.looking import Look, far_ends
from appliance.features.record_page.people import Names
from appliance.http.pages import formats
from appliance.records.entity import Field
from appliance.records.log import Entry

SIZE = 20
MANY = 100_000


@dataclass(frozen=True, slots=True)
class Version:
    """One entry of the history. `back` are the fields that the version before can give back: there was one, they may be
    written, and they are different today."""

    happened: Happened
    changes: list[Change]
    back: frozenset[str]
    here: bool


@dataclass(frozen=True, slots=True)
class History:
    versions: list[Version]
    older: int | None


def history(look: Look, before: int | None = None) -> History:
    """A page of it, newest first; `before` is the position of the last entry known."""
    upto = {} if before is None else {"upto": before - 1}
    entries = look.records.log.of_record(look.entity.name, look.id, limit=SIZE + 1, **upto)
    shown = entries[:SIZE]
    name_ends(look, shown)
    names = Names(look, [e.actor for e in shown])
    listed = told(look, shown, names)
    versions = [
        Version(one, changes(look, one.entry), _back(look, one.entry), one.entry.version == look.version)
        for one in listed
    ]
    return History(versions, shown[-1].position if len(entries) > SIZE else None)


def _back(look: Look, entry: Entry) -> frozenset[str]:
    if entry.action != "updated" or not look.may("update"):
        return frozenset()
    known = look.entity.by_name
    return frozenset(
        name
        for name, (before, _) in entry.change.items()
        if name in known and known[name].writable and not same(before, look.values.get(name))
    )


def same(one: Any, other: Any) -> bool:
    """Nothing and no links are the same to a link to many."""
    return one == other or (one in (None, []) and other in (None, []))


# ---------------------------------------------------------------------- as of


@dataclass(frozen=True, slots=True)
class Difference:
    field: Field
    label: str
    then: str
    now: str
    restorable: bool


@dataclass(frozen=True, slots=True)
class AsOf:
    """A record as it was right after an entry of its log. `asked` is what the address said; `older` and `newer` are the
    positions of the entries beside it, 0 where there is none."""

    asked: str
    version: int
    at: str
    who: str
    values: dict[str, Any]
    differences: list[Difference]
    older: int
    newer: int


def as_of(look: Look, asked: str) -> AsOf:
    """`asked` is a position of the log, a day (of the reader, to its end) or a time. BadRequest for anything else, NotFound when
    the record did not exist then."""
    log, entity = look.records.log, look.entity
    entry = _entry_at(look, asked)
    found = log.values_as_of(entity.name, look.id, look.values, entry.position)
    if found is None:
        raise NotFound(say("There was no {entity} with id {id} then.", entity=look.label(entity.label), id=look.id))
    values, version = found
    look.name(far_ends(entity.by_name.values(), [values]))
    names = Names(look, [entry.actor])
    at = clock.wire(clock.from_micros(entry.at))
    before = log.of_record(entity.name, look.id, upto=entry.position - 1, limit=1)
    later = log.of_record(entity.name, look.id, after=entry.position, limit=MANY)
    return AsOf(
        asked,
        version if version > 0 else look.version,
        at,
        names.of_key(entry.actor),
        values,
        _differences(look, values),
        before[0].position if before else 0,
        later[-1].position if len(later) > 1 else 0,
    )


def _entry_at(look: Look, asked: str) -> Entry:
    """The last entry of the record at or before what was asked for."""
    log, name = look.records.log, look.entity.name
    if is_digits(asked):
        found = log.of_record(name, look.id, upto=int(asked), limit=1)
    else:
        micros = _micros(look, asked)
        found = [e for e in log.of_record(name, look.id, limit=MANY) if e.at <= micros][:1]
    if not found:
        raise NotFound(
            say("There was no {entity} with id {id} then.", entity=look.label(look.entity.label), id=look.id)
        )
    return found[0]


def _micros(look: Look, asked: str) -> int:
    here = formats.zone(look.me.timezone)
    try:
        if len(asked) == 10:
            at = datetime.combine(date.fromisoformat(asked) + timedelta(days=1), time(), here)
            return int(at.timestamp() * 1_000_000) - 1
        moment = datetime.fromisoformat(asked.replace(" ", "+"))
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000_000) + 999
    except (ValueError, OverflowError):
        text = say("{name} must be a position of the log, a date or a time.", name="as-of")
        raise BadRequest(text, parameter="as-of") from None


def _differences(look: Look, then: dict[str, Any]) -> list[Difference]:
    found = []
    for field in (*look.entity.fields, *(f for f in look.entity.system_fields if f.name == "owner")):
        was, now = then.get(field.name), look.values.get(field.name)
        if same(was, now):
            continue
        found.append(
            Difference(
                field,
                look.label(field.label),
                value(look, field, was),
                value(look, field, now),
                field.writable and look.may("update"),
            )
        )
    return found


def file_names(look: Look, values: dict[str, Any]) -> str:
    """The names of the files a record had, for who looks at its past."""
    fields = [f for f in look.entity.fields if f.kind.holds_files]
    return escape(", ").join(v for f in fields if (v := value(look, f, values.get(f.name))))
