"""Every setting in one table. Read from defaults, then `settings.toml`, then `INGOT_*`, then flags; frozen after start.

The manual's reference, `ingot check` and the panel's form are made from `SETTINGS`."""

from __future__ import annotations

import contextlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.base.errors import StartRefused
from appliance.base.logs import LEVELS
from appliance.base.paths import Home
from appliance.base.reasons import why
from appliance.base.text import Text, say, verbatim

SETTINGS_WRONG = 4


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table. `kind` is str, int, bool or list (of strings; commas in the environment). `group` is the part of
    the panel's form it stands in: network, keeping, mail, running. `choices`, `least` and `most` bound its values."""

    name: str
    kind: type
    default: Any
    help: str
    secret: bool = False
    restart: bool = True
    group: str = ""
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None

    @property
    def variable(self) -> str:
        return "INGOT_" + self.name.upper()


SETTINGS = (
    Setting("host", str, "127.0.0.1", "address to listen on; 0.0.0.0 serves the whole LAN", group="network"),
    Setting(
        "port", int, 8400, "port for pages, API and WebSocket; 0 takes any free one", group="network", least=0, most=65_535
    ),
    Setting(
        "hosts", list, [], "further names this box is called by; requests for other hosts are refused", group="network"
    ),
    Setting(
        "https", str, "off", "on: encrypted, by a certificate made here or one of your own", group="network",
        choices=("off", "on"),
    ),
    Setting(
        "http_port", int, 8480, "with https on: plain port that explains how to trust the box; 0 opens none", group="network",
        least=0, most=65_535,
    ),
    Setting("certificate", str, "", "your own certificate for https: a PEM file with its chain, or PFX", group="network"),
    Setting("certificate_key", str, "", "its key, where that lies in a file of its own", group="network"),
    Setting("certificate_password", str, "", "what opens the key or the PFX file", secret=True, group="network"),
    Setting(
        "proxies", list, [], "proxies in front, by address, that may say who asks (X-Forwarded-For, -Proto, -Host)",
        group="network",
    ),
    Setting("mdns", bool, True, "announce the box on the LAN as ingot.local, when host serves it", group="network"),
    Setting("database", str, "sqlite", "sqlite, or postgresql://USER:PASSWORD@HOST/NAME", secret=True, group="keeping"),
    Setting(
        "synchronous", str, "full", "SQLite: full survives a power cut, normal may lose the last seconds", group="keeping",
        choices=("full", "normal"),
    ),
    Setting("search", str, "tantivy", "search engine", group="keeping"),
    Setting("cache", str, "disk", "cache engine: disk or memory", group="keeping"),
    Setting("files", str, "local", "file store", group="keeping"),
    Setting("queue", str, "database", "where jobs wait", group="keeping"),
    Setting("sessions", str, "database", "where sessions live", group="keeping"),
    Setting("mail", str, "none", "mail relay: none for now", group="mail"),
    Setting("threads", int, 4, "threads that answer requests", group="network", least=1, most=64),
    Setting("workers", int, 3, "threads that run jobs", group="running", least=1, most=64),
    Setting(
        "max_upload", int, 100 * 1024 * 1024, "largest uploaded file, in bytes", group="network", least=1_024, most=1 << 40
    ),
    Setting(
        "max_body", int, 10 * 1024 * 1024, "largest other request body, in bytes", group="network", least=1_024, most=1 << 30
    ),
    Setting(
        "query_seconds", int, 10, "seconds until a request's database work is stopped", group="running", least=1, most=3_600,
    ),
    Setting("session_days", int, 14, "days until an unused session ends", group="running", least=1, most=3_650),
    Setting(
        "session_max_days", int, 90, "days until a session ends, however much it is used", group="running",
        least=1, most=3_650,
    ),
    Setting(
        "trash_days", int, 30, "days until a removed field or entity is deleted for good", group="running",
        least=0, most=36_500,
    ),
    Setting(
        "backups", int, 7, "days of nightly backups to keep in the home's backups/; 0 makes none", group="running",
        least=0, most=1_000,
    ),
    Setting(
        "backups_weekly", int, 4, "weeks before those of which one nightly backup each is kept", group="running",
        least=0, most=1_000,
    ),
    Setting(
        "backups_monthly", int, 6, "months before those of which one nightly backup each is kept", group="running",
        least=0, most=1_000,
    ),
    Setting(
        "security_event_days", int, 365, "days until a security event is deleted", group="running", least=1, most=36_500,
    ),
    Setting("timezone", str, "UTC", "the box's time zone for schedules, as Europe/Berlin", group="running"),
    Setting("log_level", str, "info", "debug, info, warning or error", group="running", restart=False, choices=LEVELS),
)  # fmt: skip
_BY_NAME = {s.name: s for s in SETTINGS}


@dataclass(frozen=True)
class Settings:
    """The values in force. Attribute access by name: `settings.port`."""

    home: Home
    values: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None

    def take(self, name: str, value: Any) -> None:
        """In force from now on. Only for settings that need no restart: whoever uses one of those asks each time."""
        assert not _BY_NAME[name].restart
        self.values[name] = checked(name, value, name)

    def shown(self) -> dict[str, Any]:
        """For people and logs: secrets as dots, unless they are what everybody has."""
        return {n: "••••" if _BY_NAME[n].secret and v != _BY_NAME[n].default else v for n, v in self.values.items()}


