"""/api/files as far as it is not generic, and /files."""

from __future__ import annotations

from appliance.http.openapi.entities import Paths
from appliance.http.openapi.parts import (
    NOTHING,
    UNCHANGED,
    WRITE,
    Operation,
    header_parameter,
    ok,
    operation,
    query,
    shared,
)
from appliance.http.openapi.schemas import NO_NUL, Schema, obj, ref
from appliance.http.openapi.shorthand import DELETE, FLAG, TEXT, changing, in_path

BYTES: Schema = {"type": "string", "format": "binary"}
DOCUMENT = ref("FileDocument")


def paths() -> Paths:
    name: Schema = {"type": "string", "minLength": 1, "pattern": NO_NUL}
    now, seen = {200: ok("As it is now.", DOCUMENT, "ETag")}, shared("IfMatch")
    sent = changing("files", {"name": name, "public": {"type": "boolean"}})
    return {
        "/api/files": {"post": _upload()},
        "/api/files/{id}": {
            "parameters": shared("Id"),
            "patch": operation("files", "update_file", "Rename, publish", now, WRITE, parameters=seen, request=sent),
            "delete": operation("files", "delete_file", "Delete a file", {204: NOTHING}, DELETE, parameters=seen),
        },
        "/files/{id}/{name}": {
            "parameters": [*shared("Id"), in_path("name", text="for people; the file's own name decides")],
            "get": _download(),
        },
    }


def _upload() -> Operation:
    form = obj({"file": BYTES, "name": TEXT, "public": FLAG}, ("file",))
    content = {"multipart/form-data": {"schema": form}, "application/octet-stream": {"schema": BYTES}}
    return operation(
        "files",
        "upload_file",
        "Upload a file",
        {201: ok("Stored. `mime` is what the bytes are, whatever was claimed.", DOCUMENT, "ETag", "Location")},
        (400, 401, 403, 406, 409, 413, 415, 421, 503),
        request={"required": True, "content": content},
        parameters=[
            query("name", "its name, when the body is the file itself"),
            query("public", "for everybody, signed in or not; when the body is the file itself", FLAG),
            header_parameter("Content-Disposition", 'another way to say the name: `attachment; filename="a.jpg"`'),
            *shared("IdempotencyKey"),
        ],
        description="A form with a field `file`, or the file itself as the body, of any type. Records link to its id.",
    )


def _download() -> Operation:
    content = ok("The file.", BYTES, "ETag", media=("*/*",))
    part = {**content, "description": "The part that Range asked for."}
    download = operation(
        "files",
        "download_file",
        "The content of a file",
        {200: content, 206: part, 304: UNCHANGED, 416: {"description": "The file has no such part."}},
        (401, 404, 421, 503),
        parameters=[
            query("inline", "show a PDF instead of saving it"),
            header_parameter("Range", "`bytes=0-1023`, `bytes=-500`"),
            *shared("IfNoneMatch"),
        ],
        description="For its owner, administrators, and who may read a record that links to it; or for everybody.",
    )
    return {**download, "security": [{"bearer": []}, {"cookie": []}, {}]}
