"""What a form of the grid asks for, as an address: a filter set or added, columns chosen, a text looked for. The forms work
without script, so everything they say arrives as inputs and leaves as words of the API."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from werkzeug.datastructures import MultiDict

from appliance.features.grid.chips import SEARCH, Filter, read_filters, where
from appliance.features.grid.operators import operators_of
from appliance.features.grid.words import PASSING, Pair, Words
from appliance.http.kinds.typed_numbers import read_number
from appliance.http.pages.formats import zone
from appliance.records.entity import Entity, Field
from appliance.records.kinds import Wrong
from appliance.records.registry import Registry

TYPED = ("text", "from", "to")
OWN = ("do", "at", "path", "op", "value", "from", "to", "span", "text", "column", "pin", "q", "or", "find")
"""Inputs of the forms; everything else is a word of the address, carried along."""


def compose(
    registry: Registry, entity: Entity, path: str, given: MultiDict[str, str], timezone: str, locale: str = "en"
) -> str:
    """The address a form leads to: in canonical form, whatever was typed in this person's language."""
    words = Words(path, [p for p in given.items(multi=True) if p[0] not in OWN])
    match given.get("do", ""):
        case "filter":
            return _filter(registry, entity, words, given, timezone, locale)
        case "columns":
            return _columns(entity, words, given)
        case "size":
            return words.to()
    q = given.get("q", "").strip()
    return words.with_({SEARCH: q or None})


def _columns(entity: Entity, words: Words, given: MultiDict[str, str]) -> str:
    names = [n for n in dict.fromkeys(given.getlist("column")) if n in entity.by_name]
    pin = given.get("pin", "1")
    return words.with_({f"fields[{entity.type}]": ",".join(names) or None, "pinned": None if pin == "1" else pin})


def _filter(
    registry: Registry, entity: Entity, words: Words, given: MultiDict[str, str], timezone: str, locale: str
) -> str:
    """`at` names the filter that is replaced, `or` the one, or the group, that the new one is an alternative to."""
    filters = read_filters(registry, entity, words)
    path = given.get("path", "")
    last, _ = where(registry, entity, path)
    at = next((f for f in filters if f.key == given.get("at")), None)
    operator = given.get("op", "")
    if last is not None and not operator:
        operator = operators_of(last)[0]
    zone_name = timezone if isinstance(last, Field) and last.kind.has_time else ""
    if isinstance(last, Field) and last.kind.numeric:
        given = MultiDict((n, _number(last, v, locale) if n in TYPED else v) for n, v in given.items(multi=True))
    asked = list(_asked(operator, given, zone_name))
    beside = next((f for f in filters if given.get("or") in (f.key, f"or.{f.group}")), None) if "or" in given else None
    if beside is not None:
        return _beside(words, filters, beside, path, asked)
    if at is None:
        return words.address([*_lasting(words.pairs), *_pairs(path, asked, "")])
    prefix = "" if at.group is None else _prefix(at.group, at.inner, filters, len(asked))
    pairs: list[Pair] = []
    for n, pair in enumerate(words.pairs):
        if n == at.places[0]:
            pairs += _pairs(path, asked, prefix)
        elif n not in at.places:
            pairs.append(pair)
    return words.address(_lasting(pairs))


def _number(last: Field, text: str, locale: str) -> str:
    """What cannot be read stays as it is: the list says so."""
    try:
        return read_number(text, locale, last.currency)
    except Wrong:
        return text


def _beside(words: Words, filters: list[Filter], beside: Filter, path: str, asked: list[tuple[str, str]]) -> str:
    """An alternative to a filter: the two become a group, or the new one joins the group there is."""
    pairs = list(words.pairs)
    group = beside.group
    if group is None:
        group = 1 + max((f.group or 0 for f in filters), default=0)
        numbered = f"{group}.1" if len(beside.places) > 1 else str(group)
        for place in beside.places:
            name, value = pairs[place]
            pairs[place] = (f"filter[or.{numbered}]{name.removeprefix('filter')}", value)
        filters = [*filters, Filter((), "", "", (), group, 1 if len(beside.places) > 1 else None, None, ())]
    added = _pairs(path, asked, _prefix(group, None, filters, len(asked)))
    return words.address(_lasting([*pairs, *added]))


def _prefix(group: int, inner: int | None, filters: list[Filter], count: int) -> str:
    """A range in a group needs a part of its own, both ends of which must hold."""
    if inner is None and count > 1:
        inner = 1 + max((f.inner or 0 for f in filters if f.group == group), default=0)
    return f"[or.{group}]" if inner is None else f"[or.{group}.{inner}]"


def _pairs(path: str, asked: Iterable[tuple[str, str]], prefix: str) -> list[Pair]:
    return [(f"filter{prefix}[{path}]" + (f"[{op}]" if op != "eq" else ""), value) for op, value in asked]


def _asked(operator: str, given: MultiDict[str, str], timezone: str) -> Iterable[tuple[str, str]]:
    """A form's operator and inputs as those of the API. Nothing where no value was given."""
    text = given.get("text", "").strip()
    first, to = given.get("from", "").strip(), given.get("to", "").strip()
    values = [v for v in given.getlist("value") if v]
    match operator:
        case "empty" | "filled":
            yield "empty", "true" if operator == "empty" else "false"
        case "yes" | "no":
            yield "eq", "true" if operator == "yes" else "false"
        case "span":
            yield "eq", given.get("span", "today")
        case "between":
            if first:
                yield "gte", _start(first, timezone)
            if to:
                yield ("lt", _start(to, timezone, 1)) if timezone else ("lte", to)
        case "in":
            if values:
                yield ("eq", values[0]) if len(values) == 1 else ("in", ",".join(values))
        case _:
            one = text or (values[0] if values else first or to)
            if not one:
                return
            if timezone and operator in ("lte", "gt"):  # the whole day
                yield ("lt" if operator == "lte" else "gte"), _start(one, timezone, 1)
            else:
                yield operator, _start(one, timezone)


def _start(day: str, timezone: str, later: int = 0) -> str:
    """When a day begins for somebody in that zone, in UTC; other texts, and days of plain dates, as they are."""
    if not timezone:
        return day
    try:
        at = datetime.fromisoformat(day).replace(tzinfo=zone(timezone)) + timedelta(days=later)
    except (ValueError, OverflowError):
        return day
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _lasting(pairs: Iterable[Pair]) -> list[Pair]:
    return [p for p in pairs if p[0] not in PASSING]
