"""/api/imports: a file that was uploaded (or is the body) is looked at, becomes records as a job whose progress and report
can be read, and can be taken back. /api/import-mappings: which column went where, to be used again."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, Response, request

from appliance.base.digits import is_digits
from appliance.base.errors import BadRequest
from appliance.base.text import say
from appliance.features.imports import asking
from appliance.features.imports.analyses import AnalysisPending
from appliance.features.imports.desk import Desk
from appliance.features.imports.history import Import
from appliance.features.imports.layout import read_options
from appliance.features.imports.shown import import_resource, mapping_resource
from appliance.http import requests
from appliance.http.jsonapi.answers import answer, no_content
from appliance.http.jsonapi.document import VERSION
from appliance.http.jsonapi.job_resource import accepted, job_actor
from appliance.http.route_policy import RoutePolicy, declare
from appliance.records.permissions import Actor

_ANALYSIS = {"file", "entity", "options"}
_MAPPING = {"entity", "name", "mapping", "options", "keys", "mode", "columns"}


def whole(name: str, usual: int, least: int, most: int) -> int:
    """A whole number in the address. BadRequest for what is none between `least` and `most`."""
    text = request.args.get(name, str(usual))
    if not is_digits(text) or not least <= int(text) <= most:
        raise BadRequest(say("{name} must be between {min} and {max}.", name=name, min=least, max=most), parameter=name)
    return int(text)


def make_api(desk: Desk, *, max_upload: int) -> Blueprint:
    api = Blueprint("imports", __name__, url_prefix="/api")

    # ------------------------------------------------------------------ look, run, undo

    @api.post("/imports/analysis")
    def analysis() -> Response:
        """Attributes file, entity (may be missing: then a declaration is proposed) and options; or the file itself as the
        body, which is kept as a private file, with ?entity= and ?name= in the address. A file that is large, or takes long, is
        202 with the job that looks at it: its result is the answer, shortened where it is long, and so is asking again."""
        actor = requests.actor()
        if asking.is_file():
            asking.only("entity", "name")
            given: dict[str, Any] = {"entity": request.args.get("entity"), "file": _kept_body(actor)}
        else:
            given = asking.attributes(_ANALYSIS)
        entity = desk.importable(actor, given["entity"]) if given.get("entity") is not None else None
        try:
            found = desk.analysis(actor, given.get("file"), entity, read_options(given.get("options") or {}))
        except AnalysisPending as pending:
            return accepted(pending.job)
        return answer(
            {"jsonapi": VERSION, "data": {"type": "import-analyses", "id": found["file"], "attributes": found}}
        )

    @api.post("/imports")
    def start() -> Response:
        """Attributes file, entity or create_entity (a declaration), mapping, keys, mode, dry_run, options, saved_mapping;
        or the file itself as the body, with the words of `asking.from_address` in the address."""
        actor, file, declared = requests.actor(), None, None
        if asking.is_file():
            wanted = asking.from_address()
            request.max_content_length = max_upload  # a file, though it comes as a body
            sha = desk.files.put(cast(Any, request.stream), max_upload).sha256
            name = asking.name_of_body()
        else:
            wanted = asking.from_document()
            if (saved := wanted.pop("saved_mapping", None)) is not None:
                held = desk.remembered.get(actor, str(saved)).shown()
                wanted = {k: held[k] for k in ("mapping", "options", "keys", "mode")} | wanted
            wanted = asking.checked(wanted)
            file = str(wanted["file"])
            name, sha = desk.uploaded(actor, file)
        if declared := wanted.get("create_entity"):
            make = desk.rehearse_entity if wanted["dry_run"] else desk.create_entity
            entity = make(actor, declared, "/data/attributes/create_entity")
        else:
            entity = desk.importable(actor, wanted["entity"])
        only_tried = declared if wanted["dry_run"] else None
        return accepted(desk.start(actor, entity, wanted, name, sha, file, requests.language(), only_tried))

    @api.post("/imports/<id_>/undo")
    def undo(id_: str) -> Response:
        """A job that takes it back: 202. Conflict while it runs, and when it was a dry run."""
        return accepted(desk.undo(requests.actor(), id_))

    @api.get("/imports")
    def list_imports() -> Response:
        actor = requests.actor()
        asking.only("page[size]", "page[after]")
        size = whole("page[size]", 50, 1, 500)
        before = whole("page[after]", 0, 0, 10**18 - 1)
        found = desk.history.newest(None if actor.admin else job_actor(actor), size + 1, before or None)
        links: dict[str, Any] = {"self": request.full_path.rstrip("?"), "next": None}
        if len(found) > size:
            found = found[:size]
            links["next"] = f"{request.path}?page[after]={found[-1].id}&page[size]={size}"
        return answer({"jsonapi": VERSION, "links": links, "data": [_resource(i) for i in found]})

    @api.get("/imports/<id_>")
    def get_import(id_: str) -> Response:
        done = desk.mine(requests.actor(), id_)
        return answer({"jsonapi": VERSION, "data": _resource(done)})

    # ------------------------------------------------------------------ mappings

    @api.get("/import-mappings")
    def list_mappings() -> Response:
        actor = requests.actor()
        asking.only("filter[entity]")
        wanted = request.args.get("filter[entity]")
        entity = desk.importable(actor, wanted).name if wanted else None
        return answer({"jsonapi": VERSION, "data": [mapping_resource(s) for s in desk.remembered.named(actor, entity)]})

    @api.post("/import-mappings")
    def save_mapping() -> Response:
        """Attributes entity, name, mapping, options, keys, mode; `columns` of the file let it be proposed for others like
        it. One of the same name is replaced. 201."""
        actor = requests.actor()
        given = asking.attributes(_MAPPING)
        entity, name, columns = given.pop("entity", None), given.pop("name", None), given.pop("columns", [])
        saved = desk.save_mapping(actor, entity, name, columns, asking.checked(given))
        resource = mapping_resource(saved)
        return answer({"jsonapi": VERSION, "data": resource}, 201, location=resource["links"]["self"])

    @api.get("/import-mappings/<id_>")
    def get_mapping(id_: str) -> Response:
        return answer({"jsonapi": VERSION, "data": mapping_resource(desk.remembered.get(requests.actor(), id_))})

    @api.delete("/import-mappings/<id_>")
    def forget_mapping(id_: str) -> Response:
        desk.remembered.forget(requests.actor(), id_)
        return no_content()

    def _resource(done: Import) -> dict[str, Any]:
        job = desk.job(done.job)
        return import_resource(done, job, desk.report(done, job))

    def _kept_body(actor: Actor) -> str:
        request.max_content_length = max_upload
        return desk.take(actor, cast(Any, request.stream), asking.name_of_body(), request.mimetype, max_upload)

    return declare(
        api, RoutePolicy("import"), list_imports=RoutePolicy("import", ("page[size]", "page[after]")),
        list_mappings=RoutePolicy("import", ("filter[entity]",)),
        analysis=RoutePolicy("import", ("entity", "name")),
        start=RoutePolicy("import", ("entity", "key", "map", "mode", "dry_run", "dry-run", "name", *asking.SAID), rehearses=True),
    )  # fmt: skip
