"""An entity for a file that has none: its name, a field for each column, its title. A proposal, to be edited."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from appliance.base.text import headline, snake
from appliance.features.imports.guessing import Guess
from appliance.records.declaration import RESERVED, RESERVED_ENTITIES

LONGEST = 50
_TITLE = re.compile(r"(^|_)(name|title|titel|bezeichnung|subject|betreff|full_name|label|nom|nombre)(_|$)")


def propose_entity(
    file_name: str,
    columns: Sequence[str],
    guesses: Mapping[str, Guess],
    taken: Collection[str],
    unique: Collection[str],
) -> tuple[dict[str, Any], dict[str, str]]:
    """(the declaration, the mapping onto it). `taken`: names and plurals of entities that exist; `unique`: columns whose
    values all differ."""
    name, plural = _entity_name(file_name, taken)
    fields: list[dict[str, Any]] = []
    mapping: dict[str, str] = {}
    for header in columns:
        guess = guesses[header]
        field_name = _field_name(header, {f["name"] for f in fields}, len(fields) + 1)
        words: dict[str, Any] = {"name": field_name, "kind": guess.kind, "label": header[:200], **guess.options}
        if header in unique and guess.identifier:
            words["unique"] = True
        fields.append(words)
        mapping[field_name] = header
    title = next((f for f in fields if f["kind"] == "text" and _TITLE.search(f["name"])), None)
    title = title or next((f for f in fields if f["kind"] == "text" and not f.get("unique")), None)
    title = title or next((f for f in fields if f["kind"] in ("text", "email", "integer")), None)
    declared: dict[str, Any] = {
        "name": name,
        "plural": plural,
        "label": headline(name),
        "plural_label": headline(plural),
    }
    if title:
        title["searchable"] = 3
        declared["title"] = title["name"]
    return {**declared, "fields": fields}, mapping


def _entity_name(file_name: str, taken: Collection[str]) -> tuple[str, str]:
    stem = Path(file_name).name
    while Path(stem).suffix.lower() in (".gz", ".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".xlsx", ".vcf"):
        stem = Path(stem).stem
    words = [
        w for w in snake(stem).split("_") if w and not w.isdigit() and not re.fullmatch(r"n|v\d+|q\d|export|data", w)
    ]
    base = "_".join(words)[: LONGEST - 10].strip("_") or "record"
    base = base if base[0].isalpha() else f"e_{base}"
    if base.endswith("ies") and len(base) > 4:
        one, many = base[:-3] + "y", base
    elif base.endswith(("sses", "xes", "ches", "shes")):
        one, many = base[:-2], base
    elif base.endswith("s") and not base.endswith("ss") and len(base) > 3:
        one, many = base[:-1], base
    else:
        one = base
        many = base[:-1] + "ies" if re.search(r"[^aeiou]y$", base) else base + "s"
    number, used = 1, {*taken, *RESERVED_ENTITIES}
    name, plural = one, many
    while name in used or plural in used:
        number += 1
        name, plural = f"{one}_{number}", f"{many}_{number}"
    return name, plural


def _field_name(header: str, taken: Collection[str], number: int) -> str:
    base = re.sub(r"_+", "_", snake(header))[: LONGEST - 5].strip("_") or f"column_{number}"
    base = base if base[0].isalpha() else f"n_{base}"
    if base in RESERVED:
        base = f"source_{base}"
    wanted, count = base, 2
    while wanted in taken:
        wanted = f"{base}_{count}"
        count += 1
    return wanted
