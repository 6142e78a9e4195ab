"""What a list may be asked, as parameters: filters, sort, sums, include, fields."""

from __future__ import annotations

from appliance.http.jsonapi.filters import MAX_TEXT
from appliance.http.openapi.parts import LIST_PARAMETERS, query, shared, some_of
from appliance.http.openapi.schemas import ID, NO_NUL, Schema
from appliance.records.entity import Entity, Field
from appliance.records.query import OPERATORS
from appliance.records.registry import Registry
from appliance.records.spans import WORDS

FILTERING = """Filters may go through relations: `filter[account.name][contains]=ltd`. All filters must hold.

Of a group one must hold: `filter[or.1][stage]=won&filter[or.1][city]=Bonn`. Conditions of one part of a group hold
together: `filter[or.1.1][stage]=won&filter[or.1.1][city]=Bonn&filter[or.1.2][stage]=lost`.

Dates and times are compared with words for days too, in the time zone of who asks: `today`, `this_week` (from Monday),
`last_month`, `next_quarter`, `this_year`, `last_30_days` (today is one of them). Where a user is meant, `me` is who asks."""
_DAYS: Schema = {"type": "string", "pattern": f"^({'|'.join(WORDS)}|(last|next)_[1-9][0-9]{{0,2}}_days)$"}


def listing(registry: Registry, entity: Entity) -> list[Schema]:
    """All that a list can be asked."""
    return [*filters(entity), sort(entity), *shaping(registry, entity), *sums(entity), *shared(*LIST_PARAMETERS)]


def sums(entity: Entity) -> list[Schema]:
    names = [f.name for f in entity.by_name.values() if f.kind.numeric]
    return [some_of("page[sums]", names, "Added up over the whole list, as `meta.page.sums`.")] if names else []


def filters(entity: Entity) -> list[Schema]:
    """One parameter for each field that can be filtered; its description names the other operators."""
    found = [_filter("id", {"type": "string", "pattern": ID}, "Id", {"eq", "neq", "lt", "lte", "gt", "gte", "in"})]
    for field in entity.by_name.values():
        allowed = set(field.kind.operators)
        if "eq" in allowed or "contains" in allowed:
            found.append(_filter(field.name, _sought(field), field.label, allowed))
    if (entity.searchable or entity.title_fields) and "q" not in entity.by_name:
        text = "Words to search for, as in `/api/search`; `meta.search` says when more matched than were taken."
        found.append(query("filter[q]", text, {"type": "string", "maxLength": MAX_TEXT, "pattern": NO_NUL}))
    return found


def _filter(name: str, schema: Schema, label: str, allowed: set[str]) -> Schema:
    first = "eq" if "eq" in allowed else "contains"
    others = ", ".join(f"`filter[{name}][{o}]`" for o in OPERATORS if o in allowed and o != first)
    parameter = f"filter[{name}]" if first == "eq" else f"filter[{name}][contains]"
    return query(parameter, f"{label}. Also {others}." if others else label, schema)


def _sought(field: Field) -> Schema:
    if field.relational:
        one: Schema = {"type": "string", "pattern": ID}
        return {"anyOf": [one, {"const": "me"}]} if field.target == "user" else one
    kind = field.kind
    if kind.has_choices and not kind.is_list:
        return {"type": "string", "enum": [c.value for c in field.choices]}
    if kind.yes_or_no or (kind.numeric and not kind.exact):
        schema = field.kind.schema(field)
        return {k: schema[k] for k in ("type",)}
    if kind.temporal:
        return {"anyOf": [{"type": "string", "format": "date-time" if kind.has_time else "date"}, _DAYS]}
    if kind.exact:
        return {"type": "string", "pattern": r"^-?[0-9]{1,9}(\.[0-9]+)?$"}
    return {"type": "string", "minLength": 1}


def sort(entity: Entity) -> Schema:
    names = ["id", *(f.name for f in entity.by_name.values() if f.kind.sortable and not f.many)]
    text = "A minus sorts downwards; `account.name` sorts by a linked record. At most 5."
    choices = [sign + n for n in names for sign in ("", "-")]
    found = some_of("sort", choices, text)
    found["schema"]["maxItems"] = 5
    return found


def shaping(registry: Registry, entity: Entity) -> list[Schema]:
    """include and fields[...]: what of a record, and what with it."""
    relations = [f.name for f in entity.relationships if f.target in registry.entities]
    relations += [i.name for i in entity.inverses]
    fields = [*entity.by_name, *(i.name for i in entity.inverses)]
    return [
        some_of(
            "include", relations, "Linked records to send along; paths like `account.owner` go three relations deep."
        ),
        some_of(f"fields[{entity.type}]", fields, "Only these fields; likewise for the types of included records."),
    ]
