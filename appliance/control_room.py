"""What the control door can be asked for and told to do once the house is open, for the panel and the command line; what it
answers before that is in run/settings_room.py. Each is a name and a function of plain arguments; answers are plain too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from appliance.base.errors import BadRequest
from appliance.base.settings import Settings
from appliance.base.text import say
from appliance.features.identity import looking_after
from appliance.features.identity.login_throttle import LoginThrottle
from appliance.features.identity.sessions import Claim
from appliance.jobs.jobs import Jobs
from appliance.records.records import Records
from appliance.run.maintenance import Maintenance
from appliance.run.process import Process
from appliance.run.sampling import Sampler
from appliance.run.tls.door import HttpsDoor


@dataclass(frozen=True)
class ControlRoom:
    settings: Settings
    records: Records
    jobs: Jobs
    claim: Claim
    throttle: LoginThrottle
    sampler: Sampler
    process: Process
    maintenance: Maintenance
    https: HttpsDoor

    def furnish(self) -> None:
        """Add all of it to the process's door."""
        queries: dict[str, Callable[[dict[str, Any]], Any]] = {
            "metrics": lambda asked: {"points": self.sampler.history(str(asked.get("span") or "2m"))},
            "users": lambda _: looking_after.people(self.records, self.claim, self.throttle),
            "addresses": lambda _: {"addresses": self.https.where()},
            "certificate": lambda _: self.https.shown(),
            "jobs": lambda _: {"counts": self.jobs.counts(), "recent": self._recent()},
            "maintenance": lambda _: self.maintenance.shown(),
        }
        commands: dict[str, Callable[[dict[str, Any]], Any]] = {
            "maintenance": self.maintenance.change,
            "claim": lambda _: {"link": self._claim_link()},
            "users.reset": lambda a: {"password": looking_after.reset_password(
                self.records, self.throttle, number(a, "id"), revoke_tokens=bool(a.get("revoke_tokens")))},
            "users.unlock": lambda a: looking_after.unlock(self.records, self.throttle, number(a, "id")),
            "users.active": lambda a: looking_after.set_active(self.records, number(a, "id"), bool(a.get("active"))),
            "users.first": lambda a: {"id": looking_after.first_administrator(
                self.records, self.claim, text(a, "email"), text(a, "name"), text(a, "password"))},
            "backup": lambda _: {"job": self.jobs.enqueue(
                "house.backup", {"kind": "manual"}, key="house.backup by hand")},
            "certificate.renew": lambda _: self.https.renew(),
            "certificate.check": self.https.check,
            "jobs.retry": lambda _: {"retried": len(self.jobs.retry_all(state=("dead", "failed")).done)},
        }  # fmt: skip
        self.process.queries |= queries
        self.process.commands |= commands

    def _claim_link(self) -> str | None:
        """The one-time link to the box, a new one each time; None when it has an owner."""
        secret, found = self.claim.open(), self.process.info.addresses
        return f"{found[0]}/claim/{secret}" if secret and found else None

    def _recent(self) -> list[dict[str, Any]]:
        listed = self.jobs.list(limit=20)
        return [
            {"id": j.id, "kind": j.kind, "state": j.state, "message": j.message, "at": j.created_at} for j in listed
        ]


def text(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadRequest(say("{name} is missing.", name=name))
    return value.strip()


def number(asked: Mapping[str, Any], name: str) -> int:
    value = asked.get(name)
    if type(value) is not int:
        raise BadRequest(say("{name} must be a number.", name=name))
    return value
