"""The endpoints of every resource type: list, get, create, update, delete."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
from flask import Response, request

from appliance.base.errors import BadRequest, NotAllowed, NotFound
from appliance.base.text import say
from appliance.http import requests
from appliance.http.jsonapi.answers import (
    OPTIONS,
    Kept,
    Memory,
    answer,
    answer_bytes,
    check_accept,
    no_content,
    no_parameters,
    of_work,
)
from appliance.http.jsonapi.document import Documents
from appliance.http.jsonapi.idempotency import Idempotency
from appliance.http.jsonapi.incoming import read_data, read_resource, version_in
from appliance.http.jsonapi.lists import Lists, digest
from appliance.http.jsonapi.media import check_content_type, choose, wants_cursors
from appliance.http.jsonapi.parameters import Asked
from appliance.http.jsonapi.past import record_as_of
from appliance.http.jsonapi.storing import Storing
from appliance.records.entity import Entity
from appliance.records.kinds import Wrong, record_id
from appliance.records.permissions import Actor, Verb, may
from appliance.records.query import Condition
from appliance.records.reading import Reading
from appliance.records.records import PROCESS, Records
from appliance.records.registry import Registry
from appliance.records.settling import MOST_FOUND
from appliance.records.tables import Row
from appliance.records.work import Work

_VERSION = re.compile(r'(?:W/)?"?(\d{1,9})(?:-[^",]*)?"?')


_WRITES: tuple[Verb, ...] = ("create", "update", "delete")


@dataclass
class Resources:
    """Views over all entities that a client may write by the API; one object for the whole door."""

    records: Records
    memory: Memory
    idempotency: Idempotency

    def __post_init__(self) -> None:
        self.lists = Lists(self.records, self.memory)

    # ------------------------------------------------------------------ reading

    def list(self, type_: str) -> Response:
        """GET /api/<type>: answered from memory while the versions of all it hangs on stand still."""
        registry, actor = self.records.registry, requests.actor()
        entity = registry.of_type(type_)
        return self.listing(registry, actor, entity, request.path)

    def listing(
        self,
        registry: Registry,
        actor: Actor,
        entity: Entity,
        path: str,
        narrowed: Condition | None = None,
        also: tuple[str, ...] = (),
    ) -> Response:
        """A list at any address; `narrowed` is a condition the address itself stands for, `also` what it hangs on beside
        the entities in the query."""
        accept = request.headers.get("Accept", "")
        media = choose(accept)
        by_cursor = wants_cursors(accept)
        key: tuple[Any, ...] = (registry.revision, path, request.query_string, actor.rights, by_cursor)
        kept = self.memory.get(key)
        if kept and self.lists.versions(kept.depends) == kept.versions:
            return answer_bytes(kept.body, etag=kept.etag, media=choose(accept, cursor=True) if kept.cursor else media)
        asked = self.asked(registry, entity)
        matched = None
        if by_cursor and not any(name == "page[number]" for name, _ in asked.words):
            asked = replace(asked, query=replace(asked.query, page=replace(asked.query.page, cursor=True)))
        if narrowed:
            query = replace(asked.query, conditions=(*asked.query.conditions, narrowed))
            asked = replace(asked, query=query, depends=(*asked.depends, *also))
        # before the rows: a commit in between makes this answer old, never wrong
        versions = self.lists.versions(asked.depends)
        reading = Reading(self.records.database, registry, actor)
        reading.table(entity.name)
        if asked.open:  # today, me and what the index holds belong to the key: they move while the versions stand still
            asked, matched = self.lists.settled(asked, actor)
            key = (*key, digest(asked.query.conditions, matched))
            kept = self.memory.get(key)
            if kept and versions == kept.versions:
                chosen = choose(accept, cursor=True) if kept.cursor else media
                return answer_bytes(kept.body, etag=kept.etag, media=chosen)
        found, sums = self.lists.page(reading, asked, versions)
        document = Documents(reading, asked).many(reading.table(entity.name), found, path)
        if sums is not None:
            document.setdefault("meta", {}).setdefault("page", {})["sums"] = sums
        if matched is not None:
            document.setdefault("meta", {})["search"] = {"matched": matched, "taken": MOST_FOUND}
        body = orjson.dumps(document, option=OPTIONS)
        etag = f'"{PROCESS}-{digest(key, versions)}"'
        cursor = found.keys is not None
        self.memory.put(key, Kept(asked.depends, versions, etag, body, cursor))
        return answer_bytes(body, etag=etag, media=choose(accept, cursor=True) if cursor else media)

    def asked(self, registry: Registry, entity: Entity, *, listing: bool = True) -> Asked:
        """The query string of the request at hand."""
        return self.lists.asked(registry, entity, request.query_string, listing=listing)

    def get(self, type_: str, id_: str) -> Response:
        """GET /api/<type>/<id>; with ?as-of= as it was."""
        registry, actor = self.records.registry, requests.actor()
        entity = registry.of_type(type_)
        reading = Reading(self.records.database, registry, actor)
        asked = self.asked(registry, entity, listing=False) if request.query_string else None
        table = registry.tables[entity.name]
        if asked and asked.as_of is not None:
            if asked.include is not None:
                raise BadRequest(say("The past of a record is shown without others."), parameter="include")
            return answer(record_as_of(self.records, reading, table, read_id(entity, id_), asked))
        versions = self.lists.versions(asked.depends) if asked and asked.include else ()
        row = reading.get(entity.name, read_id(entity, id_))
        etag = etag_of(registry, row)
        if asked is not None:
            etag = f'{etag[:-1]}-{digest(PROCESS, request.query_string, versions, actor.rights)}"'
        return answer(Documents(reading, asked).one(table, row), etag=etag)

    # ------------------------------------------------------------------ writing

    def create(self, type_: str) -> Response:
        """POST /api/<type>: 201, or 200 when an upsert found the record."""
        check_content_type(request.headers.get("Content-Type", ""))
        check_accept()
        actor = requests.actor()
        may_write(actor, writable(self.records.registry, type_), "create", "update")  # an upsert may only update
        document = requests.body_object(None)

        def run(work: Work) -> Response:
            entity = writable(work.registry, type_)
            asked = self._asked_of_write(work.registry, entity)
            storing = Storing(work)
            storing.read_included(document)
            incoming = read_resource(work.registry, _with_meta(document), "/data", entity=entity, creating=True)
            row, created = storing.create(incoming)
            storing.create_rest()
            table = work.table(entity.name)
            row = work.row(table, row[0]) or row if work.database.dialect == "postgres" or storing.lids else row
            reading = Reading(self.records.database, work.registry, actor)
            location = f"/api/{entity.type}/{row[0]}"
            body = Documents(reading, asked).one(table, row)
            etag = etag_of(work.registry, row)
            done = answer(body, 201 if created else 200, etag=etag, location=location if created else None)
            return of_work(done, work)

        return self.idempotency.once(actor, run)

    def update(self, type_: str, id_: str) -> Response:
        """PATCH /api/<type>/<id>: with If-Match or meta.version, 412 when somebody was faster."""
        check_content_type(request.headers.get("Content-Type", ""))
        check_accept()
        actor = requests.actor()
        may_write(actor, writable(self.records.registry, type_), "update")
        document = requests.body_object(None)
        with self.records.work(actor) as work:
            entity = writable(work.registry, type_)
            asked = self._asked_of_write(work.registry, entity)
            incoming = read_resource(
                work.registry, read_data(document), "/data", entity=entity, id_=read_id(entity, id_), creating=False
            )
            storing = Storing(work)
            storing.read_included(document)
            row = storing.update(incoming, wanted_version(incoming.meta))
            storing.create_rest()
            table = work.table(entity.name)
            again = work.database.dialect == "postgres" or incoming.inverses or storing.lids
            row = work.row(table, row[0]) or row if again else row
            reading = Reading(self.records.database, work.registry, actor)
            body = Documents(reading, asked).one(table, row)
            etag = etag_of(work.registry, row)
        return of_work(answer(body, etag=etag), work)

    def delete(self, type_: str, id_: str) -> Response:
        """DELETE /api/<type>/<id>: 204."""
        actor = requests.actor()
        check_accept()
        no_parameters()
        with self.records.work(actor) as work:
            entity = writable(work.registry, type_)
            work.delete(entity.name, read_id(entity, id_), version=wanted_version({}))
        return of_work(no_content(), work)

    def _asked_of_write(self, registry: Registry, entity: Entity) -> Asked | None:
        asked = self.asked(registry, entity, listing=False) if request.query_string else None
        if asked and asked.as_of is not None:
            raise BadRequest(say("There is no parameter {name} here.", name="as-of"), parameter="as-of")
        return asked


def read_id(entity: Entity, text: str) -> int:
    """The id in an address; NotFound when it cannot be one."""
    try:
        return record_id(text)
    except Wrong:
        raise NotFound(say("There is no {entity} with id {id}.", entity=entity.name, id=text[:50])) from None


def writable(registry: Registry, type_: str) -> Entity:
    """An entity whose records clients write directly; the built-in ones have addresses of their own."""
    entity = registry.of_type(type_)
    if entity.builtin:
        raise NotFound(say("{type} cannot be written at this address.", type=type_))
    return entity


def may_write(actor: Actor, entity: Entity, *verbs: Verb) -> None:
    """NotAllowed when the address alone tells that nothing can come of the request. Asked before the body is parsed: who may
    write nothing must not make the server read ten megabytes. Which records it may be, the work asks."""
    if not any(actor.reach(verb, entity.name) for verb in verbs):
        may(actor, verbs[0], entity.name)


def may_write_anything(registry: Registry, actor: Actor) -> None:
    """As `may_write`, where the body names the records: NotAllowed for who may write no record of any entity."""
    if not any(actor.reach(verb, e.name) for e in registry.entities.values() if not e.builtin for verb in _WRITES):
        raise NotAllowed(say("You may not change records."))


def etag_of(registry: Registry, row: Row) -> str:
    """A record's ETag: its version, and that of the schema, which decides what fields there are to see."""
    return f'"{row[1]}-{registry.revision}"'


def wanted_version(meta: Mapping[str, Any], pointer: str = "/data/meta/version") -> int | None:
    """The version the client has seen: If-Match, or meta.version, which stands at `pointer`."""
    header = request.headers.get("If-Match")
    if header is not None and header.strip() != "*":
        found = _VERSION.fullmatch(header.strip())
        return int(found[1]) if found else -1  # somebody else's ETag matches nothing here
    return version_in(meta, pointer)


def _with_meta(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """`meta.upsert` may stand at the top of the document or in the resource."""
    data = read_data(document)
    meta, own = document.get("meta"), data.get("meta", {})
    if isinstance(meta, dict) and "upsert" in meta and isinstance(own, dict) and "upsert" not in own:
        return {**data, "meta": {**own, "upsert": meta["upsert"]}}
    return data
