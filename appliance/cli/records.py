"""`ingot import` and `ingot export`: records in and out at the shell."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from appliance import assembly
from appliance.base.errors import IngotError, Invalid, Problem
from appliance.base.text import say
from appliance.cli.kit import keep_event, look_at, main, open_house, with_home, with_json
from appliance.features.exports import writing
from appliance.features.exports.cells import LOSSLESS, MODES
from appliance.features.exports.exporting import write
from appliance.features.exports.listing import read_wanted
from appliance.features.imports.history import SHELL, History, Trace
from appliance.features.imports.layout import ORDERS, Options
from appliance.features.imports.plan import BrokenFile, Report
from appliance.features.imports.running import Plan, run_import
from appliance.features.imports.undoing import undo_import
from appliance.records.permissions import SYSTEM

FORMATS = ("csv", "xlsx", "json", "sqlite")
IMPORTER = replace(SYSTEM, via="import")


@main.command("import")
@with_home
@with_json
@click.argument("entity_name", metavar="[ENTITY]", required=False)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--key", "keys", multiple=True, help="Field that tells records apart: rows with a known key change that record."
)
@click.option(
    "--map", "mappings", multiple=True, metavar="FIELD=COLUMN", help="FIELD=COLUMN, or RELATION.KEY_FIELD=COLUMN."
)
@click.option("--mode", type=click.Choice(["upsert", "create", "update"]), default="upsert", show_default=True)
@click.option("--rejects", type=click.Path(path_type=Path), help="Write rejected rows, with reasons, to this CSV file.")
@click.option("--dry-run", is_flag=True, help="Check every row, store none.")
@click.option("--date-order", type=click.Choice(ORDERS), help="How dates are meant, where the file leaves it open.")
@click.option("--decimal", type=click.Choice([".", ","]), help="The decimal sign, where the file leaves it open.")
@click.option("--encoding", help="The file's encoding, when it is not found out right.")
@click.option("--delimiter", help="What stands between cells, when it is not found out right.")
@click.option(
    "--header-row", type=click.IntRange(0, 1_000), help="The row with the names of the columns; 0: there is none."
)
@click.option("--sheet", help="Which sheet of an XLSX file; the first that holds something without it.")
@click.option("--create-missing", multiple=True, metavar="RELATION", help="Create records that rows point at.")
@click.option("--add-choices", is_flag=True, help="Words that are no choice yet become one.")
@click.option(
    "--round-digits", is_flag=True, help="Round what has more digits than its field; else its row is rejected."
)
@click.option("--undo", metavar="ID", help=f"Take an import back: its job's number, or {SHELL}N as printed at its end.")
def import_file(home: Path, as_json: bool, undo: str | None, **asked: Any) -> None:
    """Import a CSV, TSV, XLSX, JSON, JSON Lines or vCard file, packed with gzip or not. Ends with 1 when rows were
    rejected, all others being stored."""
    house = open_house(home)
    if undo is not None:
        take_back(house, undo, as_json)
        return
    if not asked["entity_name"] or not asked["file"]:
        raise click.UsageError("say ENTITY and FILE, or --undo ID")
    report, name = bring(house, asked)
    if as_json:
        click.echo(json.dumps({**report.shown(), "import": name}, indent=2, ensure_ascii=False))
    else:
        tell(report, dry_run=asked["dry_run"])
        if name:
            click.echo(f"To take it back: ingot import --undo {name}")
    sys.exit(1 if report.rejected else 0)


@main.command("export")
@with_home
@click.argument("entity_name", metavar="ENTITY")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="csv", show_default=True)
@click.option(
    "--mode",
    type=click.Choice(MODES),
    default=LOSSLESS,
    show_default=True,
    help="spreadsheet: labels, no formulas.",
)
@click.option("--query", default="", help="Filter, sort and fields as in the API: filter[city]=Köln&sort=-name")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write; standard output without it.")
def export(home: Path, entity_name: str, format_: str, mode: str, query: str, output: Path | None) -> None:
    """Write records of an entity: CSV, XLSX, JSON Lines, or a SQLite file."""
    house = look_at(home)
    records, found = house.records, house.records.registry.find(entity_name)
    if format_ == "sqlite":
        if output is None:
            raise click.UsageError("--format sqlite needs -o FILE")
        count = writing.write_sqlite(str(output), writing.rows(records, SYSTEM, found.name), found.name)
    else:
        wanted = read_wanted(records, found.type, query, "jsonl" if format_ == "json" else format_, mode)
        if output:
            count = write(records, SYSTEM, wanted, output)
        else:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "export"
                count = write(records, SYSTEM, wanted, path)
                with path.open("rb") as file:
                    while part := file.read(1 << 20):
                        sys.stdout.buffer.write(part)
                    sys.stdout.buffer.flush()
    keep_event(house.settings, "export", entity=found.name, format=format_, query=query[:500], records=count)
    click.echo(f"{count} records", err=True)


def bring(house: assembly.House, asked: dict[str, Any]) -> tuple[Report, str | None]:
    """Run the import; the report, and the name to undo it by (None for a dry run)."""
    found = house.records.registry.find(asked["entity_name"])
    if found.builtin:
        raise IngotError(say("{entity} cannot be imported.", entity=found.plural))
    pairs = {}
    for text in asked["mappings"]:
        name, equals, column = text.partition("=")
        if not equals:
            raise click.UsageError(f"--map wants FIELD=COLUMN, not {text}")
        pairs[name] = column
    delimiter = {"tab": "\t", "\\t": "\t"}.get(asked["delimiter"] or "", asked["delimiter"])
    if delimiter is not None and len(delimiter) != 1:
        raise Invalid([Problem("delimiter", say("must be one character"), "type")])
    options = Options(
        encoding=asked["encoding"], delimiter=delimiter, header_row=asked["header_row"], sheet=asked["sheet"],
        date_order=asked["date_order"], decimal=asked["decimal"], add_choices=asked["add_choices"],
        create_missing=tuple(asked["create_missing"]), round_digits=asked["round_digits"],
    )  # fmt: skip
    file, dry_run = asked["file"], asked["dry_run"]
    plan = Plan(found.name, file, asked["keys"], pairs, dry_run, asked["mode"], asked["rejects"], options)
    if dry_run:
        return run_import(house.records, IMPORTER, plan), None
    history = History(house.database)
    words = {
        "mapping": pairs,
        "keys": list(asked["keys"]),
        "mode": plan.mode,
        "dry_run": False,
        "options": options.shown(),
    }
    with house.database.write():
        number = history.begin(None, IMPORTER.key, found.name, file.name, words)
    try:
        report = run_import(house.records, IMPORTER, plan, trace=Trace(house.records, number))
    except BrokenFile as broken:  # what came before the break is stored, and can be taken back
        history.finish(number, broken.report.shown(), None)
        tell(broken.report, dry_run=False)
        click.echo(f"To take it back: ingot import --undo {SHELL}{number}", err=True)
        raise
    history.finish(number, report.shown(), None)
    return report, f"{SHELL}{number}"


def tell(report: Report, *, dry_run: bool) -> None:
    for number, reason in report.rejects[:20]:
        click.echo(f"row {number}: {reason}", err=True)
    if report.rejected > 20:
        click.echo(f"... and {report.rejected - 20} more; --rejects FILE writes them all.", err=True)
    word = "would be " if dry_run else ""
    click.echo(
        f"{report.rows} rows: {report.created} {word}created, {report.updated} {word}updated, {report.unchanged} unchanged, "
        f"{report.rejected} rejected, in {report.seconds:.1f} s"
    )
    if report.linked_created:
        click.echo(f"Linked records {word}created: {report.linked_created}")
    if report.unused_columns:
        click.echo(f"Columns not used: {', '.join(report.unused_columns)}")


def take_back(house: assembly.House, name: str, as_json: bool) -> None:
    undone = undo_import(house.records, IMPORTER, History(house.database).get(name))
    if as_json:
        click.echo(json.dumps(undone.shown(), indent=2, ensure_ascii=False))
    else:
        for one in undone.left[:20]:
            click.echo(f"{one['entity']} {one['id']}: {one['reason']}", err=True)
        click.echo(
            f"{undone.deleted} deleted, {undone.restored} restored, {undone.kept} left as they are, {undone.gone} were gone"
        )
    sys.exit(1 if undone.kept else 0)
