"""A look at a file before anything is done: how it is written, what stands in its columns, and what could be made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from appliance.base.errors import Invalid
from appliance.features.imports import reading
from appliance.features.imports.column_profiles import ColumnProfiles
from appliance.features.imports.declaring import propose_entity
from appliance.features.imports.guessing import Guess, guess, guess_kind
from appliance.features.imports.layout import BROKEN, CSV, EXTRA, SHORT, Layout, Options
from appliance.features.imports.mapping import Matching
from appliance.features.imports.misfits import Misfits
from appliance.features.imports.odd_lines import odd_lines
from appliance.features.imports.passes import Distinct, observe
from appliance.features.imports.plan import NOTES
from appliance.features.imports.proposing import Proposing
from appliance.features.imports.remembered import Remembered, signature
from appliance.features.imports.styles import look_at_styles
from appliance.features.imports.tables import preamble_rows
from appliance.features.imports.unpacking import unpacked
from appliance.features.imports.values import NUMBERS, Style
from appliance.records.entity import Entity
from appliance.records.permissions import Actor
from appliance.records.records import Records

LOOK = 1_000
SHOWN = 10
"""Rows shown as a sample; of each, a cell's first 200 characters."""
WIDE = 200
CELL, HEAVY = 2_000, 32 << 20
"""Characters of a cell that are judged; characters of all rows after which no more are read for the sample."""
FAR = 2_000_000
"""Rows looked through for a value that comes twice."""


def analyse(
    records: Records, actor: Actor, path: Path, file_name: str, entity: Entity | None, options: Options
) -> dict[str, Any]:
    """All that a client needs to offer the next step. With an entity, a mapping onto it; without, a declaration of a new
    one. Invalid for a file that cannot be read, or that has not what the options say.

    `encoding_sure`, with `encodings` and their `odd_lines` where it is not; `header_sure`: what must be asked about before the
    import. A look at all rows is an observer more in passes.py."""
    with unpacked(path) as plain:
        layout = reading.detect(plain, options)
        listed = _first_rows(plain, layout)
        sample = [row for _, row in listed if BROKEN not in row]
        columns = [c for c in layout.columns if c not in NOTES]
        cells = {c: [t for r in sample if (t := r.get(c)) and t.strip()] for c in columns}
        first = {c: guess(c, cells[c]) for c in columns}
        if entity is None:
            guesses, styles, unique = _through_all(plain, layout, columns, first, options)
        else:
            styles, unclear = look_at_styles(plain, layout, _kinds(first, cells), options)
            guesses = {c: guess(c, cells[c], styles.get(c, Style()).decimal) for c in columns}
        found: dict[str, Any] = {
            **_how_written(plain, layout),
            "columns": [_column(c, cells[c], len(sample), guesses[c], styles.get(c, Style())) for c in columns],
            "sample": [_shown(number, row, layout) for number, row in listed[:SHOWN]],
            "ambiguous": [_needed(c, guesses[c]) for c in columns if guesses[c].ambiguous],
        }
        registry = records.registry
        if entity is None:
            taken = {w for e in registry.entities.values() for w in (e.name, e.plural)}
            declared, mapping = propose_entity(file_name, columns, guesses, taken, unique)
            return found | {"entity": None, "proposed_entity": declared, "mapping": mapping}
        found |= {"entity": entity.name, "proposed_entity": None}
        if remembered := Remembered(records.database).for_file(actor, entity.name, layout.columns):
            found["remembered"] = remembered.shown()
        kinds = _kinds(guesses, cells)
        named = Matching(registry, entity, columns)
        kinds |= {h: f.kind.name for h, f in named.by_words().items()}
        styles, unclear = look_at_styles(plain, layout, kinds, options)
        proposals = Proposing(records.database, registry, actor, entity, styles).propose(columns, sample)
        mapping = {p.target: p.column for p in proposals if p.target}
        keys = [n for n in mapping if n in entity.by_name and entity.by_name[n].unique]
        doubtful = [c for c in unclear if any(p.column == c and p.target for p in proposals)]
        found["ambiguous"] = [_needed(c, Guess(kinds[c])) for c in doubtful]
        with suppress(Invalid):  # nothing matches: the proposals say so
            matched = Matching(registry, entity, layout.columns, styles).make(mapping, only=True)
            plain_columns = {c.header: c for c in matched.columns if not c.by and not c.field.relational}
            misfits = Misfits({h: c for h, c in plain_columns.items() if h not in doubtful}, actor.language or "en")
            observe(plain, layout, [] if misfits.done else [misfits])
            found["misfits"] = misfits.shown()
        return found | {"mapping": mapping, "proposals": [asdict(p) for p in proposals], "keys": keys}


