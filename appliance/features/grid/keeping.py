"""What the forms under the tabs do with views: save as a new one, save what was changed, rename, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from appliance.features.grid.words import Words
from appliance.features.views.views import Views
from appliance.records.entity import Entity
from appliance.records.permissions import Actor


def keep(views: Views, actor: Actor, entity: Entity, given: Mapping[str, str]) -> str:
    """Do it and say which address to go to. Raises what Views raises."""
    path, id_, query = f"/{entity.type}", given.get("view", ""), given.get("words", "")
    match given.get("do"):
        case "save":
            views.change(actor, id_, {"query": _plain(query)})
        case "rename":
            views.change(actor, id_, {"label": given.get("label", "")})
        case "delete":
            views.delete(actor, id_)
            return f"{path}?view="
        case _:
            words: dict[str, Any] = {"entity": entity.name, "label": given.get("label", ""), "query": _plain(query)}
            if actor.admin:
                words["shared"] = given.get("shared") == "yes" or bool(given.get("role"))
                words["role"] = given.get("role") or None
            id_ = views.create(actor, words).id
    return f"{path}?view={id_}"


def _plain(query: str) -> str:
    """Without the words that only say what is open on the page."""
    return Words("", parse_qsl(query, keep_blank_values=True)).kept
