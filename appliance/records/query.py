"""What may be asked of a list: conditions (also through relations), sort keys, a page. Plain data; `parse_*` read the
texts of a request, which api.md lists, and say which part is wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from appliance.base.errors import BadRequest
from appliance.base.text import say
from appliance.records import spans
from appliance.records.conditions import ME, Condition, Part, Relative, Span
from appliance.records.entity import Entity, Field, Inverse
from appliance.records.kinds import Wrong
from appliance.records.kinds.choice import MultiChoiceKind
from appliance.records.kinds.kind import COMPARE, Convert
from appliance.records.kinds.relation import ID_OPERATORS, record_id
from appliance.records.kinds.text import TextKind, string
from appliance.records.registry import Registry

# Limits that protect the server; the manual's reference shows them.
MAX_CONDITIONS = 20
MAX_DEPTH = 3
MAX_LIST = 200
MAX_SORTS = 5
MAX_SIZE = 500
MAX_NUMBER = 100_000
MAX_SUMS = 20
OPERATORS = ("eq", "neq", "lt", "lte", "gt", "gte", "in", "contains", "starts", "ends", "empty")


@dataclass(frozen=True, slots=True)
class Sort:
    path: tuple[str, ...]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """By number (`number` from 1) or by cursor: `after`/`before` hold the sort values of the row to start from; `cursor`
    asks for cursor links on a first page. `sums`: fields to add up over the whole list."""

    size: int = 25
    number: int = 1
    after: tuple[Any, ...] | None = None
    before: tuple[Any, ...] | None = None
    cursor: bool = False
    totals: bool = False
    sums: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    entity: str
    conditions: tuple[Part, ...] = ()
    sorts: tuple[Sort, ...] = ()
    page: Page = Page()


def parse_condition(
    registry: Registry, entity: Entity, path_text: str, operator: str, text: str, parameter: str
) -> Condition | Relative:
    """One `filter[path][operator]=text`. Raises BadRequest that names the parameter."""
    path = tuple(path_text.split("."))
    if len(path) > MAX_DEPTH + 1:
        raise BadRequest(say("Filters go through at most {max} relations.", max=MAX_DEPTH), parameter=parameter)
    owner, last = resolve(registry, entity, path, parameter)
    allowed = _operators(last)
    if operator not in OPERATORS or operator not in allowed:
        raise BadRequest(
            say("{field} cannot be filtered by {operator}; use one of: {choices}.", field=path_text, operator=operator,
                choices=", ".join(o for o in OPERATORS if o in allowed)),
            parameter=parameter,
        )  # fmt: skip
    if operator == "empty":
        word = text.strip().lower()
        if word not in ("true", "false", "1", "0", ""):
            raise BadRequest(say("empty must be true or false."), parameter=parameter)
        return Condition(path, operator, (word in ("true", "1", ""),))
    if operator in ("contains", "starts", "ends") and not (isinstance(last, Field) and last.many):
        if isinstance(last, Field) and isinstance(last.kind, MultiChoiceKind):
            text = read_value(registry, owner, last, text, parameter)[1:-1]  # ["red"] holds "red", quotes and all
        return Condition(path, operator, (_needle(text, parameter),))
    texts = text.split(",") if operator == "in" else [text]
    if len(texts) > MAX_LIST:
        raise BadRequest(say("A list holds at most {max} values.", max=MAX_LIST), parameter=parameter)
    values = tuple(_word(owner, last, t, parameter) or read_value(registry, owner, last, t, parameter) for t in texts)
    if any(type(v) is Span for v in values):
        return Relative(path, operator, values, isinstance(last, Field) and last.kind.has_time, parameter)
    return Condition(path, operator, values)


def _word(owner: Entity, last: Field | Inverse | str, text: str, parameter: str) -> Span | None:
    """`me` where a user is meant, a word for days where a date is."""
    if isinstance(last, Field) and last.kind.temporal:
        try:
            return Span(text.strip()) if spans.is_span(text.strip()) else None
        except ValueError:
            told = say("The number of days must be from 1 to {max}.", max=spans.MAX_DAYS)
            raise BadRequest(told, parameter=parameter) from None
    if text.strip() != "me":
        return None
    users = last.target == "user" if isinstance(last, Field) else last == "id" and owner.name == "user"
    return ME if users else None


def read_sums(entity: Entity, text: str, parameter: str) -> tuple[str, ...]:
    """`page[sums]=amount,probability`. BadRequest for a field that cannot be added up."""
    names = tuple(dict.fromkeys(filter(None, text.split(","))))
    for name in names:
        field = entity.by_name.get(name)
        if field is None:
            raise BadRequest(
                say("{entity} has no field called {name}.", entity=entity.plural, name=name[:100]), parameter=parameter
            )
        if not field.kind.numeric:
            raise BadRequest(
                say("{name} cannot be added up: only numbers and amounts of money can.", name=name), parameter=parameter
            )
    if len(names) > MAX_SUMS:
        raise BadRequest(say("At most {max} sums.", max=MAX_SUMS), parameter=parameter)
    return names


def _needle(text: str, parameter: str) -> str:
    if not text or "\x00" in text or len(text) > 1_000:
        raise BadRequest(say("The text to look for must have 1 to 1000 characters."), parameter=parameter)
    return text


def _operators(last: Field | Inverse | str) -> frozenset[str]:
    if last == "id":
        return COMPARE - {"empty"}
    if isinstance(last, Field):
        return last.kind.operators
    return ID_OPERATORS


def read_value(registry: Registry, owner: Entity, last: Field | Inverse | str, text: str, parameter: str) -> Any:
    """The stored form of a value in a filter."""
    value: Any
    try:
        if not isinstance(last, Field) or last.relational:
            value = record_id(text.strip())
        elif isinstance(last.kind, TextKind):  # half an address is no address, but a fine bound
            value = string(text) or None
        else:
            value = _reader(registry, owner, last)(text)
    except Wrong as wrong:
        raise BadRequest(
            say("{value} does not fit: {why}.", value=repr(text[:100]), why=wrong.message), parameter=parameter
        ) from None
    if value is None:
        raise BadRequest(say("The value is empty; to find records without one, use [empty]=true."), parameter=parameter)
    return value


def _reader(registry: Registry, owner: Entity, field: Field) -> Convert:
    """The field's reader without its limits: more than a field can hold is still something to compare with."""
    key = ("filter", owner.name, field.name)
    return registry.memo(key, lambda: field.kind.reader(replace(field, min=None, max=None)))