def _through_all(
    path: Path, layout: Layout, columns: Sequence[str], first: Mapping[str, Guess], options: Options
) -> tuple[dict[str, Guess], dict[str, Style], set[str]]:
    """(what each column would be, how its values are meant, the columns in which no value comes twice), by all rows."""
    seen = ColumnProfiles(columns)
    distinct = Distinct([c for c in columns if first[c].identifier], FAR)
    whole = observe(path, layout, [seen, *([] if distinct.done else [distinct])]).whole
    seen.finish()
    alone = {c: guess_kind(c, p) for c, p in seen.profiles.items()}
    votes = {
        sign
        for c, p in seen.profiles.items()
        if alone[c].kind in NUMBERS and p.marked and len(p.signs) == 1
        for sign in p.signs
    }
    if layout.canonical:
        votes = {"."}
    decimal = options.decimal or (votes.pop() if len(votes) == 1 else None)  # one program wrote all columns
    guesses, styles = {}, {}
    for column, profile in seen.profiles.items():
        guesses[column] = found = guess_kind(column, profile, decimal, options.date_order)
        own = next(iter(profile.signs)) if len(profile.signs) == 1 else decimal
        order = next(iter(profile.orders)) if len(profile.orders) == 1 else options.date_order
        styles[column] = Style(
            decimal=own if found.kind in NUMBERS and profile.marked and not found.ambiguous else None,
            order=order if found.kind in ("date", "datetime") else None,
            separator=options.separator,
        )
    unique = distinct.columns if whole and not distinct.ended else set()
    return guesses, styles, {c for c in unique if guesses[c].identifier}


def _kinds(guesses: dict[str, Guess], cells: dict[str, list[str]]) -> dict[str, str]:
    return {c: g.kind for c, g in guesses.items() if cells[c]}


def _needed(column: str, guess_: Guess) -> dict[str, str]:
    return {"column": column, "option": "date_order" if guess_.kind in ("date", "datetime") else "decimal"}


def _how_written(path: Path, layout: Layout) -> dict[str, Any]:
    written: dict[str, Any] = {
        "format": layout.format,
        "encoding": layout.encoding or None,
        "encoding_sure": layout.encoding_sure,
        "header_sure": layout.header_sure,
        "signature": signature(layout.columns),
    }
    if layout.encoding and layout.encoding not in ("utf-8", "ascii"):
        written["odd_lines"] = odd_lines(path, layout.encoding)
    if not layout.encoding_sure:
        written["encodings"] = [{"encoding": e, "odd_lines": odd_lines(path, e)} for e in layout.encodings]
    if layout.format == CSV:
        written |= {"delimiter": layout.delimiter, "quote": layout.quote, "preamble": _preamble(path, layout)}
    if layout.sheet:
        written |= {"sheet": layout.sheet, "sheets": list(layout.sheets)}
    return written | {"header_row": layout.header_row}


def _preamble(path: Path, layout: Layout) -> list[str]:
    """The rows above the header, as they stand there."""
    return [layout.delimiter.join(cells)[:WIDE].replace("\0", "") for cells in preamble_rows(path, layout)]


def _column(name: str, cells: list[str], rows: int, guess_: Guess, style: Style) -> dict[str, Any]:
    return {
        "name": name, "kind": guess_.kind, **({"options": guess_.options} if guess_.options else {}),
        "ambiguous": guess_.ambiguous, "decimal": style.decimal, "date_order": style.order, "identifier": guess_.identifier,
        "filled": len(cells), "empty": rows - len(cells), "distinct": len(set(cells)),
        "examples": [c[:WIDE] for c in dict.fromkeys(cells)][:5],
    }  # fmt: skip


def _shown(number: int, row: dict[str, Any], layout: Layout) -> dict[str, Any]:
    found: dict[str, Any] = {"row": number, "values": [(row.get(c) or "")[:WIDE] for c in layout.columns]}
    wrong = [w for key, w in ((EXTRA, "long"), (SHORT, "short"), (BROKEN, "broken")) if key in row]
    return found | ({"wrong": wrong[0]} if wrong else {})


def _first_rows(path: Path, layout: Layout) -> list[tuple[int, dict[str, Any]]]:
    """Of a cell, what a guess can use: whoever looks at texts of megabytes does it for each of their letters."""
    found, size = [], 0
    for number, row in islice(reading.rows(path, layout), LOOK):
        cut = {k: v[:CELL] if isinstance(v, str) else v for k, v in row.items()}
        found.append((number, cut))
        size += sum(len(v) for v in row.values() if isinstance(v, str))
        if size > HEAVY:
            break
    return found
