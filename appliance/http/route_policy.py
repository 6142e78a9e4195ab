"""What each route says about itself before its view runs: the scope that a token with scopes needs there, and the query
parameters it takes. A route that says nothing is refused to tokens with scopes, and takes no parameter."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, current_app, g, request

from appliance.base.errors import BadRequest, NotAllowed
from appliance.base.text import say
from appliance.http import requests
from appliance.records import scopes

SAFE = ("GET", "HEAD", "OPTIONS")
ANYBODY = "anybody"
"""Nothing is asked for here: the route answers strangers, too."""
RECORDS = "records"
"""The rights on the entities decide, which know the scopes (records/permissions.py)."""
DRY_RUN = "dry-run"
_KEY = "ingot_route_policies"


@dataclass(frozen=True, slots=True)
class RoutePolicy:
    """`scope` is RECORDS, ANYBODY, an area like `job`, or None: for no token with scopes. `parameters` are names; None when the
    view reads and refuses them itself. `rehearses`: the view knows dry-run itself. `locks`: it asks for If-Match; where one does
    not, a request that has one is refused, for a lock that a client believes in must not be off in silence."""

    scope: str | None = None
    parameters: Collection[str] | None = ()
    rehearses: bool = False
    locks: bool = False


NOTHING_SAID = RoutePolicy()


def declare(blueprint: Blueprint, policy: RoutePolicy, **views: RoutePolicy) -> Blueprint:
    """The policy of all routes of a blueprint, and of single views by their endpoint's name where it differs."""

    def note(state: Any) -> None:
        held = state.app.extensions.setdefault(_KEY, {})
        held[blueprint.name] = policy
        held |= {f"{blueprint.name}.{name}": other for name, other in views.items()}

    blueprint.record(note)
    return blueprint


def policy_of(app: Flask, endpoint: str) -> RoutePolicy:
    held: dict[str, RoutePolicy] = app.extensions.get(_KEY, {})
    return held.get(endpoint) or held.get(endpoint.partition(".")[0]) or NOTHING_SAID


def check_route() -> None:
    """Before the view: NotAllowed for a token whose scopes do not cover this route, BadRequest for a parameter, or
    an If-Match, that it does not know. Pages, which people's browsers ask, are not held to that."""
    if request.endpoint is None:
        return
    policy = policy_of(current_app, request.endpoint)
    if policy.scope not in (ANYBODY, RECORDS) and "Authorization" in request.headers:
        _check_scope(policy)
    if (
        request.method not in SAFE
        and not policy.locks
        and "If-Match" in request.headers
        and request.path.startswith("/api")
    ):
        raise BadRequest(say("If-Match is not understood at this address."), header="If-Match")
    if request.query_string and request.path.startswith("/api"):
        if request.method not in SAFE and not policy.rehearses:
            g.dry_run = _take_dry_run()
        known = policy.parameters
        for name in request.args if known is not None else ():
            if name not in known:  # type: ignore[operator]
                raise BadRequest(say("There is no parameter {name} here.", name=name[:100]), parameter=name[:100])


def is_open() -> bool:
    """Does the route at hand answer strangers, too?"""
    return request.endpoint is not None and policy_of(current_app, request.endpoint).scope == ANYBODY


def is_dry_run() -> bool:
    """Does the request only want to be told what it would do?"""
    return bool(g.get("dry_run"))


def _take_dry_run() -> bool:
    """What the address says of dry-run, which is taken out of it: views need not know the word. BadRequest for another value
    than true or false."""
    wanted = request.args.getlist(DRY_RUN)
    if not wanted:
        return False
    if wanted not in (["true"], ["false"]):
        raise BadRequest(say("{name} must be true or false.", name=DRY_RUN), parameter=DRY_RUN)
    request.query_string = urlencode([(n, v) for n, v in request.args.items(multi=True) if n != DRY_RUN]).encode()
    del request.args  # werkzeug keeps what it has parsed
    return wanted == ["true"]


def _check_scope(policy: RoutePolicy) -> None:
    actor = requests.maybe_actor()
    if actor is None or not actor.scopes:
        return
    verb = "read" if request.method in SAFE else "write"
    if policy.scope is None:
        raise NotAllowed(say("A token with scopes may not do this."), code="scope")
    if not scopes.allow(actor.scopes, policy.scope, verb):
        raise NotAllowed(
            say("This needs a token with the scope {scope}.", scope=f"{policy.scope}:{verb}"), code="scope"
        )
