"""/help: the manual, for everybody who reaches the server. Nothing in it is secret, and whoever cannot sign in needs it most."""

from __future__ import annotations

from flask import Blueprint, Response, request

from appliance.base.errors import NotFound
from appliance.base.text import say
from appliance.features.help.manual import CONTENTS, Manual
from appliance.http.pages.person import person
from appliance.http.pages.rendering import page
from appliance.http.route_policy import ANYBODY, RoutePolicy, declare


class HelpPages:
    def __init__(self, manual: Manual):
        self._manual = manual

    def show(self, name: str = CONTENTS) -> Response:
        """A page; with ?q= what was found in all of them."""
        language = person().language
        query = request.args.get("q", "").strip()[:200]
        shown = self._manual.page(name, language)
        if shown is None:
            raise NotFound(say("There is no such page in the manual."))
        hits = self._manual.search(query, language) if query else None
        return page("pages/help.html", shown=shown, contents=self._manual.contents(language), query=query, hits=hits)


def make_pages(manual: Manual) -> Blueprint:
    pages, views = Blueprint("help", __name__), HelpPages(manual)
    pages.add_url_rule("/help", "contents", views.show)
    pages.add_url_rule("/help/<path:name>", "page", views.show)
    return declare(pages, RoutePolicy(ANYBODY, parameters=("q",)))
