"""What a request for an import says, read and checked: from a JSON:API document, or from the address of a table."""

from __future__ import annotations

import mimetypes
from collections.abc import Collection
from typing import Any

from flask import request

from appliance.base.errors import BadRequest, Invalid, Problem
from appliance.base.text import say
from appliance.features.imports.layout import read_options
from appliance.http import requests
from appliance.http.jsonapi.answers import check_accept
from appliance.http.jsonapi.incoming import read_data
from appliance.http.jsonapi.media import check_content_type
from appliance.http.route_policy import DRY_RUN

BODIES = (
    "text/csv", "text/tab-separated-values", "application/gzip", "application/x-gzip", "text/vcard", "application/x-ndjson",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)  # fmt: skip
"""Media types of files that may come as the body itself."""
SAID = ("decimal", "date_order", "encoding")
"""Options that answer what a file leaves open."""
_WORDS = {"entity", "file", "mapping", "keys", "mode", "dry_run", "options", "create_entity", "saved_mapping"}
_USUAL: dict[str, Any] = {"mapping": {}, "keys": [], "mode": "upsert", "dry_run": False, "options": {}}


def is_file() -> bool:
    """Is the body of this request a file?"""
    return request.mimetype in BODIES


def name_of_body() -> str:
    return request.args.get("name") or "import" + (mimetypes.guess_extension(request.mimetype) or ".csv")


def from_address() -> dict[str, Any]:
    """?entity=, ?key=, ?map=FIELD=COLUMN (may be repeated), ?mode=, ?dry_run=, ?name=, and those of SAID. Raises BadRequest,
    Invalid."""
    only("entity", "key", "map", "mode", "dry_run", "name", DRY_RUN, *SAID)
    if "entity" not in request.args:
        raise BadRequest(say("Say which entity the rows are: ?entity=contacts."), parameter="entity")
    check_accept()
    dry_run = request.args.get("dry_run", "false").lower()
    if dry_run not in ("true", "false", "1", "0"):
        raise BadRequest(say("{name} must be true or false.", name="dry_run"), parameter="dry_run")
    options = {name: request.args[name] for name in SAID if name in request.args}
    pairs = [m.partition("=") for m in request.args.getlist("map")]
    return checked({
        **_USUAL, "entity": request.args["entity"], "keys": request.args.getlist("key"), "mapping": {a: c for a, _, c in pairs},
        "options": options, "mode": request.args.get("mode", "upsert"), "dry_run": dry_run in ("true", "1") or in_address(),
    })  # fmt: skip


def from_document() -> dict[str, Any]:
    given = attributes(_WORDS, DRY_RUN)
    if in_address():
        given["dry_run"] = True
    problems = []
    if not isinstance(given.get("file"), str):
        problems.append(Problem("file", say("is required"), "required"))
    if not isinstance(given.get("create_entity", {}), dict):
        problems.append(Problem("create_entity", say("must be an object"), "type"))
    if ("entity" in given) == ("create_entity" in given):
        problems.append(Problem("entity", say("give entity, or create_entity, and not both"), "required"))
    elif "entity" in given and not isinstance(given["entity"], str):
        problems.append(Problem("entity", say("must be a text"), "type"))
    if problems:
        raise Invalid(problems)
    return given


def in_address() -> bool:
    """?dry-run=true, as every write of the API knows it. BadRequest for another value than true or false."""
    wanted = request.args.getlist(DRY_RUN)
    if wanted not in ([], ["true"], ["false"]):
        raise BadRequest(say("{name} must be true or false.", name=DRY_RUN), parameter=DRY_RUN)
    return wanted == ["true"]


def attributes(known: Collection[str], *parameters: str) -> dict[str, Any]:
    """The attributes of the document in the body; Invalid for those that there are not. The address says nothing then."""
    only(*parameters)
    check_content_type(request.headers.get("Content-Type", ""))
    check_accept()
    found = read_data(requests.body_object()).get("attributes")
    given = dict(found) if isinstance(found, dict) else {}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise Invalid(
            [Problem(n[:100], say("there is no field called {name}", name=n[:100]), "unknown") for n in unknown]
        )
    return given


def checked(given: dict[str, Any]) -> dict[str, Any]:
    """With what is usual where nothing is said. Raises Invalid."""
    wanted = {**_USUAL, **given}
    problems = []
    if wanted["mode"] not in ("upsert", "create", "update"):
        problems.append(Problem("mode", say("must be one of: {choices}", choices="upsert, create, update"), "choice"))
    if not isinstance(wanted["keys"], list) or not all(isinstance(k, str) for k in wanted["keys"]):
        problems.append(Problem("keys", say("must be a list of field names"), "type"))
    if not isinstance(wanted["mapping"], dict) or not all(isinstance(v, str) for v in wanted["mapping"].values()):
        problems.append(Problem("mapping", say("must be an object: field or relation.key to column"), "type"))
    if type(wanted["dry_run"]) is not bool:
        problems.append(Problem("dry_run", say("must be true or false"), "type"))
    if problems:
        raise Invalid(problems)
    wanted["options"] = read_options(wanted["options"]).shown()
    return wanted


def only(*known: str) -> None:
    """BadRequest for any other parameter in the address."""
    for name in request.args:
        if name not in known:
            raise BadRequest(say("There is no parameter {name} here.", name=name[:100]), parameter=name[:100])
