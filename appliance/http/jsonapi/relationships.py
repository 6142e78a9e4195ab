"""The endpoints under one record: its relationships, the records they lead to, its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, request

from appliance.base.digits import is_digits
from appliance.base.errors import BadRequest, Invalid, NotAllowed, NotFound
from appliance.base.text import say
from appliance.http import requests
from appliance.http.jsonapi import incoming, parameters
from appliance.http.jsonapi.answers import answer, check_accept, no_content, no_parameters, of_work
from appliance.http.jsonapi.document import VERSION, Documents
from appliance.http.jsonapi.media import check_content_type
from appliance.http.jsonapi.parameters import write_query
from appliance.http.jsonapi.past import entry_resource, history
from appliance.http.jsonapi.resources import Resources, may_write, read_id, wanted_version, writable
from appliance.records.entity import Entity, Field, Inverse
from appliance.records.query import MAX_SIZE, Condition
from appliance.records.reading import Reading
from appliance.records.registry import Registry
from appliance.records.tables import Table


@dataclass
class Relationships:
    resources: Resources

    def related(self, type_: str, id_: str, name: str) -> Response:
        """GET /api/<type>/<id>/<relation>: the record, or a list with all that lists can do."""
        registry, entity, step = self._step(type_, name)
        reading = self._reading(registry)
        row = reading.get(entity.name, read_id(entity, id_))
        table = registry.tables[entity.name]
        if isinstance(step, Field) and not step.many:
            return self._related_one(reading, registry.tables[str(step.target)], row[table.place[name]])
        if isinstance(step, Inverse):
            entity_there, condition = registry.entities[step.source], Condition((step.field,), "eq", (row[0],))
        elif step.inverse:
            entity_there, condition = registry.entities[str(step.target)], Condition((step.inverse,), "eq", (row[0],))
        else:
            ids = reading.linked(table, step, [row[0]])[row[0]]
            entity_there, condition = registry.entities[str(step.target)], Condition(("id",), "in", tuple(ids) or (-1,))
            # The links are rows of their own: a change of them moves this record's version, so the list hangs on both.
        return self.resources.listing(
            registry, reading.actor, entity_there, f"{request.path}", condition, (entity.name,)
        )

    def _related_one(self, reading: Reading, target: Table, held: int | None) -> Response:
        asked = self.resources.asked(reading.registry, target.entity, listing=False)
        if asked.as_of is not None:
            raise BadRequest(say("There is no parameter {name} here.", name="as-of"), parameter="as-of")
        if held is not None:  # one that the actor may not see answers as at its own address
            row = reading.get(target.entity.name, held)
            return answer(Documents(reading, asked).one(target, row, request.path))
        document: dict[str, Any] = {"jsonapi": VERSION, "data": None}
        document["links"] = {"self": request.path + write_query(asked.words)}
        return answer(document if asked.include is None else {**document, "included": []})

    def linkage(self, type_: str, id_: str, name: str) -> Response:
        """GET /api/<type>/<id>/relationships/<relation>; paths to include begin with that relation."""
        registry, entity, _ = self._step(type_, name)
        asked = parameters.read(registry, entity, request.query_string.decode("latin-1"), listing=False)
        if asked.as_of is not None:
            raise BadRequest(say("There is no parameter {name} here.", name="as-of"), parameter="as-of")
        if any(path[0] != name for path in asked.include or ()):
            raise BadRequest(say("Here include goes through {name}.", name=name), parameter="include")
        reading = self._reading(registry)
        row = reading.get(entity.name, read_id(entity, id_))
        return answer(Documents(reading, asked).linkage(registry.tables[entity.name], row, name))

    def change(self, type_: str, id_: str, name: str) -> Response:
        """PATCH, POST and DELETE /api/<type>/<id>/relationships/<relation>: 204."""
        check_content_type(request.headers.get("Content-Type", ""))
        check_accept()
        no_parameters()
        registry = self.resources.records.registry
        about = writable(registry, type_)
        towards = _step_of(registry, about, name)
        if not (
            isinstance(towards, Inverse) and requests.actor().reach("update", towards.source)
        ):  # which holds the link
            may_write(requests.actor(), about, "update")
        document = requests.body_object(None)
        if "data" not in document:
            raise BadRequest(say("The body needs data."), pointer="/data")
        data: Any = document["data"]
        with self.resources.records.work(requests.actor()) as work:
            entity = writable(work.registry, type_)
            step = _step_of(work.registry, entity, name)
            record_id = read_id(entity, id_)
            version = wanted_version(document.get("meta", {}), "/meta/version")
            try:
                if isinstance(step, Field) and not step.many:
                    if request.method != "PATCH":
                        raise NotAllowed(say("A link to one record is replaced by PATCH."))
                    target = incoming.identifier(work.registry, step, data)
                    work.update(entity.name, record_id, {name: target}, version=version)
                else:
                    ids = incoming.identifiers(work.registry, entity, name, data)
                    how = {"POST": "add", "DELETE": "remove", "PATCH": "replace"}[request.method]
                    work.relate(entity.name, record_id, name, ids, how, version=version)
            except Invalid as error:
                raise incoming.placed(error, entity, at="/data") from None
        return of_work(no_content(), work)

    def history(self, type_: str, id_: str) -> Response:
        """GET /api/<type>/<id>/history: the record's log entries, newest first."""
        records = self.resources.records
        registry = records.registry
        entity = registry.of_type(type_)
        no_parameters("page[after]", "page[size]")
        limit = parameters.page_number(request.args, "page[size]", 100, MAX_SIZE)
        text = request.args.get("page[after]")
        if text is not None and not is_digits(text):
            raise BadRequest(say("{name} is not a cursor of this list.", name="page[after]"), parameter="page[after]")
        after = None if text is None else int(text)
        reading = self._reading(registry)
        entries = history(
            records, reading, registry.tables[entity.name], read_id(entity, id_), after=after, limit=limit + 1
        )
        links: dict[str, str | None] = {"self": request.path + write_query(request.args.items())}
        links["next"] = None
        if len(entries) > limit:
            entries = entries[:limit]
            following = {**request.args, "page[after]": str(entries[-1].position)}
            links["next"] = request.path + write_query(following.items())
        return answer({"jsonapi": VERSION, "data": [entry_resource(e) for e in entries], "links": links})

    def _step(self, type_: str, name: str) -> tuple[Registry, Entity, Field | Inverse]:
        registry = self.resources.records.registry
        requests.actor()
        entity = registry.of_type(type_)
        return registry, entity, _step_of(registry, entity, name)

    def _reading(self, registry: Registry) -> Reading:
        return Reading(self.resources.records.database, registry, requests.actor())


def _step_of(registry: Registry, entity: Entity, name: str) -> Field | Inverse:
    step = entity.by_name.get(name) or entity.inverse_by_name.get(name)
    if step is None or (isinstance(step, Field) and (not step.relational or step.target not in registry.entities)):
        raise NotFound(say("{entity} has no relationship called {name}.", entity=entity.plural, name=name[:100]))
    return step
