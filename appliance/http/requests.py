"""What every view asks of the request at hand: who acts, in which language, with what body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import g, request

from appliance.base import logs
from appliance.base.errors import BadRequest, NotSignedIn
from appliance.base.json_text import loads
from appliance.base.text import best_language, say
from appliance.records.permissions import Actor

Authenticate = Callable[[], Actor | None]
SAFE = ("GET", "HEAD", "OPTIONS")


def actor() -> Actor:
    """Who sent this request; NotSignedIn when nobody said."""
    found = maybe_actor()
    if found is None:
        raise NotSignedIn()
    return found


def maybe_actor() -> Actor | None:
    if "actor" not in g:
        g.actor = g.authenticate()
        if g.actor is not None:
            logs.about_actor(g.actor.key)
    return g.actor


def language() -> str:
    """A person's own choice on their pages; for everybody else what the request prefers."""
    found = g.get("actor")
    if found and found.language and "session" in g:
        return found.language
    header = request.headers.get("Accept-Language")
    return best_language(header) if header else "en"


def body_object() -> dict[str, Any]:
    """The JSON object in the body. BadRequest with the reason when there is none."""
    data = request.get_data(cache=True)
    if not data:
        raise BadRequest(say("The request needs a body."), pointer="")
    try:
        found = loads(data)
    except ValueError as error:
        raise BadRequest(say("The body is not JSON: {why}.", why=error), pointer="") from None
    g.document = found  # for whoever must tell later where in it an error lies
    if not isinstance(found, dict):
        raise BadRequest(say("The body must be a JSON object."), pointer="")
    return found
