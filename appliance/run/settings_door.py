"""The settings for whoever changes them from outside: what there is, what it is and where it comes from; new values are checked
all together before any is written, and written at once."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from appliance.base import ids
from appliance.base.errors import BadRequest, StartRefused
from appliance.base.settings import SETTINGS, Setting, Settings, from_environment, load
from appliance.base.text import Text, say

Check = Callable[[Any], Text | None]
"""A new value -> what is wrong with it."""
SHOWN_SECRET = "••••"
_KNOWN = {s.name: s for s in SETTINGS}


def shown(settings: Settings) -> list[dict[str, Any]]:
    """Each setting with its kind, default, bounds, help, present value (secrets as dots) and origin: default, file,
    environment."""
    written = _document(settings.home.settings)
    return [
        {
            "name": s.name, "kind": s.kind.__name__, "default": s.default, "help": s.help, "secret": s.secret,
            "restart": s.restart, "group": s.group, "choices": list(s.choices), "min": s.least, "max": s.most,
            "value": settings.shown()[s.name],
            "written": SHOWN_SECRET if _hidden(s, written.get(s.name)) else _plain(written.get(s.name)),
            "origin": "environment" if from_environment(s, os.environ) is not None
            else "file" if s.name in written else "default",
        }
        for s in SETTINGS
    ]  # fmt: skip


def change(
    settings: Settings, values: Mapping[str, Any], checks: Mapping[str, Check], *, dry_run: bool
) -> dict[str, Any]:
    """{"problems": {name: sentence}, "written": bool, "restart": [names]}. None takes a value out of the file. Nothing is
    written while there is one problem, or in a dry run. The file is replaced as a whole: a crash leaves the old or the new."""
    problems: dict[str, Text] = {}
    for name, value in values.items():
        if name not in _KNOWN:
            problems[name] = say("There is no setting called {name}.", name=name)
        elif value is not None and (wrong := _wrong(settings, name, value, checks)):
            problems[name] = wrong
    document = _document(settings.home.settings)
    for name, value in values.items():
        if value is None:
            document.pop(name, None)
        elif name in _KNOWN and not _dots(name, value):
            document[name] = value
    if not problems and not dry_run:
        _write(settings.home.settings, tomlkit.dumps(document))
    known = [n for n in values if n in _KNOWN]
    restart = [n for n in known if _KNOWN[n].restart and _wanted(n, values[n]) != settings.values.get(n)]
    return {"problems": problems, "written": not problems and not dry_run, "restart": restart}


def export(settings: Settings, *, secrets: bool) -> str:
    """The settings file as it stands, comments and all; without `secrets` those are left out, by their names."""
    document = _document(settings.home.settings)
    hidden = [s.name for s in SETTINGS if _hidden(s, document.get(s.name))] if not secrets else []
    for name in hidden:
        document.pop(name)
    for name in hidden:
        document.add(tomlkit.comment(f"{name}: left out, it is secret"))
    return tomlkit.dumps(document)


def imported(text: str) -> dict[str, Any]:
    """The values of an exported file, for `change`. Raises BadRequest when it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadRequest(say("This is no file of settings: {why}.", why=error)) from None


def _wrong(settings: Settings, name: str, value: Any, checks: Mapping[str, Check]) -> Text | None:
    if _dots(name, value):
        return None
    try:
        typed = load(settings.home.root, {name: value}, {}).values[name]
    except StartRefused as refused:
        return refused.message
    return checks[name](typed) if name in checks and typed != settings.values.get(name) else None


def _wanted(name: str, value: Any) -> Any:
    """What would be in force after a restart."""
    return _KNOWN[name].default if value is None else value


def _dots(name: str, value: Any) -> bool:
    """A secret that was shown as dots and sent back so: it stays what it is."""
    return _KNOWN[name].secret and value == SHOWN_SECRET


def _hidden(setting: Setting, value: Any) -> bool:
    """`sqlite` is no secret, though the setting can hold one."""
    return setting.secret and value not in (None, setting.default)


def _document(file: Path) -> tomlkit.TOMLDocument:
    """Comments and order of the file survive. An unreadable one is treated as empty: it stops a start by itself."""
    try:
        return tomlkit.parse(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, TOMLKitError):
        return tomlkit.document()


def _write(file: Path, text: str) -> None:
    beside = file.with_name(f".{file.name}.{ids.short()}")
    beside.write_text(text, "utf-8")
    beside.chmod(0o600)
    with beside.open("rb") as written:
        os.fsync(written.fileno())
    beside.replace(file)


def _plain(value: Any) -> Any:
    return value.unwrap() if hasattr(value, "unwrap") else value
