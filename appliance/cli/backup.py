"""`ingot backup`, `verify`, `restore`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from appliance import assembly
from appliance.apart import open_files
from appliance.base.errors import IngotError
from appliance.base.paths import Home
from appliance.base.settings import load
from appliance.base.text import say
from appliance.cli.kit import main, with_home, with_json
from appliance.run.backup import restoring, taking
from appliance.run.backup.archive import Manifest
from appliance.run.home_lock import HomeLock


@main.command()
@with_home
@with_json
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write it; else the home's backups/.")
def backup(home: Path, as_json: bool, output: Path | None) -> None:
    """Write a backup, and read it back. Ingot may run meanwhile."""
    settings = load(home)
    if not settings.home.database.exists() and settings.database == "sqlite":
        raise IngotError(say("There is no Ingot in {home}.", home=home))
    settings.home.create()
    place = taking.take(settings, open_files(settings), output, assembly.version())
    tell(place, restoring.verify(place), as_json)


@main.command()
@with_home
@with_json
@click.argument("file", type=click.Path(path_type=Path))
def verify(home: Path, file: Path, as_json: bool) -> None:
    """Is a backup whole? Reads every byte of it."""
    tell(file, restoring.verify(file), as_json)


@main.command()
@with_home
@with_json
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--back", is_flag=True, help="Go back to the state before the last restore.")
def restore(home: Path, as_json: bool, file: Path | None, back: bool) -> None:
    """Make the home what a backup holds. The state before is kept: --back returns to it."""
    if (file is None) == (not back):
        raise click.UsageError("say FILE, or --back")
    place = Home(home).create()
    with HomeLock(place):
        restoring.recover(place)
        if file is None:
            restoring.back(place)
            click.echo("The state before the last restore is back.")
            return
        tell(file, restoring.restore(place, file), as_json)
    if not as_json:
        click.echo("Restored. The state before is kept: ingot restore --back")


def tell(place: Path, manifest: Manifest, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"file": str(place), **manifest.shown()}, indent=2))
    else:
        click.echo(
            f"{place}: whole; {manifest.size:,} bytes, {manifest.files} files, as of {manifest.created_at}, "
            f"log position {manifest.position}, Ingot {manifest.version}"
        )
