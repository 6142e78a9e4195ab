"""A trial of an import into an entity that does not exist yet: it is declared in a transaction that is taken back at once, and
what its fields would make of the rows is found out without storing anything, nor keeping others from writing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from appliance.base.text import Text, say
from appliance.features.imports import reading
from appliance.features.imports.filling import Filling
from appliance.features.imports.plan import Plan, Rejects, Report
from appliance.features.imports.running import Chunks, Progress
from appliance.features.imports.styles import find_styles
from appliance.features.imports.unpacking import unpacked
from appliance.records.bulk import check_keys
from appliance.records.checks import is_blank, unique_groups
from appliance.records.declaration import read_entity
from appliance.records.entity import Entity
from appliance.records.permissions import Actor
from appliance.records.records import Records
from appliance.records.registry import Registry


def rehearse_entity(records: Records, actor: Actor, declared: Any, pointer: str = "") -> tuple[Entity, Registry]:
    """The entity as it would be, and the registry with it. Raises what creating it would raise; nothing stays."""
    with records.rehearsal():
        with records.change_schema(actor) as schema:
            made = schema.create_entities([read_entity(declared, pointer)])[0]
        registry = records.registry
        return registry.entity(made.name), registry


def try_new_entity(
    records: Records, actor: Actor, declared: Any, plan: Plan, progress: Progress | None = None
) -> Report:
    """As `run_import` with dry_run. Invalid before the first row for what cannot work."""
    entity, registry = rehearse_entity(records, actor, declared)
    with unpacked(plan.path) as path:
        plan = replace(plan, path=path, entity=entity.name)
        layout = reading.detect_surely(path, plan.options)
        filling = Filling(registry, plan, layout)
        styles = find_styles(path, layout, filling.kinds, plan.options)
        filling = Filling(registry, plan, layout, styles)
        filling.look_ahead(path)
        filling.only_looks = True
        check_keys(registry.tables[entity.name], plan.keys, plan.mode)
        report = Report(columns=layout.columns, unused_columns=filling.mapping.unused)
        refused = Rejects(plan.rejects, layout.columns, report, actor.language or "en")
        layout = replace(layout, whole=frozenset(h for h, kind in filling.kinds.items() if kind == "json"))
        store = _Imagined(entity, registry, plan)
        chunks = Chunks(path, layout)
        try:
            for chunk in chunks:
                with records.work(actor) as work:
                    rows = filling.convert(work, chunk, report, refused, new_target=entity.name)
                for number, row, values in rows:
                    if reasons := store.refusals(values):
                        refused.add(number, row, *reasons)
                    else:
                        report.created += 1
                if progress:
                    progress(report.rows, None, f"{report.rows} rows, {report.rejected} rejected")
        finally:
            refused.close()
        if chunks.broken:
            report.broken = "; ".join(str(problem.message) for problem in chunks.broken)
    return report


class _Imagined:
    """What the table would hold: the values of unique fields."""

    def __init__(self, entity: Entity, registry: Registry, plan: Plan):
        self._required = [f.name for f in entity.fields if f.required and not f.kind.assigned and f.default is None]
        self._groups = unique_groups(registry.tables[entity.name])
        self._keys, self._upserts = plan.keys, plan.mode == "upsert" and bool(plan.keys)
        self._taken: dict[tuple[str, ...], set[int]] = {g: set() for g in self._groups}
        self._known: set[int] = set()

    def refusals(self, values: dict[str, Any]) -> list[Text]:
        found: list[Text] = []
        if missing := [n for n in self._required if is_blank(values.get(n))]:
            found.append(say("{fields} is required", fields=", ".join(missing)))
        key = tuple(values.get(k) for k in self._keys)
        if self._keys and None in key:
            found.append(say("the key {key} is empty", key=", ".join(self._keys)))
        if self._upserts and hash(key) in self._known:  # it would change the record of the row before
            return found
        marks = {}
        for group in self._groups:
            held = tuple(values.get(n) for n in group)
            if None in held:
                continue
            marks[group] = hash(held)
            if marks[group] in self._taken[group]:
                found.append(say("another record has this {fields}", fields=", ".join(group)))
        if not found:
            for group, mark in marks.items():
                self._taken[group].add(mark)
            self._known.add(hash(key))
        return found
