"""What every view asks of the request at hand: who acts, in which language, with what body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import g, request

from appliance.base import logs
from appliance.base.errors import BadRequest, NotSignedIn, TooManyRequests
from appliance.base.json_text import loads
from appliance.base.text import best_language, say
from appliance.records.permissions import Actor

Authenticate = Callable[[], Actor | None]
SAFE = ("GET", "HEAD", "OPTIONS")
DIRECT = "ingot.direct"
"""In the WSGI environment: does a program on this machine ask for itself, through no proxy?"""
KNOWN_AS = "ingot.known_as"
"""In the WSGI environment: a function that takes the account a request came from, and says whether it may have one more
connection."""


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
            _recognise(g.actor)
    actor: Actor | None = g.actor
    return actor


def _recognise(actor: Actor) -> None:
    """Tell the connection whose it is. TooManyRequests when its account has its share of them."""
    known_as = request.environ.get(KNOWN_AS)
    if known_as is not None and not known_as(f"user:{actor.user}" if actor.user is not None else actor.key):
        text = say("This account has too many connections open at once. Close some, and try again.")
        raise TooManyRequests(text, retry_after=5)


def language() -> str:
    """A person's own choice on their pages; for everybody else what the request prefers."""
    found = g.get("actor")
    if found and found.language and "session" in g:
        return str(found.language)
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
