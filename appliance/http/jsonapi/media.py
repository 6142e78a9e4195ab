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
MEDIA_CURSOR = f'{MEDIA}; profile="{CURSOR}"'

_PARAMETER = re.compile(r';\s*([^\s=;,"]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^;,\s]*))?')
_BETWEEN = re.compile(r",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)")  # commas outside quotes


@lru_cache(maxsize=256)
def parse(value: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters."""
    name, _, rest = value.partition(";")
    found = {k.lower(): v.strip('"') for k, v in _PARAMETER.findall(";" + rest)} if rest else {}
    return name.strip().lower(), found


@lru_cache(maxsize=256)
def check_content_type(value: str, atomic: bool = False) -> None:
    """Unsupported (415) unless the request's body is JSON:API, or plain JSON."""
    name, parameters = parse(value)
    if name == "application/json":
        return
    if name != MEDIA:
        raise Unsupported(say("Send {media}, or application/json.", media=MEDIA))
    if set(parameters) - {"ext", "profile"}:
        raise Unsupported(say("{media} takes no parameters but ext and profile.", media=MEDIA))
    extensions = parameters.get("ext", "").split()
    if any(e != ATOMIC for e in extensions) or (extensions and not atomic):
        raise Unsupported(say("This address does not speak that extension."))


@lru_cache(maxsize=256)
def choose(accept: str, atomic: bool = False, cursor: bool = False) -> str:
    """The Content-Type of an answer, to which an extension or a profile was applied or none. NotAcceptable (406) when
    every way the client offers is closed; as JSON:API has it, also when only its own media type was offered wrongly."""
    ours = MEDIA_ATOMIC if atomic else MEDIA_CURSOR if cursor else MEDIA
    if not accept:
        return ours
    refused = fine = plain = False
    for name, parameters in _offers(accept):
        if name == MEDIA:
            if _acceptable(parameters, atomic):
                return ours
            refused = True
        elif name in ("*/*", "application/*"):
            fine = True
        elif name in ("application/json", "text/html"):
            plain = True
    if refused:
        raise NotAcceptable(say("{media} is offered without parameters, or with the atomic extension.", media=MEDIA))
    if fine:
        return ours
    if plain:
        return "application/json"
    raise NotAcceptable(say("Answers come as {media} or application/json.", media=MEDIA))


@lru_cache(maxsize=256)
def wants_cursors(accept: str) -> bool:
    """Does the client ask for the profile of cursor pagination?"""
    return CURSOR[:-1] in accept and any(
        name == MEDIA and _acceptable(p, False) and {CURSOR, CURSOR[:-1]} & set(p.get("profile", "").split())
        for name, p in _offers(accept)
    )


def _offers(accept: str) -> list[tuple[str, dict[str, str]]]:
    """What a client takes, in its order; q=0 says what it does not take."""
    found = []
    for part in _BETWEEN.split(accept):
        name, parameters = parse(part)
        parameters = dict(parameters)
        if parameters.pop("q", "1").rstrip("0") not in ("", "0."):
            found.append((name, parameters))
    return found


def _acceptable(parameters: dict[str, str], atomic: bool) -> bool:
    known = (ATOMIC,) if atomic else ()
    return not set(parameters) - {"ext", "profile"} and all(e in known for e in parameters.get("ext", "").split())
