"""The places at the side of every page: the entities this person may read, under their pack's name, and what the house has."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import lru_cache

from appliance.base import paths
from appliance.base.text import headline, label, say
from appliance.http.feature import NavigationEntry
from appliance.http.pages.icons import icon_of
from appliance.http.pages.person import Person
from appliance.http.pages.rendering import Place
from appliance.records.entity import Entity
from appliance.records.records import Records

Section = tuple[str, list[Place]]


class Navigation:
    """`entries`: what stands below the entities."""

    def __init__(self, records: Records, entries: Sequence[NavigationEntry] = ()):
        self._records, self._entries = records, entries

    def sections(self, me: Person) -> list[Section]:
        if me.actor is None:
            return []
        found: dict[str, list[Place]] = {}
        for entity in self.entities(me, "read"):
            found.setdefault(entity.pack, []).append(
                Place(label(entity.plural_label, me.language), f"/{entity.type}", icon_of(entity))
            )
        listed: list[Section] = [("", [Place(say("Home").render(me.language), "/", "home")])]
        own = say("Records").render(me.language)
        listed += [(label(pack_label(pack), me.language) if pack else own, places) for pack, places in found.items()]
        house = [
            Place(e.label.render(me.language), e.href, e.icon)
            for e in self._entries
            if me.actor.admin or not e.administrators
        ]
        return [*listed, (say("House").render(me.language), house)]

    def creatable(self, me: Person) -> list[Place]:
        return [Place(label(e.label, me.language), f"/{e.type}/new", icon_of(e)) for e in self.entities(me, "create")]

    def entities(self, me: Person, verb: str) -> list[Entity]:
        if me.actor is None:
            return []
        listed = self._records.registry.entities.values()
        return [e for e in listed if not e.builtin and me.actor.reach(verb, e.name)]


@lru_cache
def pack_label(name: str) -> str:
    """What a shipped pack calls itself; a pack from elsewhere goes by its name."""
    file = paths.PACKS / name / "pack.toml"
    named = tomllib.loads(file.read_text("utf-8")).get("label") if file.is_file() else None
    return named or headline(name)
