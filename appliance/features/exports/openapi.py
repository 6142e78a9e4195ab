"""The paths of /api/exports."""

from __future__ import annotations

from appliance.features.exports.cells import MODES
from appliance.features.exports.exporting import MEDIA as EXPORT_MEDIA
from appliance.features.exports.listing import FORMATS
from appliance.http.openapi.entities import Paths
from appliance.http.openapi.job_schemas import ACCEPTED
from appliance.http.openapi.parts import WRITE, body, ok, operation, query
from appliance.http.openapi.schemas import Schema
from appliance.http.openapi.shorthand import TEXT, attributes_alone, in_path, one_of

_BYTES: Schema = {"type": "string", "format": "binary"}


def paths() -> Paths:
    mode = one_of(*MODES)
    asked: Schema = {
        "type": {"type": "string", "description": "of the records, as in their address"},
        "format": one_of(*FORMATS),
        "mode": mode,
        "query": {
            "type": "string",
            "description": "filter, sort and fields as for the list: `filter[city]=Bonn&sort=name`",
        },
    }
    of_name: Schema = {"type": "object", "additionalProperties": TEXT}
    deep = {"style": "deepObject", "explode": True}
    parameters = [
        query("mode", "lossless can be imported again; spreadsheet is for people", {**mode, "default": MODES[0]}),
        query("sort", "as for the list"),
        {**query("filter", "as for the list: `filter[name]=x`, `filter[name][contains]=x`", of_name), **deep},
        {
            **query("fields", "as for the list: `fields[contacts]=name,email`; these columns, in this order", of_name),
            **deep,
        },
    ]
    name = in_path("name", {"type": "string", "pattern": rf"^[a-z0-9-]+\.({'|'.join(FORMATS)})$"}, "TYPE.FORMAT")
    media = tuple(m.partition(";")[0] for m in EXPORT_MEDIA.values())
    file = {200: ok("The file.", _BYTES, media=media)}
    return {
        "/api/exports": {
            "post": operation(
                "exports", "export_later", "Export as a job", ACCEPTED, WRITE,
                request=body(attributes_alone("exports", asked, ("type",))),
                description="Its result names a file that only you may read.",
            )
        },
        "/api/exports/{name}": {
            "parameters": [name],
            "get": operation(
                "exports", "export_now", "Export at once", file, (400, 401, 403, 404, 409, 421, 422, 503),
                parameters=parameters, description="409 when it is too large to wait for: POST to /api/exports then.",
            ),
        },
    }  # fmt: skip
