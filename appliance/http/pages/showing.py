"""A value of a record as HTML, one function per field kind: grid, record page, board and history show the same value alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson
from markupsafe import Markup, escape

from appliance.base.text import label, say
from appliance.http.pages import formats
from appliance.http.pages.person import Person
from appliance.records.entity import Choice, Entity, Field
from appliance.records.registry import Registry

Titles = Mapping[int, str]
Show = Callable[[Any], str]
LONGEST = 160
"""Characters of a long text in a cell."""
NUMERIC = frozenset({"integer", "decimal", "money"})


class Showing:
    """How one person sees values. `titles` of related records come in {entity: {id: title}}: the caller looks them up for a
    whole page at once; a record that is not in it is one this person may not see."""

    def __init__(self, registry: Registry, me: Person, titles: Mapping[str, Titles], *, short: bool = True):
        self.registry, self.me, self.titles, self.short = registry, me, titles, short

    def of(self, field: Field) -> Show:
        """The function for a field's wire values that are not None. Safe HTML, or plain text to be escaped."""
        return getattr(self, "_" + field.kind.name)(field)

    def show(self, field: Field, value: Any) -> str:
        return "" if value is None else self.of(field)(value)

    def _text(self, field: Field) -> Show:
        return str

    _auto_number = _text

    def _long_text(self, field: Field) -> Show:
        if not self.short:
            return lambda v: Markup('<span class="prose">{}</span>').format(v)
        return lambda v: v if len(v) <= LONGEST else v[:LONGEST].rstrip() + "…"

    def _integer(self, field: Field) -> Show:
        locale = self.me.locale
        return lambda v: formats.number(v, locale)

    _decimal = _integer

    def _money(self, field: Field) -> Show:
        locale, currency = self.me.locale, field.currency
        return lambda v: formats.money(v, currency, locale)

    def _boolean(self, field: Field) -> Show:
        yes, no = say("Yes").render(self.me.language), say("No").render(self.me.language)
        return lambda v: yes if v else no

    def _date(self, field: Field) -> Show:
        locale = self.me.locale
        return lambda v: formats.day(v, locale)

    def _datetime(self, field: Field) -> Show:
        locale, timezone = self.me.locale, self.me.timezone
        return lambda v: Markup('<time datetime="{}">{}</time>').format(v, formats.moment(v, locale, timezone))

    def _choice(self, field: Field) -> Show:
        known = {c.value: tag(c, self.me.language) for c in field.choices}
        return lambda v: known.get(v) or Markup('<span class="tag">{}</span>').format(v)

    def _multi_choice(self, field: Field) -> Show:
        one = self._choice(field)
        return lambda values: Markup("").join(one(v) for v in values)

    def _email(self, field: Field) -> Show:
        return lambda v: Markup('<a class="quiet-link" href="mailto:{}">{}</a>').format(v, v)

    def _phone(self, field: Field) -> Show:
        return lambda v: Markup('<a class="quiet-link" href="tel:{}">{}</a>').format("".join(str(v).split()), v)

    def _url(self, field: Field) -> Show:
        return lambda v: Markup('<a class="quiet-link" href="{}" rel="noopener noreferrer" target="_blank">{}</a>').format(
            v if urlsplit(v).scheme in ("http", "https") else "", v.removeprefix("https://").removeprefix("http://").rstrip("/")
        )  # fmt: skip

    def _json(self, field: Field) -> Show:
        def show(value: Any) -> str:
            text = orjson.dumps(value, option=0 if self.short else orjson.OPT_INDENT_2).decode()
            return (
                Markup("<code>{}</code>").format(text[:LONGEST]) if self.short else Markup("<pre>{}</pre>").format(text)
            )

        return show

    def _relation(self, field: Field) -> Show:
        target = self.registry.entities.get(field.target or "")
        names = self.titles.get(field.target or "", {})

        def show(value: Any) -> str:
            found = names.get(int(value))
            return link(target, int(value), found) if target and found else _hidden(self.me)

        return show

    def _relations(self, field: Field) -> Show:
        one = self._relation(field)
        return lambda values: Markup(", ").join(escape(one(v)) for v in values)

    def _file(self, field: Field) -> Show:
        names = self.titles.get("file", {})

        def show(value: Any) -> str:
            found = names.get(int(value))
            address = f"/files/{value}"
            return Markup('<a href="{}">{}</a>').format(address, found) if found else _hidden(self.me)

        return show

    def _files(self, field: Field) -> Show:
        one = self._file(field)
        return lambda values: Markup(", ").join(escape(one(v)) for v in values)


def tag(choice: Choice, language: str) -> Markup:
    color = f"tint-{choice.color}" if choice.color else ""
    return Markup('<span class="tag {}">{}</span>').format(color, label(choice.label, language))


def link(entity: Entity, record_id: int, title: str) -> Markup:
    """To a record's page; people who are users have none, and are just named."""
    if entity.builtin:
        return escape(title)
    return Markup('<a class="quiet-link" href="/{}/{}">{}</a>').format(entity.type, record_id, title)


def _hidden(me: Person) -> str:
    return Markup('<span class="soft">{}</span>').format(say("not for you to see").render(me.language))
