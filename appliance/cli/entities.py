"""`ingot entity` and `ingot pack`: what kinds of record there are, and sets of them."""

from __future__ import annotations

import json
from pathlib import Path

import click

from appliance.cli.kit import look_at, main, open_house, show, with_home, with_json
from appliance.features.packs.installing import install_pack
from appliance.features.packs.reading import list_packs, read_pack
from appliance.features.packs.toml_writer import write_pack_file
from appliance.records.declaration import write_entity
from appliance.records.permissions import SYSTEM


@main.group()
def entity() -> None:
    """What kinds of record there are."""


@entity.command("list")
@with_home
@with_json
def entity_list(home: Path, as_json: bool) -> None:
    """All entities."""
    entities = [e for e in look_at(home).records.registry.entities.values() if not e.builtin]
    show(as_json, [{"name": e.name, "plural": e.plural, "label": e.label, "fields": len(e.fields)} for e in entities])


@entity.command("show")
@with_home
@click.argument("name")
def entity_show(home: Path, name: str) -> None:
    """One entity's declaration, as JSON."""
    click.echo(json.dumps(write_entity(look_at(home).records.registry.find(name)), indent=2, ensure_ascii=False))


@entity.command("export")
@with_home
@click.argument("name")
def entity_export(home: Path, name: str) -> None:
    """One entity's declaration as a pack file."""
    click.echo(write_pack_file(look_at(home).records.registry.find(name)), nl=False)


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
    entities, records = install_pack(open_house(home, new=True).records, SYSTEM, read_pack(pack_name))
    click.echo(f"{entities} entities and {records} records installed.")
