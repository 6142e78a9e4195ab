"""From a template to an answer: what every template may use, and HTML made small on its way out."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from flask import Flask, Response, g, render_template, request
from markupsafe import Markup

from appliance.base.text import LANGUAGES, Text, fold, label
from appliance.http.assets import Assets
from appliance.http.pages import formats
from appliance.http.pages.person import BOX_TIMEZONE, Person, person

SMALLEST = 1_400
"""Bytes below which an answer fits one packet anyway."""
TINTS = ("blue", "green", "amber", "red", "violet", "teal", "pink", "gray")


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the navigation."""

    label: str
    href: str
    icon: str


class Navigate(Protocol):
    """Where a person can go, section by section; and what they may make a new one of."""

    def sections(self, me: Person) -> Sequence[tuple[str, Sequence[Place]]]: ...
    def creatable(self, me: Person) -> Sequence[Place]: ...


def agent(header: str) -> str:
    """A browser's name out of its User-Agent: enough to know one's own again."""
    name = next((n for mark, n in _AGENTS if mark in header), "")
    system = next((n for mark, n in _SYSTEMS if mark in header), "")
    return ", ".join(filter(None, (name, system))) or header[:40] or "?"


_AGENTS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"), ("curl", "curl"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


class NamedBox(Protocol):
    """What the box is called, and the time zone of people who chose none."""

    name: str
    timezone: str


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A rendered template as an answer. What a person sees is kept nowhere: not between us and the browser, nor by the browser,
    which would show it again to the next who sits there."""
    return html(render_template(template, **values), status)


def html(text: str, status: int = 200) -> Response:
    body = text.encode()
    headers = {
        "Cache-Control": "private, no-store" if "session" in g or "actor" in g else "private, no-cache",
        "Vary": "Accept-Encoding, Cookie, HX-Request",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    # The cookie is SameSite=Lax, so no foreign page can make the browser ask for this one and watch its length.
    if len(body) > SMALLEST and request.accept_encodings["gzip"]:
        body = gzip.compress(body, 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, status, headers, mimetype="text/html")


def is_fragment() -> bool:
    """Does htmx ask for a part of the page only?"""
    return request.headers.get("HX-Request-Type") == "partial"


def translate(template: str, **values: Any) -> str:
    """The templates' own `say`: `_("Page {number}", number=3)`. A test collects these sentences as well."""
    return Text(template, values).render(person().language)


def tint(name: str) -> str:
    """The class of a name's colour: always the same for the same name."""
    return "tint-" + TINTS[sum(name.encode()) % len(TINTS)]


def initials(name: str) -> str:
    words = [w for w in name.replace("@", " ").replace(".", " ").split() if w[0].isalnum()]
    return "".join(w[0] for w in (words[:1] + words[-1:] if len(words) > 1 else words)).upper() or "?"


def furnish(
    app: Flask, assets: Assets, navigate: Navigate, box: NamedBox, *, version: str, log_position: Callable[[], int]
) -> None:
    """Give the application's templates what all of them share."""
    sprite = assets.url("icons.svg")
    known = assets.icons()

    def icon(name: str, size: str = "") -> Markup:
        """A decoration beside words; what stands alone needs a label of its own."""
        found = name if name in known else "circle"
        return Markup('<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>').format(
            f"icon-{size}" if size else "", sprite, found
        )

    app.config[BOX_TIMEZONE] = lambda: box.timezone
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    env.auto_reload = app.debug
    env.globals.update(
        _=translate,
        person=person,
        asset=assets.url,
        asset_imports=assets.imports,
        texts=assets.texts_url,
        icon=icon,
        tint=tint,
        initials=initials,
        places=lambda: navigate.sections(person()),
        creatable=lambda: navigate.creatable(person()),
        box=box,
        log_position=log_position,
        version=version,
        languages=LANGUAGES,
    )
    env.filters.update(
        day=lambda wire: formats.day(wire, person().locale),
        moment=lambda wire: formats.moment(wire, person().locale, person().timezone),
        since=lambda wire: formats.since(wire, person().locale, datetime.now(UTC)),
        number=lambda value: formats.number(value, person().locale),
        size=lambda count: formats.size(count, person().locale),
        pair=lambda text: (text, text),
        agent=agent,
        label=lambda text: label(text, person().language),
        fold=fold,
    )
