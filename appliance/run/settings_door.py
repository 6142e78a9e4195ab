"""The settings for whoever changes them from outside: what there is, what it is and where it comes from; new values are checked
all together before any is written, and written at once."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from appliance.base import ids
from appliance.base.disk import is_disk_full
from appliance.base.errors import BadRequest, DiskFull, StartRefused
from appliance.base.reasons import why
from appliance.base.settings import SETTINGS, Setting, Settings, checked, in_file, read
from appliance.base.text import Text, say

Check = Callable[[Any], Text | None]
"""A new value -> what is wrong with it."""
SHOWN_SECRET = "••••"
_KNOWN = {s.name: s for s in SETTINGS}


def shown(settings: Settings) -> list[dict[str, Any]]:
    """Each setting with its kind, default, bounds, help, present value (secrets as dots), origin (default, file,
    environment), and what is wrong with what stands in the file."""
    written, _ = in_file(settings.home.settings)
    return [
        {
            "name": s.name, "kind": s.kind.__name__, "default": s.default, "help": s.help, "secret": s.secret,
            "restart": s.restart, "group": s.group, "choices": list(s.choices), "min": s.least, "max": s.most,
            "value": settings.shown()[s.name],
            "written": SHOWN_SECRET if _hidden(s, written.get(s.name)) else _sayable(written.get(s.name)),
            "origin": "environment" if {s.variable, s.variable + "_FILE"} & os.environ.keys()
            else "file" if s.name in written else "default",
            "problem": _wrong_by_itself(s.name, written[s.name]) if s.name in written else None,
        }
        for s in SETTINGS
    ]  # fmt: skip


def change(
    settings: Settings, values: Mapping[str, Any], checks: Mapping[str, Check], *, dry_run: bool
) -> dict[str, Any]:
    """{"problems": {name: sentence}, "written": bool, "restart": [names]}. None takes a value out of the file.
    Nothing is written while there is one problem, also with what stands there already, or in a dry run. The file is replaced
    as a whole: a crash leaves the old or the new. One that stopped a start is kept beside it, for not all of it is taken over;
    "aside" is its path then."""
    file = settings.home.settings
    present, unreadable = in_file(file)
    problems: dict[str, Text] = {
        name: wrong
        for name, value in present.items()
        if name in _KNOWN and name not in values and (wrong := _wrong_by_itself(name, value))
    }
    for name, value in values.items():
        if name not in _KNOWN:
            problems[name] = say("There is no setting called {name}.", name=name)
        elif value is not None and (wrong := _wrong(settings, name, value, checks)):
            problems[name] = wrong
    known = [n for n in values if n in _KNOWN]
    restart = [n for n in known if _KNOWN[n].restart and _wanted(n, values[n]) != settings.values.get(n)]
    answer = {"problems": problems, "written": not problems and not dry_run, "restart": restart}
    if answer["written"]:
        document = _document(file)
        strangers = [name for name in document if name not in _KNOWN]
        for name in strangers:
            document.pop(name)
        for name, value in values.items():
            if value is None:
                document.pop(name, None)
            elif not _dots(name, value):
                document[name] = checked(name, value, name)
        if unreadable or strangers:
            answer["aside"] = str(_put_aside(file))
        _write(file, tomlkit.dumps(document))
    return answer


def trouble(settings: Settings) -> Text | None:
    """What about the settings stops a start."""
    _, wrong = read(settings.home.root)
    return wrong.message if wrong else None


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
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadRequest(say("This is no file of settings: {why}.", why=error)) from None


def _wrong(settings: Settings, name: str, value: Any, checks: Mapping[str, Check]) -> Text | None:
    if _dots(name, value):
        return None
    try:
        typed = checked(name, value, f"--{name}")
    except StartRefused as refused:
        return refused.message
    return checks[name](typed) if name in checks and typed != settings.values.get(name) else None


def _wrong_by_itself(name: str, value: Any) -> Text | None:
    try:
        checked(name, value, f"--{name}")
    except StartRefused as refused:
        return refused.message
    return None


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
    """Comments and order of the file survive; of one that is no TOML, what can be read."""
    try:
        return tomlkit.parse(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError, TOMLKitError):
        document = tomlkit.document()
        document.update(in_file(file)[0])
        return document


def _put_aside(file: Path) -> Path:
    """A copy; of a file that cannot be read, the file itself."""
    aside = next(place for n in range(1, 1_000) if not (place := file.with_name(f"{file.name}.before-{n}")).exists())
    try:
        content = file.read_bytes()
    except OSError:
        with _sayably(file):
            file.rename(aside)
        return aside
    with _sayably(aside):
        try:
            aside.write_bytes(content)
            aside.chmod(0o600)
        except OSError:  # nothing is written over a file that could not be kept
            aside.unlink(missing_ok=True)
            raise
    return aside


def _write(file: Path, text: str) -> None:
    file = file.resolve()  # of a link: what it leads to
    beside = file.with_name(f".{file.name}.{ids.short()}")
    with _sayably(file):
        try:
            with os.fdopen(
                os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
            ) as written:
                written.write(text)
                written.flush()
                os.fsync(written.fileno())
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)


@contextmanager
def _sayably(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise DiskFull() from None
        raise BadRequest(say("{file} cannot be written: {why}", file=file, why=why(error))) from None


def _sayable(value: Any) -> Any:
    """As JSON can say it: a file may hold dates, and numbers without bounds."""
    if isinstance(value, list):
        return [str(one) for one in value]
    plain = isinstance(value, str | bool | None) or (isinstance(value, int) and abs(value) < 1 << 53)
    return value if plain else str(value)
