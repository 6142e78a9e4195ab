"""POST /api/operations: the Atomic Operations extension. All operations happen, in order, in one work; or none does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from appliance.base.errors import BadRequest, Conflict, IngotError, Invalid, NotAllowed, Problem
from appliance.base.text import say
from appliance.http import requests
from appliance.http.jsonapi import incoming as reading_in
from appliance.http.jsonapi.answers import answer, no_content, no_parameters, of_work
from appliance.http.jsonapi.document import VERSION, Documents
from appliance.http.jsonapi.idempotency import Idempotency
from appliance.http.jsonapi.incoming import read_resource, version_in
from appliance.http.jsonapi.media import ATOMIC, check_content_type, choose
from appliance.http.jsonapi.resources import may_write_anything, read_id, writable
from appliance.http.jsonapi.storing import Storing
from appliance.records.entity import Entity, Field
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.tables import Row
from appliance.records.work import Work

MAX_OPERATIONS = 1_000
_HREF = re.compile(r"(?:/api)?/([a-z0-9-]+)(?:/([^/?]+))?(?:/relationships/([a-z0-9_]+))?")


@dataclass(frozen=True)
class Reference:
    """What an operation is about: a type, a record, or one of its relationships."""

    entity: Entity
    id: int | None
    relationship: str | None


class Operations:
    def __init__(self, records: Records, idempotency: Idempotency):
        self._records, self._idempotency = records, idempotency

    def post(self) -> Response:
        """POST /api/operations."""
        check_content_type(request.headers.get("Content-Type", ""), atomic=True)
        media = choose(request.headers.get("Accept", ""), atomic=True)
        no_parameters()
        if "If-Match" in request.headers:
            text = say("Operations change several records: give each its meta.version instead of If-Match.")
            raise BadRequest(text, header="If-Match")
        actor = requests.actor()
        may_write_anything(self._records.registry, actor)
        document = requests.body_object(None)
        listed = document.get("atomic:operations")
        if not isinstance(listed, list) or not listed or len(listed) > MAX_OPERATIONS:
            raise BadRequest(
                say("atomic:operations must be a list of 1 to {max} operations.", max=MAX_OPERATIONS),
                pointer="/atomic:operations",
            )
        return self._idempotency.once(actor, lambda work: self._run(work, listed, media))

    def _run(self, work: Work, listed: list[Any], media: str) -> Response:
        storing = Storing(work)
        results: list[dict[str, Any]] = []
        documents = Documents(Reading(work.database, work.registry, work.actor))
        for n, operation in enumerate(listed):
            where = f"/atomic:operations/{n}"
            try:
                row, entity = self._one(work, storing, operation, where)
            except IngotError as error:
                raise _at(error, where) from None
            if row is None or entity is None:
                results.append({})
            else:
                table = work.table(entity.name)
                results.append({"data": documents.resource(table, work.row(table, row[0]) or row)})
        if not any(results):
            return of_work(no_content(), work)
        document = {"jsonapi": {**VERSION, "ext": [ATOMIC]}, "atomic:results": results}
        return of_work(answer(document, media=media), work)

    def _one(self, work: Work, storing: Storing, operation: Any, where: str) -> tuple[Row | None, Entity | None]:
        if not isinstance(operation, dict) or operation.get("op") not in ("add", "update", "remove"):
            raise BadRequest(say("op must be add, update or remove."), pointer=f"{where}/op")
        op, data = operation["op"], operation.get("data")
        reference = self._reference(work, storing, operation, where)
        if reference and reference.relationship:
            try:
                self._relationship(work, storing, op, reference, operation, where)
            except Invalid as error:
                raise reading_in.placed(error, reference.entity, at=f"{where}/data") from None
            return None, None
        if op == "remove":
            if reference is None or reference.id is None:
                raise BadRequest(say("remove needs a ref with type and id."), pointer=f"{where}/ref")
            work.delete(reference.entity.name, reference.id, version=_version_of(operation, where))
            return None, None
        if not isinstance(data, dict):
            raise BadRequest(say("data must be a resource object."), pointer=f"{where}/data")
        if op == "add":
            incoming = read_resource(
                work.registry, data, f"{where}/data", entity=reference.entity if reference else None, creating=True
            )
            writable(work.registry, incoming.entity.type)
            row, _ = storing.create(incoming)
            return row, incoming.entity
        if "lid" in data and "id" not in data:
            data = {**data, "id": str(storing.by_lid(str(data.get("type")), str(data["lid"]), f"{where}/data/lid"))}
        incoming = read_resource(
            work.registry, data, f"{where}/data", entity=reference.entity if reference else None, creating=False
        )
        writable(work.registry, incoming.entity.type)
        if reference and reference.id is not None:
            if incoming.id not in (None, reference.id):
                raise Conflict(say("The id is not the one in the address."), code="id", pointer=f"{where}/data/id")
            incoming.id = reference.id
        if incoming.id is None:
            raise BadRequest(say("A change needs the resource's id."), pointer=f"{where}/data/id")
        return storing.update(incoming, _version_of(operation, where)), incoming.entity

    def _relationship(
        self, work: Work, storing: Storing, op: str, ref: Reference, operation: Mapping[str, Any], where: str
    ) -> None:
        name = str(ref.relationship)
        step = ref.entity.by_name.get(name) or ref.entity.inverse_by_name.get(name)
        if step is None or ref.id is None or (isinstance(step, Field) and not step.relational):
            raise BadRequest(
                say("{entity} has no relationship called {name}.", entity=ref.entity.plural, name=name),
                pointer=f"{where}/ref",
            )
        if "data" not in operation:
            raise BadRequest(say("The body needs data."), pointer=where)
        data, version = operation["data"], _version_of(operation, where)
        target = str(step.target) if isinstance(step, Field) else step.source
        by_lid = storing.by_lid
        if isinstance(step, Field) and not step.many:
            if op != "update":
                raise NotAllowed(say("A link to one record is replaced by update."))
            one = None if data is None else reading_in.checked(target, data, f"{where}/data")
            value = None if one is None else reading_in.target_id(work.registry, one, by_lid)
            work.update(ref.entity.name, ref.id, {name: value}, version=version)
            return
        if not isinstance(data, list):
            raise BadRequest(say("data must be a list of identifiers."), pointer=f"{where}/data")
        ids = [
            reading_in.target_id(work.registry, reading_in.checked(target, one, f"{where}/data/{n}"), by_lid)
            for n, one in enumerate(data)
        ]
        how = {"add": "add", "update": "replace", "remove": "remove"}[op]
        work.relate(ref.entity.name, ref.id, name, ids, how, version=version)

    def _reference(self, work: Work, storing: Storing, operation: Mapping[str, Any], where: str) -> Reference | None:
        ref, href = operation.get("ref"), operation.get("href")
        if ref is not None and href is not None:
            raise BadRequest(say("An operation has ref or href, not both."), pointer=f"{where}/href")
        if href is not None:
            found = _HREF.fullmatch(href) if isinstance(href, str) else None
            if not found:
                raise BadRequest(say("href must be a path of this API."), pointer=f"{where}/href")
            entity = writable(work.registry, found[1])
            return Reference(entity, read_id(entity, found[2]) if found[2] else None, found[3])
        if ref is None:
            return None
        if not isinstance(ref, dict) or not isinstance(ref.get("type"), str):
            raise BadRequest(say("ref needs a type."), pointer=f"{where}/ref")
        entity = writable(work.registry, ref["type"])
        record = None
        if isinstance(ref.get("lid"), str):
            record = storing.by_lid(entity.type, ref["lid"], f"{where}/ref/lid")
        elif "id" in ref:
            if not isinstance(ref["id"], str):
                raise BadRequest(say("id must be a text."), pointer=f"{where}/ref/id")
            record = read_id(entity, ref["id"])
        relationship = ref.get("relationship")
        if relationship is not None and (not isinstance(relationship, str) or record is None):
            raise BadRequest(say("A ref to a relationship needs type, id and its name."), pointer=f"{where}/ref")
        return Reference(entity, record, relationship)


def _version_of(operation: Mapping[str, Any], where: str) -> int | None:
    """The version that an operation names: in its resource's meta, its own, or that of its ref. BadRequest when they differ,
    and for a version of another type, wherever it stands."""
    found: dict[int, str] = {}
    for holder, place in ((operation.get("data"), "/data"), (operation, ""), (operation.get("ref"), "/ref")):
        if isinstance(holder, Mapping) and "meta" in holder:
            version = version_in(holder["meta"], f"{where}{place}/meta/version")
            if version is not None:
                found[version] = place
    if len(found) > 1:
        raise BadRequest(say("An operation names one version, not several."), pointer=f"{where}/meta/version")
    return next(iter(found), None)


def _at(error: IngotError, where: str) -> IngotError:
    """The same error, pointing into the operation it came from."""
    if isinstance(error, Invalid):
        return type(error)(
            [
                Problem(p.field, p.message, p.code, _under(p.pointer or f"/data/attributes/{p.field}", where))
                for p in error.problems
            ]
        )
    pointer = getattr(error, "pointer", None)
    error.pointer = _under(pointer, where) if pointer else where  # type: ignore[attr-defined]
    return error


def _under(pointer: str, where: str) -> str:
    return pointer if pointer.startswith(where) else where + pointer
