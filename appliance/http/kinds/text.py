"""The faces of texts."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from appliance.http.kinds.face import Face, Show, Viewer
from appliance.http.pages.person import Person
from appliance.records.entity import Field

LONGEST = 160
"""Characters of a long text in a cell."""
_NO_SCHEME = re.compile(r"[\w-]+(\.[\w-]+)+([/?#]\S*)?")


class TextFace(Face):
    longest = 1_000


class LongTextFace(Face):
    longest = 1_000_000
    shape = "area"
    tall = True

    def show(self, field: Field, viewer: Viewer) -> Show:
        if not viewer.short:
            return lambda v: Markup('<span class="prose">{}</span>').format(v)
        return lambda v: v if len(v) <= LONGEST else v[:LONGEST].rstrip() + "…"

    def read_raw(self, field: Field, text: str, me: Person) -> Any:
        """Browsers send line ends of their own; blanks at the ends are the writer's."""
        return text.replace("\r\n", "\n") or None


class EmailFace(Face):
    links = True
    longest = 254
    input_type = "email"
    autocomplete = "off"
    icon = "mail"
    rank = 6

    def show(self, field: Field, viewer: Viewer) -> Show:
        return lambda v: Markup('<a class="quiet-link" href="mailto:{}">{}</a>').format(v, v)


class PhoneFace(Face):
    links = True
    longest = 60
    input_type = "tel"
    autocomplete = "off"
    icon = "phone"
    rank = 7

    def show(self, field: Field, viewer: Viewer) -> Show:
        return lambda v: Markup('<a class="quiet-link" href="tel:{}">{}</a>').format("".join(str(v).split()), v)


class UrlFace(Face):
    links = True
    longest = 2_000
    input_type = "url"
    icon = "world"
    rank = 8

    def show(self, field: Field, viewer: Viewer) -> Show:
        return lambda v: Markup('<a class="quiet-link" href="{}" rel="noopener noreferrer" target="_blank">{}</a>').format(
            v if urlsplit(v).scheme in ("http", "https") else "", v.removeprefix("https://").removeprefix("http://").rstrip("/")
        )  # fmt: skip

    def read(self, field: Field, text: str, me: Person) -> Any:
        """As it is said on the phone: example.org."""
        return f"https://{text}" if _NO_SCHEME.fullmatch(text) else text


class AutoNumberFace(Face):
    """Given by the server."""
