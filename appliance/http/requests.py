"""What every view asks of the request at hand: who acts, in which language, with what body."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from flask import Request, g, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from appliance.base import logs
from appliance.base.errors import BadRequest, NotSignedIn, TooLarge, TooManyRequests
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

OF_A_STRANGER = 64 * 1024
"""Bytes in a body of somebody who shows no session and no token, and at addresses that answer strangers."""
OF_FIELDS = 1024 * 1024
"""Bytes in a JSON body, wherever an address does not take records."""


class BoundedFormParser(FormDataParser):
    """Werkzeug reads a form of `a=b&a=b&...` whole, whatever its bounds say: two million fields took a web thread 7 s, and all
    others with it."""

    def _parse_urlencoded(self, stream: Any, mimetype: str, content_length: int | None, options: dict[str, str]) -> Any:
        data = stream.read()
        if self.max_form_parts is not None and data.count(b"&") >= self.max_form_parts:
            raise RequestEntityTooLarge
        return super()._parse_urlencoded(io.BytesIO(data), mimetype, len(data), options)


class IncomingRequest(Request):
    """What the application reads of a request, within bounds."""

    form_data_parser_class = BoundedFormParser


def bound_body(*, open_to_strangers: bool) -> None:
    """Before anything of the body is read: who has shown nothing sends no more than a form at the door holds."""
    names_nobody = "Authorization" not in request.headers and "Cookie" not in request.headers
    if request.method not in SAFE and (open_to_strangers or names_nobody):
        request.max_content_length = min(request.max_content_length or OF_A_STRANGER, OF_A_STRANGER)


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


def body_object(most: int | None = OF_FIELDS) -> dict[str, Any]:
    """The JSON object in the body, of at most so many bytes; None where it holds records: the server's own limit stands then.
    BadRequest with the reason when there is none, TooLarge before a longer one is parsed."""
    data = request.get_data(cache=True)
    if most is not None and len(data) > most:
        raise TooLarge(say("The request is too large for this address."))
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
