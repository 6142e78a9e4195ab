"""Changing the schema while everybody works: entities and fields appear, are renamed, reordered, removed and restored, in
one transaction each, with an entry in the log. Made by `Records.change_schema(actor)`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from appliance.base.errors import Invalid, NotAllowed, Problem
from appliance.base.text import say
from appliance.records.ddl import Ddl
from appliance.records.declaration import Problems, check_names, read_entity, read_field, write_entity, write_field
from appliance.records.definitions import Definitions
from appliance.records.entity import Entity, Field
from appliance.records.kinds import KINDS, AutoNumberKind
from appliance.records.renaming import point_elsewhere, rename_entity_in_rights, rename_field_in_declarations
from appliance.records.retype import Retype
from appliance.records.schema_checks import (
    HOUSE,
    Known,
    check_distinct,
    check_entity_name,
    check_field_name,
    check_target,
)
from appliance.records.trash import Trash
from appliance.records.work import Work

WHERE = "/data/attributes"


T = TypeVar("T", Entity, Field)


class Schema:
    """Every method raises Invalid or Conflict before it has changed anything, or the transaction takes it all back."""

    def __init__(self, work: Work):
        if not work.actor.admin:
            raise NotAllowed(say("Only an administrator may change entities and fields."))
        self.work, self.database = work, work.database
        self.definitions = Definitions(work.database)
        self.ddl = Ddl(work.database)
        self._trash = Trash(work, self.definitions, self.ddl)

    # ------------------------------------------------------------------ entities

    def entities(self) -> dict[str, Entity]:
        """As they are inside this transaction."""
        return {e.name: e for e in self.definitions.load()}

    def create_entities(self, declared: list[Entity]) -> list[Entity]:
        """Several at once, which may point at each other, as a pack does."""
        known = self.entities()
        for entity in declared:
            check_entity_name(entity, known)
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
        wanted = replace(
            read_entity({**before, **words, "indexes": [], "unique": [], "title": ""}), id=entity.id, table=entity.table
        )
        merged = {**before, **words}
        parsed = read_entity({**merged, "fields": [write_field(f) for f in entity.fields]})
        wanted = replace(wanted, title=parsed.title, indexes=parsed.indexes, unique=parsed.unique, fields=entity.fields)
        check_entity_name(wanted, {n: e for n, e in self.entities().items() if e.id != entity.id})
        problems = Problems()
        check_names(wanted, problems)
        problems.end()
        if wanted.name != entity.name:
            point_elsewhere(self.definitions, entity.name, wanted.name)
            rename_entity_in_rights(self.work, entity.name, wanted.name)
        for group in set(entity.unique) - set(wanted.unique):
            self.ddl.drop_index(entity, self._columns(entity, group), unique=True)
        for group in set(entity.indexes) - set(wanted.indexes):
            self.ddl.drop_index(entity, self._columns(entity, group))
        self._index_groups(wanted)
        self.definitions.save_entity(wanted)
        return self._done("entity", wanted, before, write_entity(wanted, fields=False))

    def remove_entity(self, entity: Entity) -> None:
        """Into the trash. Records stay in their table; links that point here are hidden with it. Conflict when such a link
        is part of a title or an index."""
        self._trash.remove_entity(entity)

    def restore_entity(self, entity_id: int) -> Entity:
        """Out of the trash again. NotFound when it is not there, Conflict when its name was taken meanwhile."""
        return self._trash.restore_entity(entity_id)

    # ------------------------------------------------------------------ fields

    def add_field(self, entity: Entity, field: Field) -> Field:
        """A new column, instant at any number of records. Records there are get the default, or a running number."""
        made = self._add_field(entity, field, self.entities(), "/data/attributes")
        return self._done("field", made, None, self._field_words(entity, made))

    def change_field(self, entity: Entity, field: Field, words: Mapping[str, Any], *, clear_bad: bool = False) -> Field:
        """Rename, relabel, tighten or loosen, re-type: whatever `words` holds. Values that a new kind cannot take refuse
        the change (Invalid, with examples), or become empty with `clear_bad`."""
        wanted = _wanted(field, words)
        known = self.entities()
        check_target(entity, wanted, known, WHERE)
        if wanted.name != field.name:
            check_field_name(entity, wanted, known, WHERE)
            rename_field_in_declarations(self.definitions, known.values(), entity, field.name, wanted.name)
        moved = Retype.needed(field, wanted)
        if moved:
            wanted = self._retype(entity, field, wanted, clear_bad)
        if wanted.unique and (moved or not field.unique):
            check_distinct(self.database, replace(entity, fields=(wanted,)), (wanted.column,), wanted.name)
        for flag, unique in (("indexed", False), ("unique", True)):
            if getattr(wanted, flag) and (moved or not getattr(field, flag)) and not wanted.many:
                self.ddl.create_index(entity, (wanted.column,), unique)
            elif getattr(field, flag) and not getattr(wanted, flag) and not wanted.relational:  # links keep theirs
                self.ddl.drop_index(entity, (field.column,), unique)
        self.definitions.save_field(wanted)
        if moved:
            self._move_group_indexes(entity, field.column, wanted)
        return self._done("field", wanted, self._field_words(entity, field), self._field_words(entity, wanted))

    def preview_retype(self, entity: Entity, field: Field, words: Mapping[str, Any]) -> dict[str, Any]:
        """How many values would convert, and examples of those that would not. Changes nothing."""
        wanted = _wanted(field, words)
        check_target(entity, wanted, self.entities(), WHERE)
        return Retype(self.database, entity, field, wanted, self._target_table(entity, wanted)).preview()

    def order_fields(self, entity: Entity, names: list[str]) -> None:
        """Fields in the order given; those not named follow in their present order. Invalid for a name that is none."""
        own = {f.name: f for f in entity.fields}
        if unknown := [n for n in names if n not in own]:
            raise Invalid([Problem("order", say("there is no field called {name}", name=n)) for n in unknown])
        wanted = list(dict.fromkeys([*names, *own]))
        self.definitions.order_fields([own[n].id or 0 for n in wanted])
        self._done("entity", entity, {"order": list(own)}, {"order": wanted})

    def remove_field(self, entity: Entity, field: Field) -> None:
        """Into the trash; its values stay in their column until the trash is emptied. Conflict when the title or an index
        needs it."""
        self._trash.remove_field(entity, field)

    def restore_field(self, field_id: int) -> Field:
        """Out of the trash, values and all. NotFound when it is not there, Invalid when its name was taken meanwhile."""
        return self._trash.restore_field(field_id)

    def empty_trash(self, before: str) -> int:
        """Drop for good what was removed before a time (wire form). Returns how many things went."""
        return self._trash.empty(before)

    # ------------------------------------------------------------------ steps

    def _add_field(self, entity: Entity, field: Field, known: Known, where: str, *, new_table: bool = False) -> Field:
        check_target(entity, field, known, where)
        if not new_table:
            check_field_name(entity, field, known, where)
        column = self._free_column(entity, field)
        made = self.definitions.add_field(entity, replace(field, column=column))
        default = None if field.default is None or field.many else field.kind.cleaner(field)(field.default)
        self.ddl.add_column(entity, made, self._target_table(entity, field), default)
        if field.indexed and not field.many:
            self.ddl.create_index(entity, (column,))
        if field.unique:
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
        wanted = replace(wanted, column=self._free_column(entity, wanted))
        retype = Retype(self.database, entity, field, wanted, self._target_table(entity, wanted))
        report = retype.preview()
        if report["bad"] and not clear_bad:
            shown = "; ".join(f"{e['id']}: {e['value']} ({e['reason']})" for e in report["examples"][:3])
            text = say("{count} values do not convert: {examples}", count=report["bad"], examples=shown)
            raise Invalid([Problem("kind", text, "unconvertible")])
        self.ddl.add_column(entity, wanted, self._target_table(entity, wanted), None)
        retype.convert(wanted)
        self.definitions.add_field(entity, replace(field, id=None), removed=True)
        return wanted

    def _move_group_indexes(self, entity: Entity, old_column: str, field: Field) -> None:
        """Indexes over several fields follow a value that moved to another column."""
        stored = next(e for e in self.entities().values() if e.id == entity.id)
        for unique, groups in ((False, stored.indexes), (True, stored.unique)):
            for group in groups:
                if field.name in group:
                    columns = tuple(old_column if n == field.name else stored.by_name[n].column for n in group)
                    self.ddl.drop_index(entity, columns, unique)
        self._index_groups(stored)

    def _free_column(self, entity: Entity, field: Field) -> str:
        """A physical name nothing has, had it ever so long ago, as far as we still hold it."""
        if field.many:
            return _free(f"{entity.table}_{field.name}"[:50], self.definitions.tables_taken())
        return _free(field.name, self.definitions.columns_taken(entity))

    def _index_groups(self, entity: Entity) -> None:
        for group in entity.indexes:
            self.ddl.create_index(entity, self._columns(entity, group))
        for group in entity.unique:
            columns = self._columns(entity, group)
            check_distinct(self.database, entity, columns, ", ".join(group))
            self.ddl.create_index(entity, columns, unique=True)

    def _target_table(self, entity: Entity, field: Field) -> str | None:
        """The table a link leads to; None for what is no link."""
        if not field.target:
            return None
        if field.target in HOUSE:
            return HOUSE[field.target].table
        return entity.table if field.target == entity.name else self.entities()[field.target].table

    def _columns(self, entity: Entity, group: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(entity.by_name[n].column for n in group)

    def _field_words(self, entity: Entity, field: Field) -> dict[str, Any]:
        return {"entity": entity.name, **write_field(field)}

    def _done(self, what: str, thing: T, before: Any, after: Any) -> T:
        self.definitions.advance()
        self.work.note(what, thing.id or 0, 1, "updated" if before else "created", {"declaration": [before, after]})
        return thing


_KEPT = {"name", "kind", "label", "help", "required", "unique", "indexed", "searchable", "read_only"}


def _wanted(field: Field, words: Mapping[str, Any]) -> Field:
    """The field as it would be. Options pass to another kind where it has them too."""
    before = write_field(field)
    kind = words.get("kind", field.kind.name)
    if kind != field.kind.name:
        options = KINDS[kind].options - {"pattern"} if isinstance(kind, str) and kind in KINDS else frozenset()
        before = {k: v for k, v in before.items() if k in _KEPT or k in options}
    if kind == field.kind.name and "pattern" not in words and field.refused_pattern:
        # It stays declared until somebody changes it, whatever else of the field is changed.
        del before["pattern"]
        return replace(read_field({**before, **words}), id=field.id, column=field.column, pattern=field.pattern)
    return replace(read_field({**before, **words}), id=field.id, column=field.column)


def _free(name: str, taken: set[str]) -> str:
    """The name itself, or name_2, name_3 ... where it is taken, also by something in the trash."""
    if name.lower() not in taken:
        return name
    n = 2
    while f"{name}_{n}".lower() in taken:
        n += 1
    return f"{name}_{n}"
