"""From incoming resources to work: create with related records, upsert, update. Used by the resource endpoints, by atomic
operations and by batches alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.base.errors import BadRequest, Conflict, Invalid
from appliance.base.text import say
from appliance.http.jsonapi.incoming import Incoming, placed, read_resource, settle, version_in
from appliance.records.tables import Row
from appliance.records.work import Work

MAX_INCLUDED = 100


class Storing:
    """Bound to one work. `lids` remembers what local ids became."""

    def __init__(self, work: Work):
        self.work, self.registry = work, work.registry
        self.lids: dict[tuple[str, str], int] = {}
        self._waiting: dict[tuple[str, str], Incoming] = {}
        self._busy: set[tuple[str, str]] = set()

    def read_included(self, document: Mapping[str, Any]) -> None:
        """Related resources with local ids, which are created when something points at them."""
        included = document.get("included")
        if included is None:
            return
        if not isinstance(included, list) or len(included) > MAX_INCLUDED:
            raise BadRequest(
                say("included must be a list of at most {max} resources.", max=MAX_INCLUDED), pointer="/included"
            )
        for n, data in enumerate(included):
            where = f"/included/{n}"
            if not isinstance(data, dict) or not isinstance(data.get("lid"), str):
                raise BadRequest(say("A resource to be created in included needs a lid."), pointer=f"{where}/lid")
            incoming = read_resource(self.registry, data, where, creating=True)
            if incoming.entity.builtin:  # users, roles and files come into being at addresses of their own
                raise BadRequest(
                    say("{type} cannot be written at this address.", type=incoming.entity.type), pointer=f"{where}/type"
                )
            key = (incoming.entity.type, str(incoming.lid))
            if key in self._waiting:
                raise BadRequest(say("Two resources have this lid."), pointer=f"{where}/lid")
            self._waiting[key] = incoming

    def create(self, incoming: Incoming) -> tuple[Row, bool]:
        """(row, created): with `meta.upsert` an existing record may be updated instead."""
        upsert = incoming.meta.get("upsert")
        if incoming.lid and (incoming.entity.type, incoming.lid) in self.lids:
            raise BadRequest(say("Two resources have this lid."), pointer=f"{incoming.where}/lid")
        settle(self.registry, incoming, self.by_lid)
        if upsert is not None and upsert is not False:
            existing = self._find(incoming, upsert)
            version = version_in(incoming.meta, f"{incoming.where}/meta/version")
            row, created = self._store(incoming, existing, version), existing is None
        else:
            row, created = self._store(incoming, None), True
        if incoming.lid:
            self.lids[(incoming.entity.type, incoming.lid)] = row[0]
        return row, created

    def create_rest(self) -> None:
        """Included resources nobody has pointed at yet: those that point at the primary one."""
        while self._waiting:
            type_, lid = next(iter(self._waiting))
            self.by_lid(type_, lid, "/included")

    def update(self, incoming: Incoming, version: int | None) -> Row:
        settle(self.registry, incoming, self.by_lid)
        return self._store(incoming, incoming.id, version)

    def _store(self, incoming: Incoming, record_id: int | None, version: int | None = None) -> Row:
        entity = incoming.entity
        try:
            if record_id is None:
                row = self.work.create(entity.name, incoming.values, record_id=incoming.id)
            else:
                row = self.work.update(entity.name, record_id, incoming.values, version=version)
            for name, targets in incoming.inverses.items():
                self.work.relate(entity.name, row[0], name, targets, "replace")
        except Invalid as error:
            raise placed(error, entity, incoming.where) from None
        except Conflict as error:
            if error.pointer and error.pointer.startswith("/data/"):  # said of a resource; this one may stand elsewhere
                error.pointer = incoming.where + error.pointer.removeprefix("/data")
            raise
        return row

    def _find(self, incoming: Incoming, upsert: Any) -> int | None:
        """The record an upsert means: by id, or by the named fields. Conflict when several match."""
        table = self.work.table(incoming.entity.name)
        pointer = f"{incoming.where}/meta/upsert"
        if upsert is True:
            if incoming.id is None:
                raise BadRequest(say("An upsert by id needs the id."), pointer=f"{incoming.where}/id")
            return incoming.id if self.work.row(table, incoming.id) else None
        if not isinstance(upsert, list) or not upsert or not all(isinstance(n, str) for n in upsert):
            raise BadRequest(say("upsert must be true, or a list of field names."), pointer=pointer)
        keys: dict[str, Any] = {}
        for name in upsert:
            field = incoming.entity.by_name.get(name)
            if field is None or field.many or incoming.values.get(name) is None:
                raise BadRequest(
                    say("{name} cannot tell records apart here: it needs a value.", name=name[:100]), pointer=pointer
                )
            keys[name] = incoming.values[name]
        found = self.work.find(table, keys)
        if len(found) > 1:
            raise Conflict(say("Several records match this upsert."), code="ambiguous", pointer=pointer)
        return found[0] if found else None

    def by_lid(self, type_: str, lid: str, pointer: str) -> int:
        key = (type_, lid)
        if key in self.lids:
            return self.lids[key]
        incoming = self._waiting.get(key)
        if incoming is None:
            raise BadRequest(say("There is no resource with this lid in the request."), pointer=pointer)
        if key in self._busy:
            raise BadRequest(say("These resources point at each other in a circle."), pointer=pointer)
        self._busy.add(key)
        row, _ = self.create(incoming)
        self._waiting.pop(key, None)
        self._busy.discard(key)
        self.lids[key] = row[0]
        return int(row[0])
