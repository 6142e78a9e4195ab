"""Installs a pack: its entities in one transaction, its seed records in another, each once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from appliance.base import clock
from appliance.base.errors import Conflict, Invalid, Problem
from appliance.base.text import say
from appliance.features.packs.reading import Pack, read_pack
from appliance.features.packs.when import resolve
from appliance.records.permissions import Actor
from appliance.records.records import Records
from appliance.records.work import Work


def install_pack(records: Records, actor: Actor, pack: Pack) -> tuple[int, int]:
    """(entities made, records made). What the pack requires is installed first; what is there already stays as it is.
    Raises Conflict when another entity has taken a name, Invalid for seeds that do not fit."""
    for name in pack.requires:
        install_pack(records, actor, read_pack(name))
    known = records.registry.entities
    taken = [e.name for e in pack.entities if e.name in known and known[e.name].pack != pack.name]
    if taken:
        raise Conflict(say("There are entities of other origin called: {names}.", names=", ".join(taken)), code="taken")
    missing = [e for e in pack.entities if e.name not in known]
    if missing:
        with records.change_schema(actor) as schema:
            schema.create_entities(missing)
    if not pack.records or installed(records, pack.name):
        return len(missing), 0
    with records.work(actor) as work:
        made = _seed(work, pack)
        sql = work.database.sql(
            "INSERT INTO ingot_meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        )
        # which transaction, so that the seeds can be told from what people added
        work.database.run(sql, (_key(pack.name), f"{pack.version} {work.transaction}"))
    return len(missing), made


def installed(records: Records, name: str) -> bool:
    """Are the pack's seed records there?"""
    return not (mark_of(records, name) or "removed").startswith("removed")


def mark_of(records: Records, name: str) -> str | None:
    """What is noted of a pack's seeds: its version and their transaction; None when they were never made."""
    rows = records.database.rows(records.database.sql("SELECT value FROM ingot_meta WHERE key = ?"), (_key(name),))
    return rows[0][0] if rows else None


def write_mark(work: Work, name: str, mark: str) -> None:
    work.database.run(work.database.sql("UPDATE ingot_meta SET value = ? WHERE key = ?"), (mark, _key(name)))


def _key(name: str) -> str:
    return f"pack:{name}"


def _seed(work: Work, pack: Pack) -> int:
    today = clock.now().date()
    ids: dict[str, int] = {}
    for seed in pack.records:
        entity = work.registry.find(seed.plural)
        try:
            row = work.create(entity.name, {name: _value(v, ids, today) for name, v in seed.values.items()})
        except Invalid as error:
            problems = [Problem(f"{seed.plural} {seed.key}: {p.field}", p.message, p.code) for p in error.problems]
            raise Invalid(problems) from None
        ids[f"{seed.plural}:{seed.key}"] = row[0]
    return len(pack.records)


def _value(value: Any, ids: Mapping[str, int], today: date) -> Any:
    if isinstance(value, list):
        return [_value(v, ids, today) for v in value]
    if isinstance(value, dict) and "$ref" in value:
        return ids[value["$ref"]]
    return resolve(value, today)
