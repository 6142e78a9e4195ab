"""How fast a large table comes in, and with how much memory: python tests/bench/imports.py [MEGABYTES] [csv|jsonl|xlsx].

Prints rows/s and the peak of the memory that the process really used, before and after. The floors: 10,000 rows/s for ten
columns with validation and log, and a peak that does not grow with the file."""

from __future__ import annotations

import csv
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from playhouse.migrations import Runner

import appliance
from appliance.engines.database.sqlite import SqliteDatabase
from appliance.features.imports.history import History, Trace
from appliance.features.imports.plan import Plan
from appliance.features.imports.running import run_import
from appliance.features.imports.undoing import undo_import
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records

FIELDS = [
    {"name": "code", "unique": True}, {"name": "name"}, {"name": "email", "kind": "email"}, {"name": "phone", "kind": "phone"},
    {"name": "amount", "kind": "money"}, {"name": "day", "kind": "date"}, {"name": "count", "kind": "integer"},
    {"name": "open", "kind": "boolean"}, {"name": "stage", "kind": "choice", "choices": ["new", "old"]}, {"name": "note"},
]  # fmt: skip


def row(n: int) -> list[str]:
    day = f"{n % 28 + 1:02d}.{n % 12 + 1:02d}.{2000 + n % 24}"
    return [
        f"C{n:08d}", f"Müller & Söhne {n}", f"person{n}@example.org", f"+49 421 {n}", f"{n % 9_999},{n % 100:02d} €", day,
        str(n % 1_000), "ja" if n % 2 else "nein", "new" if n % 3 else "old", "a note of some words that says little",
    ]  # fmt: skip


def generate(path: Path, megabytes: int, format_: str) -> int:
    names = [str(f["name"]) for f in FIELDS]
    count = 0
    if format_ == "xlsx":
        from appliance.features.exports.sheet import write_sheet

        count = megabytes * 7_000
        return write_sheet(path, "bench", names, (row(n) for n in range(count)), cut=False)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if format_ == "csv":
            writer.writerow(names)
        while file.tell() < megabytes * 1_000_000:
            for n in range(count, count + 10_000):
                if format_ == "csv":
                    writer.writerow(row(n))
                else:
                    file.write(json.dumps(dict(zip(names, row(n), strict=True))) + "\n")
            count += 10_000
    return count


def memory() -> str:
    """The peak of all memory, and what is our own of it now: SQLite maps its file, pages that the system takes back."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # Linux counts in kilobytes
    own = next(
        line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon")
    )
    return f"peak {most} MB, own {int(own) // 1024} MB"


def main() -> None:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    format_ = sys.argv[2] if len(sys.argv) > 2 else "csv"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table.{format_}"
        count = generate(path, megabytes, format_)
        print(f"{count} rows, {path.stat().st_size / 1e6:.0f} MB of {format_}")
        database = SqliteDatabase(Path(folder) / "ingot.db")
        Runner(database.peewee, str(Path(appliance.__file__).parent / "migrations"), table_name="ingot_migration").up()
        records = Records(database)
        with records.change_schema(SYSTEM) as schema:
            schema.create_entities([read_entity({"name": "person", "plural": "people", "fields": FIELDS})])
        with database.write():
            number = History(database).begin(None, "system", "person", path.name, {})
        print(f"before: {memory()}")
        for label, keys in (("new", ()), ("again, an upsert that changes nothing", ("code",))):
            trace = Trace(records, number) if not keys else None
            report = run_import(records, SYSTEM, Plan("person", path, keys), trace=trace)
            rate = report.shown()["rows_per_second"]
            print(f"{label}: {rate} rows/s, {report.rejected} rejected, {memory()}")
        if megabytes <= 20:
            began = time.monotonic()
            undone = undo_import(records, SYSTEM, History(database).get(f"shell-{number}"))
            print(f"undone: {undone.deleted} records, {undone.deleted / (time.monotonic() - began):.0f}/s, {memory()}")
        database.close()


if __name__ == "__main__":
    main()
