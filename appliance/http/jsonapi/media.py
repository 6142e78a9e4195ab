"""Content negotiation as JSON:API 1.1 wants it: only the parameters `ext` and `profile`, only extensions we speak.
Plain `application/json` is welcome on both sides."""

from __future__ import annotations

import re
from functools import lru_cache

from appliance.base.errors import Unsupported
from appliance.base.text import say
from appliance.http.errors import NotAcceptable

MEDIA = "application/vnd.api+json"
ATOMIC = "https://jsonapi.org/ext/atomic"
CURSOR = "https://jsonapi.org/profiles/ethanresnick/cursor-pagination/"
MEDIA_ATOMIC = f'{MEDIA}; ext="{ATOMIC}"'

_PARAMETER = re.compile(r';\s*([\w-]+)\s*=\s*("[^"]*"|[^;,\s]*)')


@lru_cache(maxsize=256)
def parse(value: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters, `q` left out."""
    name, _, rest = value.partition(";")
    found = {k.lower(): v.strip('"') for k, v in _PARAMETER.findall(";" + rest)} if rest else {}
    found.pop("q", None)
    return name.strip().lower(), found


@lru_cache(maxsize=256)
def check_content_type(value: str, atomic: bool = False) -> None:
    """Unsupported (415) unless the request's body is JSON:API, or plain JSON."""
    name, parameters = parse(value)
    if name == "application/json" and not atomic:
        return
    if name not in (MEDIA, "application/json"):
        raise Unsupported(say("Send {media}, or application/json.", media=MEDIA))
    if name == MEDIA and set(parameters) - {"ext", "profile"}:
        raise Unsupported(say("{media} takes no parameters but ext and profile.", media=MEDIA))
    extensions = parameters.get("ext", "").split()
    if any(e != ATOMIC for e in extensions) or (extensions and not atomic):
        raise Unsupported(say("This address does not speak that extension."))


@lru_cache(maxsize=256)
def choose(accept: str, atomic: bool = False) -> str:
    """The Content-Type of the answer. NotAcceptable (406) when every way the client offers is closed."""
    ours = MEDIA_ATOMIC if atomic else MEDIA
    if not accept:
        return ours
    refused = False
    plain = False
    for part in re.split(r",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", accept):
        name, parameters = parse(part)
        if name == MEDIA:
            if not set(parameters) - {"ext", "profile"} and all(e == ATOMIC for e in parameters.get("ext", "").split()):
                return ours
            refused = True
        elif name in ("*/*", "application/*"):
            return ours
        elif name in ("application/json", "text/html"):
            plain = True
    if plain:
        return "application/json"
    if refused:
        raise NotAcceptable(say("{media} is offered without parameters, or with the atomic extension.", media=MEDIA))
    raise NotAcceptable(say("Answers come as {media} or application/json.", media=MEDIA))
