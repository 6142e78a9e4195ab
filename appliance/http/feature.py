"""What a feature says about itself: its package has one of these, called `feature`, and features/catalogue.py lists them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from appliance.base.loading import load
from appliance.base.text import Text


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """A line of the navigation that everybody who signed in has, or administrators alone."""

    label: Text
    href: str
    icon: str
    administrators: bool = False


@dataclass(frozen=True, slots=True)
class Feature:
    """`openapi` is "module:function" of what makes its paths: the document is made rarely, and never at the start."""

    name: str
    openapi: str = ""
    navigation: tuple[NavigationEntry, ...] = ()

    def openapi_paths(self) -> dict[str, Any]:
        """{path: path item}"""
        return dict(load(self.openapi)()) if self.openapi else {}
