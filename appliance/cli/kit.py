"""What all commands share: the group they belong to, its options, how rows are printed, and the way to the running process."""

from __future__ import annotations

import functools
import json
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import peewee

from appliance import assembly
from appliance.apart import open_database
from appliance.base import logs, origin, paths
from appliance.base.errors import DatabaseDamaged, IngotError, Invalid, StartRefused
from appliance.base.paths import Home
from appliance.base.settings import Settings, load
from appliance.base.text import best_language, say
from appliance.engines.database.damage import is_damage
from appliance.features.security_events import spool
from appliance.features.security_events.event import event
from appliance.run import installation, run_file
from appliance.run.backup import restoring
from appliance.run.client import ControlClient

DATABASE_ERRORS = (sqlite3.Error, peewee.PeeweeException)
"""What the drivers raise: a command that meets one ends with a sentence."""

OPERATIONAL = (sqlite3.OperationalError, peewee.OperationalError)


def language() -> str:
    """Of the shell: de_DE.UTF-8 -> de."""
    return best_language((os.environ.get("LC_ALL") or os.environ.get("LANG") or "").partition(".")[0].replace("_", "-"))


class Failing(click.Group):
    """Our errors end a command with their sentence and an exit code, never with a traceback. Every file that a command or the
    server makes is its owner's alone."""

    def invoke(self, ctx: click.Context) -> Any:
        before = os.umask(0o077)
        try:
            return self._invoke(ctx)
        finally:
            os.umask(before)

    def _invoke(self, ctx: click.Context) -> Any:
        origin.from_operator("shell")
        try:
            return super().invoke(ctx)
        except StartRefused as refusal:
            click.echo(refusal.message.render(language()), err=True)
            sys.exit(refusal.exit_code)
        except Invalid as error:
            for problem in error.problems:
                click.echo(f"{problem.field}: {problem.message.render(language())}", err=True)
            sys.exit(1)
        except IngotError as error:
            click.echo(error.message.render(language()), err=True)
            sys.exit(1)
        except OPERATIONAL as error:  # locked, closed to us, not there: the place's fault, not the program's
            text = say("The database cannot be used: {why}", why=str(error).strip().rstrip("."))
            click.echo(text.render(language()), err=True)
            sys.exit(1)


@click.group(cls=Failing, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(assembly.version(), prog_name="ingot")
def main() -> None:
    """Ingot: business records for a small team, on a box they own."""


def with_home(command: Callable[..., Any]) -> Callable[..., Any]:
    option = click.option(
        "--home", type=click.Path(path_type=Path), default=None, help="The folder of this installation."
    )

    @option
    @functools.wraps(command)
    def run(*args: Any, home: Path | None, **kwargs: Any) -> Any:
        place = (home or paths.default_home()).absolute()
        try:
            return command(*args, home=place, **kwargs)
        except (DatabaseDamaged, *DATABASE_ERRORS) as error:
            if not is_damage(error):
                raise
            raise installation.damaged(Home(place), error, changed=True) from error

    return run


def with_json(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def open_house(home: Path, *, new: bool = False) -> assembly.House:
    """For a command that changes something. Only with `new` is an installation made where there is none."""
    _check_whole(home)
    return assembly.open_house(load(home), existing=not new)


def look_at(home: Path) -> assembly.House:
    """For a command that only looks: it makes, migrates and writes nothing."""
    _check_whole(home)
    return assembly.look_at(load(home))


def keep_event(settings: Settings, kind: str, **detail: Any) -> None:
    """A security event of this command, by the user of the operating system who gave it."""
    spool.record(settings.home.root, event(kind, **detail), functools.partial(open_database, settings))


def _check_whole(home: Path) -> None:
    if restoring.broken_off(Home(home)):
        raise IngotError(say("A restore was broken off here; `ingot serve` finishes it."))
    logs.start(None, "warning")


def check_home(home: Path) -> None:
    """Raises StartRefused (exit code 12) when there is no such folder."""
    if not home.is_dir():
        raise installation.nothing_there(Home(home))


def show(as_json: bool, rows: list[dict[str, Any]]) -> None:
    """Print rows as JSON, or as aligned columns."""
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2, default=str))
        return
    if not rows:
        return
    texts = [[str(v) if v is not None else "" for v in row.values()] for row in rows]
    widths = [max(len(t[n]) for t in texts) for n in range(len(texts[0]))]
    for line in texts:
        click.echo("  ".join(t.ljust(w) for t, w in zip(line, widths, strict=True)).rstrip())


def door(place: Home) -> ControlClient:
    return ControlClient(place, language=language())


def running(home: Path) -> list[Home]:
    """The processes of this home that left a run file: the whole one, or one for each role; the whole one when none did. Raises
    StartRefused when there is no such folder."""
    check_home(home)
    return [place for place in run_file.homes(home) if run_file.read(place)] or [Home(home)]
