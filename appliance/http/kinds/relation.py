"""The faces of links to other records, and of files."""

from __future__ import annotations

from typing import Any, ClassVar

from markupsafe import Markup, escape

from appliance.base.text import say
from appliance.http.kinds.face import EMPTY, Face, Show, Typed, Viewer
from appliance.http.pages.person import Person
from appliance.records.entity import Entity, Field


class RelationFace(Face):
    links = True
    operators = ("in", *EMPTY)
    shape = "picker"
    icon = "link"
    rank: ClassVar[int | None] = 2

    def show(self, field: Field, viewer: Viewer) -> Show:
        target = viewer.registry.entities.get(field.target or "")
        names = viewer.titles.get(field.target or "", {})

        def one(value: Any) -> str:
            title = names.get(int(value))
            return link(target, int(value), title) if target and title else hidden(viewer.me)

        return one


class RelationsFace(RelationFace):
    listed = True
    tall = True
    rank = None

    def show(self, field: Field, viewer: Viewer) -> Show:
        one = super().show(field, viewer)
        return lambda values: Markup(", ").join(escape(one(v)) for v in values)

    def typed(self, field: Field, value: Any, me: Person) -> Typed:
        return [str(v) for v in value or []]


class FileFace(Face):
    links = True
    operators = EMPTY
    shape = "upload"
    tall = True
    edited_in_cells = False
    icon = "paperclip"

    def show(self, field: Field, viewer: Viewer) -> Show:
        names = viewer.titles.get("file", {})

        def one(value: Any) -> str:
            name = names.get(int(value))
            return Markup('<a href="/files/{}">{}</a>').format(value, name) if name else hidden(viewer.me)

        return one


class FilesFace(FileFace):
    listed = True

    def show(self, field: Field, viewer: Viewer) -> Show:
        one = super().show(field, viewer)
        return lambda values: Markup(", ").join(escape(one(v)) for v in values)

    def typed(self, field: Field, value: Any, me: Person) -> Typed:
        return [str(v) for v in value or []]


def link(entity: Entity, record_id: int, title: str) -> Markup:
    """To a record's page; people who are users have none, and are just named."""
    if entity.builtin:
        return escape(title)
    return Markup('<a class="quiet-link" href="/{}/{}">{}</a>').format(entity.type, record_id, title)


def hidden(me: Person) -> str:
    return Markup('<span class="soft">{}</span>').format(say("not for you to see").render(me.language))
