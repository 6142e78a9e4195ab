"""Which columns a grid shows, how wide, and in which order the next click on a head would sort."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.base.digits import is_digits
from appliance.http.kinds import face_of, rank
from appliance.records.entity import Entity, Field
from appliance.records.query import Sort

MOST = 8
"""Columns of a grid that nobody chose any for."""
TOLD = 3
"""Values beside the title on a phone's card."""
WIDTHS = range(48, 1201)
"""Pixels a column may be wide."""


@dataclass(frozen=True, slots=True)
class Column:
    """`sorted`: ascending, descending or empty, `rank` its place among the sort keys, from 1; `turn` the sort words that a
    click on the head asks for, `also` those of a click with shift, None when the field cannot be sorted by."""

    field: Field
    sorted: str
    rank: int
    turn: str | None
    also: str | None
    width: int
    pinned: bool
    tells: bool

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def numeric(self) -> bool:
        return self.field.kind.numeric

    @property
    def edits(self) -> bool:
        return self.field.writable and face_of(self.field).edited_in_cells

    @property
    def classes(self) -> str:
        """Of its cells."""
        found = ("number" if self.numeric else "", "pin" if self.pinned else "", "tells" if self.tells else "")
        return " ".join(filter(None, found))


def default_names(entity: Entity) -> tuple[str, ...]:
    """What the title is made of first, then the declaration's own order; long things are left to the record's page."""
    first = [n for n in entity.title_fields if n in entity.by_name]
    rest = [f.name for f in entity.fields if not face_of(f).tall and f.name not in first]
    later = [f.name for f in entity.fields if face_of(f).tall] if not first + rest else []
    return tuple((first + rest + later)[:MOST])


def columns(
    entity: Entity, names: tuple[str, ...], sorts: tuple[Sort, ...], widths: str = "", pinned: str = "1"
) -> list[Column]:
    """Names that are no fields (any more) are left out; so are widths that are none."""
    wide = read_widths(widths)
    stuck = int(pinned) if pinned in ("0", "1", "2", "3") else 1
    fields = [entity.by_name[n] for n in dict.fromkeys(names) if n in entity.by_name]
    tells = telling(entity, fields)
    keys = [(".".join(s.path), s.descending) for s in sorts]
    found = []
    for n, field in enumerate(fields):
        rank = next((r for r, (path, _) in enumerate(keys, 1) if path == field.name), 0)
        now = "" if not rank else "descending" if keys[rank - 1][1] else "ascending"
        turn = also = None
        if field.kind.sortable and not field.many:
            turn = _next(field.name, now)
            also = _written(
                [k for k in keys if k[0] != field.name] if now == "descending" else _turned(keys, field.name)
            )
        found.append(
            Column(field, now, rank if len(keys) > 1 else 0, turn, also, wide.get(field.name, 0), n < stuck,
                   field.name in tells)
        )  # fmt: skip
    return found


def telling(entity: Entity, fields: list[Field]) -> set[str]:
    """What a card says beside its title: what tells records apart best, by kind."""
    rest = [f for f in fields[1:] if f.name not in entity.title_fields]
    ranked = sorted(rest, key=rank)
    return {f.name for f in ranked[:TOLD]}


def read_widths(text: str) -> dict[str, int]:
    """`name:220,stage:120`"""
    pairs = (part.partition(":") for part in text.split(",") if part)
    return {name: int(n) for name, _, n in pairs if is_digits(n, 4) and int(n) in WIDTHS}


def _next(name: str, now: str) -> str:
    """Ascending, descending, none."""
    return {"": name, "ascending": f"-{name}", "descending": ""}[now]


def _turned(keys: list[tuple[str, bool]], name: str) -> list[tuple[str, bool]]:
    """The keys with this one turned around where it stands, or added at the end."""
    found = [(path, not down) if path == name else (path, down) for path, down in keys]
    return found if found != keys else [*keys, (name, False)]


def _written(keys: list[tuple[str, bool]]) -> str:
    return ",".join(("-" if down else "") + path for path, down in keys)
