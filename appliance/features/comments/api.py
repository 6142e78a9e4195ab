"""/api/<type>/<id>/comments and /api/comments/<id>."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from appliance.base.errors import Invalid, Problem
from appliance.base.text import say
from appliance.features.comments import comments
from appliance.http import requests
from appliance.http.jsonapi.answers import answer, check_accept, no_content, no_parameters
from appliance.http.jsonapi.document import VERSION
from appliance.http.jsonapi.given import attributes, query_number
from appliance.http.jsonapi.resources import Resources, etag_of, read_id, wanted_version
from appliance.http.route_policy import RECORDS, RoutePolicy, declare
from appliance.records.permissions import VERBS, may
from appliance.records.registry import Registry
from appliance.records.tables import Row


def make_api(resources: Resources) -> Blueprint:
    api = Blueprint("comments", __name__, url_prefix="/api")
    records = resources.records

    @api.get("/<type_>/<id_>/comments")
    def of_record(type_: str, id_: str) -> Response:
        """Newest first."""
        actor = requests.actor()
        may(actor, "read", "comment")  # everybody does; a token only with the scope
        no_parameters("page[size]", "page[after]")
        registry = records.registry
        entity = registry.of_type(type_)
        size, after = query_number("page[size]", 50), query_number("page[after]", None)
        size = min(max(size, 1), 200)
        record_id = read_id(entity, id_)
        found = comments.comments_of(records, actor, entity, record_id, before=after, limit=size)
        more = f"{request.path}?page[after]={found[-1][0]}&page[size]={size}" if len(found) == size else None
        links = {"self": request.full_path.rstrip("?"), "next": more}
        return answer({"jsonapi": VERSION, "data": [comment_resource(registry, r) for r in found], "links": links})

    @api.post("/<type_>/<id_>/comments")
    def add(type_: str, id_: str) -> Response:
        """Attribute `text`. 201."""
        actor, text = requests.actor(), _text()
        no_parameters()
        with records.work(actor) as work:
            entity = work.registry.of_type(type_)
            row = comments.add(work, entity.name, read_id(entity, id_), text)
            return _one(work.registry, row, 201)

    @api.get("/comments")
    def mine() -> Response:
        """The actor's own, an administrator's: all; with all that lists can do."""
        actor = requests.actor()
        # Said aloud, for what is implied would not keep two people apart in the memory of lists.
        reach: dict[str, str] = dict.fromkeys(VERBS, "all" if actor.admin else "own")
        known = replace(actor, grants={"comment": reach, **actor.grants}, _reach={}, _visibility={})
        registry = records.registry
        return resources.listing(registry, known, registry.entity("comment"), request.path)

    @api.get("/comments/<id_>")
    def get(id_: str) -> Response:
        actor, registry = requests.actor(), records.registry
        no_parameters()
        return _one(registry, comments.comment(records, actor, read_id(registry.entity("comment"), id_)))

    @api.patch("/comments/<id_>")
    def edit(id_: str) -> Response:
        """Attribute `text`; with If-Match, 412 when it was edited meanwhile."""
        actor, text = requests.actor(), _text()
        no_parameters()
        with records.work(actor) as work:
            comment_id = read_id(work.registry.entity("comment"), id_)
            return _one(work.registry, comments.edit(work, comment_id, text, version=wanted_version({})))

    @api.delete("/comments/<id_>")
    def remove(id_: str) -> Response:
        actor = requests.actor()
        check_accept()
        no_parameters()
        with records.work(actor) as work:
            comment_id = read_id(work.registry.entity("comment"), id_)
            comments.remove(work, comment_id, version=wanted_version({}))
        return no_content()

    def _one(registry: Registry, row: Row, status: int = 200) -> Response:
        resource = comment_resource(registry, row)
        location = resource["links"]["self"] if status == 201 else None
        document = {"jsonapi": VERSION, "data": resource}
        return answer(document, status, etag=etag_of(registry, row), location=location)

    locking = RoutePolicy(RECORDS, None, locks=True)
    return declare(api, RoutePolicy(RECORDS, None), edit=locking, remove=locking)


def comment_resource(registry: Registry, row: Row) -> dict[str, Any]:
    """A comment as a resource; `about` is its record."""
    values = registry.tables["comment"].show(row)
    about = comments.entity_of(registry, values["entity"])
    mentioned = comments.mentions(values["text"])
    people = {n: values[n] for n in ("owner", "created_by", "updated_by")}
    return {
        "type": "comments",
        "id": str(row[0]),
        "attributes": {
            **{n: values[n] for n in ("entity", "record", "text", "created_at", "updated_at")},
            "edited": row[1] > 1,
        },
        "relationships": {
            **{n: {"data": {"type": "users", "id": id_} if id_ else None} for n, id_ in people.items()},
            "about": {"data": {"type": about.type, "id": str(values["record"])} if about else None},
            "mentions": {"data": [{"type": "users", "id": str(i)} for i in mentioned]},
        },
        "links": {"self": f"/api/comments/{row[0]}"},
        "meta": {"version": row[1]},
    }


def _text() -> str:
    text = attributes("text").get("text")
    if not isinstance(text, str):
        raise Invalid([Problem("text", say("must be a text") if text is not None else say("is required"), "type")])
    return text
