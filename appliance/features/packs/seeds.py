"""Seed records: `records/10_accounts.jsonl`, one JSON object a line, so that a diff shows one record a line.

The number gives the order, the rest is the entity's plural. `$key` names a record inside the pack; a relation is
`{"$ref": "accounts:acme"}` (a list of them for several); dates may count from today, see when.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from appliance.base.errors import Problem
from appliance.base.text import say
from appliance.features.packs.when import is_moment, resolve
from appliance.records.kinds import Wrong

_FILE = re.compile(r"\d+_([a-z][a-z0-9_]*)\.jsonl")
_ANY_DAY = date(2024, 2, 29)


@dataclass(frozen=True, slots=True)
class SeedRecord:
    """`values` are wire values, but for $ref and moments, which are left as they stand in the file."""

    plural: str
    key: str
    values: dict[str, Any]


def read_seeds(folder: Path, problems: list[Problem]) -> list[SeedRecord]:
    """All records of a pack, in order. What is wrong goes to `problems`, named `records/10_accounts.jsonl:3 website`.
    A $ref must point at an earlier record: whoever installs them gets by with one pass."""
    found: list[SeedRecord] = []
    known: set[str] = set()
    for file in sorted((folder / "records").glob("*")) if (folder / "records").is_dir() else ():
        where = f"records/{file.name}"
        named = _FILE.fullmatch(file.name)
        if named is None:
            problems.append(Problem(where, say("must be called like 10_accounts.jsonl")))
            continue
        for number, line in _lines(file, where, problems):
            record = _record(named[1], line, f"{where}:{number}", known, problems)
            if record:
                known.add(f"{record.plural}:{record.key}")
                found.append(record)
    return found


def _lines(file: Path, where: str, problems: list[Problem]) -> Iterator[tuple[int, str]]:
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.append(Problem(where, say("is not UTF-8: {why}", why=error), "unreadable"))
        return
    # Not splitlines(): that also breaks at characters which may stand inside a JSON text.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _record(plural: str, line: str, where: str, known: set[str], problems: list[Problem]) -> SeedRecord | None:
    try:
        values = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        problems.append(Problem(where, say("cannot be read as JSON: {why}", why=error), "unreadable"))
        return None
    key = values.pop("$key", None) if isinstance(values, dict) else None
    if not isinstance(key, str) or not key:
        problems.append(Problem(where, say("must be an object with a $key")))
        return None
    if f"{plural}:{key}" in known:
        problems.append(Problem(f"{where} $key", say("{key} names an earlier record already", key=key), "taken"))
    for field, value in values.items():
        for one in value if isinstance(value, list) else [value]:
            _check(one, f"{where} {field}", known, problems)
    return SeedRecord(plural, key, values)


def _check(value: Any, where: str, known: set[str], problems: list[Problem]) -> None:
    if is_moment(value):
        try:
            resolve(value, _ANY_DAY)
        except Wrong as wrong:
            problems.append(Problem(where, wrong.message, wrong.code))
    elif isinstance(value, dict) and "$ref" in value:
        ref = value["$ref"]
        if len(value) > 1 or not isinstance(ref, str) or ref not in known:
            problems.append(Problem(where, say("{ref} is not an earlier record of this pack", ref=ref), "reference"))
