"""The `ingot` command. Every command takes --home; what prints data takes --json; exit codes mean things."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import orjson

from appliance import assembly, cli_backup, cli_jobs, cli_records
from appliance.base import logs, paths
from appliance.base.errors import IngotError, Invalid, StartRefused, Unavailable
from appliance.base.paths import Home
from appliance.base.settings import SETTINGS, load, read
from appliance.base.text import best_language, in_language, say
from appliance.features.identity import accounts, tokens
from appliance.features.maintenance.plan import Plans, wish
from appliance.features.packs.installing import install_pack
from appliance.features.packs.reading import list_packs, read_pack
from appliance.features.packs.toml_writer import write_pack_file
from appliance.records.declaration import write_entity
from appliance.records.permissions import SYSTEM
from appliance.run import preflight, process, run_file
from appliance.run.backup import restoring
from appliance.run.client import ControlClient
from appliance.run.home_lock import HomeLock
from appliance.run.process import Process
from appliance.run.services import Health


def language() -> str:
    """Of the shell: de_DE.UTF-8 -> de."""
    return best_language((os.environ.get("LC_ALL") or os.environ.get("LANG") or "").partition(".")[0].replace("_", "-"))


class Failing(click.Group):
    """Our errors end a command with their sentence and an exit code, never with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
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
        return command(*args, home=(home or paths.default_home()).absolute(), **kwargs)

    return run


