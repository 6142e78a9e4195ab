"""The only translator of our errors into HTTP: a status, and JSON:API error objects in the reader's language."""

from __future__ import annotations

import logging
from typing import Any

from werkzeug.exceptions import HTTPException

from appliance.base import errors, ids
from appliance.base.digits import is_digits
from appliance.base.disk import is_disk_full
from appliance.base.text import Text, say, verbatim
from appliance.engines.database.damage import is_damage

log = logging.getLogger(__name__)

_STATUS: list[tuple[type[errors.IngotError], int, Text]] = [
    (errors.NotFound, 404, say("Not found")),
    (errors.NotSignedIn, 401, say("Not signed in")),
    (errors.NotAllowed, 403, say("Not allowed")),
    (errors.BadRequest, 400, say("Bad request")),
    (errors.Invalid, 422, say("Invalid value")),
    (errors.Conflict, 409, say("Conflict")),
    (errors.Stale, 412, say("Changed meanwhile")),
    (errors.TooLarge, 413, say("Too large")),
    (errors.Unsupported, 415, say("Unsupported media type")),
    (errors.TooManyRequests, 429, say("Too many requests")),
    (errors.DiskFull, 507, say("Disk full")),
    (errors.Unavailable, 503, say("Not available now")),
]

MAX_ERRORS = 100  # told at once: an answer must not be larger than the request that caused it


class Missing(errors.Invalid):
    """Values that cannot be stored, among them links to records that are not there: JSON:API wants a 404 for that."""


class OfProfile(errors.BadRequest):
    """An error that a JSON:API profile defines: `type_` is its address, `meta` what it wants to be told."""

    def __init__(self, message: Text, *, type_: str, parameter: str, meta: dict[str, Any] | None = None):
        super().__init__(message, parameter=parameter)
        self.type_, self.meta = type_, meta


class NotAcceptable(errors.IngotError):
    """The client accepts nothing that we could answer with."""

    code = "not_acceptable"


def translate(error: BaseException, language: str) -> tuple[int, list[dict[str, Any]], dict[str, str]]:
    """(status, error objects, extra headers). An error that is not ours becomes a 500 with an id that the log knows too."""
    if isinstance(error, errors.Invalid):
        missing = isinstance(error, Missing)
        return 404 if missing else 422, [_problem(p, language, missing) for p in error.problems[:MAX_ERRORS]], {}
    if isinstance(error, NotAcceptable):
        return 406, [_object(406, error.code, say("Not acceptable"), error.message, language)], {}
    if isinstance(error, errors.IngotError):
        status, title = next(((s, t) for kind, s, t in _STATUS if isinstance(error, kind)), (400, say("Bad request")))
        found = _object(status, error.code, title, error.message, language)
        if source := _source(error):
            found["source"] = source
        if isinstance(error, OfProfile):
            found["links"] = {"type": error.type_}
            found |= {"meta": error.meta} if error.meta else {}
        if isinstance(error, errors.Stale):
            found["meta"] = {"version": error.version, "fields": error.fields}
        return status, [found], _headers(error)
    if isinstance(error, HTTPException) and error.code:
        return _from_werkzeug(error, language)
    if is_disk_full(error):
        return translate(errors.DiskFull(), language)
    if is_damage(error):
        log.error("Request failed: the database is damaged", exc_info=error)
        text = say(
            "The database is damaged here. An administrator restores the newest good backup: ingot restore FILE."
        )
        return 503, [_object(503, "database_damaged", say("Not available now"), text, language)], {"Retry-After": "60"}
    mark = ids.short()
    log.error("Request failed", exc_info=error, extra={"error_id": mark})
    text = say("Something went wrong on our side. The log has the details under {id}.", id=mark)
    return 500, [{**_object(500, "internal", say("Internal error"), text, language), "id": mark}], {}


def _from_werkzeug(error: HTTPException, language: str) -> tuple[int, list[dict[str, Any]], dict[str, str]]:
    status = error.code or 500
    known = {
        404: ("not_found", say("Not found"), say("There is nothing at this address.")),
        405: ("method_not_allowed", say("Method not allowed"), say("This address does not take that method.")),
        413: ("too_large", say("Too large"), say("The request is larger than this server takes.")),
    }
    code, title, text = known.get(
        status, ("bad_request", verbatim(error.name), verbatim(error.description or error.name))
    )
    allow = {"Allow": ", ".join(error.valid_methods)} if getattr(error, "valid_methods", None) else {}  # type: ignore[attr-defined]
    return status, [_object(status, code, title, text, language)], allow


def _object(status: int, code: str, title: Text, detail: Text, language: str) -> dict[str, Any]:
    return {"status": str(status), "code": code, "title": title.render(language), "detail": detail.render(language)}


def _problem(problem: errors.Problem, language: str, missing: bool) -> dict[str, Any]:
    detail = f"{problem.field}: {problem.message.render(language)}"
    status = "404" if missing and problem.code == "not_found" else "422"
    found: dict[str, Any] = {"status": status, "code": problem.code, "title": say("Invalid value").render(language)}
    found["detail"] = detail
    found["source"] = {"pointer": problem.pointer or f"/data/attributes/{pointer_part(problem.field)}"}
    found["meta"] = {"field": problem.field}
    return found


def pointer_part(name: str) -> str:
    """A member's name as it is written in a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def shorten_pointers(found: list[dict[str, Any]], document: Any) -> None:
    """Let each pointer end at a value that the request's document really has: what is missing is missing from the object
    above. JSON:API 1.1 demands it; which field is meant stands in `meta` too."""
    for source in [error["source"] for error in found if "pointer" in error.get("source", ())]:
        here, parts = document, []
        for part in source["pointer"].split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(here, dict) and name in here:
                here = here[name]
            elif isinstance(here, list) and is_digits(name) and int(name) < len(here):
                here = here[int(name)]
            else:
                break
            parts.append(part)
        source["pointer"] = "".join(f"/{part}" for part in parts)


def _source(error: errors.IngotError) -> dict[str, str]:
    return {k: v for k in ("parameter", "pointer", "header") if (v := getattr(error, k, None)) is not None}


def _headers(error: errors.IngotError) -> dict[str, str]:
    if isinstance(error, (errors.Unavailable, errors.TooManyRequests)):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, errors.NotSignedIn):
        return {"WWW-Authenticate": "Bearer"}
    return {}
