"""The files of a record: what its fields of the kinds file and files hold."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.features.files.content import content_link
from appliance.features.record_page.looking import Look, Values, ids_in
from appliance.records.permissions import SYSTEM
from appliance.records.reading import Reading

SHOWN_AS_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif")
LARGEST_PICTURE = 2_000_000
"""Bytes: larger ones are not sent for a small view of them."""


@dataclass(frozen=True, slots=True)
class Attached:
    id: int
    name: str
    size: int
    href: str
    picture: bool
    icon: str


@dataclass(frozen=True, slots=True)
class Drawer:
    """One field with its files. `full`: a field for one file that has one."""

    field: str
    label: str
    many: bool
    files: list[Attached]


def drawers(look: Look, values: Values) -> list[Drawer]:
    """Who sees the record sees its files (features/files/reach.py)."""
    fields = [f for f in look.entity.fields if f.kind.holds_files]
    if not fields:
        return []
    wanted = [i for f in fields for i in ids_in(values.get(f.name))]
    table = look.reading.table("file")
    rows = Reading(look.records.database, look.reading.registry, SYSTEM).by_ids("file", wanted)
    known = {i: table.show(row, ("name", "mime", "size")) for i, row in rows.items()}
    return [
        Drawer(
            f.name, look.label(f.label), f.many,
            [_attached(i, **known[i]) for i in ids_in(values.get(f.name)) if i in known],
        )
        for f in fields
    ]  # fmt: skip


def _attached(id_: int, name: str, mime: str, size: int) -> Attached:
    picture = mime in SHOWN_AS_PICTURES and size <= LARGEST_PICTURE
    icon = "photo" if mime.startswith("image/") else "file-text" if mime.startswith("text/") else "file"
    return Attached(id_, name, size, content_link(id_, name), picture, icon)
