"""Changing the schema while everybody works: entities and fields appear, are renamed, reordered, removed and restored, in
one transaction each, with an entry in the log. Made by `Records.change_schema(actor)`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from appliance.base.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from appliance.base.text import Text, say
from appliance.records.declaration import (
    RESERVED,
    RESERVED_ENTITIES,
    Problems,
    check_names,
    read_entity,
    read_field,
    write_entity,
    write_field,
)
from appliance.records.definitions import Definitions
from appliance.records.ddl import Ddl
from appliance.records.entity import Entity, Field
from appliance.records.kinds import AutoNumberKind
from appliance.records.retype import Retype
from appliance.records.work import Work

_BUILTIN_TABLES = {"user": "ingot_user", "file": "ingot_file", "role": "ingot_role"}


class Schema:
    """Every method raises Invalid or Conflict before it has changed anything, or the transaction takes it all back."""

    def __init__(self, work: Work):
        if not work.actor.admin:
            raise NotAllowed(say("Only an administrator may change entities and fields."))
        self.work, self.database = work, work.database
        self.definitions = Definitions(work.database)
        self.ddl = Ddl(work.database)

    # ------------------------------------------------------------------ entities

    def entities(self) -> dict[str, Entity]:
        """As they are inside this transaction."""
        return {e.name: e for e in self.definitions.load()}

    def create_entities(self, declared: list[Entity]) -> list[Entity]:
        """Several at once, which may point at each other, as a pack does."""
        known = self.entities()
        for entity in declared:
            self._check_name(entity, known)
            known[entity.name] = entity
        made = []
        for entity in declared:
            table = _free(entity.name, self.definitions.tables_taken())
            bare = self.definitions.add_entity(replace(entity, table=table))
            self.ddl.create_table(replace(bare, fields=()))
            made.append(bare)
        for bare, entity in zip(made, declared, strict=True):
            where = "/data/attributes/fields"
            for n, field in enumerate(entity.fields):
                self._add_field(replace(bare, fields=()), field, known, f"{where}/{n}", new_table=True)
            stored = next(e for e in self.definitions.load() if e.id == bare.id)
            self._index_groups(stored)
            self.work.note("entity", bare.id or 0, 1, "created", {"declaration": [None, write_entity(stored)]})
        self.definitions.advance()
        by_id = {e.id: e for e in self.definitions.load()}
        return [by_id[e.id] for e in made]

    def change_entity(self, entity: Entity, words: Mapping[str, Any]) -> Entity:
        """Change labels, title, name, plural, indexes, uniqueness, views: whatever `words` holds. No table is touched."""
        before = write_entity(entity, fields=False)
        wanted = replace(read_entity({**before, **words, "indexes": [], "unique": [], "title": ""}), id=entity.id, table=entity.table)
        merged = {**before, **words}
        parsed = read_entity({**merged, "fields": [write_field(f) for f in entity.fields]})
        wanted = replace(wanted, title=parsed.title, indexes=parsed.indexes, unique=parsed.unique, fields=entity.fields)
        self._check_name(wanted, {n: e for n, e in self.entities().items() if e.id != entity.id})
        problems = Problems()
        check_names(wanted, problems)
        problems.end()
        if wanted.name != entity.name:
            self._rename_target(entity.name, wanted.name)
        for group in set(entity.unique) - set(wanted.unique):
            self.ddl.drop_index(entity, self._columns(entity, group), unique=True)
        for group in set(entity.indexes) - set(wanted.indexes):
            self.ddl.drop_index(entity, self._columns(entity, group))
        self._index_groups(wanted)
        self.definitions.save_entity(wanted)
        return self._done("entity", wanted, before, write_entity(wanted, fields=False))

    def remove_entity(self, entity: Entity) -> None:
        """Into the trash. Records stay in their table; links that point here are hidden with it."""
        self.definitions.mark("entity", entity.id or 0, True)
        self.definitions.advance()
        self.work.note("entity", entity.id or 0, 1, "deleted", {"declaration": [write_entity(entity), None]})

    def restore_entity(self, entity_id: int) -> Entity:
        """Out of the trash again. NotFound when it is not there, Conflict when its name was taken meanwhile."""
        gone = next((r for r in self.definitions.removed_entities() if r.id == entity_id), None)
        if gone is None:
            raise NotFound(say("There is no such entity in the trash."))
        known = self.entities()
        if gone.name in known:
            raise Conflict(say("There is an entity called {name} again; rename it first.", name=gone.name), code="taken")
        self.definitions.mark("entity", entity_id, False)
        back = next(e for e in self.definitions.load() if e.id == entity_id)
        self._check_name(back, known)
        return self._done("entity", back, None, write_entity(back))

    # ------------------------------------------------------------------ fields

    def add_field(self, entity: Entity, field: Field) -> Field:
        """A new column, instant at any number of records. Records there are get the default, or a running number."""
        made = self._add_field(entity, field, self.entities(), "/data/attributes")
        return self._done("field", made, None, self._field_words(entity, made))

    def change_field(self, entity: Entity, field: Field, words: Mapping[str, Any], *, clear_bad: bool = False) -> Field:
        """Rename, relabel, tighten or loosen, re-type: whatever `words` holds. Values that a new kind cannot take refuse
        the change (Invalid, with examples), or become empty with `clear_bad`."""
        before = write_field(field)
        kept = before if words.get("kind", field.kind.name) == field.kind.name else _common_words(before)
        wanted = replace(read_field({**kept, **words}), id=field.id, column=field.column)
        if wanted.name != field.name:
            self._check_field_name(entity, wanted, "/data/attributes")
            self._rename_in_declaration(entity, field.name, wanted.name)
        self._check_target(wanted, self.entities(), "/data/attributes")
        if wanted.kind.name != field.kind.name or wanted.target != field.target or Retype.rescales(field, wanted):
            wanted = self._retype(entity, field, wanted, clear_bad)
        if wanted.unique and not field.unique:
            self._check_distinct(entity, (wanted.column,), wanted.name)
        for flag, unique in (("indexed", False), ("unique", True)):
            if getattr(wanted, flag) and (not getattr(field, flag) or wanted.column != field.column):
                self.ddl.create_index(entity, (wanted.column,), unique)
            elif getattr(field, flag) and not getattr(wanted, flag):
                self.ddl.drop_index(entity, (field.column,), unique)
        self.definitions.save_field(wanted)
        return self._done("field", wanted, self._field_words(entity, field), self._field_words(entity, wanted))

    def preview_retype(self, entity: Entity, field: Field, words: Mapping[str, Any]) -> dict[str, Any]:
        """How many values would convert, and examples of those that would not. Changes nothing."""
        wanted = replace(read_field({**_common_words(write_field(field)), **words}), id=field.id)
        return Retype(self.database, entity, field, wanted).preview()

    def order_fields(self, entity: Entity, names: list[str]) -> None:
        """Fields in the order given; those not named follow in their present order."""
        rest = [f.name for f in entity.fields if f.name not in names]
        self.definitions.order_fields([entity.by_name[n].id or 0 for n in [*names, *rest] if n in entity.by_name])
        self._done("entity", entity, {"order": [f.name for f in entity.fields]}, {"order": [*names, *rest]})

    def remove_field(self, entity: Entity, field: Field) -> None:
        """Into the trash; its values stay in their column until the trash is emptied."""
        used = [g for g in (*entity.indexes, *entity.unique) if field.name in g]
        if field.name in entity.title_fields or used:
            raise Conflict(
                say("{name} is part of the title or of an index over several fields; change those first.", name=field.name), code="in_use"
            )
        self.definitions.mark("field", field.id or 0, True)
        self.definitions.advance()
        self.work.note("field", field.id or 0, 1, "deleted", {"declaration": [self._field_words(entity, field), None]})

    def restore_field(self, field_id: int) -> Field:
        """Out of the trash, values and all."""
        found = self.definitions.field_in_trash(field_id)
        entity = next((e for e in self.definitions.load() if found and e.id == found[0]), None)
        if not found or not entity:
            raise NotFound(say("There is no such field in the trash."))
        field = found[1]
        self._check_field_name(entity, field, "/data/attributes")
        self.definitions.mark("field", field_id, False)
        return self._done("field", field, None, self._field_words(entity, field))

    def empty_trash(self, before: str) -> int:
        """Drop for good what was removed before a time (wire form). Returns how many things went."""
        tables = {row[0]: row[1] for row in self.database.rows("SELECT id, table_name FROM ingot_entity")}
        gone = 0
        for field in self.definitions.removed_fields():
            if field.removed_at < before:
                linked = field.physical.lower() in self.definitions.tables_taken()
                if linked:
                    self.ddl.drop_table(field.physical)
                else:
                    self.ddl.drop_column(tables[field.entity or 0], field.physical)
                self.definitions.forget("field", field.id)
                gone += 1
        for entity in self.definitions.removed_entities():
            if entity.removed_at < before:
                self.ddl.drop_table(entity.physical)
                self.definitions.forget("entity", entity.id)
                gone += 1
        if gone:
            self.definitions.advance()
        return gone

    # ------------------------------------------------------------------ steps

    def _add_field(self, entity: Entity, field: Field, known: Mapping[str, Entity], where: str, *, new_table: bool = False) -> Field:
        self._check_target(field, known, where)
        if not new_table:
            self._check_field_name(entity, field, where)
        if field.many:
            column = _free(f"{entity.table}_{field.name}"[:55], self.definitions.tables_taken())
        else:
            system = {f.column for f in entity.system_fields} | {"id", "version"}
            column = _free(field.name, self.definitions.columns_taken(entity) | system)
        made = self.definitions.add_field(entity, replace(field, column=column))
        default = None if field.default is None or field.many else field.kind.cleaner(field)(field.default)
        target = None if field.many or not field.target else self._table_of(field.target, entity)
        self.ddl.add_column(entity, made, target, default)
        if field.indexed:
            self.ddl.create_index(entity, (column,))
        if field.unique:
            if default is not None and self._count(entity) > 1:
                raise Invalid([Problem("default", say("cannot be unique when all records get the same value"), "unique")])
            self.ddl.create_index(entity, (column,), unique=True)
        if isinstance(field.kind, AutoNumberKind) and not new_table:
            self._number_rows(entity, made, field.kind)
        return made

    def _number_rows(self, entity: Entity, field: Field, kind: AutoNumberKind) -> None:
        ids = [r[0] for r in self.database.rows(f'SELECT "id" FROM "{entity.table}" ORDER BY "id"')]
        if ids:
            first = self.work.next_numbers(field, len(ids))
            sql = self.database.sql(f'UPDATE "{entity.table}" SET "{field.column}" = ? WHERE "id" = ?')
            self.database.many(sql, [(kind.render(field, first + n), i) for n, i in enumerate(ids)])

    def _retype(self, entity: Entity, field: Field, wanted: Field, clear_bad: bool) -> Field:
        """A new column, values converted into it, and the definition points there. The old column goes to the trash."""
        retype = Retype(self.database, entity, field, wanted)
        report = retype.preview()
        if report["bad"] and not clear_bad:
            shown = "; ".join(f"{e['id']}: {e['value']} ({e['reason']})" for e in report["examples"][:3])
            raise Invalid(
                [Problem("kind", say("{count} values do not convert: {examples}", count=report["bad"], examples=shown), "unconvertible")]
            )
        column = _free(field.name, self.definitions.columns_taken(entity) | {"id", "version"} | {f.column for f in entity.system_fields})
        wanted = replace(wanted, column=column)
        self.ddl.add_column(entity, wanted, self._table_of(wanted.target, entity) if wanted.target else None, None)
        retype.convert(wanted)
        self.definitions.add_field(entity, replace(field, id=None), removed=True)
        return wanted

    def _index_groups(self, entity: Entity) -> None:
        for group in entity.indexes:
            self.ddl.create_index(entity, self._columns(entity, group))
        for group in entity.unique:
            columns = self._columns(entity, group)
            self._check_distinct(entity, columns, ", ".join(group))
            self.ddl.create_index(entity, columns, unique=True)

    def _check_distinct(self, entity: Entity, columns: tuple[str, ...], shown: str) -> None:
        names = ", ".join(f'"{c}"' for c in columns)
        filled = " AND ".join(f'"{c}" IS NOT NULL' for c in columns)
        twice = self.database.rows(f'SELECT {names} FROM "{entity.table}" WHERE {filled} GROUP BY {names} HAVING count(*) > 1 LIMIT 3')
        if twice:
            values = "; ".join(", ".join(str(v) for v in row) for row in twice)
            raise Invalid([Problem("unique", say("{fields} cannot be unique, there are doubles: {values}", fields=shown, values=values))])

    def _check_name(self, entity: Entity, known: Mapping[str, Entity]) -> None:
        problems = Problems()
        for other in known.values():
            if entity.name in (other.name, other.plural):
                problems.add("name", say("there is an entity called {name} already", name=entity.name), "taken")
            if entity.plural in (other.name, other.plural):
                problems.add("plural", say("there is an entity called {name} already", name=entity.plural), "taken")
        if entity.name in RESERVED_ENTITIES:
            problems.add("name", say("{name} is taken by Ingot itself", name=entity.name), "reserved")
        problems.end()

    def _check_field_name(self, entity: Entity, field: Field, where: str) -> None:
        if field.name in entity.by_name or field.name in entity.inverse_by_name or field.name in RESERVED:
            text = say("there is a field called {name} already", name=field.name)
            raise Invalid([Problem("name", text, "taken", f"{where}/name")])

    def _check_target(self, field: Field, known: Mapping[str, Entity], where: str) -> None:
        if not field.target:
            return
        target = known.get(field.target)
        problem: tuple[str, Text] | None = None
        if target is None and field.target not in _BUILTIN_TABLES:
            problem = ("target", say("there is no entity called {name}", name=field.target))
        elif field.inverse and target is not None and (field.inverse in target.by_name or field.inverse in RESERVED):
            problem = ("inverse", say("{entity} has a field called {name} already", entity=target.name, name=field.inverse))
        elif field.inverse and any(
            f.inverse == field.inverse and f.target == field.target and f.id != field.id for e in known.values() for f in e.fields if f.id
        ):
            problem = ("inverse", say("another link has taken the name {name} on the other side", name=field.inverse))
        if problem:
            raise Invalid([Problem(problem[0], problem[1], "invalid", f"{where}/{problem[0]}")])

    def _rename_target(self, old: str, new: str) -> None:
        for entity in self.entities().values():
            for field in entity.fields:
                if field.target == old:
                    self.definitions.save_field(replace(field, target=new))
        # The log speaks of entities by name, and history must follow the record.
        self.database.run(self.database.sql("UPDATE ingot_log SET entity = ? WHERE entity = ?"), (new, old))

    def _rename_in_declaration(self, entity: Entity, old: str, new: str) -> None:
        def swap(group: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(new if n == old else n for n in group)

        title = new if entity.title == old else entity.title.replace("{" + old + "}", "{" + new + "}")
        views = tuple(_renamed_view(v, old, new) for v in entity.views)
        self.definitions.save_entity(
            replace(entity, title=title, views=views, indexes=tuple(map(swap, entity.indexes)), unique=tuple(map(swap, entity.unique)))
        )

    def _table_of(self, target: str, entity: Entity) -> str:
        if target in _BUILTIN_TABLES:
            return _BUILTIN_TABLES[target]
        return entity.table if target == entity.name else self.entities()[target].table

    def _columns(self, entity: Entity, group: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(entity.by_name[n].column for n in group)

    def _count(self, entity: Entity) -> int:
        return self.database.rows(f'SELECT count(*) FROM "{entity.table}"')[0][0]

    def _field_words(self, entity: Entity, field: Field) -> dict[str, Any]:
        return {"entity": entity.name, **write_field(field)}

    def _done(self, what: str, thing: Any, before: Any, after: Any) -> Any:
        self.definitions.advance()
        self.work.note(what, thing.id or 0, 1, "updated" if before else "created", {"declaration": [before, after]})
        return thing


def _common_words(words: Mapping[str, Any]) -> dict[str, Any]:
    keep = ("name", "kind", "label", "help", "required", "unique", "indexed", "searchable", "read_only")
    return {k: v for k, v in words.items() if k in keep}


def _renamed_view(view: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    columns = [new if c == old else c for c in view.get("columns", ())]
    return {**view, **({"columns": columns} if columns else {})}


def _free(name: str, taken: set[str]) -> str:
    """The name itself, or name_2, name_3 ... where it is taken, also by something in the trash."""
    if name.lower() not in taken:
        return name
    n = 2
    while f"{name}_{n}".lower() in taken:
        n += 1
    return f"{name}_{n}"