def with_json(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def open_house(home: Path) -> assembly.House:
    if restoring.broken_off(Home(home)):
        raise IngotError(say("A restore was broken off here; `ingot serve` finishes it."))
    logs.start(None, "warning")
    return assembly.open_house(load(home))


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


# ---------------------------------------------------------------------- the process


@main.command()
@with_home
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port; 0 takes any free one.")
@click.option("--only", type=click.Choice(["web", "worker"]), help="One role of this process alone.")
@click.option("--demo", is_flag=True, help="Install the CRM pack and its demo records.")
@click.option(
    "--stay", is_flag=True, help="When it cannot start, stay and say why at the control door (for the panel)."
)
def serve(home: Path, host: str | None, port: int | None, only: str | None, demo: bool, stay: bool) -> None:
    """Run Ingot until it is stopped."""
    settings, wrong = read(home, {"host": host, "port": port}, role=only or "")
    ground = preflight.prepare(settings.home)
    logs.start(settings.home.logs, settings.log_level)
    house: list[assembly.House] = []

    def build(running: Process) -> Any:
        assembly.furnish_early(settings, running)
        if wrong is not None:
            raise wrong
        restoring.recover(settings.home)
        house.append(assembly.open_house(settings))
        if demo:
            assembly.install_demo(house[0])
        return assembly.build(house[0], running, only)

    def ready(running: Process) -> None:
        greet(house[0], running.info.addresses)

    version = assembly.version()
    code = process.run(settings.home, build, version=version, ground=ground, on_ready=ready, exit_when_blocked=not stay)
    sys.exit(code)


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


def door(place: Home) -> ControlClient:
    return ControlClient(place, language=language())


def running(home: Path) -> list[Home]:
    """The processes of this home that left a run file: the whole one, or one for each role; the whole one when none did."""
    return [place for place in run_file.homes(home) if run_file.read(place)] or [Home(home)]


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
    file = Home(home).logs / "ingot.log"
    for line in file.read_text("utf-8").splitlines()[-lines:] if file.exists() else []:
        click.echo(line)


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
        if not home.is_dir():
            raise
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
    """Are the home, the settings and the database sound, can the port be had? Works whether Ingot runs or not."""
    settings = load(home)
    found = preflight.Ground(settings.home).health() if home.exists() else {}
    found["port"] = preflight.port(settings.home, settings.host, settings.port)
    found["database"] = Health(*assembly.open_house(settings).database.check())  # type: ignore[arg-type]
    rows = [{"part": n, "state": h.state, "reason": in_language(h.reason, language())} for n, h in found.items()]
    if as_json:
        checks = {row.pop("part"): row for row in rows}
        click.echo(json.dumps({**checks, "settings": dict(settings.shown())}, indent=2))
    else:
        show(False, rows)
        show(False, [{"name": s.name, "value": settings.shown()[s.name], "help": s.help} for s in SETTINGS])
    sys.exit(1 if any(h.state == "down" for h in found.values()) else 0)


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


# ---------------------------------------------------------------------- people and programs


@main.group()
def user() -> None:
    """People who sign in."""


@user.command("add")
@with_home
@click.argument("email")
@click.option("--name", default="")
@click.option("--role", "roles", multiple=True, help="admin, editor, reader, or ENTITY:ROLE. May be repeated.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def user_add(home: Path, email: str, name: str, roles: tuple[str, ...], password_stdin: bool) -> None:
    """Add a user."""
    house = open_house(home)
    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    with house.records.work(SYSTEM) as work:
        row = accounts.add_user(work, email, name=name, roles=list(roles) or None, password=password)
    click.echo(f"User {row[0]}: {email}")


@user.command("list")
@with_home
@with_json
def user_list(home: Path, as_json: bool) -> None:
    """Who there is."""
    rows = open_house(home).database.rows("SELECT id, email, name, roles, active FROM ingot_user ORDER BY id")
    show(
        as_json,
        [
            dict(zip(("id", "email", "name", "roles", "active"), (*r[:3], orjson.loads(r[3]), bool(r[4])), strict=True))
            for r in rows
        ],
    )


@user.command("disable")
@with_home
@click.argument("email")
def user_disable(home: Path, email: str) -> None:
    """Keep a user from signing in; records stay theirs."""
    house = open_house(home)
    with house.records.work(SYSTEM) as work:
        work.update("user", known_user(house, email), {"active": False})


@user.command("reset-password")
@with_home
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def user_reset(home: Path, email: str, password_stdin: bool) -> None:
    """Set a new password and end the user's sessions."""
    house = open_house(home)
    password = (
        sys.stdin.readline().rstrip("\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    with house.records.work(SYSTEM) as work:
        accounts.set_password(work, known_user(house, email), password)


def known_user(house: assembly.House, email: str) -> int:
    found = accounts.find_user(house.database, email)
    if found is None:
        raise IngotError(say("There is no user with the address {email}.", email=email))
    return found


@main.group()
def token() -> None:
    """Tokens for programs."""


@token.command("create")
@with_home
@with_json
@click.option("--user", "email", required=True, help="The user on whose behalf the program acts.")
@click.option("--name", required=True)
@click.option(
    "--scope", "scopes", multiple=True, help="ENTITY:VERB, as contacts:read or *:write. None: all the user may do."
)
@click.option("--expires", help="A date, a time, or a span: 2027-01-31, 90d.")
def token_create(
    home: Path, as_json: bool, email: str, name: str, scopes: tuple[str, ...], expires: str | None
) -> None:
    """Make a token and print it, once."""
    house = open_house(home)
    with house.records.work(SYSTEM) as work:
        token_id, secret = tokens.create_token(work, known_user(house, email), name, list(scopes), expires)
    click.echo(json.dumps({"id": str(token_id), "token": secret}) if as_json else secret)


# ---------------------------------------------------------------------- entities


@main.group()
def entity() -> None:
    """What kinds of record there are."""


@entity.command("list")
@with_home
@with_json
def entity_list(home: Path, as_json: bool) -> None:
    """All entities."""
    entities = [e for e in open_house(home).records.registry.entities.values() if not e.builtin]
    show(as_json, [{"name": e.name, "plural": e.plural, "label": e.label, "fields": len(e.fields)} for e in entities])


@entity.command("show")
@with_home
@click.argument("name")
def entity_show(home: Path, name: str) -> None:
    """One entity's declaration, as JSON."""
    click.echo(json.dumps(write_entity(open_house(home).records.registry.find(name)), indent=2, ensure_ascii=False))


@entity.command("export")
@with_home
@click.argument("name")
def entity_export(home: Path, name: str) -> None:
    """One entity's declaration as a pack file."""
    click.echo(write_pack_file(open_house(home).records.registry.find(name)), nl=False)


@main.group()
def pack() -> None:
    """Sets of entities and records that can be installed."""


@pack.command("list")
@with_json
def pack_list(as_json: bool) -> None:
    """The packs that come with Ingot."""
    show(
        as_json,
        [
            {"name": p.name, "version": p.version, "entities": len(p.entities), "description": p.description}
            for p in list_packs()
        ],
    )


@pack.command("install")
@with_home
@click.argument("pack_name", metavar="NAME|PATH")
def pack_install(home: Path, pack_name: str) -> None:
    """Install a pack; what is there already stays as it is."""
    entities, records = install_pack(open_house(home).records, SYSTEM, read_pack(pack_name))
    click.echo(f"{entities} entities and {records} records installed.")


# ---------------------------------------------------------------------- records in and out


cli_backup.add_commands(main, with_home, with_json)
cli_records.add_commands(main, open_house, with_home, with_json)


@main.command()
@with_home
def reindex(home: Path) -> None:
    """Build the search index anew: in the background when Ingot runs, else at its next start."""
    if any(run_file.read(place) for place in run_file.homes(home)):
        job = next(door(place).call("reindex")["job"] for place in running(home) if place.role != "web")
        click.echo(f"Job {job} rebuilds the index; searches are answered meanwhile.")
        return
    with HomeLock(Home(home).create()):
        shutil.rmtree(Home(home).index, ignore_errors=True)
    click.echo("The index will be rebuilt at the next start.")


main.add_command(cli_jobs.make_group(with_home, with_json, open_house, show))
