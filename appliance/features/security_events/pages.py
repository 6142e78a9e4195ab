"""/security-events: who got in, who was refused, what was done to what lets people in. For administrators."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from appliance.base import clock
from appliance.base.errors import BadRequest, NotAllowed
from appliance.base.text import say
from appliance.features.security_events.event import KINDS
from appliance.features.security_events.query import SecurityEventQuery, read_query
from appliance.features.security_events.table import SecurityEventTable, StoredEvent
from appliance.http import requests
from appliance.http.pages.person import person
from appliance.http.pages.rendering import page
from appliance.records.records import Records

TONES = {
    "sign_in_failed": "amber", "locked": "red", "refused": "amber", "user_disabled": "red", "user_deleted": "red",
    "restore": "violet", "roles_changed": "violet", "password_changed": "violet", "email_changed": "violet",
    "settings_changed": "violet", "sign_in": "green",
}  # fmt: skip
FIELDS = ("kind", "user", "ip", "from", "to")


def make_pages(records: Records, table: SecurityEventTable) -> Blueprint:
    pages = Blueprint("security_event_pages", __name__, url_prefix="/security-events")

    @pages.get("")
    def listed() -> Response:
        if not requests.actor().admin:
            raise NotAllowed(say("This page is for administrators."))
        asked = {name: request.args.get(name, "").strip() for name in FIELDS}
        people = _people(records)
        problem, found = "", list[StoredEvent]()
        try:
            query = _query(asked)
            found = query.run(table)
        except BadRequest as error:
            problem, query = error.message.render(requests.language()), SecurityEventQuery()
        older = {**{n: v for n, v in asked.items() if v}, "after": found[-1].id} if len(found) == query.size else None
        language = requests.language()
        return page(
            "pages/security_events.html",
            400 if problem else 200,
            events=found,
            details={one.id: _detail(one) for one in found},
            kinds={name: text.render(language) for name, text in KINDS.items()},
            tones=TONES,
            people=people,
            asked=asked,
            problem=problem,
            older="/security-events?" + urlencode(older) if older else None,
        )

    return pages


def _query(asked: dict[str, str]) -> SecurityEventQuery:
    """Days are the reader's own: from the first moment of one to the last of the other."""
    given = {
        "filter[kind]": asked["kind"], "filter[user]": asked["user"], "filter[client_ip]": asked["ip"],
        "filter[at][gte]": _day(asked["from"], 0), "filter[at][lt]": _day(asked["to"], 1),
        "page[after]": request.args.get("after", ""),
    }  # fmt: skip
    return read_query(lambda name: given.get(name) or None)


def _day(text: str, more: int) -> str:
    if not text:
        return ""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZoneInfo(person().timezone))
        return clock.wire(day + timedelta(days=more))
    except (ValueError, OverflowError):
        raise BadRequest(say("{name} must be a date or a time.", name=text[:30])) from None


def _people(records: Records) -> dict[int, str]:
    return dict(records.database.rows("SELECT id, name FROM ingot_user ORDER BY name, id"))


def _detail(one: StoredEvent) -> list[tuple[str, str]]:
    return [(name, _plain(value)) for name, value in one.detail.items()]


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_plain(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return "-" if value is None else str(value)
