"""`ingot backup`, `verify`, `restore`."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from appliance import assembly
from appliance.apart import open_files
from appliance.base.paths import Home
from appliance.base.settings import load, read
from appliance.base.text import Text, say
from appliance.cli.kit import check_home, keep_event, language, main, show, with_home, with_json
from appliance.features.security_events import spool
from appliance.features.security_events.event import event
from appliance.run import installation
from appliance.run.backup import listing, restoring, taking
from appliance.run.backup.archive import Manifest
from appliance.run.home_lock import HomeLock


@main.command()
@with_home
@with_json
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write it; else the home's backups/.")
@click.option("--list", "list_", is_flag=True, help="Make none: list those of the home, with what is known of each.")
def backup(home: Path, as_json: bool, output: Path | None, list_: bool) -> None:
    """Write a backup, and read it back. Ingot may run meanwhile. One made by hand is never deleted by itself."""
    if list_:
        list_backups(home, as_json)
        return
    settings = load(home)
    check_home(home)
    if settings.database == "sqlite":
        installation.check_file(settings.home)
        if not settings.home.database.exists():
            raise installation.nothing_there(settings.home)
    settings.home.backups.mkdir(mode=0o700, exist_ok=True)
    place = taking.take(settings, open_files(settings), output, assembly.version(), warn=announce)
    keep_event(settings, "backup", file=place.name)
    tell(place, restoring.verify(place), as_json)


def announce(text: Text) -> None:
    click.echo(text.render(language()), err=True)


def list_backups(home: Path, as_json: bool) -> None:
    """Works whether Ingot runs, can start, or not; reads nothing but the folder."""
    check_home(home)
    rows = [one.shown() for one in listing.listed(Home(home))]
    if not as_json:
        rows = [
            {"made": _made(row), **{k: row.get(k) for k in ("file", "kind", "bytes", "version", "damaged")}}
            for row in rows
        ]
    show(as_json, rows)


def _made(row: dict[str, object]) -> str:
    try:
        return datetime.fromisoformat(str(row.get("created_at"))).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return "-"


@main.command()
@with_home
@with_json
@click.argument("file", type=click.Path(path_type=Path))
def verify(home: Path, file: Path, as_json: bool) -> None:
    """Is a backup whole? Reads every byte of it. Also for the snapshot of a database from before an update."""
    tell(file, restoring.verify(file), as_json)


@main.command()
@with_home
@with_json
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--back", is_flag=True, help="Go back to the state before the last restore.")
def restore(home: Path, as_json: bool, file: Path | None, back: bool) -> None:
    """Make the home what a backup holds. The state before is kept: --back returns to it. The backup is verified before anything
    is touched; a snapshot from before an update brings its database back and leaves files and settings as they are."""
    if (file is None) == (not back):
        raise click.UsageError("say FILE, or --back")
    place = Home(home)
    manifest = None
    if file is not None:
        restoring.check_engine(read(home)[0])
        manifest = restoring.verify(file)
    with restoring.nothing_left_behind(place), HomeLock(place):
        restoring.recover(place)
        if file is None:
            restoring.back(place)
            spool.record(home, event("restore", back=True), None)
            click.echo("The state before the last restore is back.")
            return
        tell(file, restoring.restore(place, file, manifest), as_json)
        spool.record(home, event("restore", file=file.name), None)
    if not as_json:
        back_too = " The state before is kept: ingot restore --back" if restoring.can_go_back(place) else ""
        click.echo(f"Restored.{back_too}")


def tell(place: Path, manifest: Manifest, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"file": str(place), **manifest.shown()}, indent=2))
    else:
        click.echo(
            f"{place}: whole; {manifest.size:,} bytes, {manifest.files} files, as of {manifest.created_at}, "
            f"log position {manifest.position}, Ingot {manifest.version or 'of before an update'}"
        )
        if manifest.lost:
            announce(say("It lacks {count} contents of files, which were gone or damaged before.", count=manifest.lost))
