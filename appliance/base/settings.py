"""Every setting in one table. Read from defaults, then `settings.toml`, then `INGOT_*`, then flags; frozen after start.

README's table, `ingot check` and (later) the panel's form are made from `SETTINGS`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.base.errors import StartRefused
from appliance.base.paths import Home
from appliance.base.text import say

SETTINGS_WRONG = 4


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table. `kind` is str, int, bool or list (of strings; commas in the environment)."""

    name: str
    kind: type
    default: Any
    help: str
    secret: bool = False
    restart: bool = True

    @property
    def variable(self) -> str:
        return "INGOT_" + self.name.upper()


SETTINGS = (
    Setting("host", str, "127.0.0.1", "address to listen on; 0.0.0.0 serves the whole LAN"),
    Setting("port", int, 8400, "port for pages, API and WebSocket; 0 takes any free one"),
    Setting("hosts", list, [], "further names this box is called by; requests for other hosts are refused"),
    Setting("database", str, "sqlite", "sqlite, or postgresql://USER:PASSWORD@HOST/NAME", secret=True),
    Setting("synchronous", str, "full", "SQLite: full survives a power cut, normal may lose the last seconds"),
    Setting("search", str, "tantivy", "search engine"),
    Setting("cache", str, "disk", "cache engine: disk or memory"),
    Setting("files", str, "local", "file store"),
    Setting("queue", str, "database", "where jobs wait"),
    Setting("sessions", str, "database", "where sessions live"),
    Setting("mail", str, "none", "mail relay: none for now"),
    Setting("threads", int, 4, "threads that answer requests"),
    Setting("workers", int, 3, "threads that run jobs"),
    Setting("max_upload", int, 100 * 1024 * 1024, "largest uploaded file, in bytes"),
    Setting("max_body", int, 10 * 1024 * 1024, "largest other request body, in bytes"),
    Setting("session_days", int, 14, "days until an unused session ends"),
    Setting("trash_days", int, 30, "days until a removed field or entity is deleted for good"),
    Setting("backups", int, 7, "nightly backups to keep in the home's backups/; 0 makes none"),
    Setting("timezone", str, "UTC", "the box's time zone for schedules, as Europe/Berlin"),
    Setting("log_level", str, "info", "debug, info, warning or error"),
)
_BY_NAME = {s.name: s for s in SETTINGS}
_CHOICES = {"synchronous": ("full", "normal"), "log_level": ("debug", "info", "warning", "error")}


@dataclass(frozen=True)
class Settings:
    """The values in force. Attribute access by name: `settings.port`."""

    home: Home
    values: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None

    def shown(self) -> dict[str, Any]:
        """For people and logs: secrets as dots."""
        return {n: "••••" if _BY_NAME[n].secret and "://" in str(v) else v for n, v in self.values.items()}


def load(
    home: Path, flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None, *, role: str = ""
) -> Settings:
    """Read the settings for a home folder. Raises StartRefused (exit code 4) that names the source of a wrong value."""
    place = Home(home, role)
    values = {s.name: s.default for s in SETTINGS}
    if place.settings.exists():
        try:
            written = tomllib.loads(place.settings.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise StartRefused(
                say("{file} cannot be read: {why}", file=place.settings, why=error), SETTINGS_WRONG
            ) from None
        for name, value in written.items():
            values[name] = _checked(name, value, str(place.settings))
    for setting in SETTINGS:
        text = from_environment(setting, os.environ if environment is None else environment)
        if text is not None:
            values[setting.name] = _checked(setting.name, text, setting.variable)
    for name, value in (flags or {}).items():
        if value is not None:
            values[name] = _checked(name, value, "--" + name)
    return Settings(place, values)


def from_environment(setting: Setting, environment: Mapping[str, str]) -> str | None:
    """`INGOT_X`, or the content of the file that `INGOT_X_FILE` names (how containers hand over secrets)."""
    if file := environment.get(setting.variable + "_FILE"):
        return Path(file).read_text("utf-8").strip()
    return environment.get(setting.variable)


def _checked(name: str, value: Any, source: str) -> Any:
    setting = _BY_NAME.get(name)
    if setting is None:
        raise StartRefused(say("{source} has no setting called {name}.", source=source, name=name), SETTINGS_WRONG)
    try:
        if setting.kind is list:
            return (
                [v.strip() for v in value.split(",") if v.strip()]
                if isinstance(value, str)
                else [str(v) for v in value]
            )
        if setting.kind is bool and isinstance(value, str):
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[value.lower()]
        typed = setting.kind(value)
    except (ValueError, TypeError, KeyError):
        raise StartRefused(
            say(
                "{source}: {name} must be {kind}, not {value}.",
                source=source,
                name=name,
                kind=setting.kind.__name__,
                value=repr(value),
            ),
            SETTINGS_WRONG,
        ) from None
    if name in _CHOICES and typed not in _CHOICES[name]:
        raise StartRefused(
            say(
                "{source}: {name} must be one of {choices}.",
                source=source,
                name=name,
                choices=", ".join(_CHOICES[name]),
            ),
            SETTINGS_WRONG,
        )
    return typed
