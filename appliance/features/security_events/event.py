"""What a security event is, and which kinds there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from appliance.base import clock, logs
from appliance.base.digits import is_id
from appliance.base.origin import origin
from appliance.base.redaction import redact, redact_value
from appliance.base.text import say
from appliance.records.permissions import Actor

KINDS = {
    "sign_in": say("Signed in"), "sign_in_failed": say("Wrong password"), "locked": say("Refused for now: too many attempts"),
    "sign_out": say("Signed out"), "refused": say("Refused"), "token_made": say("Token made"),
    "token_first_used": say("Token used for the first time"), "token_revoked": say("Token revoked"),
    "password_changed": say("Password changed"), "email_changed": say("E-mail address changed"),
    "roles_changed": say("Roles changed"), "user_made": say("User added"), "user_enabled": say("User enabled"),
    "user_disabled": say("User disabled"), "user_deleted": say("User deleted"), "export": say("Export"),
    "backup": say("Backup made"), "restore": say("Backup restored"), "settings_changed": say("Settings changed"),
}  # fmt: skip
GATHERED = ("sign_in_failed", "locked", "refused")
"""What strangers can cause as often as they like: one row for a minute, with a count."""


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """`actor` is the key of who acted, `user` whose account that is, `account` the user that it was done to."""

    kind: str
    at: str
    actor: str = ""
    user: int | None = None
    account: int | None = None
    client_ip: str = ""
    agent: str = ""
    via: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


def event(kind: str, *, actor: Actor | None = None, account: int | None = None, **detail: Any) -> SecurityEvent:
    """An event of now, by whoever this thread works for. Nothing secret goes in: the detail is redacted here, for all."""
    where = origin()
    key, user = (actor.key, actor.user) if actor is not None else ("", None)
    if user is None and (acting := logs.acting()):  # work that is done in a person's name, by the system
        key = acting
        kind_, _, number = acting.partition(":")
        user = int(number) if kind_ == "user" and is_id(number) else None
    if where.os_user:
        detail["os_user"] = where.os_user
    if where.via == "shell":
        key = "shell"
    via = where.via or (actor.via if actor is not None else "")
    return SecurityEvent(
        kind, clock.wire_now(), key, user, account, where.client_ip, redact(where.agent), via, redact_value(detail)
    )
