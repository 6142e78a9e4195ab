"""What the control door can be asked for and told to do, beside stop and restart: for the panel and the command line. Each is a
name and a function of plain arguments; answers are plain too."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ifaddr

from appliance.base.errors import BadRequest
from appliance.base.settings import Settings
from appliance.base.text import say
from appliance.features.identity import looking_after
from appliance.features.identity.sessions import Claim
from appliance.jobs.due import zone
from appliance.jobs.jobs import Jobs
from appliance.records.records import Records
from appliance.run import log_lines, settings_door
from appliance.run.backup import restoring, taking
from appliance.run.process import Process
from appliance.run.sampling import Sampler


@dataclass(frozen=True)
class ControlRoom:
    settings: Settings
    records: Records
    jobs: Jobs
    claim: Claim
    sampler: Sampler
    process: Process

    def furnish(self) -> None:
        """Add all of it to the process's door."""
        queries: dict[str, Callable[[dict[str, Any]], Any]] = {
            "metrics": lambda asked: {"points": self.sampler.history(str(asked.get("span") or "2m"))},
            "settings": lambda _: {"settings": settings_door.shown(self.settings)},
            "users": lambda _: looking_after.people(self.records, self.claim),
            "addresses": lambda _: {"addresses": addresses(self.settings, self.process.info.addresses)},
            "jobs": lambda _: {"counts": self.jobs.counts(), "recent": self._recent()},
            "backups": lambda _: {"backups": self._backups()},
            "diagnostics": lambda _: self.diagnostics(),
        }
        commands: dict[str, Callable[[dict[str, Any]], Any]] = {
            "settings": self._change_settings,
            "claim": lambda _: {"link": self._claim_link()},
            "users.reset": lambda a: {"password": looking_after.reset_password(self.records, number(a, "id"))},
            "users.active": lambda a: looking_after.set_active(self.records, number(a, "id"), bool(a.get("active"))),
            "users.first": lambda a: {"id": looking_after.first_administrator(
                self.records, self.claim, text(a, "email"), text(a, "name"), text(a, "password"))},
            "backup": lambda _: {"job": self.jobs.enqueue("house.backup", key="house.backup")},
            "verify": lambda a: restoring.verify(self._backup(a)).shown(),
            "jobs.retry": lambda _: {"retried": len(self.jobs.retry_all(state=("dead", "failed")).done)},
        }  # fmt: skip
        self.process.queries |= queries
        self.process.commands |= commands

    def diagnostics(self) -> dict[str, Any]:
        """Versions, paths, room, the last errors of the log. Nothing secret."""
        home = self.settings.home
        errors = log_lines.read(home.logs / "ingot.log", {"level": "error", "lines": 20})["lines"]
        disk = shutil.disk_usage(home.root)
        return {
            "version": self.process.info.version, "python": sys.version.split()[0], "system": platform.platform(),
            "home": str(home.root), "pid": os.getpid(), "threads": threading.active_count(),
            "disk": {"free_bytes": disk.free, "total_bytes": disk.total},
            "settings": self.settings.shown(), "health": self.process.status()["health"], "errors": errors,
            "database_bytes": home.database.stat().st_size if home.database.exists() else None,
        }  # fmt: skip

    def _change_settings(self, asked: dict[str, Any]) -> dict[str, Any]:
        values = asked.get("values")
        if not isinstance(values, dict):
            raise BadRequest(say("values must be an object."))
        host = str(values.get("host") or self.settings.host)
        checks = {"port": settings_door.port_is_free(host), "timezone": _wrong_zone}
        return settings_door.change(self.settings, values, checks, dry_run=bool(asked.get("dry_run")))

    def _claim_link(self) -> str | None:
        """The one-time link to the box, a new one each time; None when it has an owner."""
        secret, found = self.claim.open(), self.process.info.addresses
        return f"{found[0]}/claim/{secret}" if secret and found else None

    def _recent(self) -> list[dict[str, Any]]:
        listed = self.jobs.list(limit=20)
        return [
            {"id": j.id, "kind": j.kind, "state": j.state, "message": j.message, "at": j.created_at} for j in listed
        ]

    def _backups(self) -> list[dict[str, Any]]:
        return [
            {"file": place.name, "bytes": place.stat().st_size, **(manifest.shown() if manifest else {"damaged": True})}
            for place, manifest in taking.known(self.settings.home)
        ]

    def _backup(self, asked: dict[str, Any]) -> Path:
        """One of the home's own, by name."""
        return self.settings.home.backups / Path(text(asked, "file")).name


def addresses(settings: Settings, own: list[str]) -> list[dict[str, str]]:
    """Where people reach the box: as it was bound, and by every address of this machine when it serves the whole LAN."""
    found = [{"url": url, "reach": "this computer"} for url in own]
    if settings.host not in ("0.0.0.0", "::") or not own:
        return found
    port = own[0].rpartition(":")[2]
    listed = [a.ip for adapter in ifaddr.get_adapters() for a in adapter.ips if a.is_IPv4]
    lan = [str(ip) for ip in listed if not str(ip).startswith(("127.", "169.254."))]
    return found + [{"url": f"http://{ip}:{port}", "reach": "network"} for ip in lan]


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


def _wrong_zone(value: Any) -> Any:
    try:
        zone(value)
    except ValueError:
        return say("must be a name like Europe/Berlin")
    return None
