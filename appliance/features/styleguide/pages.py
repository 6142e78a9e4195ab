"""/styleguide: every piece the pages are made of, in both themes, on one page: for whoever changes a style, and for axe."""

from __future__ import annotations

import re

from flask import Blueprint, Response

from appliance.base import paths
from appliance.http import requests
from appliance.http.assets import Assets
from appliance.http.pages.rendering import TINTS, page

TOKENS = ("ground", "surface", "sunk", "line", "line-strong", "text", "soft", "brand", "link", "selected", "focus", "mark",
          "ok", "warn", "bad", "accent", "info")  # fmt: skip


def make_pages(assets: Assets) -> Blueprint:
    pages = Blueprint("styleguide", __name__)

    @pages.get("/styleguide")
    def styleguide() -> Response:
        requests.actor()
        return page("pages/styleguide.html", tokens=TOKENS, tints=TINTS, icons=sorted(assets.icons()), macros=macros())

    return pages


def macros() -> list[str]:
    """The names of the pieces in parts/styleguide.html: each is shown twice."""
    source = (paths.TEMPLATES / "parts" / "styleguide.html").read_text("utf-8")
    return re.findall(r"{% macro (\w+)\(", source)
