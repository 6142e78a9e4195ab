"""The trash: what was removed from the schema keeps its columns and tables until the trash is emptied."""

from __future__ import annotations

from appliance.base.errors import Conflict, NotFound
from appliance.base.text import say
from appliance.records.ddl import Ddl
from appliance.records.declaration import write_entity, write_field
from appliance.records.definitions import Definitions
from appliance.records.entity import Entity, Field
from appliance.records.renaming import point_elsewhere
from appliance.records.schema_checks import check_entity_name, check_field_name, check_target
from appliance.records.work import Work

WHERE = "/data/attributes"


class Trash:
    """Part of `Schema`, inside its transaction."""

    def __init__(self, work: Work, definitions: Definitions, ddl: Ddl):
        self._work, self._definitions, self._ddl = work, definitions, ddl

    def remove_entity(self, entity: Entity) -> None:
        """Its records stay in their table. Links that point here go out of sight with it: while it is in the trash they
        point at its number, since another entity may take the name."""
        for other in self._definitions.load():
            for field in other.fields:
                if field.target == entity.name and other.id != entity.id:
                    _check_unused(other, field)
        point_elsewhere(self._definitions, entity.name, _hidden(entity.id))
        self._definitions.mark("entity", entity.id or 0, True)
        self._definitions.advance()
        self._work.note("entity", entity.id or 0, 1, "deleted", {"declaration": [write_entity(entity), None]})

    def restore_entity(self, entity_id: int) -> Entity:
        gone = next((r for r in self._definitions.removed_entities() if r.id == entity_id), None)
        if gone is None:
            raise NotFound(say("There is no such entity in the trash."))
        known = {e.name: e for e in self._definitions.load()}
        if gone.name in known:
            raise Conflict(
                say("There is an entity called {name} again; rename it first.", name=gone.name), code="taken"
            )
        point_elsewhere(self._definitions, _hidden(entity_id), gone.name)
        self._definitions.mark("entity", entity_id, False)
        now = {e.name: e for e in self._definitions.load()}
        back = now[gone.name]
        check_entity_name(back, known)
        for entity in now.values():
            if len({f.name for f in entity.fields}) < len(entity.fields):
                text = say(
                    "A field of {entity} has taken the name of a link to this one; rename it first.", entity=entity.name
                )
                raise Conflict(text, code="taken")
            for field in entity.fields:
                if back.name in (entity.name, field.target):
                    check_target(entity, field, now, WHERE)
        self._definitions.advance()
        self._work.note("entity", entity_id, 1, "created", {"declaration": [None, write_entity(back)]})
        return back

    def remove_field(self, entity: Entity, field: Field) -> None:
        _check_unused(entity, field)
        self._definitions.mark("field", field.id or 0, True)
        self._definitions.advance()
        words = {"entity": entity.name, **write_field(field)}
        self._work.note("field", field.id or 0, 1, "deleted", {"declaration": [words, None]})

    def restore_field(self, field_id: int) -> Field:
        found = self._definitions.field_in_trash(field_id)
        known = {e.name: e for e in self._definitions.load()}
        entity = next((e for e in known.values() if found and e.id == found[0]), None)
        if not found or not entity:
            raise NotFound(say("There is no such field in the trash."))
        field = found[1]
        check_field_name(entity, field, known, WHERE)
        check_target(entity, field, known, WHERE)
        self._definitions.mark("field", field_id, False)
        self._definitions.advance()
        words = {"entity": entity.name, **write_field(field)}
        self._work.note("field", field_id, 1, "created", {"declaration": [None, words]})
        return field

    def empty(self, before: str) -> int:
        """Drop for good what was removed before a time (wire form). Returns how many things went."""
        old_entities = {e.id: e for e in self._definitions.removed_entities() if e.removed_at < before}
        old_fields = {f.id for f in self._definitions.removed_fields() if f.removed_at < before}
        tables: dict[int, str] = dict(self._work.database.rows("SELECT id, table_name FROM ingot_entity"))
        targets = {_hidden(id_) for id_ in old_entities}
        for entity_id, field, _ in self._definitions.all_fields():
            # links to a table that goes, and its own tables of links, go with it
            if field.id in old_fields or field.target in targets or entity_id in old_entities:
                self._drop(tables[entity_id], field, entity_id in old_entities)
        for gone in old_entities.values():
            self._ddl.drop_table(gone.physical)
            self._definitions.forget("entity", gone.id)
            self._note("entity", gone.id, gone.physical)
        if old_entities or old_fields:
            self._definitions.advance()
        return len(old_entities) + len(old_fields)

    def _drop(self, table: str, field: Field, whole: bool) -> None:
        if field.many:
            self._ddl.drop_table(field.column)
        elif not whole:
            self._ddl.drop_column(table, field.column)
        else:
            return  # the column goes with its table
        self._definitions.forget("field", field.id or 0)
        self._note("field", field.id or 0, field.column)

    def _note(self, what: str, id_: int, physical: str) -> None:
        self._work.note(what, id_, 1, "deleted", {"physical": [physical, None]})


def _hidden(entity_id: int | None) -> str:
    """What links to an entity in the trash have as their target: no entity can be called this."""
    return f"trash:{entity_id}"


def _check_unused(entity: Entity, field: Field) -> None:
    """Conflict when other parts of the declaration need the field."""
    if (entity.title and field.name in entity.title_fields) or any(
        field.name in g for g in (*entity.indexes, *entity.unique)
    ):
        text = say(
            "{name} is part of the title or of an index over several fields; change those first.", name=field.name
        )
        raise Conflict(text, code="in_use")
