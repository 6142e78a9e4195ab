"""/api/files and /files: upload, download, rename, delete. Lists and history come from the generic API."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import IO, Any

import orjson
from flask import Blueprint, Response, request
from werkzeug.http import parse_options_header

from appliance.base.errors import BadRequest, Conflict, Invalid, NotAllowed, NotFound, Unsupported
from appliance.base.text import say
from appliance.engines.files.protocol import FileStore
from appliance.features.files.content import content, content_link
from appliance.features.files.reach import readable_file
from appliance.features.files.storing import Kept, add_file, keep
from appliance.features.files.types import clean_name
from appliance.http import requests
from appliance.http.jsonapi.answers import OPTIONS, answer, answer_bytes, check_accept, no_content
from appliance.http.jsonapi.document import Documents
from appliance.http.jsonapi.incoming import placed, read_data, read_resource, settle
from appliance.http.jsonapi.media import MEDIA, check_content_type
from appliance.http.jsonapi.resources import Resources, read_id, wanted_version
from appliance.http.route_policy import ANYBODY, RoutePolicy, declare
from appliance.records.permissions import may
from appliance.records.reading import Reading
from appliance.records.scopes import allow
from appliance.records.tables import Row
from appliance.records.work import Work

AROUND = 1 << 20  # bytes a form may hold beside its file
_YES, _NO = ("true", "1", "on"), ("false", "0", "")


def make_api(resources: Resources, store: FileStore, *, max_upload: int, refused: Collection[str] = ()) -> Blueprint:
    """`max_upload` in bytes; `refused`: media types that are not stored, by what the bytes are."""
    api = Blueprint("files", __name__)
    records = resources.records

    # ------------------------------------------------------------------ the record

    @api.post("/api/files")
    def upload() -> Response:
        """A form with the field `file`, or the bytes themselves as the body. 201."""
        actor = requests.actor()
        may(actor, "create", "file")
        request.max_content_length = max_upload + AROUND
        stored, public = _from_form() if request.mimetype == "multipart/form-data" else _from_body()

        def run(work: Work) -> Response:
            row = add_file(work, stored, public=public)
            document = shown(Reading(records.database, work.registry, actor), row)
            return answer(document, 201, etag=f'"{row[1]}"', location=document["data"]["links"]["self"])

        response = resources.idempotency.once(actor, run)
        replayed = "Idempotency-Replayed" in response.headers
        # The body was streamed past the idempotency check, which therefore compared addresses alone.
        if replayed and orjson.loads(response.data)["data"]["attributes"]["sha"] != stored.sha:
            raise Conflict(say("This Idempotency-Key was used for another request."), code="idempotency")
        return response

    def _from_form() -> tuple[Kept, bool]:
        files = request.files.getlist("file")
        if len(files) != 1:
            raise BadRequest(say("The form must hold one file, in a field called file."))
        one, form = files[0], request.form
        public = asked_public()
        if "public" in form:
            public = _truth(form["public"], "public")
        name = form.get("name") or request.args.get("name") or one.filename or ""
        return kept(one.stream, name, one.mimetype), public

    def _from_body() -> tuple[Kept, bool]:
        if request.mimetype == MEDIA:
            raise Unsupported(say("Send the file itself, or a form with a field called file."))
        public = asked_public()
        _, options = parse_options_header(request.headers.get("Content-Disposition"))
        name = request.args.get("name") or options.get("filename") or ""
        if not name and not request.content_length:
            raise BadRequest(say("The request needs a body."), pointer="")
        return kept(request.stream, name, request.mimetype), public

    def asked_public() -> bool:
        for name in request.args:
            if name not in ("name", "public"):
                raise BadRequest(say("There is no parameter {name} here.", name=name[:100]), parameter=name[:100])
        return _truth(request.args.get("public", "false"), "public")

    def kept(stream: IO[bytes], name: str, claimed: str) -> Kept:
        return keep(store, stream, limit=max_upload, name=name, claimed=claimed, refused=refused)

    @api.get("/api/files/<id_>")
    def get(id_: str) -> Response:
        """As any record, and also for whoever may read a record that links to the file."""
        registry, actor = records.registry, requests.actor()
        entity = registry.entity("file")
        asked = resources.asked(registry, entity, listing=False) if request.query_string else None
        if asked and asked.as_of is not None:
            return resources.get("files", id_)
        row = readable_file(records.database, registry, actor, read_id(entity, id_))
        body = orjson.dumps(shown(Reading(records.database, registry, actor), row, asked), option=OPTIONS)
        digest = "" if asked is None else "-" + hashlib.blake2b(body, digest_size=9).hexdigest()
        return answer_bytes(body, etag=f'"{row[1]}{digest}"')

    @api.patch("/api/files/<id_>")
    def change(id_: str) -> Response:
        """Its name, whether it is public, its owner. The bytes of a file never change: upload another."""
        check_content_type(request.headers.get("Content-Type", ""))
        check_accept()
        actor = requests.actor()
        data = read_data(requests.body_object())
        with records.work(actor) as work:
            entity = work.registry.entity("file")
            file_id = read_id(entity, id_)
            incoming = read_resource(work.registry, data, "/data", entity=entity, id_=file_id, creating=False)
            settle(work.registry, incoming)
            if isinstance(incoming.values.get("name"), str):
                incoming.values["name"] = clean_name(incoming.values["name"])
            if incoming.values.get("public", False) is None:
                incoming.values["public"] = False
            refuse_readers(work, file_id)
            try:
                row = work.update("file", file_id, incoming.values, version=wanted_version(incoming.meta))
            except Invalid as error:
                raise placed(error, entity) from None
            row = work.row(work.table("file"), row[0]) or row
            document = shown(Reading(records.database, work.registry, actor), row)
        return answer(document, etag=f'"{row[1]}"')

    @api.delete("/api/files/<id_>")
    def delete(id_: str) -> Response:
        """The record goes and links to it are cleared; the bytes go with a `files.sweep`, if nobody else has them."""
        with records.work(requests.actor()) as work:
            file_id = read_id(work.registry.entity("file"), id_)
            refuse_readers(work, file_id)
            work.delete("file", file_id, version=wanted_version({}))
        return no_content()

    def refuse_readers(work: Work, file_id: int) -> None:
        """Who sees a file only because a record links to it gets a 403, not a 404."""
        try:
            work.visible_row(work.table("file"), file_id)
        except NotFound:
            readable_file(work.database, work.registry, work.actor, file_id)
            raise NotAllowed(say("You may not change this record.")) from None

    def shown(reading: Reading, row: Row, asked: Any = None) -> dict[str, Any]:
        table = reading.table("file")
        document = Documents(reading, asked).one(table, row)
        document["data"]["links"]["content"] = content_link(row[0], row[table.place["name"]])
        return document

    # ------------------------------------------------------------------ the bytes

    @api.get("/files/<id_>")
    @api.get("/files/<id_>/<name>")
    def download(id_: str, name: str = "") -> Response:
        """The name in the address is for people; the record's own decides."""
        registry, actor = records.registry, requests.maybe_actor()
        row = readable_file(records.database, registry, actor, read_id(registry.entity("file"), id_))
        if (
            actor is not None
            and not row[registry.tables["file"].place["public"]]
            and not allow(actor.scopes, "file", "read")
        ):
            # as at /api/files/<id>: to read a record is not to read what is in the files that it links to
            raise NotAllowed(say("This needs a token with the scope {scope}.", scope="file:read"), code="scope")
        facts = registry.tables["file"].show(row, ("name", "mime", "size", "sha", "public"))
        return content(store, **facts)

    return declare(
        api,
        RoutePolicy("file"),
        get=RoutePolicy("file", None),
        change=RoutePolicy("file", locks=True),
        delete=RoutePolicy("file", locks=True),
        download=RoutePolicy(ANYBODY, None),
        upload=RoutePolicy("file", ("name", "public")),
    )


def _truth(text: str, name: str) -> bool:
    word = text.strip().lower()
    if word not in (*_YES, *_NO):
        raise BadRequest(say("{name} must be true or false.", name=name), parameter=name)
    return word in _YES
