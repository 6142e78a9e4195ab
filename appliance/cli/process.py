"""`ingot serve`, and what is asked of the process that runs or of the home it lives in: status, stop, logs, maintenance, check,
reindex, panel."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from appliance import assembly
from appliance.base import logs
from appliance.base.errors import IngotError, Unavailable
from appliance.base.paths import Home
from appliance.base.reasons import why
from appliance.base.settings import SETTINGS, Settings, load, read
from appliance.base.text import in_language, say
from appliance.cli import checking
from appliance.cli.kit import check_home, door, language, main, running, show, with_home, with_json
from appliance.features.maintenance.plan import Plans, wish
from appliance.run import installation, memory, preflight, process, run_file
from appliance.run.backup import leftovers, restoring
from appliance.run.home_lock import HomeLock
from appliance.run.process import Process


@main.command()
@with_home
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port; 0 takes any free one.")
@click.option("--only", type=click.Choice(["web", "worker"]), help="One role of this process alone.")
@click.option("--demo", is_flag=True, help="Install the CRM pack and its demo records.")
@click.option(
    "--stay", is_flag=True, help="When it cannot start, stay and say why at the control door (for the panel)."
)
@click.option("--existing", is_flag=True, help="Make no new installation: exit with 12 when there is none.")
def serve(
    home: Path, host: str | None, port: int | None, only: str | None, demo: bool, stay: bool, existing: bool
) -> None:
    """Run Ingot until it is stopped."""
    memory.limit_arenas()
    settings, wrong = read(home, {"host": host, "port": port}, role=only or "")
    if wrong is None:
        refuse_early(settings, existing=existing, stay=stay)
    ground = preflight.prepare(settings.home)
    logs.start(settings.home.logs, settings.log_level)
    house: list[assembly.House] = []

    def build(running: Process) -> Any:
        assembly.furnish_early(settings, running)
        if wrong is not None:
            raise wrong
        restoring.recover(settings.home)
        leftovers.remove_at_start(settings.home)
        installation.forget_leftovers(settings.home)
        house.append(assembly.open_house(settings, existing=existing))
        if demo:
            assembly.install_demo(house[0])
        return assembly.build(house[0], running, only)

    def ready(running: Process) -> None:
        greet(house[0], running.info.addresses)

    version = assembly.version()
    code = process.run(settings.home, build, version=version, ground=ground, on_ready=ready, exit_when_blocked=not stay)
    for opened in house:
        opened.database.close()
    sys.exit(code)


def refuse_early(settings: Settings, *, existing: bool, stay: bool) -> None:
    """Before a folder is made in a home whose database is gone. A process that stays to say so needs some; one that finishes a
    restore brings the database itself."""
    if existing:
        installation.expect(settings)
    home = settings.home
    if settings.database == "sqlite" and home.root.is_dir() and not (stay or restoring.broken_off(home)):
        installation.check_file(home, inside=False)


@main.command()
@with_home
def init(home: Path) -> None:
    """Make a new installation without starting it; one that is there stays as it is."""
    settings = load(home)
    preflight.prepare(settings.home)
    with HomeLock(settings.home):
        known = bool(installation.kept_id(settings.home))
        assembly.open_house(settings)
    click.echo(f"There is an Ingot in {home} already." if known else f"A new Ingot was made in {home}.")


def greet(house: assembly.House, addresses: list[str]) -> None:
    """Where it can be reached and, on a box nobody owns yet, the link that signs the first administrator in."""
    # First: whoever reads the address may ask for a link of their own, which this one must not replace.
    secret = house.claim.open() if addresses else None
    for address in addresses:
        click.echo(f"Ingot is ready: {address}/")
    if secret:
        click.echo(
            f"Nobody owns this box yet. This link works once and makes you its administrator:\n  {addresses[0]}/claim/{secret}"
        )
    sys.stdout.flush()


@main.command()
@with_home
@with_json
def status(home: Path, as_json: bool) -> None:
    """How the running process does."""
    for place in running(home):
        found = door(place).status()
        if as_json:
            click.echo(json.dumps(found, indent=2))
            continue
        click.echo(
            f"{found['state']}, pid {found['pid']}, {', '.join(found['addresses'])}, up {found['uptime_seconds']:.0f} s"
        )
        if found["reason"]:
            click.echo(found["reason"])
        parts = [
            {"part": n, "state": h["state"], "since": h["since"], "reason": h["reason"]}
            for n, h in found["health"].items()
        ]
        show(False, parts)


@main.command()
@with_home
def stop(home: Path) -> None:
    """Stop the running process in good order."""
    stopped = [door(place).stop(wait_seconds=15) for place in running(home)]
    if not all(stopped):
        raise IngotError(say("It did not stop within 15 seconds."))


@main.command("logs")
@with_home
@click.option("--lines", default=100, show_default=True)
@click.option("--level", type=click.Choice(logs.LEVELS), help="With --for: write this much, for a while.")
@click.option("--for", "minutes", type=float, help="Minutes until the level falls back by itself.")
@click.option("--component", default="", help="With --level: only loggers whose name begins so, as appliance.jobs.")
def show_logs(home: Path, lines: int, level: str | None, minutes: float | None, component: str) -> None:
    """The last lines of the log. With --level and --for the running process writes more of them for a while."""
    if level and minutes:
        for place in running(home):
            found = door(place).call("log_level", level=level, minutes=minutes, component=component)
        click.echo(say("{level} until {until}", level=level, until=found["until"]).render(language()))
        return
    check_home(home)
    file = Home(home).logs / "ingot.log"
    try:
        for line in file.read_text("utf-8", "replace").splitlines()[-lines:] if os.path.lexists(file) else []:
            click.echo(line)
    except OSError as error:
        raise IngotError(say("{file} cannot be read: {why}", file=file, why=why(error))) from None


@main.command()
@with_home
@click.argument("wanted", type=click.Choice(["on", "off", "show"]), default="show")
@click.option("--message", default="", help="What people read meanwhile.")
@click.option("--at", help="Begin then, and say so on all pages until it is time: 2026-11-22T18:00.")
@click.option("--until", help="When it is planned to be over: people read it; it ends by `maintenance off`.")
@with_json
def maintenance(home: Path, wanted: str, message: str, at: str | None, until: str | None, as_json: bool) -> None:
    """Close the box to everybody for a while: jobs wait, pages say why and come back by themselves."""
    asked = {"on": wanted == "on", "message": message, "at": at, "until": until}
    try:
        client = door(running(home)[0])
        found = client.query("maintenance") if wanted == "show" else client.call("maintenance", **asked)
    except Unavailable:  # it is kept in the home: the next start goes by it
        plans = Plans(home / "maintenance.json")
        if wanted != "show":
            plans.change(wish(asked))
        found = plans.current.shown()
    state = "closed" if found["closed"] else "planned" if found["on"] else "open"
    click.echo(json.dumps(found, indent=2)) if as_json else show(False, [{"state": state, **found}])


@main.command()
@with_home
@with_json
def check(home: Path, as_json: bool) -> None:
    """Are the home, the settings, the database and the backups sound, can the port be had? Works whether Ingot runs or not, and
    writes nothing. Ends with 1 when something is down, with 12 or 13 when the database is missing or damaged."""
    check_home(home)
    settings = load(home)
    found, code = checking.look(settings, door(running(home)[0]))
    rows = [{"part": n, "state": h.state, "reason": in_language(h.reason, language())} for n, h in found.items()]
    if as_json:
        checks = {row.pop("part"): row for row in rows}
        click.echo(json.dumps({**checks, "settings": dict(settings.shown())}, indent=2))
    else:
        show(False, rows)
        show(False, [{"name": s.name, "value": settings.shown()[s.name], "help": s.help} for s in SETTINGS])
    sys.exit(code)


@main.command()
@click.option(
    "--home", type=click.Path(path_type=Path), help="The folder of this installation; else the last one shown."
)
def panel(home: Path | None) -> None:
    """Start the control panel, a desktop program."""
    program = [sys.executable, "-m", "gui"]
    if getattr(sys, "frozen", False):  # in a bundle it is a program of its own, beside this one
        program = [str(Path(sys.executable).with_name("ingot-panel").with_suffix(Path(sys.executable).suffix))]
    command = [*program, *(["--home", str(home.absolute())] if home else [])]
    if os.name == "nt":
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)  # not in this process's memory, which holds a whole server's code


@main.command()
@with_home
def reindex(home: Path) -> None:
    """Build the search index anew: in the background when Ingot runs, else at its next start."""
    check_home(home)
    if any(run_file.read(place) for place in run_file.homes(home)):
        job = next(door(place).call("reindex")["job"] for place in running(home) if place.role != "web")
        click.echo(f"Job {job} rebuilds the index; searches are answered meanwhile.")
        return
    installation.expect(load(home))
    with HomeLock(Home(home)):
        shutil.rmtree(Home(home).index, ignore_errors=True)
    click.echo("The index will be rebuilt at the next start.")