def load(
    home: Path, flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None, *, role: str = ""
) -> Settings:
    """Read the settings for a home folder. Raises StartRefused (exit code 4) that names the source of a wrong value."""
    settings, wrong = read(home, flags, environment, role=role)
    if wrong is not None:
        raise wrong
    return settings


def read(
    home: Path, flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None, *, role: str = ""
) -> tuple[Settings, StartRefused | None]:
    """What can be read of them, and the first thing that is wrong: the default stands for that. Enough to open the control
    door, where it can be put right."""
    place = Home(home, role)
    values = {s.name: s.default for s in SETTINGS}
    written, first = in_file(place.settings)
    problems = [first] if first else []

    def take(name: str, value: Any, source: str) -> None:
        try:
            if value is not None:
                values[name] = checked(name, value, source)
        except StartRefused as refused:
            problems.append(refused)

    for name, value in written.items():
        take(name, value, str(place.settings))
    for setting in SETTINGS:
        try:
            given = from_environment(setting, os.environ if environment is None else environment)
            take(setting.name, given, setting.variable)
        except StartRefused as refused:
            problems.append(refused)
    for name, value in (flags or {}).items():
        take(name, value, "--" + name)
    return Settings(place, values), problems[0] if problems else None


def in_file(file: Path) -> tuple[dict[str, Any], StartRefused | None]:
    """What stands in a settings file, unchecked; of one that is no TOML the lines that are, and what is wrong with it."""
    lines: list[str] = []
    try:
        text = file.read_text("utf-8")
        return tomllib.loads(text), None
    except (FileNotFoundError, NotADirectoryError):
        if not file.is_symlink():
            return {}, None
        reason = say("it is a link to what is not there")
    except OSError as error:
        reason = why(error)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is one, too
        reason, lines = verbatim(str(error)), file.read_text("utf-8", "replace").splitlines()
    found: dict[str, Any] = {}
    for line in lines:
        with contextlib.suppress(ValueError, RecursionError):
            found |= {name: value for name, value in tomllib.loads(line).items() if name in _BY_NAME}
    return found, StartRefused(say("{file} cannot be read: {why}", file=file, why=reason), SETTINGS_WRONG)


def from_environment(setting: Setting, environment: Mapping[str, str]) -> str | None:
    """`INGOT_X`, or the content of the file that `INGOT_X_FILE` names (how containers hand over secrets)."""
    if file := environment.get(setting.variable + "_FILE"):
        try:
            return Path(file).read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            text = say(
                "{name} names the file {file}, which cannot be read: {why}",
                name=setting.variable + "_FILE",
                file=file,
                why=why(error),
            )
            raise StartRefused(text, SETTINGS_WRONG) from None
    return environment.get(setting.variable)


def checked(name: str, value: Any, source: str) -> Any:
    """A value as the kind it must be. Raises StartRefused for what is none, and for a name nobody knows."""
    setting = _BY_NAME.get(name)
    if setting is None:
        raise StartRefused(say("{source} has no setting called {name}.", source=source, name=name), SETTINGS_WRONG)
    try:
        typed = _typed(setting.kind, value)
    except (ValueError, TypeError, KeyError, OverflowError):
        kind, shown = _KINDS[setting.kind], "••••" if setting.secret else repr(value)[:80]
        text = say("{source}: {name} must be {kind}, not {value}.", source=source, name=name, kind=kind, value=shown)
        raise StartRefused(text, SETTINGS_WRONG) from None
    wrong = out_of_bounds(setting, typed)
    if wrong is not None:
        raise StartRefused(say("{source}: {name} {wrong}.", source=source, name=name, wrong=wrong), SETTINGS_WRONG)
    return typed


_KINDS = {int: say("a whole number"), bool: say("true or false"), str: say("a text"), list: say("a list of texts")}


def _typed(kind: type, value: Any) -> Any:
    """Words become what they say, for the environment knows nothing else; anything else must be of the kind already."""
    if isinstance(value, str):
        if "\0" in value:  # no path, name or address holds one, and the system's calls raise over it
            raise ValueError
        if kind is list:
            return [v.strip() for v in value.split(",") if v.strip()]
        if kind is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[value.lower()]
        return kind(value)
    if kind is list and isinstance(value, list):
        if not all(isinstance(v, str) and "\0" not in v for v in value):
            raise TypeError
        return list(value)
    if type(value) is not kind:
        raise TypeError
    return value


def out_of_bounds(setting: Setting, value: Any) -> Text | None:
    """What is wrong with a value of the right kind, as the rest of a sentence that begins with its name."""
    if setting.choices and value not in setting.choices:
        return say("must be one of {choices}", choices=", ".join(setting.choices))
    if setting.least is not None and value < setting.least:
        return say("must be {least} or more", least=setting.least)
    if setting.most is not None and value > setting.most:
        return say("must be {most} or less", most=setting.most)
    return None
