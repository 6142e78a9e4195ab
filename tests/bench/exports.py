"""How fast a large list goes out, and with how much memory: `python tests/bench/exports.py [RECORDS]`.

Prints rows/s and the peak of memory for each format and mode, each in a process of its own: what one leaves behind is not
the next one's. The floor: a peak that does not grow with the list."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from imports import FIELDS, generate
from playhouse.migrations import Runner

import appliance
from appliance.engines.database.sqlite import SqliteDatabase
from appliance.features.exports.exporting import write
from appliance.features.exports.listing import read_wanted
from appliance.features.imports.plan import Plan
from appliance.features.imports.running import run_import
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records

WAYS = [
    ("csv", "lossless"),
    ("csv", "spreadsheet"),
    ("jsonl", "lossless"),
    ("xlsx", "lossless"),
    ("xlsx", "spreadsheet"),
]


def fill(folder: Path, count: int) -> None:
    table = folder / "table.csv"
    generate(table, max(1, count * 130 // 1_000_000 + 1), "csv")
    with table.open(encoding="utf-8", newline="") as file, (folder / "cut.csv").open("w", newline="") as cut:
        cut.writelines(line for _, line in zip(range(count + 1), file, strict=False))
    database = SqliteDatabase(folder / "ingot.db")
    Runner(database.peewee, str(Path(appliance.__file__).parent / "migrations"), table_name="ingot_migration").up()
    records = Records(database)
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity({"name": "person", "plural": "people", "fields": FIELDS})])
    run_import(records, SYSTEM, Plan("person", folder / "cut.csv"))
    database.close()


def one(folder: Path, format_: str, mode: str) -> None:
    database = SqliteDatabase(folder / "ingot.db")
    records = Records(database)
    wanted = read_wanted(records, "people", "", format_, mode)
    before = peak()
    began = time.monotonic()
    count = write(records, SYSTEM, wanted, folder / "out")
    seconds = time.monotonic() - began
    count = count or database.rows("SELECT count(*) FROM person")[0][0]
    size = (folder / "out").stat().st_size / 1e6
    print(f"{format_:<7}{mode:<13}{count / seconds:>9.0f} rows/s{size:>8.1f} MB of file, peak {before} -> {peak()} MB")
    database.close()


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # Linux counts in kilobytes


def main() -> None:
    if len(sys.argv) > 2:
        one(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
        return
    with tempfile.TemporaryDirectory(prefix="ingot-bench-") as folder:
        count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
        fill(Path(folder), count)
        print(f"{count} records of {len(FIELDS)} fields", flush=True)
        for way in WAYS:
            subprocess.run([sys.executable, __file__, folder, *way], check=True)


if __name__ == "__main__":
    main()
