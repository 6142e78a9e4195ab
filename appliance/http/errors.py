"""The only translator of our errors into HTTP: a status, and JSON:API error objects in the reader's language."""

from __future__ import annotations

import logging
from typing import Any

from werkzeug.exceptions import HTTPException

from appliance.base import errors, ids
from appliance.base.text import Text, say

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
    (errors.Unavailable, 503, say("Not available now")),
]


class NotAcceptable(errors.IngotError):
    """The client accepts nothing that we could answer with."""

    code = "not_acceptable"


def translate(error: BaseException, language: str) -> tuple[int, list[dict[str, Any]], dict[str, str]]:
    """(status, error objects, extra headers). An error that is not ours becomes a 500 with an id that the log knows too."""
    if isinstance(error, errors.Invalid):
        return 422, [_problem(p, language) for p in error.problems], {}
    if isinstance(error, NotAcceptable):
        return 406, [_object(406, error.code, say("Not acceptable"), error.message, language)], {}
    if isinstance(error, errors.IngotError):
        status, title = next(((s, t) for kind, s, t in _STATUS if isinstance(error, kind)), (400, say("Bad request")))
        found = _object(status, error.code, title, error.message, language)
        if source := _source(error):
            found["source"] = source
        if isinstance(error, errors.Stale):
            found["meta"] = {"version": error.version, "fields": error.fields}
        return status, [found], _headers(error)
    if isinstance(error, HTTPException) and error.code:
        return _from_werkzeug(error, language)
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
    code, title, text = known.get(status, ("bad_request", Text(error.name), Text(error.description or error.name)))
    allow = {"Allow": ", ".join(error.valid_methods)} if getattr(error, "valid_methods", None) else {}  # type: ignore[attr-defined]
    return status, [_object(status, code, title, text, language)], allow


def _object(status: int, code: str, title: Text, detail: Text, language: str) -> dict[str, Any]:
    return {"status": str(status), "code": code, "title": title.render(language), "detail": detail.render(language)}


def _problem(problem: errors.Problem, language: str) -> dict[str, Any]:
    detail = f"{problem.field}: {problem.message.render(language)}"
    found = {"status": "422", "code": problem.code, "title": say("Invalid value").render(language), "detail": detail}
    found["source"] = {"pointer": problem.pointer or f"/data/attributes/{problem.field}"}  # type: ignore[assignment]
    found["meta"] = {"field": problem.field}  # type: ignore[assignment]
    return found


def _source(error: errors.IngotError) -> dict[str, str]:
    return {k: v for k in ("parameter", "pointer", "header") if (v := getattr(error, k, None))}


def _headers(error: errors.IngotError) -> dict[str, str]:
    if isinstance(error, errors.Unavailable):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, errors.NotSignedIn):
        return {"WWW-Authenticate": "Bearer"}
    return {}
