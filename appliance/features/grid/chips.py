"""The filters of an address as people read them: one chip each, a group of alternatives one chip together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from appliance.base.digits import is_digits
from appliance.base.errors import BadRequest
from appliance.base.text import label, say
from appliance.features.grid.operators import Last, operators_of, sentence, span_name
from appliance.features.grid.words import Words
from appliance.http.kinds import face_of
from appliance.http.pages import formats
from appliance.http.pages.person import Person
from appliance.records.entity import Entity, Field, Inverse
from appliance.records.query import resolve
from appliance.records.reading import Reading
from appliance.records.registry import Registry
from appliance.records.spans import is_span
from appliance.records.titles import titles

SEARCH = "filter[q]"
_PLAIN = re.compile(r"filter\[([^\[\]]+)\](?:\[([a-z_]+)\])?")
_GROUPED = re.compile(r"filter\[or\.([0-9]{1,3})(?:\.([0-9]{1,3}))?\]\[([^\[\]]+)\](?:\[([a-z_]+)\])?")


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of the address, or the two ends of a range. `places` are its pairs; `operator` is a form's; `group` is
    the number of the alternatives it belongs to, `inner` that of its part there. `last` is None where the path leads
    nowhere."""

    places: tuple[int, ...]
    path: str
    operator: str
    values: tuple[str, ...]
    group: int | None
    inner: int | None
    last: Last | None
    labels: tuple[str, ...]

    @property
    def key(self) -> str:
        """What `open` calls it."""
        return str(self.places[0])


@dataclass(frozen=True, slots=True)
class Chip:
    """What stands in the bar: one filter, or alternatives."""

    filters: tuple[Filter, ...]
    text: str
    parts: tuple[str, ...]
    group: int | None

    @property
    def places(self) -> tuple[int, ...]:
        return tuple(p for f in self.filters for p in f.places)

    @property
    def key(self) -> str:
        return f"or.{self.group}" if self.group is not None else self.filters[0].key

    @property
    def icon(self) -> str:
        last = self.filters[0].last
        if isinstance(last, Field) and last.kind.temporal:
            return "calendar"
        return "user" if _to_user(last) else "filter"


def read_filters(registry: Registry, entity: Entity, words: Words) -> list[Filter]:
    found: list[Filter] = []
    for place, (name, value) in enumerate(words.pairs):
        if name == SEARCH and "q" not in entity.by_name:
            continue
        group = inner = None
        if match := _GROUPED.fullmatch(name):
            group, inner = int(match[1]), int(match[2]) if match[2] else None
            path, operator = match[3], match[4] or "eq"
        elif match := _PLAIN.fullmatch(name):
            path, operator = match[1], match[2] or "eq"
        else:
            continue
        last, labels = where(registry, entity, path)
        one = Filter((place,), path, *_of_form(last, operator, value), group, inner, last, labels)
        before = found[-1] if found else None
        together = before and (before.path, before.group, before.inner) == (path, group, inner)
        if (
            before
            and together
            and {before.operator, operator} == {"gte", "lte"}
            and (group is None or inner is not None)
        ):
            ends = before.values + one.values if before.operator == "gte" else one.values + before.values
            one = Filter((*before.places, place), path, "between", ends, group, inner, last, labels)
            found.pop()
        found.append(one)
    return found


def where(registry: Registry, entity: Entity, path: str) -> tuple[Last | None, tuple[str, ...]]:
    """Where a path ends and what the fields on it are called."""
    labels, here = [], entity
    try:
        names = tuple(path.split("."))
        for n, name in enumerate(names):
            _, step = resolve(registry, here, (name,), "filter")
            labels.append(_label(registry, step))
            if n < len(names) - 1:
                target = step.source if isinstance(step, Inverse) else step.target if isinstance(step, Field) else ""
                here = registry.entities[target or ""]
        return step, tuple(labels)
    except (BadRequest, KeyError):
        return None, (path,)


def _label(registry: Registry, step: Last) -> str:
    if isinstance(step, Field):
        return step.label
    return registry.entities[step.source].plural_label if isinstance(step, Inverse) else "ID"


