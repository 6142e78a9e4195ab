"""What the control door answers before anything else is open, and when nothing else could be opened: settings, the log's level,
diagnostics. A box whose database is away, or whose port is taken, is mended by them."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from appliance.base import logs
from appliance.base.errors import BadRequest
from appliance.base.settings import Settings
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.run import log_lines, settings_door, trying
from appliance.run.process import Process


@dataclass(frozen=True)
class SettingsRoom:
    """`open_database(url)` opens another database, to try it. `engines`: by setting, the words it can be."""

    settings: Settings
    process: Process
    open_database: Callable[[str], Database]
    engines: Mapping[str, Sequence[str]]

    def furnish(self) -> None:
        """Add all of it to the process's door."""
        self.process.queries |= {
            "settings": lambda _: {
                "settings": settings_door.shown(self.settings),
                "trouble": settings_door.trouble(self.settings),
            },
            "settings.export": self._exported,
            "log_level": lambda _: log_level(),
            "diagnostics": lambda _: self.diagnostics(),
        }
        self.process.commands |= {
            "settings": self._change,
            "settings.import": self._import,
            "log_level": raise_level,
        }

    def diagnostics(self) -> dict[str, Any]:
        """Versions, paths, room, the last errors of the log. Nothing secret."""
        home = self.settings.home
        errors = log_lines.read(home.logs / "ingot.log", {"level": "error", "lines": 20})["lines"]
        disk, status = shutil.disk_usage(home.root), self.process.status()
        return {
            "version": self.process.info.version, "python": sys.version.split()[0], "system": platform.platform(),
            "home": str(home.root), "pid": os.getpid(), "threads": threading.active_count(),
            "state": status["state"], "reason": status["reason"],
            "disk": {"free_bytes": disk.free, "total_bytes": disk.total},
            "settings": self.settings.shown(), "health": status["health"], "errors": errors,
            "database_bytes": home.database.stat().st_size if home.database.exists() else None,
        }  # fmt: skip

    def _exported(self, asked: dict[str, Any]) -> dict[str, str]:
        return {"toml": settings_door.export(self.settings, secrets=asked.get("secrets") == "yes")}

    def _change(self, asked: dict[str, Any]) -> dict[str, Any]:
        values = asked.get("values")
        if not isinstance(values, dict):
            raise BadRequest(say("values must be an object."))
        checks = trying.checks(self.settings, values, self.open_database, self.engines)
        answer = settings_door.change(self.settings, values, checks, dry_run=bool(asked.get("dry_run")))
        if answer["written"]:
            self.process.tell("settings_changed", settings=sorted(values))  # never what they are
            self._apply(values)
        return answer

    def _import(self, asked: dict[str, Any]) -> dict[str, Any]:
        """As `settings`, with the values of a file; what it does not name stays."""
        toml = asked.get("toml")
        if not isinstance(toml, str):
            raise BadRequest(say("{name} is missing.", name="toml"))
        return self._change({"values": settings_door.imported(toml), "dry_run": asked.get("dry_run")})

    def _apply(self, values: dict[str, Any]) -> None:
        """What needs no restart is in force at once."""
        if "log_level" in values:
            self.settings.take("log_level", values["log_level"] or "info")
            logs.levels.set_usual(self.settings.log_level)


def log_level() -> dict[str, Any]:
    raised = logs.levels.raised
    return {"level": logs.levels.usual, "raised": asdict(raised) if raised else None}


def raise_level(asked: dict[str, Any]) -> dict[str, Any]:
    """{"level", "component": the beginning of loggers' names or "", "minutes": 60} -> {"level", "component", "until"}. Without
    a level, back to the usual one."""
    if not asked.get("level"):
        logs.levels.fall_back()
        return {"level": logs.levels.usual, "component": "", "until": None}
    level, component, minutes = asked["level"], asked.get("component") or "", asked.get("minutes", 60)
    if level not in logs.LEVELS:
        raise BadRequest(say("level must be one of {choices}.", choices=", ".join(logs.LEVELS)))
    if not isinstance(minutes, int | float) or not 0 < minutes <= logs.LONGEST:
        raise BadRequest(say("minutes must be a number above 0, {most} at most.", most=logs.LONGEST))
    return asdict(logs.levels.set_for(level, str(component), minutes))
