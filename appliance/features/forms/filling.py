"""Everything a form's template needs, in whichever state the form is: new, changed, sent back, in conflict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import request
from markupsafe import Markup, escape

from appliance.base.digits import is_digits
from appliance.base.errors import Invalid, NotAllowed
from appliance.base.text import label, say
from appliance.features.forms.inputs import Group, first_fields, form_fields, groups, inputs_for, labels_of, sentence
from appliance.features.forms.merging import Clash, past_of
from appliance.features.forms.picking import Option, Picking
from appliance.features.forms.values import prefill, typed
from appliance.features.home.pages import names_of
from appliance.http.kinds import Typed
from appliance.http.kinds.renderer import ValueRenderer
from appliance.http.pages.person import Person
from appliance.records.entity import Entity
from appliance.records.permissions import Actor, may, sees
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.tables import Row
from appliance.records.titles import title, titles


@dataclass(frozen=True, slots=True)
class Side:
    """One field in a conflict; values are HTML."""

    name: str
    label: str
    mine: str
    theirs: str
    base: str
    who: str
    at: str


@dataclass
class Form:
    """`record` is None for a new one. `shown` are the values that cannot be set here: [(label, HTML)]."""

    entity: Entity
    action: str
    record: int | None = None
    version: int = 0
    title: str = ""
    groups: list[Group] = field(default_factory=list)
    shown: list[tuple[str, str]] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    clashes: list[Side] = field(default_factory=list)
    general: str = ""
    short: bool = False

    @property
    def names(self) -> str:
        """The fields on it."""
        return ",".join(one.name for group in self.groups for one in group.inputs)

    @property
    def main(self) -> list[Group]:
        return [g for g in self.groups if not g.side]

    @property
    def side(self) -> list[Group]:
        return [g for g in self.groups if g.side]

    @property
    def upload(self) -> bool:
        return any(one.shape == "upload" for group in self.groups for one in group.inputs)


class Filling:
    """For one person, one entity, one request."""

    def __init__(self, records: Records, actor: Actor, me: Person, entity: Entity):
        self.records, self.actor, self.me, self.entity = records, actor, me, entity
        self.table = records.registry.tables[entity.name]
        self.picking = Picking(records, actor)

    def new(
        self,
        texts: Mapping[str, Typed] | None = None,
        *,
        problems: Invalid | None = None,
        general: str = "",
        short: bool = False,
        offered: Mapping[str, list[Option]] | None = None,
        sought: Mapping[str, str] | None = None,
    ) -> Form:
        """NotAllowed without the right to create."""
        may(self.actor, "create", self.entity.name)
        fields = form_fields(self.entity, self.actor, "create")
        if short:
            fields = first_fields(self.entity) or fields[:3]
        words = {n: v for n, v in request.args.items() if n in self.entity.by_name and not short}
        address = f"/{self.entity.type}/new" + (f"?{urlencode(words)}" if words else "")
        form = Form(self.entity, address, general=general, short=short)
        self._fill(form, fields, texts if texts is not None else self.beginning(), problems, offered, sought)
        return form

    def edit(
        self,
        row: Row,
        texts: Mapping[str, Typed] | None = None,
        *,
        version: int | None = None,
        problems: Invalid | None = None,
        general: str = "",
        offered: Mapping[str, list[Option]] | None = None,
        sought: Mapping[str, str] | None = None,
    ) -> Form:
        """NotAllowed for who may only look at it."""
        if not sees(self.actor, self.table, row, "update"):
            raise NotAllowed(say("You may not change this record."))
        form = Form(
            self.entity, f"/{self.entity.type}/{row[0]}/edit", row[0], version or row[1], title(self.table, row)
        )
        form.general = general
        now = self.values_of(row)
        fields = form_fields(self.entity, self.actor, "update")
        held = {f.name: typed(f, now.get(f.name), self.me) for f in fields}
        self._fill(form, fields, held | dict(texts or {}), problems, offered, sought)
        form.shown = self._unwritable(now)
        return form

    def clashing(self, row: Row, clash: Clash) -> Form:
        """The form again, with a choice for each field both changed; saving it counts from what is stored now."""
        form = self.edit(row, clash.texts, version=clash.version)
        form.clashes = list(self._sides(clash))
        clashing = set(clash.fields)
        for group in form.groups:
            for one in group.inputs:
                one.clash = one.name in clashing
        return form

    def values_of(self, row: Row) -> dict[str, Any]:
        values = self.table.show(row)
        for link in self.table.links:
            linked = self.picking.reading.linked(self.table, link, [row[0]], limit=100_000)[row[0]]
            values[link.name] = [str(i) for i in linked]
        return values

    def texts_at(self, row: Row, version: int, names: Iterable[str]) -> dict[str, Typed]:
        """What stood in the form when it was drawn from that version."""
        past = past_of(self.records.log, self.entity.name, row[0], self.values_of(row), version)
        return {n: typed(self.entity.by_name[n], past.values.get(n), self.me) for n in names}

    def beginning(self) -> dict[str, Typed]:
        """Of a new record: the declaration's defaults, then what the address says, in the words of the API. `_title` is split
        over the fields the title is made of."""
        found: dict[str, Typed] = {}
        if self.actor.user:
            found["owner"] = str(self.actor.user)
        for one in form_fields(self.entity, self.actor, "create"):
            if one.default is not None:
                found[one.name] = typed(one, one.default, self.me)
            if one.name in request.args:
                found[one.name] = prefill(one, request.args[one.name][:5_000], self.table, self.me)
        if called := request.args.get("_title", "").strip()[:200]:
            names = [
                n for n in self.entity.title_fields if n in self.entity.by_name and self.entity.by_name[n].writable
            ]
            words = called.split(maxsplit=len(names) - 1) if len(names) > 1 else [called]
            if len(words) < len(names):  # one word for a person is the last name
                words = [""] * (len(names) - len(words)) + words
            found |= {n: w for n, w in zip(names, words, strict=False) if w}
        return found

    def _fill(
        self, form: Form, fields: Any, texts: Mapping[str, Typed], problems: Invalid | None,
        offered: Mapping[str, list[Option]] | None, sought: Mapping[str, str] | None,
    ) -> None:  # fmt: skip
        told = self.sentences(problems)
        inputs = inputs_for(
            fields,
            texts,
            told,
            self.picking,
            self.actor,
            self.me,
            prefix="s-" if form.short else "f-",
            offer=not form.short,
        )
        for one in inputs:
            if offered and one.name in offered:
                one.offered = offered[one.name]
            one.sought = (sought or {}).get(one.name, "")
        form.groups = groups(self.entity, inputs)
        known = {one.name: one.id for group in form.groups for one in group.inputs}
        form.problems = [(id_, told[name]) for name, id_ in known.items() if name in told]  # as they stand in the form
        form.general = form.general or " ".join(text for name, text in told.items() if name not in known)

    def sentences(self, problems: Invalid | None) -> dict[str, str]:
        """The first problem of each field, in a sentence."""
        found: dict[str, str] = {}
        if problems is None:
            return found
        called = labels_of(self.entity, (p.field for p in problems.problems), self.me)
        for one in problems.problems:
            found.setdefault(one.field, sentence(called.get(one.field, one.field), one.message, self.me))
        return found

    def _unwritable(self, now: Mapping[str, Any]) -> list[tuple[str, str]]:
        names = self._named([now])
        showing = ValueRenderer(self.records.registry, self.me, names, short=False)
        return [
            (label(f.label, self.me.language), escape(showing.show(f, now[f.name])))
            for f in self.entity.fields
            if not f.writable and now.get(f.name) not in (None, [], "")
        ]

    def _named(self, listed: Iterable[Mapping[str, Any]]) -> dict[str, dict[int, str]]:
        wanted: dict[str, set[int]] = {}
        for values in listed:
            for f in self.entity.by_name.values():
                value = values.get(f.name) if f.relational else None
                many = value if isinstance(value, list) else [value] if value else []
                wanted.setdefault(f.target or "file", set()).update(int(v) for v in many if is_digits(str(v)))
        reading = self.picking.reading
        return {name: titles(reading, name, ids) for name, ids in wanted.items() if ids}

    def _sides(self, clash: Clash) -> Iterable[Side]:
        """Mine is shown as it was typed: it need not be a value yet."""
        mine = {n: clash.texts[n] for n in clash.fields if self.entity.by_name[n].relational}
        showing = ValueRenderer(
            self.records.registry, self.me, self._named([clash.now, clash.past.values, mine]), short=False
        )
        reading = Reading(self.records.database, self.records.registry, self.actor)
        people = names_of(reading, [c.actor for c in clash.past.changed.values()])
        nothing = Markup('<span class="soft">{}</span>').format(say("empty").render(self.me.language))
        for name in clash.fields:
            one = self.entity.by_name[name]
            last = clash.past.changed.get(name)
            yield Side(
                name,
                label(one.label, self.me.language),
                self._typed_html(name, clash.texts[name], showing) or nothing,
                escape(showing.show(one, clash.now.get(name))) or nothing,
                escape(showing.show(one, clash.past.values.get(name))) or nothing,
                people.get(last.actor, "") if last else "",
                last.at if last else "",
            )

    def _typed_html(self, name: str, text: Typed, showing: ValueRenderer) -> str:
        one = self.entity.by_name[name]
        if is_digits(text) and one.relational:
            return escape(showing.show(one, text))
        if text and one.kind.has_choices:
            return escape(showing.show(one, text))
        if one.kind.yes_or_no:
            return escape(showing.show(one, text == "true")) if text in ("true", "false") else ""
        shown = text if isinstance(text, str) else ", ".join(text)
        return escape(shown.replace("T", " ") if one.kind.has_time else shown)