def resolve(
    registry: Registry, entity: Entity, path: tuple[str, ...], parameter: str
) -> tuple[Entity, Field | Inverse | str]:
    """Where a path ends: the entity it ends in, and its field, inverse or "id". BadRequest when it leads nowhere."""
    here = entity
    for n, name in enumerate(path):
        last = n == len(path) - 1
        step: Field | Inverse | str | None = (
            "id" if name == "id" else here.by_name.get(name) or here.inverse_by_name.get(name)
        )
        if step is None:
            raise BadRequest(
                say("{entity} has no field called {name}.", entity=here.plural, name=name), parameter=parameter
            )
        if last:
            return here, step
        target = step.source if isinstance(step, Inverse) else step.target if isinstance(step, Field) else None
        if target is None or target not in registry.entities:
            raise BadRequest(say("{name} is not a relation.", name=name), parameter=parameter)
        here = registry.entities[target]
    raise AssertionError("an empty path")


def parse_sort(registry: Registry, entity: Entity, text: str) -> tuple[Sort, ...]:
    """`sort=-close_date,account.name`."""
    sorts = []
    for word in filter(None, text.split(",")):
        path = tuple(word.lstrip("-").split(".")) if word[:2] != "--" else ("-",)
        here = entity
        for name in path[:-1]:
            field = here.by_name.get(name)
            if field is None or not field.relational or field.many or field.target not in registry.entities:
                raise BadRequest(
                    say("{name} is not a relation to one record; lists cannot be sorted through it.", name=name),
                    parameter="sort",
                )
            here = registry.entities[field.target]
        _, last = resolve(registry, here, path[-1:], "sort")
        if isinstance(last, Inverse) or (isinstance(last, Field) and (last.many or not last.kind.sortable)):
            raise BadRequest(say("Lists cannot be sorted by {name}.", name=path[-1]), parameter="sort")
        sorts.append(Sort(path, word.startswith("-")))
    if len(sorts) > MAX_SORTS or any(len(s.path) > MAX_DEPTH for s in sorts):
        raise BadRequest(
            say("At most {max} sort keys, through at most {depth} relations.", max=MAX_SORTS, depth=MAX_DEPTH - 1),
            parameter="sort",
        )
    return tuple(sorts)


__all__ = ["Condition", "Page", "Part", "Query", "Relative", "Sort", "parse_condition", "parse_sort", "resolve"]
