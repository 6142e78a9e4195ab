"""/<type>/trash: the records of one kind that were deleted and can come back, and the page of one of them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, request

from appliance.base import clock
from appliance.base.digits import is_digits
from appliance.base.errors import Conflict, NotAllowed
from appliance.base.text import label, verbatim
from appliance.features.grid.pages import shown_entity
from appliance.features.record_page.people import users_behind
from appliance.features.undo.restoring import bring_back, deleted_records
from appliance.http import requests
from appliance.http.pages.person import person
from appliance.http.pages.rendering import page
from appliance.records.permissions import Actor
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.titles import titles

SIZE = 50


def add_trash(pages: Blueprint, records: Records) -> None:
    @pages.get("/<type_>/trash")
    def trash(type_: str) -> Response:
        actor = requests.actor()
        entity = shown_entity(records, type_)
        before = request.args.get("before", "")
        known = int(before) if is_digits(before) else None
        found = deleted_records(records, actor, entity.name, before=known, limit=SIZE + 1)
        return page(
            "pages/record_trash.html",
            entity=entity,
            gone=_shown(records, actor, entity.label, found[:SIZE]),
            older=found[SIZE - 1]["position"] if len(found) > SIZE else None,
            may_create=actor.reach("create", entity.name),
        )

    @pages.post("/<type_>/<int:id_>/bring-back")
    def back(type_: str, id_: int) -> Response:
        actor = requests.actor()
        entity = shown_entity(records, type_)
        with records.work(actor) as work:
            done = bring_back(work, entity.name, id_)
            if work.row(work.table(entity.name), id_) is None:
                raise Conflict(verbatim("; ".join(dict.fromkeys(str(one["reason"]) for one in done.left))))
        return redirect(f"/{entity.type}/{id_}?done={work.transaction}", 303)  # type: ignore[return-value]


def in_trash(records: Records, type_: str, id_: int) -> dict[str, Any] | None:
    """What the page of a deleted record shows; None for one that never was, or is none of this person's business."""
    actor = requests.actor()
    entity = shown_entity(records, type_)
    last = records.log.of_record(entity.name, id_, limit=1)
    if not last or last[0].action != "deleted":
        return None
    try:
        found = deleted_records(records, actor, entity.name, before=last[0].position + 1, limit=1)
    except NotAllowed:
        return None
    if not found or found[0]["id"] != id_:
        return None
    (one,) = _shown(records, actor, entity.label, found)
    may_create = actor.reach("create", entity.name)
    return {"entity": entity, "one": one, "may_create": may_create, "address": f"/{entity.type}/{id_}"}


def _shown(records: Records, actor: Actor, what: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With the names of who deleted them, and a title for those without."""
    behind = users_behind(records.database, [one["actor"] for one in found])
    called = titles(Reading(records.database, records.registry, actor), "user", behind.values())
    kind = label(what, person().language)
    return [
        {
            **one,
            "title": one["title"] or f"{kind} {one['id']}",
            "at": clock.wire(clock.from_micros(one["at"])),
            "who": called.get(behind.get(one["actor"], 0)) or "Ingot",
        }
        for one in found
    ]
