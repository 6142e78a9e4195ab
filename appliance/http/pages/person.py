"""Who looks at the page at hand, and how they like it: theme, language, locale, time zone. Made once per request."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, g, request

from appliance.http import requests
from appliance.http.pages.formats import locale_for
from appliance.records.permissions import Actor

BOX_TIMEZONE = "BOX_TIMEZONE"
"""Where the application's configuration keeps the zone of people who chose none."""


@dataclass(frozen=True, slots=True)
class Person:
    """`actor` is None at the door. `csrf` goes into every form and, for scripts, into the page's head."""

    actor: Actor | None
    csrf: str
    theme: str
    language: str
    locale: str
    timezone: str

    @property
    def name(self) -> str:
        return self.actor.name if self.actor else ""

    @property
    def rtl(self) -> bool:
        return self.language in ("ar", "he", "fa", "ur")


def person() -> Person:
    if "person" not in g:
        # A wrong token must not keep the page from saying so: whoever fails to sign in is nobody here.
        actor = g.get("actor")
        session = g.get("session")
        language = requests.language()
        g.person = Person(
            actor,
            session.csrf if session else "",
            actor.theme if actor else "",
            language,
            locale_for(language, request.headers.get("Accept-Language", "")),
            (actor.timezone if actor else "") or current_app.config[BOX_TIMEZONE](),
        )
    known: Person = g.person
    return known
