"""Which security events somebody asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from appliance.base import clock
from appliance.base.client_ip import client_network
from appliance.base.digits import is_digits, is_id
from appliance.base.errors import BadRequest
from appliance.base.text import say
from appliance.features.security_events.event import KINDS
from appliance.features.security_events.table import SecurityEventTable, StoredEvent

USUAL_SIZE, MOST_SIZE = 50, 500
FILTERS = ("filter[kind]", "filter[user]", "filter[client_ip]", "filter[at][gte]", "filter[at][lt]")


@dataclass(frozen=True, slots=True)
class SecurityEventQuery:
    """`user`: who acted or was meant. `since` is the first moment, `until` the first too late, in wire form; `after` is
    the id of the last event that was seen."""

    kinds: tuple[str, ...] = ()
    user: int | None = None
    client_ip: str = ""
    since: str = ""
    until: str = ""
    after: int | None = None
    size: int = USUAL_SIZE

    def run(self, table: SecurityEventTable) -> list[StoredEvent]:
        conditions: list[str] = []
        params: list[Any] = []

        def add(condition: str, *values: Any) -> None:
            conditions.append(condition)
            params.extend(values)

        if self.kinds:
            add(f"kind IN ({', '.join('?' * len(self.kinds))})", *self.kinds)
        if self.user is not None:
            add('("user" = ? OR account = ?)', self.user, self.user)
        if self.client_ip:  # what strangers did is kept by network
            add("client_ip IN (?, ?)", self.client_ip, client_network(self.client_ip))
        if self.since:
            add("at >= ?", self.since)
        if self.until:
            add("at < ?", self.until)
        if self.after is not None:
            add("id < ?", self.after)
        return table.list(conditions, params, self.size)


def read_query(get: Callable[[str], str | None]) -> SecurityEventQuery:
    """From the parameters of the API. BadRequest names the one that is wrong."""
    kinds = tuple(filter(None, (get("filter[kind]") or "").split(",")))
    for kind in kinds:
        if kind not in KINDS:
            raise _wrong(
                "filter[kind]",
                say("There is no kind {name}; there are: {names}.", name=kind[:50], names=", ".join(KINDS)),
            )
    user, after, size = get("filter[user]"), get("page[after]"), get("page[size]")
    if user is not None and not is_id(user):
        raise _wrong("filter[user]", say("{name} must be a number.", name="filter[user]"))
    if after is not None and not is_id(after):
        raise _wrong("page[after]", say("{name} must be a number.", name="page[after]"))
    if size is not None and not is_digits(size):
        raise _wrong("page[size]", say("{name} must be a number.", name="page[size]"))
    return SecurityEventQuery(
        kinds, int(user) if user else None, _plain("filter[client_ip]", get("filter[client_ip]")),
        _moment("filter[at][gte]", get("filter[at][gte]")), _moment("filter[at][lt]", get("filter[at][lt]")),
        int(after) if after else None, min(max(int(size), 1), MOST_SIZE) if size else USUAL_SIZE,
    )  # fmt: skip


def _plain(name: str, text: str | None) -> str:
    if text and "\x00" in text:
        raise _wrong(name, say("{name} must be an IP address.", name=name))
    return (text or "")[:100]


def _moment(name: str, text: str | None) -> str:
    if not text:
        return ""
    try:
        at = datetime.fromisoformat(text)
        return clock.wire(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise _wrong(name, say("{name} must be a date or a time.", name=name)) from None


def _wrong(name: str, text: Any) -> BadRequest:
    return BadRequest(text, parameter=name)