def _of_form(last: Last | None, operator: str, value: str) -> tuple[str, tuple[str, ...]]:
    """The API's operator and text as a form has them."""
    if operator == "empty":
        return ("empty" if value.strip().lower() in ("true", "1", "") else "filled"), ()
    if operator == "in":
        return "in", tuple(value.split(","))
    if operator != "eq" or not isinstance(last, Field):
        return operator, (value,)
    if last.kind.yes_or_no:
        return ("yes" if value.lower() in ("true", "1", "yes") else "no"), (value,)
    if last.kind.temporal and _is_span(value):
        return "span", (value,)
    return ("eq" if "eq" in face_of(last).operators or "in" not in face_of(last).operators else "in"), (value,)


def _is_span(text: str) -> bool:
    try:
        return is_span(text.strip())
    except ValueError:
        return False


class Chips:
    """How one person reads filters. Titles of related records are looked up for all of them at once."""

    def __init__(self, reading: Reading, me: Person, filters: Sequence[Filter]):
        self.reading, self.me, self.filters = reading, me, filters
        wanted: dict[str, set[int]] = defaultdict(set)
        for one in filters:
            if target := _target(one.last):
                wanted[target].update(int(v) for v in one.values if is_digits(v))
        self.titles = {target: titles(reading, target, ids) for target, ids in wanted.items()}

    def chips(self) -> list[Chip]:
        groups: dict[int, list[Filter]] = defaultdict(list)
        found: list[Chip | int] = []
        for one in self.filters:
            if one.group is None:
                text = self.text(one)
                found.append(Chip((one,), text, (text,), None))
                continue
            if one.group not in groups:
                found.append(one.group)
            groups[one.group].append(one)
        return [c if isinstance(c, Chip) else self._group(c, groups[c]) for c in found]

    def _group(self, number: int, filters: list[Filter]) -> Chip:
        parts = [self.text(f) for f in filters]
        inner: dict[object, list[str]] = {}
        for one, text in zip(filters, parts, strict=True):
            inner.setdefault(one.places if one.inner is None else one.inner, []).append(text)
        together = say(" and ").render(self.me.language)
        listed = say(" or ").render(self.me.language).join(together.join(texts) for texts in inner.values())
        text = say("Any of: {parts}", parts=listed).render(self.me.language) if len(inner) > 1 else listed
        return Chip(tuple(filters), text, tuple(parts), number)

    def text(self, one: Filter) -> str:
        language = self.me.language
        name = " › ".join(label(part, language) for part in one.labels)
        values = [self.value(one.last, v) for v in one.values]
        if one.operator == "between":
            return sentence("between", name, values[0], values[1]).render(language)
        if one.operator in ("yes", "no"):
            values = [(say("Yes") if one.operator == "yes" else say("No")).render(language)]
        shown = values[:4] + ([f"+{len(values) - 4}"] if len(values) > 4 else [])
        return sentence(one.operator, name, ", ".join(shown)).render(language)

    def value(self, last: Last | None, text: str) -> str:
        """A value of the address for people; what cannot be read stays as it is."""
        me = self.me
        if target := _target(last):
            if text == "me":
                return say("Me").render(me.language)
            found = self.titles.get(target, {}).get(int(text)) if is_digits(text) else None
            return found or f"#{text}"
        if not isinstance(last, Field):
            return text
        if last.kind.has_choices:
            return next((label(c.label, me.language) for c in last.choices if c.value == text), text)
        if last.kind.temporal:
            if _is_span(text):
                return span_name(text.strip()).render(me.language)
            return formats.moment(text, me.locale, me.timezone) if "T" in text else formats.day(text, me.locale)
        if last.kind.numeric and re.fullmatch(r"-?\d+(\.\d+)?", text):
            return formats.money(text, last.currency, me.locale)
        return text


def _target(last: Last | None) -> str:
    return last.target or "" if isinstance(last, Field) and last.relational else ""


def _to_user(last: Last | None) -> bool:
    return _target(last) == "user"


def operators_for(one: Last, current: str) -> Iterable[str]:
    """The form's choice, with an operator that only the address knew."""
    usual = operators_of(one)
    return usual if current in usual or not current else (current, *usual)
