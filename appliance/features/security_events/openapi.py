"""/api/security-events."""

from __future__ import annotations

from appliance.features.security_events.event import KINDS
from appliance.http.openapi.entities import Paths
from appliance.http.openapi.parts import READ, ok, operation, query
from appliance.http.openapi.schemas import ID
from appliance.http.openapi.shorthand import LIST


def paths() -> Paths:
    several = f"({'|'.join(KINDS)})"
    parameters = [
        query(
            "filter[kind]",
            "only these, with commas between",
            {"type": "string", "pattern": f"^{several}(,{several})*$"},
        ),
        query("filter[user]", "the id of who acted, or of whose account is meant", {"type": "string", "pattern": ID}),
        query("filter[client_ip]", "from there"),
        query("filter[at][gte]", "since then: a date or a time", {"type": "string", "format": "date-time"}),
        query("filter[at][lt]", "before then", {"type": "string", "format": "date-time"}),
        query("page[after]", "the id of the last event seen: older ones follow", {"type": "string", "pattern": ID}),
        query("page[size]", "events of a page", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}),
    ]
    text = (
        f"Sign-ins, refusals, and what was changed about who may get in, the newest first. Kinds: {', '.join(KINDS)}."
    )
    answers = {200: ok("Administrators see them.", LIST)}
    listed = operation(
        "security-events",
        "list_security_events",
        "Security events",
        answers,
        READ,
        parameters=parameters,
        description=text,
    )
    return {"/api/security-events": {"get": listed}}
