"""The settings for whoever changes them from outside: what there is, what it is and where it comes from; new values are checked
all together before any is written, and written at once."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from appliance.base import ids
from appliance.base.errors import StartRefused
from appliance.base.settings import SETTINGS, Settings, from_environment, load
from appliance.base.text import Text, say

Check = Callable[[Any], Text | None]
"""A new value -> what is wrong with it."""
SHOWN_SECRET = "••••"


def shown(settings: Settings) -> list[dict[str, Any]]:
    """Each setting with its kind, default, help, present value (secrets as dots) and origin: default, file, environment."""
    written = _document(settings.home.settings)
    return [
        {
            "name": s.name, "kind": s.kind.__name__, "default": s.default, "help": s.help, "secret": s.secret,
            "restart": s.restart, "value": settings.shown()[s.name],
            "written": SHOWN_SECRET if s.secret and s.name in written else _plain(written.get(s.name)),
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
    known = {s.name: s for s in SETTINGS}
    problems: dict[str, Text] = {}
    for name, value in values.items():
        if name not in known:
            problems[name] = say("There is no setting called {name}.", name=name)
        elif value is not None and (wrong := _wrong(settings, name, value, checks)):
            problems[name] = wrong
    document = _document(settings.home.settings)
    for name, value in values.items():
        if value is None:
            document.pop(name, None)
        elif name in known and not (known[name].secret and value == SHOWN_SECRET):
            document[name] = value
    if not problems and not dry_run:
        _write(settings.home.settings, tomlkit.dumps(document))
    restart = [n for n in values if n in known and known[n].restart and values[n] != settings.values.get(n)]
    told = {name: str(text) for name, text in problems.items()}
    return {"problems": told, "written": not problems and not dry_run, "restart": restart}


def _wrong(settings: Settings, name: str, value: Any, checks: Mapping[str, Check]) -> Text | None:
    try:
        load(settings.home.root, {name: value}, {})
    except StartRefused as refused:
        return refused.message
    return checks[name](value) if name in checks and value != settings.values.get(name) else None


def port_is_free(host: str) -> Check:
    def check(port: Any) -> Text | None:
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind((host, int(port)))
            except (OSError, OverflowError) as error:
                why = getattr(error, "strerror", None) or error
                return say("Port {port} cannot be used: {why}", port=port, why=why)
        return None

    return check


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
