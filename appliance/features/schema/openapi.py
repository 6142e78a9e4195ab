"""/api/entities, /api/fields, /api/trash."""

from __future__ import annotations

from typing import Any

from appliance.http.openapi.entities import Paths
from appliance.http.openapi.parts import NOTHING, READ, WRITE, ok, operation, query
from appliance.http.openapi.schemas import NO_NUL, Schema, obj, ref
from appliance.http.openapi.shorthand import (
    ANYTHING,
    DELETE,
    DOCUMENT,
    LIST,
    POSITION,
    TEXT,
    changing,
    in_path,
    making,
    one_of,
)
from appliance.records.kinds import KINDS

_NAME: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9]*(_[a-z0-9]+)*$"}
_FLAG: Schema = {"type": "boolean"}
_NUMBER: Schema = {"type": "integer"}
_LABEL: Schema = {"type": "string", "pattern": NO_NUL}
_GROUPS: Schema = {"type": "array", "items": {"type": "array", "items": TEXT}}
_FIELD: Schema = {
    "name": {**_NAME, "maxLength": 50},
    "kind": one_of(*KINDS),
    **dict.fromkeys(("label", "help"), _LABEL),
    **dict.fromkeys(("required", "unique", "indexed", "read_only"), _FLAG),
    "searchable": {"type": "integer", "minimum": 0, "maximum": 4, "description": "weight; 0: not searched"},
    **dict.fromkeys(("default", "min", "max"), ANYTHING),
    **dict.fromkeys(("min_length", "max_length", "places"), _NUMBER),
    **dict.fromkeys(("pattern", "currency", "target", "inverse"), TEXT),
    "choices": {"type": "array", "description": "texts, or objects with value, label and color"},
    "on_delete": one_of("clear", "restrict", "cascade"),
}
_ENTITY: Schema = {
    **dict.fromkeys(("name", "plural"), _NAME),
    **dict.fromkeys(("label", "plural_label", "help", "icon"), _LABEL),
    "title": {**_LABEL, "description": "how a record is called: a field's name, or a pattern like `{city}, {state}`"},
    **dict.fromkeys(("indexes", "unique"), _GROUPS),
    "views": ANYTHING,
}
_DECLARED = {**_ENTITY, "fields": {"type": "array", "items": obj(_FIELD, ("name", "kind"))}}


def paths() -> Paths:
    return {
        **_kind("entities", "entity", ("name", "pack"), (_DECLARED, ("name",)), {**_ENTITY, "order": ANYTHING}),
        **_kind(
            "fields",
            "field",
            ("entity", "name"),
            ({"entity": TEXT, **_FIELD}, ("entity", "name", "kind")),
            {**_FIELD, "position": ANYTHING},
        ),
        **_trash(),
    }


def _kind(
    type_: str, one: str, filters: tuple[str, ...], made: tuple[Schema, tuple[str, ...]], changed: Schema
) -> Paths:
    listing = [query(f"filter[{name}]", "only these") for name in filters]
    listing += [query(name, "taken and ignored: the list is whole") for name in ("page[size]", "page[number]")]
    whole, created = {200: ok("All of them.", LIST)}, {201: ok("Created.", DOCUMENT, "Location")}
    now = {200: ok("As it is now; with `meta.preview` only what would happen.", ref("MaybeResourceDocument"))}

    def does(verb: str, summary: str, answers: dict[int, Schema], errors: tuple[int, ...], **more: Any) -> Any:
        return operation("schema", f"{verb}_{type_ if verb == 'list' else one}", summary, answers, errors, **more)

    return {
        f"/api/{type_}": {
            "get": does("list", f"List {type_}", whole, READ, parameters=listing),
            "post": does(
                "create", f"Create one of {type_}; live at once", created, WRITE, request=making(type_, *made)
            ),
        },
        f"/api/{type_}/{{id}}": {
            "parameters": [in_path("id", text="id or name" if one == "entity" else "id")],
            "get": does("get", f"Read one of {type_}", {200: ok("It.", DOCUMENT)}, READ),
            "patch": does("change", f"Change one of {type_}", now, WRITE, request=changing(type_, changed)),
            "delete": does("remove", f"Move one of {type_} to the trash", {204: NOTHING}, (*DELETE, 422)),
        },
    }


def _trash() -> Paths:
    kind = in_path("kind", one_of("entities", "fields"))
    listed, back = {200: ok("All of them.", LIST)}, {200: ok("It is back.", DOCUMENT)}
    return {
        "/api/trash": {"get": operation("schema", "list_trash", "Removed entities and fields", listed, READ)},
        "/api/trash/{kind}/{id}/restoration": {
            "parameters": [kind, in_path("id", POSITION)],
            "post": operation("schema", "restore_from_trash", "Bring one back", back, WRITE),
        },
    }
