"""Reads a pack's folder: `pack.toml` (optional), one TOML file per entity beside it, seed records under `records/`.

Nothing is written anywhere here; installing is another operation. Declarations are checked one by one, but what they
point at outside the pack is the schema's business."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from appliance.base import paths
from appliance.base.errors import Invalid, NotFound, Problem
from appliance.base.text import headline, say
from appliance.features.packs.seeds import SeedRecord, read_seeds
from appliance.records.declaration import read_entity
from appliance.records.entity import Entity

_BARE = re.compile(r"[a-z][a-z0-9_-]*")
_WORDS: dict[str, Any] = {
    "name": str,
    "label": str,
    "version": str,
    "description": str,
    "requires": list,
    "order": list,
}


@dataclass(frozen=True, slots=True)
class Pack:
    """`entities` carry the pack's name; `records` stand in an order in which every $ref points back."""

    name: str
    label: str
    version: str
    description: str
    requires: list[str]
    entities: list[Entity]
    records: list[SeedRecord]


def read_pack(path_or_name: str | Path) -> Pack:
    """The pack in a folder; a bare name such as `crm` means one that ships. NotFound when there is no such folder,
    Invalid with everything that is wrong otherwise: each problem's field reads `contact.toml: email.kind`."""
    folder = _folder(path_or_name)
    problems: list[Problem] = []
    words = _pack_words(folder, problems)
    name = words.get("name", folder.name)
    entities = in_order(_entities(folder, name, problems), words.get("order", []))
    records = read_seeds(folder, problems)
    if not (entities or records or problems):
        problems.append(Problem(folder.name, say("holds no declarations and no records")))
    if problems:
        raise Invalid(problems)
    return Pack(
        name=name,
        label=words.get("label") or headline(name),
        version=words.get("version", "1"),
        description=words.get("description", ""),
        requires=words.get("requires", []),
        entities=entities,
        records=records,
    )


def in_order(entities: list[Entity], order: list[str]) -> list[Entity]:
    """As the pack lists them, which is how they stand at the side of each page; the others follow by name."""
    places = {name: n for n, name in enumerate(order)}
    return sorted(entities, key=lambda e: places.get(e.name, len(places)))


def list_packs() -> list[Pack]:
    """The packs that ship, by name. Raises Invalid when one of them is broken: that is a broken release."""
    return [read_pack(folder) for folder in sorted(paths.PACKS.iterdir()) if folder.is_dir()]


def _folder(path_or_name: str | Path) -> Path:
    shipped = isinstance(path_or_name, str) and _BARE.fullmatch(path_or_name)
    folder = paths.PACKS / path_or_name if shipped else Path(path_or_name)
    if not folder.is_dir():
        raise NotFound(say("There is no pack {name}.", name=path_or_name))
    return folder.resolve()


def _pack_words(folder: Path, problems: list[Problem]) -> dict[str, Any]:
    file = folder / "pack.toml"
    words = _toml(file, problems) if file.exists() else {}
    good: dict[str, Any] = {}
    for key, value in words.items():
        where = f"pack.toml: {key}"
        if key not in _WORDS:
            problems.append(Problem(where, say("is not a word of a pack"), "unknown"))
        elif not isinstance(value, _WORDS[key]):
            problems.append(Problem(where, say("must be {kind}", kind=_WORDS[key].__name__), "type"))
        elif isinstance(value, list) and not all(isinstance(v, str) for v in value):
            problems.append(Problem(where, say("must be a list of names"), "type"))
        else:
            good[key] = value
    if not _BARE.fullmatch(good.get("name", folder.name)):
        problems.append(Problem("pack.toml: name", say("must be a name in small letters: field_service")))
    return good


def _entities(folder: Path, pack: str, problems: list[Problem]) -> list[Entity]:
    found: list[Entity] = []
    names: dict[str, str] = {}
    for file in sorted(folder.glob("*.toml")):
        if file.name == "pack.toml":
            continue
        before = len(problems)
        declared = _toml(file, problems)
        if len(problems) > before:
            continue
        try:
            entity = read_entity(declared, where="")
        except Invalid as error:
            problems += [replace(p, field=f"{file.name}: {_place(p, declared)}", pointer=None) for p in error.problems]
            continue
        for key in ("name", "plural"):
            other = names.setdefault(getattr(entity, key), file.name)
            if other != file.name:
                problems.append(Problem(f"{file.name}: {key}", say("is taken by {file}", file=other), "taken"))
        found.append(replace(entity, pack=pack))
    return found


def _place(problem: Problem, declared: Mapping[str, Any]) -> str:
    """`/field/3/kind` as a person would say it: `email.kind`."""
    parts = (problem.pointer or f"/{problem.field}").strip("/").split("/")
    if len(parts) == 3 and parts[0] in ("field", "fields"):
        field = declared[parts[0]][int(parts[1])]
        name = field.get("name") if isinstance(field, Mapping) else None
        return f"{name or f'field {int(parts[1]) + 1}'}.{parts[2]}"
    return ".".join(parts)


def _toml(file: Path, problems: list[Problem]) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(Problem(file.name, say("cannot be read as TOML: {why}", why=error), "unreadable"))
        return {}
