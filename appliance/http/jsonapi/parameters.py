"""The query string of a JSON:API request, read into what is asked. Every refusal names the parameter at fault."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

import orjson

from appliance.base.digits import is_digits
from appliance.base.errors import BadRequest
from appliance.base.text import say
from appliance.http.errors import OfProfile
from appliance.http.jsonapi.filters import Filters
from appliance.http.jsonapi.media import CURSOR
from appliance.records.conditions import is_open, leaves
from appliance.records.entity import Entity, Field, Inverse
from appliance.records.kinds.kind import is_whole
from appliance.records.query import (
    MAX_NUMBER,
    MAX_SIZE,
    Page,
    Query,
    Sort,
    parse_sort,
    read_sums,
    resolve,
)
from appliance.records.registry import Registry

MAX_INCLUDES = 20
MAX_INCLUDE_DEPTH = 3
DEFAULT_SIZE = 25
_PAGE = ("page[size]", "page[number]", "page[after]", "page[before]", "page[totals]", "page[sums]")


@dataclass(frozen=True)
class Asked:
    """`depends`: the entities whose versions the answer hangs on. `words`: the query string's pairs, for making links.
    `open`: the query must be settled (records/settling.py) before what is read can be remembered."""

    query: Query
    include: tuple[tuple[str, ...], ...] | None = None  # (): asked for, and for nothing
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    depends: tuple[str, ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    as_of: str | None = None
    open: bool = False


def read(
    registry: Registry, entity: Entity, query_string: str, *, listing: bool = True, extra: tuple[str, ...] = ()
) -> Asked:
    """Read a query string for a type. `listing` allows filter, sort and page. Raises BadRequest."""
    filters = Filters(registry, entity)
    sorts: tuple[Sort, ...] = ()
    include: tuple[tuple[str, ...], ...] | None = None
    fields: dict[str, tuple[str, ...]] = {}
    pages: dict[str, str] = {}
    as_of = None
    try:
        words = parse_qsl(query_string, keep_blank_values=True, max_num_fields=200, errors="strict")
    except (ValueError, UnicodeDecodeError):
        raise BadRequest(say("The query string cannot be read.")) from None
    for name, value in words:
        if name == "include":
            include = _include(registry, entity, value)
        elif name == "sort" and listing:
            sorts = _sorts(registry, entity, value)
        elif name.startswith("fields[") and name.endswith("]"):
            fields[name[7:-1]] = _fields(registry, name[7:-1], value, name)
        elif name in _PAGE and listing:
            pages[name] = value
        elif listing and filters.take(name, value):
            continue
        elif name == "as-of" and not listing:
            as_of = value
        elif name not in extra:
            raise BadRequest(say("There is no parameter {name} here.", name=name[:100]), parameter=name[:100])
    page = _page(
        pages, _key_checks(registry, entity, sorts), read_sums(entity, pages.get("page[sums]", ""), "page[sums]")
    )
    query = Query(entity.name, filters.read(), sorts, page)
    depends = _depends(registry, entity, query, include or ())
    return Asked(query, include, fields, depends, tuple(words), as_of, is_open(query.conditions))


def _include(registry: Registry, entity: Entity, value: str) -> tuple[tuple[str, ...], ...]:
    paths = []
    for text in filter(None, value.split(",")):
        path = tuple(text.split("."))
        if len(path) > MAX_INCLUDE_DEPTH:
            raise BadRequest(
                say("include goes at most {max} relations deep.", max=MAX_INCLUDE_DEPTH), parameter="include"
            )
        here = entity
        for name in path:
            _, step = resolve(registry, here, (name,), "include")
            target = step.source if isinstance(step, Inverse) else step.target if isinstance(step, Field) else None
            if target is None or target not in registry.entities:
                raise BadRequest(say("{name} is not a relation.", name=name), parameter="include")
            here = registry.entities[target]
        paths.append(path)
    if len(paths) > MAX_INCLUDES:
        raise BadRequest(say("At most {max} paths in include.", max=MAX_INCLUDES), parameter="include")
    return tuple(paths)


def _fields(registry: Registry, type_: str, value: str, parameter: str) -> tuple[str, ...]:
    entity = registry.by_type.get(type_)
    if entity is None:
        raise BadRequest(say("There is no resource type {type}.", type=type_[:100]), parameter=parameter)
    names = tuple(filter(None, value.split(",")))
    for name in names:
        if name not in entity.by_name and name not in entity.inverse_by_name:
            raise BadRequest(
                say("{entity} has no field called {name}.", entity=type_, name=name[:100]), parameter=parameter
            )
    return names


def _sorts(registry: Registry, entity: Entity, value: str) -> tuple[Sort, ...]:
    try:
        return parse_sort(registry, entity, value)
    except BadRequest as error:
        raise OfProfile(error.message, type_=CURSOR + "unsupported-sort", parameter="sort") from None


def _page(pages: dict[str, str], checks: list[Callable[[object], bool]], sums: tuple[str, ...]) -> Page:
    size = _number(pages, "page[size]", DEFAULT_SIZE, MAX_SIZE)
    number = _number(pages, "page[number]", 1, MAX_NUMBER)
    totals = pages.get("page[totals]", "false").lower()
    if totals not in ("true", "false", "1", "0"):
        raise BadRequest(say("page[totals] must be true or false."), parameter="page[totals]")
    if "page[number]" in pages and ("page[after]" in pages or "page[before]" in pages):
        raise BadRequest(say("Page by number or by cursor, not both."), parameter="page[number]")
    if "page[after]" in pages and "page[before]" in pages:
        raise OfProfile(
            say("Ranges are not supported: give page[after] or page[before]."),
            type_=CURSOR + "range-pagination-not-supported",
            parameter="page[before]",
        )
    return Page(
        size,
        number,
        _cursor(pages, "page[after]", checks),
        _cursor(pages, "page[before]", checks),
        # page[after]= without a value starts reading by cursor from the first row
        cursor="page[after]" in pages or "page[before]" in pages,
        totals=totals in ("true", "1"),
        sums=sums,
    )


def _number(pages: dict[str, str], name: str, usual: int, most: int) -> int:
    text = pages.get(name)
    if text is None:
        return usual
    problem = say("{name} must be a number from 1 to {max}.", name=name, max=most)
    if not (
        is_digits(text, len(text)) and int(text[:12]) >= 1
    ):  # however long: too many is told with the most there may be
        raise BadRequest(problem, parameter=name)
    if int(text[:12]) > most and name == "page[size]":
        meta = {"page": {"maxSize": most}}
        raise OfProfile(problem, type_=CURSOR + "max-size-exceeded", parameter=name, meta=meta)
    if int(text[:12]) > most:
        raise BadRequest(problem, parameter=name)
    return int(text)


def page_number(pages: dict[str, str], name: str, usual: int, most: int) -> int:
    """One number of a page at an address with a list of its own making. BadRequest names the parameter."""
    return _number(pages, name, usual, most)


def write_query(words: Iterable[tuple[str, str]]) -> str:
    """The query string of a link, with its question mark; brackets in names are encoded, as JSON:API has it."""
    text = urlencode(list(words), safe=",")
    return f"?{text}" if text else ""


def write_cursor(values: tuple[object, ...]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values, default=str)).decode().rstrip("=")


def _key_checks(registry: Registry, entity: Entity, sorts: tuple[Sort, ...]) -> list[Callable[[object], bool]]:
    """What a cursor of this list holds: can each sort key's column hold a value? The id comes last unless it is a key already."""
    checks = []
    for sort in sorts:
        _, last = resolve(registry, entity, sort.path, "sort")
        checks.append(_or_nothing(last.kind.holds) if isinstance(last, Field) else is_whole)
    return checks if any(s.path == ("id",) for s in sorts) else [*checks, is_whole]


def _or_nothing(check: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or check(value)


def _cursor(pages: dict[str, str], name: str, checks: list[Callable[[object], bool]]) -> tuple[object, ...] | None:
    text = pages.get(name)
    if not text:
        return None
    try:
        values = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        values = None
    if (
        not isinstance(values, list)
        or len(values) != len(checks)
        or not all(check(v) for check, v in zip(checks, values, strict=True))
    ):
        raise BadRequest(say("{name} is not a cursor of this list.", name=name), parameter=name)
    return tuple(values)


def _depends(registry: Registry, entity: Entity, query: Query, include: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    found = {entity.name}
    paths = [c.path for c in leaves(query.conditions)] + [s.path for s in query.sorts] + [(*p, "id") for p in include]
    for path in paths:
        here = entity
        for name in path[:-1]:
            step = here.by_name.get(name) or here.inverse_by_name[name]
            here = registry.entities[step.source if isinstance(step, Inverse) else str(step.target)]
            found.add(here.name)
        last = here.inverse_by_name.get(path[-1])
        if last:
            found.add(last.source)
    return tuple(sorted(found))
