"""/api/notices: what a person was told. Everybody has their own alone."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from appliance.base.digits import is_digits, is_id
from appliance.base.errors import BadRequest, Invalid, NotFound, Problem
from appliance.base.text import say
from appliance.features.notices.table import JOB, JOB_DONE, Notices, Shown
from appliance.http import requests
from appliance.http.jsonapi.answers import answer, check_accept, no_parameters
from appliance.http.jsonapi.document import VERSION
from appliance.http.jsonapi.given import attributes, query_number
from appliance.http.route_policy import RoutePolicy, declare


def make_api(notices: Notices) -> Blueprint:
    api = Blueprint("notices", __name__, url_prefix="/api")

    @api.get("/notices")
    def mine() -> Response:
        """Newest first; `filter[unread]=true` for those not read yet. `meta.unread` counts them, up to 100."""
        actor = requests.actor()
        no_parameters("filter[unread]", "page[after]", "page[size]")
        word = request.args.get("filter[unread]", "false")
        if word not in ("true", "false"):
            raise BadRequest(say("{name} must be true or false.", name="filter[unread]"), parameter="filter[unread]")
        size = min(max(query_number("page[size]", 50), 1), 200)
        found = notices.of(actor, unread=word == "true", before=query_number("page[after]", None), limit=size)
        more = None
        if len(found) == size:
            more = f"{request.path}?filter[unread]={word}&page[after]={found[-1].notice.id}&page[size]={size}"
        return answer({
            "jsonapi": VERSION, "data": [notice_resource(s) for s in found],
            "links": {"self": request.full_path.rstrip("?"), "next": more}, "meta": {"unread": notices.unread(actor)},
        })  # fmt: skip

    @api.patch("/notices/<id_>")
    def mark(id_: str) -> Response:
        """Attribute `read`: true or false."""
        actor, given = requests.actor(), attributes("read")
        no_parameters()
        if set(given) != {"read"} or type(given["read"]) is not bool:
            raise Invalid([Problem("read", say("must be true or false"), "type")])
        missing = NotFound(say("There is no notice {id}.", id=id_[:30]))
        if actor.user is None or not is_id(id_):
            raise missing
        shown = notices.shown(actor, [notices.mark(actor.user, int(id_), given["read"])])
        if not shown:
            raise missing
        return answer({"jsonapi": VERSION, "data": notice_resource(shown[0])})

    @api.post("/notices/read-all")
    def read_all() -> Response:
        """All are read; with the attribute `upto`, those up to this id."""
        actor = requests.actor()
        check_accept()
        no_parameters()
        upto = attributes("upto").get("upto") if request.content_length else None
        if upto is not None and not is_digits(upto):
            raise Invalid([Problem("upto", say("must be the id of a record"), "type")])
        done = notices.mark_all(actor.user or -1, None if upto is None else int(upto))
        return answer({"jsonapi": VERSION, "meta": {"read": done, "unread": notices.unread(actor)}})

    return declare(api, RoutePolicy("notice", None))


def notice_resource(shown: Shown) -> dict[str, Any]:
    """A notice as a resource. The title of one about a job is its kind and how it ended."""
    one = shown.notice
    if one.kind == JOB_DONE:
        about: dict[str, str] | None = {"type": "jobs", "id": str(one.record)}
    else:
        about = {"type": shown.entity.type, "id": str(one.record)} if shown.entity and one.record else None
    attributes = {
        "kind": one.kind, "title": shown.title, "entity": shown.entity.name if shown.entity else one.entity or JOB,
        "count": one.count, "at": one.at, "read": one.read_at is not None, "read_at": one.read_at, "position": one.position,
    }  # fmt: skip
    actor = {"type": "users", "id": str(one.actor)} if one.actor else None
    return {
        "type": "notices",
        "id": str(one.id),
        "attributes": attributes,
        "relationships": {"record": {"data": about}, "actor": {"data": actor}},
    }
